/** Handovers as the server gives them. */
import type { Match } from "../alerts/match";
import { t } from "../core/i18n";
import type {
  AlertRecord, CampaignRecord, ExerciseRecord, IncidentRecord, LogRecord, MarkRecord, ObligationRecord, ProposalRecord,
  ReceiptRecord, SourceRecord, TaskRecord,
} from "../records";
import type { Shift } from "../shell/duty";

/** An alert that is hidden, by whichever reasons. */
export interface HiddenAlert {
  asset: string;
  reasons: string[];
  until: string | null;
}
/** A silence or a maintenance window. */
export interface Hiding {
  id: string;
  match?: Match;
  by?: string;
  comment?: string;
  until: string | null;
}
export interface HandoverCounts {
  open?: number;
  acked?: number;
  hidden?: number;
  broken_promises?: number;
  sources?: number;
}
/** A handover that has its first signature, and perhaps the second. */
export interface SignedHandover {
  id: string;
  at: string;
  by: string;
  to: string;
  remarks: string;
  accepted_at: string | null;
  accepted_by: string;
  accept_remarks: string;
  shift: { name?: Record<string, string> } | null;
  counts?: HandoverCounts;
  /** Ids of the reports that who takes over must tick, because they are due soon or late. */
  due_soon: string[];
  /** True when the second signature is late. */
  unsigned: boolean;
}
/** What would be handed over now. */
export interface Handover {
  shift: Shift | null;
  since: string | null;
  figures?: { raised: number; cleared: number; acked: number };
  /** How many alerts this person may not see. */
  hidden_count: number;
  open: AlertRecord[];
  acked: AlertRecord[];
  /** Ids of alerts whose promised end has passed. */
  broken_promises: string[];
  hidden: HiddenAlert[];
  silences: Hiding[];
  maintenance: Hiding[];
  sources: SourceRecord[];
  incidents: Pick<IncidentRecord, "id" | "title" | "phase">[];
  obligations: ObligationRecord[];
  receipts: ReceiptRecord[];
  log: LogRecord[];
  tasks: TaskRecord[];
  proposals: ProposalRecord[];
  messages: CampaignRecord[];
  exercises: ExerciseRecord[];
  /** Marks that nobody has confirmed for long. */
  marks: MarkRecord[];
  last: SignedHandover | null;
}

export function countsText(counts: HandoverCounts | undefined): string {
  if (!counts) return "";
  const { open = 0, acked = 0, hidden = 0, broken_promises: broken = 0, sources = 0 } = counts;
  return t("handover.counts", { open, acked, hidden, broken, sources });
}
