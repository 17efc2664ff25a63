/** Alerts in every state of a row. Their words are those of the pages; nothing of them is in the live picture. */
import { t } from "../core/i18n";
import type { AlertRecord } from "../records";

const MINUTE = 60_000;

/** What tells an example from an unacknowledged alert of its severity. */
type Difference = Partial<AlertRecord> & { id: string; minutes: number };

function example(now: number, { minutes, ...fields }: Difference): AlertRecord {
  const raised = new Date(now - minutes * MINUTE).toISOString();
  const name = t("design.example");
  const base = {
    rule: "link-down", asset: name, subject_kind: "design", region: "", severity: "critical", active: true,
    acked: false, state: "UNACK", suppressed_by: [], shelf: null, hold: null, cut_by: "", raised_at: raised,
    first_raised_at: raised, count: 1, cleared_at: null, stale_since: null, title: t("health.down"), text: "",
    ack: null, affected: {}, below: 0, rev: 1, quality: "good", removed: false, labels: {},
  };
  return { ...base, ...fields } as unknown as AlertRecord;
}

export function examples(now: number): AlertRecord[] {
  const at = (minutes: number): string => new Date(now + minutes * MINUTE).toISOString();
  const ack = { by: t("role.name.duty"), at: at(-4), comment: "", until: null, estimated_restoration: at(28) };
  const different: Difference[] = [
    { id: "new", minutes: 2 },
    { id: "selected", minutes: 3, severity: "major" },
    { id: "taken", minutes: 12, acked: true, state: "ACKED", ack },
    { id: "blind", minutes: 41, quality: "bad", stale_since: at(-41) },
    { id: "minor", minutes: 55, severity: "minor" },
    { id: "info", minutes: 90, severity: "info" },
    { id: "exercise", minutes: 5, severity: "major", labels: { status: "Exercise" } },
    { id: "over", minutes: 8, active: false, cleared_at: at(-1), state: "RTNUN" },
    { id: "gone", minutes: 9, severity: "major" },
  ];
  return different.map((difference) => example(now, difference));
}
