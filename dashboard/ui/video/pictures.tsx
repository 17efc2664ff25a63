/** The pictures of one camera: before and after its fault, or the newest and the last good one; and older evidence. */
import { useEffect, useState } from "preact/hooks";
import { t, tOr } from "../core/i18n";
import { joined } from "../core/names";
import { parse, stamp } from "../core/time";
import type { AssetRecord } from "../records";
import { look, type Look, type SnapshotIndex, type StoredPicture, type Wanted } from "./looks";
import { Picture } from "./tiles";

const FAULTY = ["picture", "frames"];
const SHOWN = 5;

interface Shot {
  which: "latest" | "good" | "before" | "after";
  picture: StoredPicture | null;
}

type Proof = SnapshotIndex["evidence"][number];

/** The pair that tells most: of evidence that a person opened, of the fault that lasts, else newest and last good. */
function shots(asset: AssetRecord, index: SnapshotIndex, opened: Proof | null): Shot[] {
  const lasts = FAULTY.includes(asset.camera!.group) ? index.evidence[0] : undefined;
  const proof = opened ?? lasts;
  if (proof) {
    const after = proof.after ?? (proof === lasts ? index.latest : null);
    return [{ which: "before", picture: proof.before }, { which: "after", picture: after }];
  }
  const good = index.good?.id === index.latest?.id ? [] : [{ which: "good" as const, picture: index.good }];
  return [{ which: "latest", picture: index.latest }, ...good];
}

export function Pictures({ asset, index }: { asset: AssetRecord; index: SnapshotIndex | null }) {
  const [opened, setOpened] = useState<string | null>(null);
  const [reason, setReason] = useState("");
  if (!index) return null;
  const chosen = index.evidence.find((proof) => proof.at === opened) ?? null;
  const pair = shots(asset, index, chosen);
  return (
    <section class="camera-pictures">
      {index.why_not === "needs-reason" && !reason ? <Reason onGiven={setReason} /> : (
        <Shots asset={asset} shots={pair} reason={reason} />
      )}
      {index.evidence.length ? (
        <details>
          <summary>{t("video.evidence", { n: index.evidence.length })}</summary>
          <ol class="evidence">
            {index.evidence.slice(0, SHOWN).map((proof) => (
              <li key={proof.at}>
                <button type="button" class="link" aria-pressed={proof.at === opened}
                  onClick={() => setOpened(proof.at === opened ? null : proof.at)}>
                  {stamp(parse(proof.at) ?? 0)}
                </button>
                <span>{joined([t(`camera.rung.${proof.rung}`), ...proof.faults.map(checkName)])}</span>
                <small class="mono" title={t("video.evidence.hash")}>
                  {(proof.after ?? proof.before)?.sha256.slice(0, 12)}
                </small>
              </li>
            ))}
          </ol>
        </details>
      ) : null}
    </section>
  );
}

const checkName = (name: string): string => tOr(`camera.check.${name}`, name);

function Shots({ asset, shots: pair, reason }: { asset: AssetRecord; shots: Shot[]; reason: string }) {
  const [looks, setLooks] = useState<Look[]>([]);
  const there = pair.filter((shot) => shot.picture);
  const version = there.map((shot) => `${shot.which} ${shot.picture!.id}`).join(" ");
  useEffect(() => {
    let ended = false;
    const asked: Wanted[] = there.map(({ which, picture }) => ({ camera: asset.id, which, picture: picture!.id }));
    void look(asked, reason).then((items) => void (ended || setLooks(items)));
    return () => void (ended = true);
  }, [asset.id, version, reason]);
  if (!there.length) return <Picture group={asset.camera!.group} look={NOTHING} name={asset.name} />;
  return (
    <div class="shots">
      {pair.map(({ which, picture }) => {
        const shown = looks.find((item) => item.picture?.id === picture?.id);
        const group = which === "latest" ? asset.camera!.group : "ok";
        return (
          <figure key={which}>
            <Picture group={group} look={picture ? shown : NOTHING} name={asset.name} still={which !== "latest"} />
            <figcaption class={which === "after" ? "is-degraded" : "quiet"}>
              {t(`video.shot.${which}`)} {picture ? joined(picture.faults.map(checkName)) : ""}
            </figcaption>
          </figure>
        );
      })}
    </div>
  );
}

const NOTHING: Look = { camera: "", which: "latest", url: null, refused: "no-picture" };

/** A camera that is marked as sensitive shows nothing before a reason is given, which the audit keeps. */
function Reason({ onGiven }: { onGiven: (reason: string) => void }) {
  const [text, setText] = useState("");
  return (
    <form class="look-reason" onSubmit={(event) => {
      event.preventDefault();
      if (text.trim()) onGiven(text.trim());
    }}>
      <label>
        {t("video.reason")}{" "}
        <input value={text} maxLength={500} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <button type="submit" class="chip" disabled={!text.trim()}>{t("video.reason.look")}</button>
    </form>
  );
}
