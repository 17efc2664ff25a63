/** Receivers: where notices go; those of the settings and those made here, each with a test. */
import { send } from "../core/api";
import { t } from "../core/i18n";
import { parse, shortTime } from "../core/time";
import { confirm, openSheet } from "../forms/sheet";
import { RowActions, Table, type Column, type RowAction } from "../forms/table";
import { openChanges } from "./changes";
import { openReceiver } from "./receiverform";
import { PATH, writable, type Receiver, type Receivers } from "./receiverlist";
import { ReceiverTest } from "./receivertest";
import { scopeText } from "./scope";
import { AddButton, AdminFrame, HistoryButton, useAdminView, type AdminView } from "./view";

export default function ReceiversView() {
  const view = useAdminView<Receivers>(PATH);
  const history = (): void =>
    openChanges({ name: "receivers", may: view.mayWhole, undone: (answer) => view.take(answer as Receivers) });
  const head = (
    <>
      <HistoryButton open={history} />
      {view.mayWhole ? <AddButton label={t("receivers.add")} open={() => openReceiver(view)} /> : null}
    </>
  );
  return (
    <AdminFrame view={view} name="receivers" note={t("receivers.note")} head={head}>
      {({ items }) => <Table mark="receivers" columns={columns(view)} rows={items} keyOf={(receiver) => receiver.id} />}
    </AdminFrame>
  );
}

function columns(view: AdminView<Receivers>): Column<Receiver>[] {
  const kind = (receiver: Receiver) => (
    <>
      {t(`receivers.kind.${receiver.kind}`)}
      {receiver.direct ? null : <small class="block">{t("receivers.steps")}</small>}
    </>
  );
  const limit = ({ rate, reserve }: Receiver): string => (rate ? t("receivers.rate.say", { rate, n: reserve }) : "—");
  return [
    { head: t("receivers.id"), cell: (receiver) => <Name receiver={receiver} />, class: "is-wrapped" },
    { head: t("receivers.kind"), cell: kind },
    { head: t("receivers.for"), cell: scopeText, class: "is-wrapped" },
    { head: t("receivers.limit"), cell: limit },
    { head: t("receivers.state"), cell: (receiver) => <State receiver={receiver} />, class: "is-wrapped" },
    { head: "", cell: (receiver) => <RowActions actions={view.mayWhole ? actions(receiver, view) : []} /> },
  ];
}

function Name({ receiver }: { receiver: Receiver }) {
  return (
    <>
      <b>{receiver.id}</b>
      {receiver.readonly ? <span class="tag">{t("rules.source.file")}</span> : null}
      <small class="block mono">{receiver.url}</small>
    </>
  );
}

function State({ receiver }: { receiver: Receiver }) {
  const last = parse(receiver.last_sent_at);
  const oldest = parse(receiver.oldest_at);
  return (
    <>
      {receiver.last_error ? <p class="is-open">{receiver.last_error}</p> : null}
      <small class="block">{last === null ? t("receivers.never") : t("receivers.last", { at: shortTime(last) })}</small>
      {receiver.waiting ? (
        <small class="block is-open">{t("receivers.waiting", { n: receiver.waiting, at: shortTime(oldest) })}</small>
      ) : null}
    </>
  );
}

function actions(receiver: Receiver, view: AdminView<Receivers>): RowAction[] {
  const test = (): void => openSheet(
    () => t("receivers.test.title", { id: receiver.id }),
    () => <ReceiverTest receiver={receiver} sent={() => void view.ask()} />,
  );
  const all: RowAction[] = [{ name: "test", label: t("receivers.test"), run: test }];
  if (receiver.readonly) return all;
  return [
    ...all,
    { name: "edit", label: t("form.edit"), run: () => openReceiver(view, receiver) },
    { name: "remove", label: t("form.remove"), run: () => remove(receiver, view) },
  ];
}

async function remove({ id }: Receiver, view: AdminView<Receivers>): Promise<void> {
  const { answer } = view;
  if (!answer || !(await confirm(t("form.remove"), t("receivers.remove.sure", { id }), t("form.remove")))) return;
  const items = writable(answer).filter((receiver) => receiver.id !== id);
  const next = await view.act.run(() => send<Receivers>("PUT", PATH, { rev: answer.rev, items }));
  if (next) view.take(next);
}
