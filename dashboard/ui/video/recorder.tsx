/** A recorder or platform: its own state, and its channels, failing ones first. */
import { Age } from "../core/age";
import { t } from "../core/i18n";
import { errorText, healthName, joined, kindName, metricName, readingText, sourceName } from "../core/names";
import { HealthIcon } from "../core/shapes";
import { regionName } from "../core/site";
import { useAsset } from "../core/wholeasset";
import { AssetAlerts } from "../asset/alerts";
import { DeviceFacts } from "../asset/devicefacts";
import type { AssetRecord } from "../records";
import { CascadePart } from "./cascade";
import { VideoDeviceParts } from "./device";
import { Channel, useChannels } from "./siblings";

export function RecorderPage({ id }: { id: string }) {
  const asset = useAsset(id);
  if (asset === undefined) return <p class="rows-empty">{t("video.waiting")}</p>;
  if (asset === null) return <p class="rows-empty">{t("asset.missing", { id })}</p>;
  return (
    <div class="camera">
      <header class="camera-head">
        <h1><HealthIcon health={asset.health} /> <span>{asset.name}</span></h1>
        <p class={`is-${asset.health}`}>{healthName(asset.health)} <Age since={asset.since} /></p>
        <p class="quiet">{joined([asset.id, kindName(asset.kind), asset.owner, regionName(asset.region)])}</p>
      </header>
      <div class="camera-parts">
        <Channels id={id} />
        <AssetAlerts id={id} />
        <VideoDeviceParts asset={asset} />
        {asset.kind === "platform" ? <CascadePart id={id} /> : null}
        <DeviceFacts asset={asset} />
        <Answers asset={asset} />
      </div>
    </div>
  );
}

function Channels({ id }: { id: string }) {
  const channels = useChannels(id);
  const bad = channels.filter((camera) => camera.camera.group !== "ok").length;
  if (!channels.length) return null;
  return (
    <section class="recorder-channels">
      <h2>{t("video.channels", { n: channels.length, bad })}</h2>
      <ol>{channels.map((camera) => <Channel key={camera.id} camera={camera} />)}</ol>
    </section>
  );
}

function Answers({ asset }: { asset: AssetRecord }) {
  const readings = Object.entries(asset.readings).sort(([a], [b]) => (a < b ? -1 : 1));
  return (
    <section class="recorder-answers">
      <h2>{t("video.answers")}</h2>
      <table class="readings">
        <tbody>
          {readings.map(([key, reading]) => (
            <tr key={key} class={reading.value === false ? "is-bad" : ""}>
              <th>{metricName(key)}</th>
              <td>{joined([readingText(reading), errorText(reading.text)])}</td>
              <td class="quiet">{sourceName(reading.source)}</td>
              <td><Age since={reading.observed_at} form="ago" /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
