/** What a device says of itself, and the events of an asset: changes of its health and of these facts. */
import { useEffect, useState } from "preact/hooks";
import { get, ProblemError } from "../core/api";
import { t } from "../core/i18n";
import { healthName } from "../core/names";
import { parse, stamp } from "../core/time";
import type { AssetAdditions, AssetEvent, AssetRecord } from "../records";

const SHOWN = 12;

/** Name, place, make, model, serial number and firmware, as the device gives them. Nothing where it gives none. */
export function DeviceFacts({ asset }: { asset: AssetRecord }) {
  const rows = Object.entries(asset.facts ?? {}).filter(([, text]) => text);
  if (!rows.length) return null;
  return (
    <section class="device-facts">
      <h2>{t("asset.facts")}</h2>
      <dl class="facts">
        {rows.map(([name, text]) => <div key={name}><dt>{t(`facts.${name}`)}</dt><dd>{text}</dd></div>)}
      </dl>
    </section>
  );
}

/** The newest events of an asset. Asked for again when its health or its facts change. */
export function AssetEvents({ asset }: { asset: AssetRecord }) {
  const events = useEvents(asset);
  if (!events.length) return null;
  return (
    <section class="asset-events">
      <h2>{t("asset.events")}</h2>
      <ol>
        {events.slice(0, SHOWN).map((event) => (
          <li key={event.seq}>
            <time class="quiet">{stamp(parse(event.at) ?? 0)}</time> <span>{sentence(event)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function useEvents(asset: AssetRecord): readonly AssetEvent[] {
  const [events, setEvents] = useState<readonly AssetEvent[]>([]);
  const version = `${asset.since} ${JSON.stringify(asset.facts)}`;
  useEffect(() => {
    let ended = false;
    get<AssetAdditions>(`/api/v1/assets/${encodeURIComponent(asset.id)}`).then(
      (detail) => void (ended || setEvents(detail.events)),
      (error: unknown) => {
        if (!(error instanceof ProblemError)) throw error;
      },
    );
    return () => {
      ended = true;
    };
  }, [asset.id, version]);
  return events;
}

/** "运行状态：正常 → 中断", or the facts that changed. */
function sentence(event: AssetEvent): string {
  if (event.kind === "health") {
    const { health: before } = event.before;
    return [before && healthName(before), healthName(event.after["health"] ?? "unknown")].filter(Boolean).join(" → ");
  }
  const parts = Object.keys(event.after).filter((name) => event.before[name] || event.after[name]).map((name) => {
    const [before, after] = [event.before[name], event.after[name] || t("facts.absent")];
    return t("facts.change", { name: t(`facts.${name}`), change: before ? `${before} → ${after}` : after });
  });
  return t(`facts.${event.name}`, { list: parts.join(t("facts.joint")) });
}
