/** One camera: its pictures, its ladder, its checks, what stands beside it, and the way up. */
import { useState } from "preact/hooks";
import { setQuery } from "../core/address";
import { Age } from "../core/age";
import { t } from "../core/i18n";
import { AssetAlerts } from "../asset/alerts";
import { DeviceFacts } from "../asset/devicefacts";
import { joined } from "../core/names";
import { store } from "../core/picture";
import { HealthIcon } from "../core/shapes";
import { regionName } from "../core/site";
import { useAsset } from "../core/wholeasset";
import type { AssetRecord } from "../records";
import { CameraArchive } from "./archive";
import { recorderOf } from "./cameras";
import { CheckNow } from "./checknow";
import { Checks } from "./checks";
import { useIndex } from "./looks";
import { GroupIcon, whatFails } from "./parts";
import { Pictures } from "./pictures";
import { Rungs } from "./rungs";
import { Siblings } from "./siblings";

const DEPTH = 8;

/** The detail beside the list, which the address opens and Back closes. */
export function CameraAside({ id }: { id: string }) {
  return (
    <aside class="video-detail" data-camera={id}>
      <button type="button" class="detail-close" aria-label={t("key.close")} onClick={() => setQuery({ camera: null })}>
        ×
      </button>
      <CameraDetail id={id} aside />
    </aside>
  );
}

export function CameraDetail({ id, aside = false }: { id: string; aside?: boolean }) {
  const asset = useAsset(id);
  if (asset === undefined) return <p class="rows-empty">{t("video.waiting")}</p>;
  if (!asset?.camera) return <p class="rows-empty">{t("asset.missing", { id })}</p>;
  return <Detail asset={asset} aside={aside} />;
}

function Detail({ asset, aside }: { asset: AssetRecord; aside: boolean }) {
  const status = asset.camera!;
  const [checked, setChecked] = useState<number | null>(null);
  const taken = String(asset.readings["rtsp.picture"]?.observed_at ?? "");
  const index = useIndex(asset.id, `${taken} ${asset.readings["picture.evidence"]?.value ?? ""}`);
  return (
    <div class="camera">
      <header class="camera-head">
        <h1><GroupIcon group={status.group} /> <span>{asset.name}</span></h1>
        <p class={`of-${status.group}`}>{whatFails(status)} <Age since={asset.since} /></p>
        <p class="quiet">
          {joined([gbId(asset), status.key_point && t("video.key"), asset.owner, regionName(asset.region),
            status.maker])}
        </p>
        {status.conflict ? <p class="video-conflict">{t(`camera.conflict.${status.conflict}`)}</p> : null}
        <CheckNow asset={asset} onBegun={setChecked} />
        {aside ? <a href={`/assets/${encodeURIComponent(asset.id)}`} data-inside="">{t("video.whole")}</a> : null}
      </header>
      <div class="camera-parts">
        <Pictures asset={asset} index={index} />
        <Rungs asset={asset} checked={checked} />
        <Siblings asset={asset} recorder={recorderOf(asset)} />
        <Chain asset={asset} />
        <Checks index={index} />
        <DeviceFacts asset={asset} />
        {aside ? null : <><AssetAlerts id={asset.id} /><CameraArchive id={asset.id} /></>}
      </div>
    </div>
  );
}

/** The number that the camera has in GB/T 28181, or its id here. */
function gbId(asset: AssetRecord): string {
  const probe = asset.probes.find((uri) => uri.startsWith("gb28181://"));
  return probe ? probe.slice("gb28181://".length).split("?")[0]! : asset.id;
}

/** What the camera hangs on, from near to far, each with its state. */
function Chain({ asset }: { asset: AssetRecord }) {
  const assets = store.all("asset");
  const chain: { id: string; name: string; health: string }[] = [];
  let above = assets.get(asset.parents[0] ?? "");
  while (above && chain.length < DEPTH && !chain.some((step) => step.id === above!.id)) {
    chain.push({ id: above.id, name: above.name, health: above.health });
    above = assets.get(above.parents[0] ?? "");
  }
  if (!chain.length) return null;
  const bad = chain.filter((step) => step.health !== "ok").length;
  return (
    <section class="camera-chain">
      <h2>
        {t("video.chain")}
        <span class="quiet">{bad ? t("video.chain.bad", { n: bad }) : t("video.chain.ok")}</span>
      </h2>
      <ol>
        {chain.map((step) => (
          <li key={step.id}>
            <HealthIcon health={step.health} />
            <a href={`/assets/${encodeURIComponent(step.id)}`} data-inside="">{step.name}</a>
          </li>
        ))}
      </ol>
    </section>
  );
}
