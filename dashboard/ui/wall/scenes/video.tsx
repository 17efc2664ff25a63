/** Cameras alone: counts by what fails, the failing ones with since when, and the alerts about them. */
import { computed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Age } from "../../core/age";
import { ExtraView } from "../../core/extraview";
import { useRoom } from "../../core/fit";
import { count } from "../../core/format";
import { t } from "../../core/i18n";
import { joined } from "../../core/names";
import { store } from "../../core/picture";
import { regionName } from "../../core/site";
import { GroupIcon, LadderBar, whatFails } from "../../video/parts";
import { GROUPS, inOrder, type Camera } from "../../video/states";
import { boardOf, VideoCard } from "../feedcards";
import type { Scene } from "../scene";

const ROW = 4.4;
const HEAD = 2.6;
const FAILING = GROUPS.filter((group) => group !== "ok").join();
const filter = { kind: "camera", group: FAILING };
const view = new ExtraView("wall-cameras", { kind: "asset", face: "camera", filter });
const failing = computed(() => inOrder([...view.all().values()] as unknown as Camera[]));

function Left() {
  const { cameras = {}, cameras_since: since = {} } = boardOf("kind:camera") ?? {};
  return (
    <>
      <VideoCard />
      <section class="w-groups">
        <header class="feed-head"><h2>{t("wall.cameras.groups")}</h2></header>
        <ul class="units">
          {GROUPS.map((group) => (
            <li key={group}>
              <GroupIcon group={cameras[group] ? group : "ok"} />
              <span>{t(`video.group.${group}`)} <small><Age since={since[group]} text="video.longest" /></small></span>
              <b>{count(cameras[group] ?? 0)}</b>
              <small />
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

function Right() {
  useEffect(() => store.need(view), []);
  const [box, room] = useRoom<HTMLDivElement>();
  const fits = Math.max(0, Math.floor((room - HEAD) / ROW));
  const rows = failing.value;
  const note = rows.length > fits ? t("board.first", { n: fits }) : "";
  return (
    <div class="board-box w-alert-board" ref={box}>
      <header class="feed-head">
        <h2>{t("wall.cameras")} <b>{count(rows.length)}</b></h2><span class="quiet">{note}</span>
      </header>
      {rows.length ? null : (
        <p class="board-calm"><span class={view.ready.value ? "" : "is-hatched"}>
          {t(view.ready.value ? "wall.cameras.none" : "feed.none")}
        </span></p>
      )}
      <ol class="board">{rows.slice(0, fits).map((camera) => <Row key={camera.id} camera={camera} />)}</ol>
    </div>
  );
}

function Row({ camera }: { camera: Camera }) {
  return (
    <li class="board-row" data-id={camera.id}>
      <span class="board-mark"><GroupIcon group={camera.camera.group} /></span>
      <span class="board-title">{camera.name}</span>
      <Age class="board-time" since={camera.since} />
      <span class="board-note">{joined([whatFails(camera.camera), regionName(camera.region)])}</span>
      <span class="board-holder"><LadderBar status={camera.camera} /></span>
    </li>
  );
}

export const video: Scene = {
  name: "video", seconds: 30, Left, Right, present: () => Boolean(boardOf("kind:camera")?.total),
};
