/** Below the history of an asset: its raw answers, its way up and neighbours, its alerts and probes. */
import { Age } from "../core/age";
import { t } from "../core/i18n";
import { healthName, reasonText } from "../core/names";
import { store } from "../core/picture";
import { HealthIcon } from "../core/shapes";
import { parse } from "../core/time";
import { useAsset } from "../core/wholeasset";
import { stateOf } from "../map/features";
import type { AssetRecord, ReadingRecord } from "../records";
import { isRecorder } from "../video/cameras";
import { AssetAlerts } from "./alerts";
import { AssetEvents, DeviceFacts } from "./devicefacts";
import { Observations } from "./observations";
import { useAssetId } from "./page";
import { AssetLink, uplinkOf, Way } from "./way";

const BELOW = 60;
const BESIDE = 12;

export default function AssetEvidence() {
  const id = useAssetId();
  const face = store.all("asset").get(id);
  if (!face || face.kind === "camera" || isRecorder(face)) return null;
  return <Evidence key={id} face={face} />;
}

function Evidence({ face }: { face: AssetRecord }) {
  const whole = useAsset(face.id);
  return (
    <div class="asset-grid asset-side">
      <div>{whole ? <><DeviceFacts asset={whole} /><Observations asset={whole} /></> : null}</div>
      <div><Way asset={face} /><Below id={face.id} /><Beside asset={face} /></div>
      <div><AssetAlerts id={face.id} />{whole ? <><Probes asset={whole} /><AssetEvents asset={whole} /></> : null}</div>
    </div>
  );
}

/** What hangs directly below, worst first. */
function Below({ id }: { id: string }) {
  const below = [...store.all("asset").values()].filter((asset) => asset.parents.includes(id));
  if (!below.length) return null;
  below.sort((a, b) => Number(stateOf(a) === "ok") - Number(stateOf(b) === "ok") || (a.id < b.id ? -1 : 1));
  const rest = below.slice(BELOW);
  const bad = rest.filter((asset) => stateOf(asset) !== "ok").length;
  return (
    <section>
      <h2>{t("asset.below", { n: below.length })}</h2>
      <ol class="tree">{below.slice(0, BELOW).map((asset) => <Neighbour key={asset.id} asset={asset} />)}</ol>
      {rest.length ? <p class="quiet">{t("detail.more", { n: rest.length, bad })}</p> : null}
    </section>
  );
}

/** What hangs on the same uplink: whether it fails alone. */
function Beside({ asset }: { asset: AssetRecord }) {
  const up = uplinkOf(asset);
  const beside = [...store.all("asset").values()].filter((other) => {
    return up && other.id !== asset.id && uplinkOf(other)?.id === up.id;
  });
  const bad = beside.filter((other) => stateOf(other) !== "ok");
  if (!beside.length) return null;
  return (
    <section>
      <h2>{t("asset.beside", { n: beside.length, bad: bad.length })}</h2>
      {bad.length
        ? <ol class="tree">{bad.slice(0, BESIDE).map((other) => <Neighbour key={other.id} asset={other} />)}</ol>
        : <p class="quiet">{t("asset.beside.calm")}</p>}
    </section>
  );
}

function Neighbour({ asset }: { asset: AssetRecord }) {
  const state = stateOf(asset);
  return (
    <li class={`tree-row at-child is-${state}`}>
      <HealthIcon health={state} /><AssetLink asset={asset} /><small>{state === "ok" ? "" : healthName(state)}</small>
    </li>
  );
}

/** Each probe with what it last said: whether it answered, when, and the failure in words. */
function Probes({ asset }: { asset: AssetRecord }) {
  const readings = Object.entries(asset.readings ?? {});
  return (
    <section>
      <h2>{t("asset.probes")}</h2>
      <ul class="probe-list">
        {asset.probes.map((uri) => {
          return <Probe key={uri} uri={uri} readings={readings.filter(([, reading]) => reading.probe === uri)} />;
        })}
      </ul>
    </section>
  );
}

function Probe({ uri, readings }: { uri: string; readings: [string, ReadingRecord][] }) {
  const up = readings.find(([key]) => /\.up(\[|$)/.test(key))?.[1];
  const failed = up?.value === false;
  const state = failed ? "down" : readings.length ? "ok" : "unknown";
  const newest = Math.max(0, ...readings.map(([, reading]) => parse(reading.observed_at) ?? 0));
  return (
    <li class={`is-${state}`}>
      <HealthIcon health={state} /><span class="mono">{uri}</span>
      {newest ? <Age since={newest} form="ago" class="quiet" /> : <span class="quiet">{t("asset.noanswers")}</span>}
      {failed && up.text ? <p>{reasonText(up.text)}</p>
        : <small>{readings.length > 1 ? t("asset.readings", { n: readings.length }) : ""}</small>}
    </li>
  );
}
