/** An alert that nobody has taken, as a row of the wall. */
import type { ShownAlert } from "../alerts/arrange";
import { Age } from "../core/age";
import { t } from "../core/i18n";
import { alertHead, alertHolder, alertReach, alertValue, joined } from "../core/names";
import { AlertIcon } from "../core/shapes";
import { regionName } from "../core/site";

/** Two lines: what and since when; what is wrong with it and that nobody has it. */
export function OpenRow({ row: { alert, below } }: { row: ShownAlert }) {
  const { name, words } = alertHead(alert);
  const notes = [alert.active && words ? words : alertValue(alert), regionName(alert.region)];
  const told = notes.filter((word) => word && !name.includes(word));
  const reach = [alertReach(alert), below.length ? t("alert.below", { n: below.length }) : ""].filter(Boolean);
  const over = alert.active ? "" : " is-over";
  return (
    <li class={`board-row sev-${alert.severity} is-open${over}`} data-id={alert.id}>
      <span class="board-mark"><AlertIcon alert={alert} /></span>
      <span class="board-title">{name}</span>
      <Age class="board-time" since={alert.raised_at} />
      <span class="board-note">{joined([...told, ...reach])}</span>
      <span class="board-holder is-open">{alertHolder(alert).text}</span>
    </li>
  );
}
