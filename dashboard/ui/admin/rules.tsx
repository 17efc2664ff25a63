/** Rules: those of the settings and those made here, with what changed and the way back. */
import { send } from "../core/api";
import { length } from "../core/format";
import { pick, t } from "../core/i18n";
import { severityName } from "../core/names";
import { regionName } from "../core/site";
import { parse, shortTime } from "../core/time";
import { SeverityIcon } from "../core/shapes";
import { confirm } from "../forms/sheet";
import { RowActions, Table, type Column, type RowAction } from "../forms/table";
import { isOwn, PATH, type Rule, type Rules } from "./rulebook";
import { copyOf, openRule } from "./ruleform";
import { openRuleHistory } from "./rulehistory";
import { AddButton, AdminFrame, HistoryButton, useAdminView, type AdminView } from "./view";

export default function RulesView() {
  const view = useAdminView<Rules>(PATH);
  const head = (
    <>
      <HistoryButton open={() => openRuleHistory(view, "")} />
      {view.may ? <AddButton label={t("rules.add")} open={() => openRule(view)} /> : null}
    </>
  );
  return (
    <AdminFrame view={view} name="rules" note={t("rules.note")} head={head}>
      {({ items }) => (
        <Table mark="rules" columns={columns(view)} rows={items} keyOf={(rule) => rule.id}
          rowClass={(rule) => (rule.problem ? "is-faulty" : "")} />
      )}
    </AdminFrame>
  );
}

function columns(view: AdminView<Rules>): Column<Rule>[] {
  const when = (rule: Rule) => <code class="rule-when">{rule.when}</code>;
  const active = (rule: Rule) => {
    return rule.active ? <a href={`/alerts?q=${encodeURIComponent(rule.id)}`} data-inside="">{rule.active}</a> : "0";
  };
  return [
    { head: t("rules.rule"), cell: (rule) => <Name rule={rule} />, class: "is-wrapped" },
    { head: t("rules.when"), cell: when, class: "is-wrapped" },
    { head: t("rules.times"), cell: (rule) => `${length(rule.for)} / ${length(rule.recover_for)}` },
    { head: t("rules.severity"), cell: (rule) => <Severities rule={rule} /> },
    { head: t("rules.source"), cell: (rule) => <Source rule={rule} /> },
    { head: t("rules.active"), cell: active },
    { head: "", cell: (rule) => <RowActions actions={actions(rule, view)} />, class: "is-wrapped" },
  ];
}

function Name({ rule }: { rule: Rule }) {
  const over = rule.over === "asset" ? "" : t(`record.${rule.over}.many`);
  const facts = [rule.id, over, rule.region ? regionName(rule.region) : ""].filter(Boolean);
  return (
    <>
      <b>{pick(rule.title) || rule.id}</b>
      <small class="block">{facts.join(" · ")}</small>
      {rule.problem ? <p class="is-open">{pick(rule.problem)}</p> : null}
    </>
  );
}

/** The severities by condition, worst first, then the one that counts while none of them holds. */
function Severities({ rule }: { rule: Rule }) {
  return (
    <>
      {(rule.grades ?? []).map((grade, at) => (
        <span key={at} class="block" title={grade.when}><Severity name={grade.severity} /></span>
      ))}
      <span class="block"><Severity name={rule.severity} /></span>
    </>
  );
}

function Severity({ name }: { name: string }) {
  return <><SeverityIcon severity={name} /> {severityName(name)}</>;
}

function Source({ rule }: { rule: Rule }) {
  if (rule.source === "file") return <span class="tag">{t("rules.source.file")}</span>;
  const at = parse(rule.at);
  return (
    <span title={rule.comment}>
      {t("rules.source.api")}
      <small class="block">{[rule.by, at === null ? "" : shortTime(at)].filter(Boolean).join(" ")}</small>
    </span>
  );
}

function actions(rule: Rule, view: AdminView<Rules>): RowAction[] {
  const history = { name: "history", label: t("rules.history"), run: () => openRuleHistory(view, rule.id) };
  if (!view.may) return [history];
  if (rule.source !== "api" || !isOwn(rule)) {
    return [history, { name: "copy", label: t("rules.copy"), run: () => openRule(view, copyOf(rule), true) }];
  }
  return [
    history,
    { name: "edit", label: t("form.edit"), run: () => openRule(view, rule) },
    { name: "remove", label: t("form.remove"), run: () => remove(rule, view) },
  ];
}

async function remove({ id, active, rev }: Rule, view: AdminView<Rules>): Promise<void> {
  const title = t("rules.remove.title", { id });
  if (!(await confirm(title, t("rules.remove.sure", { n: active }), t("form.remove")))) return;
  const path = `${PATH}/${encodeURIComponent(id)}?rev=${rev ?? ""}`;
  if ((await view.act.run(() => send("DELETE", path))) !== undefined) await view.ask();
}
