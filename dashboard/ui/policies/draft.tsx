/** Rows of the site that are being written: added, changed or taken out; then all are proposed with a reason. */
import { send } from "../core/api";
import { t } from "../core/i18n";
import { keysOf, type Option, type Values } from "../forms/field";
import { openForm } from "../forms/form";
import { RowActions, Table } from "../forms/table";
import { choices, classOptions } from "../incidents/choices";
import { OFFERED, PATH, type PolicyRow, type ReportPolicies } from "./records";
import { COLUMNS, keyOfRow } from "./rows";

interface Props {
  rows: readonly PolicyRow[];
  policies: ReportPolicies;
  /** Null ends the draft. */
  set: (rows: readonly PolicyRow[] | null) => void;
  again: () => void;
}

export function Draft({ rows, policies, set, again }: Props) {
  const without = (row: PolicyRow): PolicyRow[] => rows.filter((each) => each !== row);
  const actions = (row: PolicyRow) => [
    { name: "edit", label: t("messages.edit"),
      run: () => openRow(row, (next) => set(rows.map((each) => (each === row ? next : each)))) },
    { name: "remove", label: t("policies.remove"), run: () => set(without(row)) },
  ];
  return (
    <section data-draft="">
      <p class="quiet">{t("policies.draft.note")}</p>
      <Table mark="draft" rows={rows} keyOf={keyOfRow}
        columns={[...COLUMNS(), { head: "", cell: (row) => <RowActions actions={actions(row)} /> }]} />
      <div class="incident-orders">
        <button type="button" class="chip" data-add="" onClick={() => openRow(null, (row) => set([...rows, row]))}>
          {t("policies.add")}
        </button>
        <button type="button" class="primary" data-propose="" disabled={!rows.length}
          onClick={() => openProposal(rows, policies.rev, again)}>{t("policies.propose")}</button>
        {policies.own ? (
          <button type="button" class="chip" data-back="" onClick={() => openProposal(null, policies.rev, again)}>
            {t("policies.back")}
          </button>
        ) : null}
        <button type="button" class="chip" data-cancel="" onClick={() => set(null)}>{t("policies.cancel")}</button>
      </div>
    </section>
  );
}

/** The form of the reason, without which nothing is proposed. */
function openProposal(rows: readonly PolicyRow[] | null, rev: number, again: () => void): void {
  openForm({
    title: t(rows ? "policies.propose" : "policies.back"),
    parts: [{ name: "reason", label: t("incidents.field.reason"), kind: "lines", required: true, max: 4000 }],
    initial: { reason: "" },
    label: t("policies.propose"),
    save: async ({ reason }) => {
      const answer = await send("PUT", PATH, { rows, reason, rev });
      again();
      return answer;
    },
  });
}

const NEW: PolicyRow = {
  classes: ["*"], grade: "<=IV", step: "first", sender: "prefecture", recipient: "province", channel: "phone",
  minutes: 30, slots: [], start: "received", on_regrade: "from_regrade", source: "",
};

/** The form of a row; `take` gets it. What may not be, the server says when all are proposed. */
function openRow(row: PolicyRow | null, take: (row: PolicyRow) => void): void {
  const { classes, minutes, slots, ...rest } = row ?? NEW;
  const field = (name: string, options: Option[]) =>
    ({ name, label: t(`policies.field.${name}`), kind: "select", options }) as const;
  void choices().then((offered) => openForm({
    title: t(row ? "messages.edit" : "policies.add"),
    parts: [
      { name: "classes", label: t("incidents.field.class"), kind: "choices", note: t("policies.class.note"),
        options: classOptions(offered).filter(([slug]) => slug) },
      [field("grade", OFFERED.grade()), field("step", OFFERED.step()), field("channel", OFFERED.channel())],
      [field("sender", OFFERED.level()), field("recipient", OFFERED.level())],
      [field("start", OFFERED.start()), { name: "minutes", label: t("policies.field.minutes"), kind: "number", min: 1 },
        { name: "slots", label: t("policies.field.slots"), max: 150, note: t("policies.field.slots.note") }],
      field("on_regrade", OFFERED.regrade()),
      { name: "source", label: t("incidents.field.source"), required: true, max: 200 },
    ],
    initial: {
      ...rest, classes: classes.filter((slug) => slug !== "*"), minutes: minutes ?? "", slots: slots.join(";"),
    },
    label: t("form.save"),
    save: (values) => {
      take(rowOf(values));
      return Promise.resolve(true);
    },
  }));
}

function rowOf({ classes, minutes, slots, ...values }: Values): PolicyRow {
  const chosen = keysOf(classes);
  return {
    ...(values as unknown as PolicyRow), classes: chosen.length ? chosen : ["*"],
    minutes: minutes === "" ? null : Number(minutes),
    slots: String(slots).split(/[;；，,\s]+/).filter(Boolean),
  };
}
