/** The open alerts on an asset, with who has them. */
import { compareAlerts } from "../alerts/arrange";
import { Age } from "../core/age";
import { t } from "../core/i18n";
import { alertHolder, alertTitle } from "../core/names";
import { store } from "../core/picture";
import { AlertIcon } from "../core/shapes";
import type { AlertRecord } from "../records";

/** The gravest first. */
export function alertsOn(id: string): AlertRecord[] {
  return [...store.all("alert").values()]
    .filter((alert) => alert.asset === id && alert.subject_kind === "asset").sort(compareAlerts);
}

export function AssetAlerts({ id }: { id: string }) {
  const alerts = alertsOn(id);
  return (
    <section>
      <h2>{t("asset.alerts")}</h2>
      {alerts.length ? null : <p class="quiet">{t("detail.noalert")}</p>}
      <ul class="asset-alerts">
        {alerts.map((alert) => {
          const holder = alertHolder(alert);
          return (
            <li key={alert.id}>
              <AlertIcon alert={alert} />
              <a href={`/alerts?alert=${encodeURIComponent(alert.id)}`} data-inside="">{alertTitle(alert)}</a>
              <Age since={alert.raised_at} />
              <span class={holder.open ? "is-open" : "quiet"}>{holder.text}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
