/** Every reading of an asset as it came: value, words, when it was seen and received, by which probe of a source. */
import { Age } from "../core/age";
import { t, tOr } from "../core/i18n";
import { metricName, readingText, reasonText, sourceName } from "../core/names";
import { clock, day, now, parse, serverNow, stamp } from "../core/time";
import type { AssetRecord, ReadingRecord } from "../records";

export function Observations({ asset }: { asset: AssetRecord }) {
  const rows = Object.entries(asset.readings ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const silent = (asset.probes ?? []).filter((uri) => !rows.some(([, reading]) => reading.probe === uri));
  const tells = silent.length > 0 && rows.some(([, reading]) => reading.probe);
  return (
    <section>
      <h2>{t("net.raw")}</h2>
      {rows.length ? (
        <ul class="raw">{rows.map(([key, reading]) => <Observation key={key} name={key} reading={reading} />)}</ul>
      ) : <p class="quiet">{t("asset.noanswers")}</p>}
      {tells ? <p class="quiet mono">{t("net.noanswer", { list: silent.join("  ") })}</p> : null}
    </section>
  );
}

function Observation({ name, reading }: { name: string; reading: ReadingRecord }) {
  const bad = reading.value === false || reading.quality === "bad";
  const at = parse(reading.observed_at);
  const came = parse(reading.received_at);
  const when = at === null ? "" : day(at) === day(serverNow()) ? clock(at) : stamp(at);
  const lag = at !== null && came !== null ? t("net.lag", { s: Math.max(0, (came - at) / 1000).toFixed(2) }) : "";
  const quality = reading.quality === "good" ? "" : tOr(`quality.${reading.quality}`, reading.quality ?? "");
  const source = reading.source ? sourceName(reading.source) : "";
  return (
    <li class={bad ? "is-bad" : ""}>
      <div class="raw-line">
        <span class="raw-name">{metricName(name)}</span><strong>{readingText(reading)}</strong>
        <Freshness reading={reading} />
      </div>
      {reading.text ? <p class="raw-text">{reasonText(reading.text)}</p> : null}
      <p class="quiet mono">{[name, when, lag, quality, source, reading.probe].filter(Boolean).join("  ")}</p>
    </li>
  );
}

/** The age of a reading; hatched once it is no longer fresh. */
function Freshness({ reading }: { reading: ReadingRecord }) {
  const end = parse(reading.fresh_until);
  return <Age since={reading.observed_at} form="ago" class={end !== null && end < now() ? "is-old" : ""} />;
}
