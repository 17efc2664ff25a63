/** The cameras: counts by what fails, and the list with the ladder of each, failing ones first. */
import { computed } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { query, setQuery } from "../core/address";
import { Age } from "../core/age";
import { count } from "../core/format";
import { t } from "../core/i18n";
import { errorText } from "../core/names";
import { store } from "../core/picture";
import { HealthIcon } from "../core/shapes";
import { regionName } from "../core/site";
import { VirtualList } from "../core/virtual";
import type { AssetRecord } from "../records";
import { fails, GROUPS, groupOf, inOrder, readingOf, RUNGS, rungState, type Group } from "./states";

const ROW = 40;
const cameras = computed(() => [...store.all("asset").values()].filter((asset) => asset.kind === "camera"));
const ordered = computed(() => inOrder(cameras.value));
const sizes = computed(() => {
  const tally = new Map<Group, number>();
  for (const camera of cameras.value) tally.set(groupOf(camera), (tally.get(groupOf(camera)) ?? 0) + 1);
  return tally;
});

/** Asks for the readings of assets, which hold the ladder, while the page is open. True once they are here. */
function useReadings(): boolean {
  const [whole, setWhole] = useState(false);
  useEffect(() => {
    let open = true;
    const release = store.needFull(["asset"]);
    void store.whole().then(() => open && setWhole(true));
    return () => {
      open = false;
      release();
    };
  }, []);
  return whole;
}

export default function VideoPage() {
  const whole = useReadings();
  if (!whole) return <p class="rows-empty">{t("video.waiting")}</p>;
  return <Cameras />;
}

function Cameras() {
  const group = query("group");
  const rows = group ? ordered.value.filter((camera) => groupOf(camera) === group) : ordered.value;
  return (
    <>
      <header class="list-top">
        <h1>{t("video.title")}</h1>
        <span class="quiet">{t("video.total", { n: count(cameras.value.length) })}</span>
      </header>
      <div class="video-groups" role="group" aria-label={t("video.groups")}>
        {GROUPS.map((name) => <GroupButton key={name} name={name} chosen={group === name} />)}
      </div>
      {rows.length ? (
        <VirtualList rows={rows} keyOf={(camera) => camera.id} height={ROW} label={t("video.title")}>
          {(camera, style) => <CameraRow key={camera.id} camera={camera} style={style} />}
        </VirtualList>
      ) : <p class="rows-empty">{t(store.ready.value ? "video.none" : "video.waiting")}</p>}
    </>
  );
}

function GroupButton({ name, chosen }: { name: Group; chosen: boolean }) {
  return (
    <button type="button" class={`chip video-group group-${name}`} aria-pressed={chosen} data-group={name}
      onClick={() => setQuery({ group: chosen ? null : name })}>
      <b>{count(sizes.value.get(name) ?? 0)}</b> {t(`video.group.${name}`)}
    </button>
  );
}

function CameraRow({ camera, style }: { camera: AssetRecord; style: string }) {
  const failing = fails(camera);
  const why = readingOf(camera, "camera.fails")?.text;
  const conflict = String(readingOf(camera, "camera.conflict")?.value ?? "");
  const reason = failing ? t(`camera.fails.${failing}`) + (why ? ` · ${errorText(why)}` : "") : "";
  return (
    <div role="listitem" style={style} data-id={camera.id}>
      <a class={`video-row is-${camera.health}`} data-inside="" href={`/assets/${encodeURIComponent(camera.id)}`}>
        <HealthIcon health={camera.health} />
        <span class="video-name">{camera.name}</span>
        <span class="quiet">{regionName(camera.region)}</span>
        <Ladder camera={camera} />
        <span class="video-why">
          {reason || t(`health.${camera.health}`)}
          {conflict ? <b class="video-conflict"> {t(`camera.conflict.${conflict}`)}</b> : null}
        </span>
        <Age since={camera.since} />
      </a>
    </div>
  );
}

/** Seven cells, one a rung: its state as colour, pattern and word. */
function Ladder({ camera }: { camera: AssetRecord }) {
  return (
    <span class="ladder">
      {RUNGS.map((rung) => {
        const state = rungState(camera, rung);
        const text = `${t(`camera.rung.${rung}`)} ${t(`camera.state.${state}`)}`;
        return <i key={rung} class={`rung is-${state}`} role="img" aria-label={text} title={text} />;
      })}
    </span>
  );
}
