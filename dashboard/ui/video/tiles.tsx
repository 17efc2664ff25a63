/** The newest pictures of the cameras, failing ones first. The order stands while somebody reads. */
import { useRef, useState } from "preact/hooks";
import { query, setQuery } from "../core/address";
import { Age } from "../core/age";
import { t } from "../core/i18n";
import { clock, parse, serverNow, stamp } from "../core/time";
import { ago } from "../core/format";
import { useHold } from "../core/hold";
import { mayDo } from "../core/site";
import { cameraNow, scope } from "./cameras";
import { look as ask, useLatest, type Look } from "./looks";
import { GroupIcon, LadderBar, whatFails } from "./parts";
import type { Camera } from "./states";

const PAGE = 24;
/** Ms from which on a picture says that it is old. */
export const OLD = 600_000;
/** Groups whose newest picture is not what the camera sees now. */
const WITHOUT = ["offline", "frames", "signalling"];

export const open = (id: string): void => setQuery({ camera: id }, { open: !query("camera") });

export function Tiles({ rows }: { rows: Camera[] }) {
  const box = useRef<HTMLDivElement>(null);
  const last = Math.max(0, Math.ceil(rows.length / PAGE) - 1);
  const at = Math.min(last, Math.max(0, Number(query("page") ?? 1) - 1) || 0);
  const version = JSON.stringify([scope.value, at]);
  const here = rows.slice(at * PAGE, (at + 1) * PAGE);
  const held = useHold(box, here, (row) => row.id, (row) => cameraNow(row.id) ?? row, version);
  const looks = useLatest(held.rows.map((row) => row.id));
  const turn = (by: number): void => setQuery({ page: at + by ? String(at + by + 1) : null });
  return (
    <>
      <div class="video-tiles" ref={box} role="list">
        {held.rows.map((row) => <Tile key={row.id} camera={row} look={looks.get(row.id)} />)}
      </div>
      {last ? (
        <footer class="video-pages">
          <button type="button" class="chip" disabled={!at} onClick={() => turn(-1)}>{t("video.page.back")}</button>
          <span class="quiet">{t("video.page", { n: at + 1, of: last + 1 })}</span>
          <button type="button" class="chip" disabled={at >= last} onClick={() => turn(1)}>
            {t("video.page.next")}
          </button>
        </footer>
      ) : null}
    </>
  );
}

function Tile({ camera, look }: { camera: Camera; look: Look | undefined }) {
  const { camera: status } = camera;
  const chosen = query("camera") === camera.id;
  const bad = status.group === "ok" ? "" : " is-bad";
  return (
    <div role="listitem" class={`video-tile${chosen ? " is-chosen" : ""}${bad}`} data-id={camera.id}>
      <button type="button" aria-current={chosen ? "true" : undefined} onClick={() => open(camera.id)}>
        <Picture group={status.group} look={look} name={camera.name} frozen={isFrozen(status.faults)} />
        <span class="tile-name">{camera.name}</span>
        <LadderBar status={status} />
        <span class={`tile-state of-${status.group}`}>
          <GroupIcon group={status.group} />
          <span>{whatFails(status)}</span>
          {status.group === "ok" ? null : <Age since={camera.since} />}
        </span>
        <small>{camera.owner}</small>
      </button>
    </div>
  );
}

/** A frozen picture is one of the past, although frames come. */
export const isFrozen = (faults: string): boolean => faults.split(",").includes("frozen");

interface PictureProps {
  group: string;
  frozen?: boolean;
  look: Look | undefined;
  name: string;
  /** It is meant as a picture of the past, so that its age says nothing. */
  still?: boolean;
}

/** A picture with its time. What is not live says so: hatched, or with a band that has its age. */
export function Picture({ group, look: first, name, frozen = false, still = false }: PictureProps) {
  const [again, setAgain] = useState<{ of: string; look: Look | undefined } | null>(null);
  const look = again && again.of === first?.url ? again.look : first;
  // A newer picture has taken its place before the browser had it: ask once more.
  const gone = async (url: string): Promise<void> => {
    if (again?.of === url || first?.url !== url) return;
    const [newer] = still ? [] : await ask([{ camera: first.camera }]);
    setAgain({ of: url, look: newer ?? { ...first, url: null, refused: "no-picture" } });
  };
  if (!look?.url) {
    const why = !mayDo("look") ? "forbidden" : look ? look.refused ?? "no-picture" : "waiting";
    const none = why === "no-picture" && WITHOUT.includes(group) ? `${t(`video.group.${group}`)}，` : "";
    return <span class="picture is-none"><span>{none}{t(`video.look.${why}`)}</span></span>;
  }
  const taken = parse(look.picture?.taken_at) ?? serverNow();
  const age = serverNow() - taken;
  const past = !still && (frozen || WITHOUT.includes(group));
  return (
    <span class={`picture${past ? " is-past" : ""}`}>
      <img src={look.url} onError={() => void gone(look.url!)} alt={t("video.look.of", { name })} />
      <time>{stamp(taken)}</time>
      {past ? <em>{t(frozen ? "video.look.frozen" : "video.look.last", { at: clock(taken) })}</em>
        : !still && age > OLD ? <em>{t("video.look.old", { age: ago(age) })}</em> : null}
    </span>
  );
}
