/** Documents of the journal that cannot be read: why, their bytes, and the two ways out. */
import { send } from "../core/api";
import { t } from "../core/i18n";
import { confirm } from "../forms/sheet";
import { RowActions, Table, type Column, type RowAction } from "../forms/table";
import { AdminFrame, useAdminView, type AdminView } from "./view";

const PATH = "/api/v1/documents";

interface UnreadableDocument {
  kind: string;
  id: string;
  reason: string;
  mendable: boolean;
  secret: boolean;
}
interface Unreadable {
  items: UnreadableDocument[];
}

export default function DocumentsView() {
  const view = useAdminView<Unreadable>(`${PATH}/unreadable`);
  return (
    <AdminFrame view={view} name="documents" note={t("documents.note")}>
      {({ items }) => items.length
        ? <Table mark="documents" columns={columns(view)} rows={items} keyOf={({ kind, id }) => `${kind} ${id}`} />
        : <p class="rows-empty">{t("documents.none")}</p>}
    </AdminFrame>
  );
}

function columns(view: AdminView<Unreadable>): Column<UnreadableDocument>[] {
  return [
    { head: t("documents.kind"), cell: (document) => document.kind },
    { head: t("documents.id"), cell: (document) => <span class="mono">{document.id}</span> },
    { head: t("documents.reason"), cell: ({ reason }) => <small class="mono">{reason}</small>, class: "is-wrapped" },
    { head: "", cell: (document) => (view.mayWhole ? <Actions document={document} view={view} /> : null) },
  ];
}

function Actions({ document, view }: { document: UnreadableDocument; view: AdminView<Unreadable> }) {
  const query = new URLSearchParams({ kind: document.kind, id: document.id }).toString();
  const verbs = document.mendable ? ["mend", "drop"] : ["drop"];
  const actions = verbs.map((verb): RowAction => {
    return { name: verb, label: t(`documents.${verb}`), run: () => change(verb, document, view) };
  });
  return (
    <RowActions actions={actions}>
      {document.secret ? null : (
        <a class="chip" data-act="download" href={`${PATH}/content?${query}`} download="">{t("documents.download")}</a>
      )}
    </RowActions>
  );
}

async function change(verb: string, { kind, id }: UnreadableDocument, view: AdminView<Unreadable>): Promise<void> {
  const words = t("documents.drop.sure", { kind, id });
  if (verb === "drop" && !(await confirm(t("documents.drop"), words, t("documents.drop")))) return;
  const answer = await view.act.run(() => send<{ done: string }>("POST", `${PATH}:${verb}`, { kind, id }));
  if (!answer) return;
  view.act.say("done", t(`documents.${answer.done}`, { kind, id }));
  await view.ask();
}
