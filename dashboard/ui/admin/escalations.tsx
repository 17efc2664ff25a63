/** Escalation: each policy as a line of time, from the alert to the last step, with who is told by which channel. */
import { length } from "../core/format";
import { t } from "../core/i18n";
import { confirm } from "../forms/sheet";
import { RowActions, type RowAction } from "../forms/table";
import { openChanges } from "./changes";
import { PATH, put, whoName, writable, type EscalationStep, type Policies, type Policy } from "./policies";
import { openPolicy } from "./policyform";
import { scopeText } from "./scope";
import { AddButton, AdminFrame, HistoryButton, useAdminView, type AdminView } from "./view";

export default function EscalationsView() {
  const view = useAdminView<Policies>(PATH);
  const history = (): void =>
    openChanges({ name: "escalations", may: view.mayWhole, undone: (answer) => view.take(answer as Policies) });
  const head = (
    <>
      <HistoryButton open={history} />
      {view.mayWhole ? <AddButton label={t("esc.add")} open={() => void openPolicy(view)} /> : null}
    </>
  );
  return (
    <AdminFrame view={view} name="escalations" note={t("esc.note")} head={head}>
      {({ items }) => items.length ? (
        <ol class="policies">
          {items.map((policy, index) => <PolicyView key={policy.id} policy={policy} index={index} view={view} />)}
        </ol>
      ) : <p class="rows-empty">{t("esc.none")}</p>}
    </AdminFrame>
  );
}

interface PolicyProps {
  policy: Policy;
  index: number;
  view: AdminView<Policies>;
}

function PolicyView({ policy, index, view }: PolicyProps) {
  return (
    <li class="policy" data-id={policy.id}>
      <header>
        <span class="quiet">{index + 1}.</span>
        <h3>{policy.id}</h3>
        {policy.readonly ? <span class="tag">{t("rules.source.file")}</span> : null}
        <span class="quiet">{scopeText(policy)}</span>
        <RowActions actions={view.mayWhole && !policy.readonly ? actions(policy, view) : []} />
      </header>
      <Timeline steps={policy.steps} />
    </li>
  );
}

function actions(policy: Policy, view: AdminView<Policies>): RowAction[] {
  const own = view.answer ? writable(view.answer) : [];
  const at = own.findIndex((other) => other.id === policy.id);
  const swapped = own.map((other, index) => (index === at ? own[at - 1]! : index === at - 1 ? own[at]! : other));
  const remove = async (): Promise<void> => {
    const words = t("esc.remove.sure", { id: policy.id });
    if (!(await confirm(t("form.remove"), words, t("form.remove")))) return;
    await view.act.run(() => put(view, own.filter((other) => other.id !== policy.id)));
  };
  const up = { name: "up", label: t("esc.up"), run: async () => void (await view.act.run(() => put(view, swapped))) };
  return [
    ...(at > 0 ? [up] : []),
    { name: "edit", label: t("form.edit"), run: () => openPolicy(view, policy) },
    { name: "remove", label: t("form.remove"), run: remove },
  ];
}

/** Left the alert, right the last step; the distance between is the time in which nobody has taken it. */
function Timeline({ steps }: { steps: EscalationStep[] }) {
  const room = (index: number): number => {
    const wait = steps[index]!.after - (steps[index - 1]?.after ?? 0);
    return Math.max(1, Math.log2(1 + wait / 60));
  };
  return (
    <ol class="timeline">
      <li class="moment"><b>0</b><i /><p>{t("esc.start")}</p></li>
      {steps.map((step, index) => (
        <li key={index} class="moment" style={{ flexGrow: room(index) }}>
          <b>{length(step.after)}</b>
          <i />
          <p>{step.who.map(whoName).join(t("list.and"))}</p>
          <small>{(step.channels ?? []).join(t("list.and"))}</small>
          {step.repeat ? (
            <small>{t("esc.repeat.say", { every: length(step.repeat), n: step.times })}</small>
          ) : null}
        </li>
      ))}
    </ol>
  );
}
