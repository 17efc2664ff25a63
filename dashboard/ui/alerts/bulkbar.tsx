/** The bar of the chosen alerts: what can be done about them, and taken back again. */
import { t } from "../core/i18n";
import { store } from "../core/picture";
import type { AlertRecord } from "../records";
import { UNDO, type BulkVerb } from "./bulk";
import type { Choice } from "./choice";
import { isShelved } from "./hidden";

/** Only what fits one of them at least: an alert that nobody has taken is not given back. */
function verbsFor(alerts: AlertRecord[]): BulkVerb[] {
  if (!alerts.length) return [];
  const verbs: BulkVerb[] = ["ack", "shelve", "comment"];
  if (alerts.some((alert) => alert.ack)) verbs.push("unack");
  if (alerts.some(isShelved)) verbs.push("unshelve");
  return verbs;
}

interface Props {
  choice: Choice;
  open: (verb: BulkVerb) => void;
  chooseAll: () => void;
}

export function BulkBar({ choice, open, chooseAll }: Props) {
  const alerts = [...choice.chosen].flatMap((id) => store.all("alert").get(id) ?? []);
  const { undoable, said } = choice;
  const back = undoable && UNDO[undoable.verb];
  return (
    <div class="bulk-bar" role="toolbar" aria-label={t("bulk.label")} hidden={!alerts.length && !said}>
      <b role="status">{said || t("bulk.count", { n: alerts.length })}</b>
      <span class="bulk-verbs">
        {verbsFor(alerts).map((verb) => (
          <button key={verb} type="button" class={verb === "ack" ? "primary" : "chip"} data-bulk-do={verb}
            onClick={() => open(verb)}>
            {t(`bulk.${verb}`)}
          </button>
        ))}
        {undoable && back ? (
          <button type="button" class="primary" data-bulk-undo="" onClick={() => void choice.undo()}>
            {t("bulk.undo", { verb: t(`bulk.verb.${back}`), n: undoable.ids.length })}
          </button>
        ) : null}
      </span>
      <span class="bulk-pick">
        {alerts.length ? (
          <button type="button" class="chip" data-bulk-all="" onClick={chooseAll}>{t("bulk.all")}</button>
        ) : null}
        <button type="button" class="chip" data-bulk-none="" onClick={() => choice.choose([])}>{t("bulk.none")}</button>
      </span>
    </div>
  );
}
