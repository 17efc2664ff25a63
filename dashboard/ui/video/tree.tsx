/** The tree of counties, units and recorders: the worst state of each, and how many are not well. */
import { computed, signal } from "@preact/signals";
import { count } from "../core/format";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { Icon } from "../core/shapes";
import { regionName } from "../core/site";
import { cameras, narrow, recorderOf, scope } from "./cameras";
import { ArchiveTools } from "./archive";
import { GroupIcon } from "./parts";
import { tree, type Place } from "./states";

const places = computed(() => tree(cameras.value, recorderOf));
/** The places that a person has unfolded or folded; the others are open where they are on the way to the chosen one. */
const folds = signal<ReadonlyMap<string, boolean>>(new Map());

function isOpen({ key, level, region, unit }: Place): boolean {
  const chosen = scope.value;
  const on = chosen.region === region && (level === 0 ? Boolean(chosen.region) : chosen.unit === unit);
  return folds.value.get(key) ?? on;
}

function shown(all: readonly Place[]): Place[] {
  return all.flatMap((place) => (isOpen(place) ? [place, ...shown(place.below)] : [place]));
}

function nameOf({ level, region, unit, recorder }: Place): string {
  if (level === 0) return regionName(region) || t("video.noregion");
  return level === 1 ? unit || t("video.nounit") : store.all("asset").get(recorder)?.name ?? recorder;
}

export function PlaceTree() {
  return (
    <nav class="video-tree" aria-label={t("video.tree")}>
      <header><span>{t("video.tree")}</span><span class="quiet">{t("video.tree.counts")}</span></header>
      <ol>{shown(places.value).map((place) => <PlaceRow key={place.key} place={place} />)}</ol>
      <ArchiveTools />
    </nav>
  );
}

function PlaceRow({ place }: { place: Place }) {
  const { key, level, region, unit, recorder, total, bad, worst, below } = place;
  const { value: chosen } = scope;
  const on = chosen.region === region && chosen.unit === unit && chosen.recorder === recorder;
  const go = (): void => {
    const none = { region: null, unit: null, recorder: null };
    narrow(on ? none : { region, unit: unit || null, recorder: recorder || null });
  };
  const open = isOpen(place);
  const fold = (): void => void (folds.value = new Map(folds.value).set(key, !open));
  return (
    <li class={`video-place level-${level}${on ? " is-chosen" : ""}`} data-place={key}>
      {below.length ? (
        <button type="button" class={`fold${open ? " is-open" : ""}`} aria-expanded={open}
          aria-label={t("video.unfold", { name: nameOf(place) })} onClick={fold}>
          <Icon shape="chevron" />
        </button>
      ) : <span class="fold" />}
      <button type="button" class="place-name" aria-pressed={on} onClick={go}>
        <GroupIcon group={worst} /><span>{nameOf(place)}</span>
        <b class={bad ? "" : "quiet"}>{bad ? count(bad) : "—"}</b><small>{count(total)}</small>
      </button>
    </li>
  );
}
