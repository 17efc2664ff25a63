/** What stands over the map of the wall, and why it is there. */
import { arrangement } from "../alerts/arrange";
import { warnings } from "../alerts/summary";
import { Age } from "../core/age";
import { t } from "../core/i18n";
import { alertReach, alertTitle, warningTitle } from "../core/names";
import { AlertIcon, Icon } from "../core/shapes";
import { regionName } from "../core/site";
import { clock, parse, shortTime } from "../core/time";

/** A critical alert that nobody has taken comes first, then a red warning in force. */
export default function Stage() {
  const waiting = arrangement.value.shown.filter(({ alert }) => {
    return alert.active && !alert.acked && alert.severity === "critical";
  });
  const [first] = waiting;
  if (first) {
    const { alert, below } = first;
    const since = parse(alert.raised_at);
    const notes = [
      since === null ? "" : t("stage.since", { at: clock(since) }),
      regionName(alert.region),
      alertReach(alert),
      below.length ? t("alert.below", { n: below.length }) : "",
      waiting.length > 1 ? t("stage.others", { n: waiting.length - 1 }) : "",
    ];
    return (
      <div key={alert.id} class="stage is-critical" role="alert">
        <p class="stage-why">{t("stage.why.critical")}</p>
        <p class="stage-line">
          <AlertIcon alert={alert} /><span>{alertTitle(alert)}</span><Age since={alert.raised_at} />
        </p>
        <p>{notes.filter(Boolean).join("，")}</p>
      </div>
    );
  }
  const red = warnings.value.real.find((warning) => warning.colour === "red");
  if (!red) return null;
  const until = parse(red.expires);
  const ends = until === null ? "" : t("warning.until", { at: shortTime(until) });
  return (
    <div key={red.id} class="stage colour-red" role="alert">
      <p class="stage-why">{t("stage.why.warning")}</p>
      <p class="stage-line"><Icon shape="square" class="is-issued" /><span>{warningTitle(red)}</span></p>
      <p>{[red.headline, ends].filter(Boolean).join("，")}</p>
    </div>
  );
}
