/** The cameras: counts by what fails, the tree of places, pictures or list, and the chosen camera beside them. */
import { computed } from "@preact/signals";
import { query, setQuery } from "../core/address";
import { Age } from "../core/age";
import { count } from "../core/format";
import { t, tOr } from "../core/i18n";
import { store } from "../core/picture";
import { regionName } from "../core/site";
import { VirtualList } from "../core/virtual";
import { cameras, chosen, narrow, scope, useCameras } from "./cameras";
import { Counts } from "./counts";
import { CameraAside } from "./detail";
import { GroupIcon, LadderBar, whatFails } from "./parts";
import { inPlace, type Camera } from "./states";
import { open, Tiles } from "./tiles";
import { PlaceTree } from "./tree";

const ROW = 40;
const here = computed(() => cameras.value.filter((camera) => inPlace(camera, scope.value)));
const makers = computed(() => distinct(here.value.map(({ camera }) => camera.maker)));
const faults = computed(() => distinct(here.value.flatMap(({ camera }) => camera.faults.split(","))));
const distinct = (words: string[]): string[] => [...new Set(words)].filter(Boolean).sort();

export default function VideoPage() {
  if (!useCameras()) return <p class="rows-empty">{t("video.waiting")}</p>;
  const camera = query("camera");
  return (
    <div class={`video${camera ? " has-detail" : ""}`}>
      <Counts />
      <PlaceTree />
      <section class="video-middle">
        <Bar />
        <Rows />
      </section>
      {camera ? <CameraAside key={camera} id={camera} /> : null}
    </div>
  );
}

function Rows() {
  const rows = chosen.value;
  if (!rows.length) return <p class="rows-empty">{t(store.ready.value ? "video.none" : "video.waiting")}</p>;
  if (query("view") !== "list") return <Tiles rows={rows} />;
  return (
    <VirtualList rows={rows} keyOf={(camera) => camera.id} height={ROW} label={t("video.title")}>
      {(camera, style) => <CameraRow key={camera.id} camera={camera} style={style} />}
    </VirtualList>
  );
}

/** Pictures or list, where one looks, and the filters. */
function Bar() {
  const list = query("view") === "list";
  const { region, unit, recorder, key, conflict, fault, maker } = scope.value;
  const place = (recorder && store.all("asset").get(recorder)?.name) || unit || regionName(region) || t("video.all");
  const bad = here.value.filter(({ camera }) => camera.group !== "ok").length;
  const differing = here.value.filter(({ camera }) => camera.conflict).length;
  return (
    <header class="video-bar">
      <span role="group" aria-label={t("video.view")}>
        <button type="button" class="chip" aria-pressed={!list} onClick={() => setQuery({ view: null })}>
          {t("video.view.pictures")}
        </button>
        <button type="button" class="chip" aria-pressed={list} data-view="list"
          onClick={() => setQuery({ view: "list" })}>
          {t("video.view.list")}
        </button>
      </span>
      <span class="video-where">
        {place} <b class={bad ? "is-degraded" : "quiet"}>{count(bad)}</b> / {count(here.value.length)} {t("video.bad")}
      </span>
      <span class="video-filters">
        <Choice name="maker" value={maker} words={makers.value} label={(word) => word} />
        <Choice name="fault" value={fault} words={faults.value} label={(word) => tOr(`camera.check.${word}`, word)} />
        <button type="button" class="chip" aria-pressed={key} onClick={() => narrow({ key: key ? null : "yes" })}>
          {t("video.key")}
        </button>
        <button type="button" class="chip" aria-pressed={conflict}
          onClick={() => narrow({ conflict: conflict ? null : "yes" })}>
          {t("video.conflicts", { n: count(differing) })}
        </button>
      </span>
    </header>
  );
}

interface ChoiceProps {
  name: string;
  value: string;
  words: string[];
  label: (word: string) => string;
}

/** A filter by one of several words; none where there is nothing to choose. */
function Choice({ name, value, words, label }: ChoiceProps) {
  if (!words.length && !value) return null;
  const all = words.includes(value) || !value ? words : [value, ...words];
  return (
    <select class="chip" aria-label={t(`video.by.${name}`)} value={value}
      onChange={(event) => narrow({ [name]: event.currentTarget.value || null })}>
      <option value="">{t(`video.by.${name}`)}</option>
      {all.map((word) => <option key={word} value={word}>{label(word)}</option>)}
    </select>
  );
}

function CameraRow({ camera, style }: { camera: Camera; style: string }) {
  const { camera: status } = camera;
  const { conflict } = status;
  return (
    <div role="listitem" style={style} data-id={camera.id}>
      <button type="button" class={`video-row of-${status.group}`} onClick={() => open(camera.id)}
        aria-current={query("camera") === camera.id ? "true" : undefined}>
        <GroupIcon group={status.group} />
        <span class="video-name">{camera.name}</span>
        <span class="quiet">{regionName(camera.region)}</span>
        <LadderBar status={status} />
        <span class="video-why">
          {whatFails(status)}
          {conflict ? <b class="video-conflict"> {t(`camera.conflict.${conflict}`)}</b> : null}
        </span>
        <Age since={camera.since} />
      </button>
    </div>
  );
}
