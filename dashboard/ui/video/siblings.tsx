/** The other cameras of a recorder: how many fail, and how many of them the same way. */
import { useEffect, useMemo } from "preact/hooks";
import { ExtraView } from "../core/extraview";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import type { AssetRecord } from "../records";
import { GroupIcon, LadderBar, whatFails } from "./parts";
import { inOrder, type Camera } from "./states";

const MOST = 8;
/** Ids that one view may name (docs/live-views.md). */
const NAMED = 1000;

/** The cameras that hang on a recorder, failing ones first. */
export function useChannels(recorder: string): Camera[] {
  const ids = [...store.all("asset").values()]
    .filter((asset) => asset.kind === "camera" && recorder !== "" && asset.parents.includes(recorder))
    .map((asset) => asset.id).sort().slice(0, NAMED).join("\n");
  const view = useMemo(() => {
    const named = ids ? ids.split("\n") : [];
    return new ExtraView(`channels ${recorder}`, { kind: "asset", face: "camera", ids: named });
  }, [recorder, ids]);
  useEffect(() => (ids ? store.need(view) : undefined), [view]);
  return inOrder([...view.all().values()] as unknown as Camera[]);
}

export function Siblings({ asset, recorder }: { asset: AssetRecord; recorder: string }) {
  const channels = useChannels(recorder);
  if (!recorder || channels.length < 2) return null;
  const own = asset.camera!;
  const bad = channels.filter((camera) => camera.camera.group !== "ok");
  const alike = bad.filter(({ camera }) => camera.fails === own.fails && camera.faults === own.faults);
  const same = own.fails !== "" && alike.length > 1;
  const words = { n: channels.length, bad: bad.length, same: alike.length, what: whatFails(own) };
  const others = bad.filter((camera) => camera.id !== asset.id);
  return (
    <section class={`camera-siblings${same ? " is-same" : ""}`}>
      <h2>{t(same ? "video.siblings.same" : "video.siblings", words)}</h2>
      <ol>{others.slice(0, MOST).map((camera) => <Channel key={camera.id} camera={camera} />)}</ol>
      {others.length > MOST ? <p class="quiet">{t("video.more", { n: others.length - MOST })}</p> : null}
    </section>
  );
}

/** A camera of a recorder in one line. */
export function Channel({ camera }: { camera: Camera }) {
  return (
    <li class="channel">
      <GroupIcon group={camera.camera.group} />
      <a href={`/assets/${encodeURIComponent(camera.id)}`} data-inside="">{camera.name}</a>
      <span class="quiet">{camera.camera.group === "ok" ? "" : whatFails(camera.camera)}</span>
      <LadderBar status={camera.camera} />
    </li>
  );
}
