/** Rows of reporting policies in words. */
import { count } from "../core/format";
import { t } from "../core/i18n";
import { className } from "../core/names";
import { Table, type Column } from "../forms/table";
import { sourceWords } from "../incidents/grade";
import { gradeWords, regradeWords, termWords, type PolicyRow } from "./records";

const classWords = ({ classes }: PolicyRow): string => classes.includes("*") ? t("policies.class.any")
  : classes.map(className).join(t("list.and"));

/** The columns of a row in words. */
export const COLUMNS = (): Column<PolicyRow>[] => [
  { head: t("incidents.field.class"), cell: classWords, class: "policy-classes" },
  { head: t("policies.field.grade"), cell: ({ grade }) => gradeWords(grade) },
  { head: t("policies.field.step"), cell: ({ step }) => t(`incidents.step.${step}`) },
  { head: t("policies.field.way"),
    cell: ({ sender, recipient }) => `${t(`incidents.to.${sender}`)} → ${t(`incidents.to.${recipient}`)}` },
  { head: t("policies.field.channel"), cell: ({ channel }) => t(`incidents.by.${channel}`) },
  { head: t("policies.field.term"), cell: termWords },
  { head: t("policies.field.start"), cell: ({ start }) => t(`policies.start.${start}`) },
  { head: t("policies.field.on_regrade"), cell: ({ on_regrade: name }) => regradeWords(name) },
  { head: t("incidents.field.source"), cell: ({ source }) => sourceWords(source) },
];

export function Rows({ rows }: { rows: readonly PolicyRow[] }) {
  if (!rows.length) return <p class="rows-empty">{t("policies.none")}</p>;
  return (
    <>
      <Table mark="policies" columns={COLUMNS()} rows={rows} keyOf={keyOfRow} />
      <p class="quiet">{t("policies.count", { n: count(rows.length) })}</p>
    </>
  );
}

/** A row by what makes it one of its kind. */
export const keyOfRow = ({ step, recipient, channel, grade, classes, sender }: PolicyRow): string =>
  [step, sender, recipient, channel, grade, ...classes].join("/");
