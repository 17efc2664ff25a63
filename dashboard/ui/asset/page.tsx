/** The head of the page of one asset. Cameras and recorders have whole pages of their own here. */
import { useRef } from "preact/hooks";
import { path } from "../core/address";
import { Age } from "../core/age";
import { t } from "../core/i18n";
import { failure, healthName, joined, kindName } from "../core/names";
import { store } from "../core/picture";
import { HealthIcon } from "../core/shapes";
import { regionName } from "../core/site";
import { parse, stamp } from "../core/time";
import { useAsset } from "../core/wholeasset";
import { stateOf } from "../map/features";
import { layerName } from "../network/scope";
import type { AssetRecord } from "../records";
import { isRecorder } from "../video/cameras";
import { CameraDetail } from "../video/detail";
import { RecorderPage } from "../video/recorder";
import { alertsOn } from "./alerts";
import { AssetLink, wayTo } from "./way";

const PREFIX = "/assets/";

/** The asset of the address. While another page comes, the address is that page's already and the asset stays. */
export function useAssetId(): string {
  const last = useRef("");
  if (path().startsWith(PREFIX)) last.current = decodeURIComponent(path().slice(PREFIX.length));
  return last.current;
}

export default function AssetPage() {
  const id = useAssetId();
  const face = store.all("asset").get(id);
  if (!store.ready.value) return <p class="rows-empty">{t("video.waiting")}</p>;
  if (face?.kind === "camera") return <div class="camera-page"><CameraDetail key={id} id={id} /></div>;
  if (isRecorder(face)) return <div class="camera-page"><RecorderPage key={id} id={id} /></div>;
  if (!face) return <header class="page-head asset-head is-missing"><h1>{t("asset.missing", { id })}</h1></header>;
  return <Head key={id} face={face} />;
}

function Head({ face }: { face: AssetRecord }) {
  const state = stateOf(face);
  const asset = useAsset(face.id) ?? null;
  const since = parse(asset?.since) ?? 0;
  const words = asset ? joined([...facts(asset), since > 0 && t("detail.since", { at: stamp(since) })]) : "";
  return (
    <header class="page-head asset-head">
      <p class="kicker"><a href="/network" data-inside="">{t("nav.network")}</a> › {face.id}</p>
      <h1 class={`is-${state}`}>
        <HealthIcon health={state} /><span>{face.name}</span> <em>{healthName(state)}</em> <Age since={asset?.since} />
      </h1>
      <p class="quiet">{words}</p>
      {face.stale_since === null ? null : (
        <p class="stale-note"><Age since={face.stale_since} form="span" text="asset.stale" /></p>
      )}
      <Cause id={face.id} />
      {asset ? <Labels labels={asset.labels} /> : null}
    </header>
  );
}

function facts(asset: AssetRecord): string[] {
  const layer = asset.labels?.layer || `depth-${wayTo(asset).length + 1}`;
  return [
    kindName(asset.kind), layerName(layer), regionName(asset.region),
    asset.owner && t("detail.owner", { name: asset.owner }),
    asset.redundancy_group && t("asset.group", { name: asset.redundancy_group }),
  ];
}

/** The asset whose alert explains an alert on this one, as the server decided (`cut_by`). */
function Cause({ id }: { id: string }) {
  const alerts = store.all("alert");
  const root = alerts.get(alertsOn(id).find((alert) => alert.cut_by)?.cut_by ?? "");
  const cause = root?.subject_kind === "asset" ? root.asset : "";
  return cause ? <CauseLine key={cause} id={cause} /> : null;
}

function CauseLine({ id }: { id: string }) {
  const face = store.all("asset").get(id);
  const whole = useAsset(id);
  if (!face) return null;
  const state = stateOf(face);
  return (
    <p class="cause-note">
      {t("asset.cause")} <HealthIcon health="down" /> <AssetLink asset={face} />{" "}
      {whole ? failure(whole, state) : healthName(state)}
    </p>
  );
}

function Labels({ labels }: { labels: Readonly<Record<string, string>> | null }) {
  const rows = Object.entries(labels ?? {}).filter(([key]) => key !== "layer");
  return rows.length ? <p class="quiet">{rows.map(([key, value]) => `${key}=${value}`).join("  ")}</p> : null;
}
