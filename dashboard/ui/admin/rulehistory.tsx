/** What changed in the rules, by whom, and the way back. */
import { useEffect, useState } from "preact/hooks";
import { get, send } from "../core/api";
import { t } from "../core/i18n";
import { Message, useAct } from "../forms/act";
import { openSheet } from "../forms/sheet";
import { Difference, Moment } from "./changes";
import { isOwn, PATH, type Rule, type Rules } from "./rulebook";
import type { AdminView } from "./view";

interface RuleChange {
  seq: number;
  at: string | null;
  rule: string;
  name: string;
  actor: string;
  comment: string;
  before: Partial<Rule> | null;
  after: Partial<Rule> | null;
  undoable: boolean;
}

const MOST = 12;

/** The changes of one rule; of all where `rule` is "". */
export function openRuleHistory(view: AdminView<Rules>, rule: string): void {
  const title = (): string => (rule ? t("rules.history.of", { id: rule }) : t("rules.history"));
  openSheet(title, () => <RuleHistory view={view} rule={rule} />, { wide: true });
}

function RuleHistory({ view, rule }: { view: AdminView<Rules>; rule: string }) {
  const [changes, setChanges] = useState<RuleChange[] | null>(null);
  const act = useAct();
  const ask = async (): Promise<void> => {
    const only = rule ? `&rule=${encodeURIComponent(rule)}` : "";
    const answer = await act.run(() => get<{ items: RuleChange[] }>(`${PATH}/history?limit=100${only}`));
    if (answer) setChanges(answer.items);
  };
  useEffect(() => void ask(), [rule]);
  const undo = async (change: RuleChange): Promise<void> => {
    const path = `${PATH}/${encodeURIComponent(change.rule)}/undo`;
    if ((await act.run(() => send("POST", path, { seq: change.seq }))) === undefined) return;
    await view.ask();
    await ask();
    act.say("done", t("rules.undone"));
  };
  const may = ({ before, after, undoable }: RuleChange): boolean =>
    undoable && view.may && isOwn(after ?? before) && isOwn(before ?? after);
  return (
    <div class="form">
      <Message said={act.said} />
      <ol class="changes">
        {changes?.map((change) => (
          <li key={change.seq}>
            <Moment at={change.at} />
            <ChangeWords change={change} />
            {may(change) ? (
              <button type="button" class="chip" data-act="undo" disabled={act.busy} onClick={() => void undo(change)}>
                {t("rules.undo")}
              </button>
            ) : null}
          </li>
        ))}
        {changes && !changes.length ? <li class="quiet">{t("rules.nohistory")}</li> : null}
      </ol>
    </div>
  );
}

function ChangeWords({ change }: { change: RuleChange }) {
  const before = (change.before ?? {}) as Record<string, unknown>;
  const after = (change.after ?? {}) as Record<string, unknown>;
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => {
    return name !== "id" && JSON.stringify(before[name]) !== JSON.stringify(after[name]);
  });
  return (
    <div>
      <strong>{t(`rules.change.${change.name}`)}</strong> <b>{change.rule}</b>
      <p class="quiet">{[change.actor, change.comment].filter(Boolean).join(" · ")}</p>
      {names.slice(0, MOST).map((name) => (
        <Difference key={name} path={name} before={before[name]} after={after[name]} />
      ))}
    </div>
  );
}
