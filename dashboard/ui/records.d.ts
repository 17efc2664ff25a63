// Written by scripts/typescript_types.py from feeds/kinds: change the kinds, not this file.

/** A monitored device, link, service or camera. Writer: the projector, from the inventory. */
export interface AssetRecord {
  id: string;
  name: string;
  kind: string;
  region: string;
  lat: number | null;
  lon: number | null;
  parents: string[];
  redundancy_group: string;
  owner: string;
  importance: number;
  labels: Record<string, string>;
  probes: string[];
  health: Health;
  since: string;
  stale_since: string | null;
  seen_at: string | null;
  readings: Record<string, ReadingRecord>;
  cut_by: string;
  camera: CameraStatusRecord | null;
  facts: Record<string, string>;
}

/** Health of an asset, from its probes. */
export type Health = "degraded" | "down" | "ok" | "unknown";

/** The latest observation of one metric, as stored with its asset. */
export interface ReadingRecord {
  value: boolean | number | string | null;
  unit: string;
  quality: Quality;
  observed_at: string;
  received_at: string;
  source: string;
  probe: string;
  fresh_until: string;
  text: string;
  confirmed_at: string | null;
}

/** Quality of a value (OPC UA Part 8). Staleness is a separate field. */
export type Quality = "bad" | "good" | "uncertain";

/** The fields of a camera's status. `camera_status` gives them in public form. */
export interface CameraStatusRecord {
  group: CameraGroup;
  fails: string;
  why: string;
  conflict: string;
  rungs: string;
  faults: string;
  maker: string;
  key_point: boolean;
}

/** The groups in which cameras are counted, by their fault, worst first. */
export type CameraGroup = "frames" | "offline" | "ok" | "other" | "picture" | "signalling" | "unknown";

/** The state of a source or a role. Writer: the projector. */
export interface SourceRecord {
  id: string;
  kind: string;
  region: string;
  at: string;
  ok: boolean;
  error: string;
  every: number;
  lag: number;
  silent_since: string | null;
  failing_since: string | null;
  targets: number;
  failing: number;
  dead_letters: number;
  stats: Record<string, number>;
  valid_at: string | null;
  new_at: string | null;
  parents: string[];
  state: "failing" | "ok" | "silent";
  is_role: boolean;
}

/** One alert (ISA-18.2: an alarm). Writer: the alert engine. */
export interface AlertRecord {
  id: string;
  fingerprint: string;
  rule: string;
  asset: string;
  subject_kind: string;
  member: string;
  region: string;
  severity: Severity;
  active: boolean;
  raised_at: string;
  first_raised_at: string;
  changed_at: string;
  count: number;
  since: string;
  cleared_at: string | null;
  removed: boolean;
  quality: Quality;
  stale_since: string | null;
  ack: AckRecord | null;
  suppressed_by: string[];
  shelf: ShelfRecord | null;
  hold: HoldRecord | null;
  unseen: boolean;
  affected: Record<string, number>;
  title: Record<string, string>;
  text: string;
  labels: Record<string, string>;
  url: string;
  rev: number;
  acked: boolean;
  state: "ACKED" | "DSUPR" | "NORM" | "OOSRV" | "RTNUN" | "SHLVD" | "UNACK";
  cut_by: string;
  explanation: Record<string, string>;
  below: number;
  need: "" | "critical" | "root";
}

/** Severity of an alert (ITU-T X.733 terms, worst first). */
export type Severity = "critical" | "info" | "major" | "minor" | "warning";

/** An acknowledgement. `until` ends it (with its comment); `estimated_restoration` is a promise. */
export interface AckRecord {
  by: string;
  at: string;
  comment: string;
  until: string | null;
  estimated_restoration: string | null;
}

/** A shelved alert; shelving always ends. The transition has the actor and the reason. */
export interface ShelfRecord {
  at: string;
  until: string;
}

/** An alert that waits for a newer result (of a parent, or its own after the parent's recovery), at most `until`. */
export interface HoldRecord {
  since: string;
  until: string;
}

/** A public warning (CAP 1.2). Writer: the warnings registry of the command role. */
export interface WarningRecord {
  id: string;
  source: string;
  status: string;
  msg_type: string;
  scope: string;
  state: string;
  sender: string;
  identifier: string;
  sent: string;
  received_at: string;
  event: string;
  headline: string;
  description: string;
  instruction: string;
  sender_name: string;
  language: string;
  category: string[];
  urgency: string;
  severity: string;
  certainty: string;
  colour: string;
  onset: string | null;
  expires: string | null;
  ended_at: string | null;
  ended_by: string;
  references: string[];
  areas: AreaRecord[];
  regions: string[];
  affected: Record<string, number>;
  findings: RemarkRecord[];
  digest: string;
  note: string;
  restriction: string;
  addresses: string;
  response_type: string[];
  all_clear: boolean;
  web: string;
  contact: string;
  signature: string;
  texts: Record<string, Record<string, string>>;
  places: Record<string, number>;
  departments: string[];
  quake: QuakeRecord | null;
  faulty: boolean;
  place: string;
  shapes: Record<string, unknown>[];
  lapsed: boolean;
}

/** The area of a warning. `geometry` is GeoJSON (EPSG:4326), or None when only codes are known. */
export interface AreaRecord {
  text: string;
  geometry: Record<string, unknown> | null;
  geocodes: string[];
  regions: string[];
  resolved: string;
}

/** A finding of a warning as the journal, Redis and the API hold it. `message` is by language. */
export interface RemarkRecord {
  code: string;
  xpath: string;
  line: number;
  value: string;
  message: Record<string, string>;
  error: boolean;
}

/** An earthquake as an agency reports it. Depth in kilometres; `magnitude` and `depth_km` may be unknown. */
export interface QuakeRecord {
  occurred_at: string;
  lat: number;
  lon: number;
  magnitude: number | null;
  magnitude_type: string;
  depth_km: number | null;
  event_type: string;
  event_ids: string[];
  agencies: string[];
  updated_at: string;
  preferred: boolean;
  magnitudes: Record<string, number>;
  reported_at: Record<string, number>;
}

/** One report of an event. Writer: the command role. */
export interface ReceiptRecord {
  id: string;
  source: string;
  external_id: string;
  channel: string;
  state: string;
  mode: string;
  region: string;
  received_at: string;
  reported_at: string;
  updated_at: string;
  occurred_at: string | null;
  title: string;
  text: string;
  place: string;
  event_class: string;
  their_class: string;
  lat: number | null;
  lon: number | null;
  accuracy_m: number;
  caller: string;
  phone: string;
  unanswered: boolean;
  answered_at: string | null;
  answered_by: string;
  reason: string;
  incident: string;
  candidates: CandidateRecord[];
  problems: string[];
  versions: number;
  rev: number;
  digest: string;
  summary: string;
  orders: ("attach" | "dismiss" | "open" | "restore")[];
}

/** What may be the same event: another receipt, or an incident by its number. */
export interface CandidateRecord {
  id: string;
  score: number;
  distance_m: number;
  seconds: number;
  likely: boolean;
}

/** One incident. Writer: the command role. `id` is "{site}:{yyyymmdd}-{nnnn}", of an exercise "{site}:X…". */
export interface IncidentRecord {
  id: string;
  mode: string;
  nature: string;
  event_class: string;
  title: string;
  text: string;
  region: string;
  regions: string[];
  lead_region: string;
  place: string;
  place_unknown: boolean;
  lat: number | null;
  lon: number | null;
  accuracy_m: number;
  location_method: string;
  occurred_at: string | null;
  occurred_precision: string;
  received_at: string;
  created_at: string;
  created_by: string;
  phase: string;
  phase_before: string;
  phase_at: string;
  phase_reason: string;
  verified_at: string | null;
  opened_at: string | null;
  ended_at: string | null;
  grade: string;
  grades: GradeVersionRecord[];
  grade_proposal: GradeProposalRecord | null;
  response: string;
  responses: ResponseRecord[];
  casualties: CasualtyReportRecord[];
  figures: Record<string, IncidentFigureRecord>;
  posts: PostHolderRecord[];
  posts_before: PostHolderRecord[];
  commander_missing: boolean;
  receipts: string[];
  warnings: string[];
  alerts: string[];
  assets: string[];
  related: string[];
  merged_into: string;
  merged: string[];
  transferred_to: string;
  cause: string;
  lessons: string;
  review_signed_by: string;
  watched_until: string | null;
  secrecy: string;
  outside: boolean;
  rev: number;
  open: boolean;
  grade_rank: number;
  orders: Record<string, string[]>;
  grave: boolean;
  drawable: boolean;
  commander: string;
  response_since: number | null;
}

/** A grade that a person gave: "I" to "IV", or "" for none, on what basis. `at` is when. */
export interface GradeVersionRecord {
  grade: string;
  basis: string;
  criterion: string;
  by: string;
  at: string;
}

/** A grade that the figures give and that no person has given yet. */
export interface GradeProposalRecord {
  grade: string;
  criterion: string;
  table: string;
  source: string;
  if_missing_dead: string;
}

/** A response level (响应) that a leader declared: matter, level, expected end, measures (Art. 72). */
export interface ResponseRecord {
  level: string;
  matters: string;
  measures: string;
  expected_end: string;
  by: string;
  started_at: string;
  ended_at: string | null;
  ended_by: string;
  acting_for: string;
}

/** One figure (`what`, one of FIGURES) as a source gave it. `number` counts the reports of the incident from 1. */
export interface CasualtyReportRecord {
  number: number;
  what: string;
  value: number;
  source: string;
  official: boolean;
  valid_at: string;
  at: string;
  by: string;
  corrects: number;
}

/** The value that is shown of a figure: the newest official one, else the newest. `others` differ; never added. */
export interface IncidentFigureRecord {
  value: number;
  source: string;
  official: boolean;
  valid_at: string;
  others: FigureSourceRecord[];
}

/** What one source says of a figure. */
export interface FigureSourceRecord {
  value: number;
  source: string;
  official: boolean;
  valid_at: string;
}

/** Who holds a post (one of POSTS) since when. */
export interface PostHolderRecord {
  post: string;
  holder: string;
  since: string;
  by: string;
}

/** One report that is due (信息报送). Writer: the command role. `id` is "{incident}/{policy}/{n}". */
export interface ObligationRecord {
  id: string;
  incident: string;
  mode: string;
  region: string;
  grade: string;
  step: string;
  sender: string;
  recipient: string;
  channel: string;
  policy: string;
  source: string;
  starts_at: string;
  due_at: string | null;
  warn_at: string | null;
  state: string;
  late: boolean;
  late_seconds: number;
  because_regraded: boolean;
  nothing_new: boolean;
  met_at: string | null;
  proof: ReportProofRecord | null;
  merged_into: string;
  reason: string;
  created_at: string;
  rev: number;
  unmet: boolean;
  proofs: Record<string, string[]>;
}

/** That a report was received: by whom, how, under what number, when (`at`), entered when and by whom. */
export interface ReportProofRecord {
  channel: string;
  at: string;
  recipient: string;
  number: string;
  note: string;
  by: string;
  entered_at: string;
  retroactive: boolean;
}

/** One entry of the duty log. Writer: the command role. `id` is "{site}:L{yyyymmdd}-{nnnn}". */
export interface LogRecord {
  id: string;
  mode: string;
  kind: string;
  text: string;
  at: string;
  claimed_at: string | null;
  retroactive: boolean;
  author: string;
  region: string;
  incident: string;
  refs: LogReferenceRecord[];
  corrects: string;
  corrected_by: string;
  rev: number;
}

/** A record that an entry of the log names. `seq` is the journal entry that made it as it was then, 0 for none. */
export interface LogReferenceRecord {
  kind: string;
  id: string;
  seq: number;
}

/** One task. Writer: the command role. */
export interface TaskRecord {
  id: string;
  kind: string;
  mode: string;
  incident: string;
  origin: string;
  merged_from: string[];
  plan_key: string;
  parent: string;
  depends: string[];
  title: string;
  text: string;
  checklist: string[];
  region: string;
  unit: string;
  person: string;
  post: string;
  role: string;
  head: string;
  holders_before: TaskHolderRecord[];
  issuer: string;
  author: string;
  written_on: string;
  created_by: string;
  created_at: string;
  reviewed_by: string;
  reviewed_at: string | null;
  issued_at: string | null;
  sign_within: number;
  sign_by: string | null;
  sign_late: boolean;
  signed_by: string;
  signed_at: string | null;
  term: number | null;
  workdays: number;
  starts_at: string | null;
  due: string | null;
  due_first: string | null;
  warn_at: string | null;
  extensions: TaskExtensionRecord[];
  evidence_needed: string;
  evidence: TaskEvidenceRecord[];
  sheets: TaskSheetRecord[];
  state: string;
  state_at: string;
  light: string;
  late: boolean;
  asked_at: string | null;
  done_at: string | null;
  timely: string;
  carried_over: boolean;
  history: TaskEventRecord[];
  rev: number;
  open: boolean;
  unsigned: boolean;
  awaits_signature: boolean;
  pressing: boolean;
  awaits_answer: boolean;
  choices: TaskChoice[];
}

/** Who had a task, until it was given to another one. */
export interface TaskHolderRecord {
  unit: string;
  person: string;
  post: string;
  role: string;
  since: string | null;
  until: string;
  by: string;
  reason: string;
}

/** An extension that was asked for before the due time. `granted` is None until the issuer has answered. */
export interface TaskExtensionRecord {
  number: number;
  until: string;
  reason: string;
  asked_by: string;
  asked_at: string;
  granted: boolean | null;
  answer: string;
  answered_by: string;
  answered_at: string | null;
}

/** A file that proves what was done: `sha256` (hex) is its name in the evidence folder, `size` in bytes. */
export interface TaskEvidenceRecord {
  sha256: string;
  name: string;
  media: string;
  size: number;
  by: string;
  at: string;
  lat: number | null;
  lon: number | null;
  taken_at: string;
}

/** A reminder sheet (蓝单, 橙单, 红单) with its number, which the holder signs for. */
export interface TaskSheetRecord {
  number: string;
  colour: string;
  at: string;
  signed_by: string;
  signed_at: string | null;
}

/** One action on a task; `by` is "" for time itself. `data` are the values of the action, JSON-able. */
export interface TaskEventRecord {
  action: string;
  at: string;
  by: string;
  reason: string;
  data: Record<string, unknown>;
}

/** An action that is possible in the present state. `by`: department, supervisor or reviewer. `reason`: one must be
 *  given. `days`: the greatest number of days that may be asked for, 0 for none. */
export interface TaskChoice {
  action: string;
  by: string;
  reason?: boolean;
  days?: number;
}

/** One resource. Writer: the command role. */
export interface ResourceRecord {
  id: string;
  kind: string;
  name: string;
  region: string;
  lat: number | null;
  lon: number | null;
  unit: string;
  contact: string;
  phone: string;
  capacity: number;
  capability: string[];
  status: string;
  since: string | null;
  incident: string;
  shared: string[];
  quantity: number | null;
  unit_of: string;
  expires: string | null;
  expired: boolean;
  checked_at: string | null;
  unverified: boolean;
  labels: Record<string, string>;
  moves: StockMoveRecord[];
  requisitions: RequisitionRecord[];
  listed: boolean;
  digest: string;
  rev: number;
  orders: string[];
}

/** One movement of a stock: `in`, `out`, `to` an incident, or `back` from it. `number` counts from 1. */
export interface StockMoveRecord {
  number: number;
  move: string;
  quantity: number;
  incident: string;
  note: string;
  by: string;
  at: string;
}

/** A requisition (征用, Art. 12 and 76): whose thing it is and what receipt was given for it. */
export interface RequisitionRecord {
  number: number;
  owner: string;
  receipt: string;
  incident: string;
  by: string;
  at: string;
  outcome: string;
  ended_at: string | null;
  ended_by: string;
  note: string;
}

/** One mark. Writer: the command role. `id` is "{incident}/m{n}", `kind` one of MARK_KINDS. */
export interface MarkRecord {
  id: string;
  incident: string;
  mode: string;
  region: string;
  kind: string;
  geometry: Record<string, unknown>;
  text: string;
  drawing: MarkDrawingRecord | null;
  author: string;
  at: string;
  valid_from: string;
  stale_after: number;
  stale: boolean;
  withdrawn: boolean;
  versions: MarkVersionRecord[];
  rev: number;
}

/** The figures of a circle or a wind sector: an estimate, no dispersion model. */
export interface MarkDrawingRecord {
  lat: number;
  lon: number;
  radius_m: number;
  distance_m: number;
  wind_from: number | null;
  wind_ms: number | null;
  wind_source: string;
  wind_at: string | null;
  half_angle: number;
  square: boolean;
  calm: boolean;
}

/** Who made a version of a mark, when, and why. Its form stands in the journal entry of that moment. */
export interface MarkVersionRecord {
  number: number;
  by: string;
  at: string;
  reason: string;
}

/** One count. Writer: the command role. `id` is "{incident}/i{number}". */
export interface ImpactRecord {
  id: string;
  incident: string;
  number: number;
  mode: string;
  region: string;
  at: string;
  cause: string;
  lat: number | null;
  lon: number | null;
  inventory: string;
  current: boolean;
  areas: ImpactAreaRecord[];
  cameras: CameraNearRecord[];
  warnings: string[];
  incidents: IncidentNearRecord[];
  nearest: Record<string, ResourceNearRecord[]>;
  regions: string[];
  lead_region: string;
  uncounted: Record<string, number>;
  roads_cut: number;
  weather: WeatherNearRecord[];
  rev: number;
}

/** What lies inside: a circle of `radius_m`, or with 0 what was drawn as affected. `assets` by kind and health. */
export interface ImpactAreaRecord {
  radius_m: number;
  total: number;
  assets: Record<string, Record<string, number>>;
  places: Record<string, PlacesInsideRecord>;
  regions: string[];
}

/** The places of one kind inside an area; `population` is 0 where it is not known. */
export interface PlacesInsideRecord {
  count: number;
  population: number;
}

/** A camera that may see the place, and how well it works: `level` is that of feeds.cameras, None where none is. */
export interface CameraNearRecord {
  id: string;
  name: string;
  health: string;
  level: number | null;
}

/** Another open incident nearby that was received about then: perhaps the same. */
export interface IncidentNearRecord {
  id: string;
  distance_m: number;
  seconds: number;
}

/** A resource or place near the incident, by line and by road (see maps.roads). */
export interface ResourceNearRecord {
  id: string;
  name: string;
  line_m: number;
  road_m: number | null;
  unknown_m: number;
  quality: string;
}

/** A reading of weather or water at a station nearby, as it was when the count was made. */
export interface WeatherNearRecord {
  id: string;
  name: string;
  distance_m: number;
  metric: string;
  value: number;
  unit: string;
  observed_at: string;
}

/** One brief. Writer: the command role. `id` is "{site}:B{yyyymmdd}-{nnnn}", of an exercise "{site}:BX…". */
export interface BriefRecord {
  id: string;
  mode: string;
  kind: string;
  step: string;
  ordinal: number;
  incident: string;
  region: string;
  title: string;
  number: string;
  state: string;
  version: number;
  to: string[];
  cc: string[];
  urgency: string;
  blocks: BriefBlockRecord[];
  basis: EntryReferenceRecord | null;
  findings: BriefFindingRecord[];
  edited_by: string[];
  created_by: string;
  created_at: string;
  changed_at: string;
  period_start: string | null;
  period_end: string | null;
  signatures: BriefSignatureRecord[];
  countersign_by: string | null;
  countersign_late: boolean;
  sendings: BriefSendingRecord[];
  corrections: BriefCorrectionRecord[];
  reason: string;
  rev: number;
  corrected: boolean;
  orders: Record<string, string[]>;
  next_order: string;
  in_hand: boolean;
}

/** One block. A generated one has rows and figures. One of people has `text`, which generating never changes. */
export interface BriefBlockRecord {
  key: string;
  title: string;
  generated: boolean;
  text: string;
  rows: BriefRowRecord[];
  figures: BriefFigureRecord[];
}

/** A line of a generated block: its name (a key of the catalogue), its words, and the entries that prove them. */
export interface BriefRowRecord {
  name: string;
  text: string;
  entries: EntryReferenceRecord[];
  unknown: boolean;
  sentence: boolean;
}

/** One journal entry: its place in its chain and its hash. `seq` is the journal's own order. */
export interface EntryReferenceRecord {
  seq: number;
  chain: string;
  number: number;
  hash: string;
  at: string;
}

/** A figure with the record and the entries that prove it. */
export interface BriefFigureRecord {
  name: string;
  value: number;
  source: string;
  official: boolean;
  report: number;
  before: number | null;
  record_kind: string;
  record: string;
  as_of: string;
  entries: EntryReferenceRecord[];
}

/** What a check says: a stable code, the block or field, and whether it forbids signing. */
export interface BriefFindingRecord {
  code: string;
  field: string;
  blocking: boolean;
}

/** A signature: who signed, how it was proven, and the hash of what was signed. */
export interface BriefSignatureRecord {
  by: string;
  method: string;
  at: string;
  hash: string;
  recorded_by: string;
  name: string;
  recorder: string;
}

/** That the brief was received: how, by whom or under what number, when, and which report due it met. */
export interface BriefSendingRecord {
  channel: string;
  at: string;
  recipient: string;
  number: string;
  note: string;
  by: string;
  entered_at: string;
  obligation: string;
}

/** A figure that was corrected after the signature: what the brief says, and what is known now. */
export interface BriefCorrectionRecord {
  name: string;
  value: number;
  corrected: number;
  at: string;
}

/** One version of a plan. Writer: the command role. `id` is "{plan}@{version}". */
export interface PlanRecord {
  id: string;
  plan: string;
  version: number;
  state: string;
  name: Record<string, string>;
  basis: string;
  filed: string;
  owner: string;
  review_by: string;
  classes: string[];
  regions: string[];
  triggers: PlanTriggerRecord[];
  levels: PlanLevelRecord[];
  text: string;
  digest: string;
  origin: string;
  drafted_by: string;
  drafted_at: string;
  submitted_by: string;
  submitted_at: string | null;
  published_by: string;
  published_at: string | null;
  retired_by: string;
  retired_at: string | null;
  reason: string;
  rehearsal: PlanRehearsalRecord | null;
  rev: number;
  orders: Record<string, string[]>;
}

/** A CEL condition over an incident, and over a warning or an alert linked to it, that proposes a level. */
export interface PlanTriggerRecord {
  when: string;
  level: string;
}

/** What one level of a plan does. `tasks` is everything at this level, also what lower levels bring. */
export interface PlanLevelRecord {
  level: string;
  auto_after: number | null;
  posts: string[];
  tasks: TaskTemplateRecord[];
  messages: PlanMessageRecord[];
  resources: string[];
  report_policy: string;
  checklist: string[];
}

/** One task of a plan. `level` is the level that adds it; exactly one of `role`, `unit`, `post` names who gets it. */
export interface TaskTemplateRecord {
  key: string;
  level: string;
  title: string;
  text: string;
  role: string;
  unit: string;
  post: string;
  due: number;
  sign_within: number | null;
  evidence: string;
  depends: string[];
  reversible: boolean;
  checklist: string[];
}

/** A message that the level calls for: its template, groups, answers needed, and waves in seconds. */
export interface PlanMessageRecord {
  template: string;
  groups: string[];
  need: number;
  waves: number[];
}

/** How often the triggers would have proposed a start between two moments, of how many incidents. */
export interface PlanRehearsalRecord {
  since: string;
  until: string;
  incidents: number;
  count: number;
  per_month: number;
  starts: RehearsedStartRecord[];
  by: string;
  at: string;
}

/** A start that a plan would have proposed: for which incident, at which level, when. */
export interface RehearsedStartRecord {
  incident: string;
  title: string;
  level: string;
  at: string;
}

/** What a trigger, a promotion rule or a person proposes. Writer: the command role. */
export interface ProposalRecord {
  id: string;
  kind: string;
  mode: string;
  region: string;
  incident: string;
  plan: string;
  version: string;
  level: string;
  before: string;
  cause: string;
  subject: string;
  effect: ProposalEffectRecord;
  state: string;
  proposed_at: string;
  proposed_by: string;
  unanswered: boolean;
  auto_at: string | null;
  answered_at: string | null;
  answered_by: string;
  step: number;
  reason: string;
  replaced_by: string;
  issued: string[];
  withdrawn: string[];
  speed: number;
  people: Record<string, string>;
  rev: number;
  answers: string[];
}

/** Everything that a confirmation does. `vacant` are posts of the plan that nobody holds. */
export interface ProposalEffectRecord {
  tasks: PlannedTaskRecord[];
  posts: string[];
  vacant: string[];
  checklist: string[];
  messages: PlanMessageRecord[];
  resources: string[];
  report_policy: string;
  left: LeftTaskRecord[];
  event_class: string;
  nature: string;
  grade: string;
  title: string;
  about: string;
}

/** One task as a confirmation would issue it: the text filled in, who gets it, when it is due and signed for. */
export interface PlannedTaskRecord {
  key: string;
  title: string;
  text: string;
  role: string;
  unit: string;
  post: string;
  holder: string;
  after: number;
  sign_within: number | null;
  evidence: string;
  depends: string[];
  checklist: string[];
  problem: string;
}

/** A task of a plan that is still open when its level ends: kept or withdrawn, one by one. */
export interface LeftTaskRecord {
  task: string;
  key: string;
  title: string;
  holder: string;
  state: string;
}

/** One mass message. Writer: the command role. `id` is "{site}:M{yyyymmdd}-{nnnn}", of an exercise "{site}:MX…". */
export interface CampaignRecord {
  id: string;
  mode: string;
  region: string;
  incident: string;
  text: string;
  groups: CampaignGroupRecord[];
  channel: string;
  need: number;
  wave_after: number;
  state: string;
  digest: string;
  author: string;
  created_at: string;
  edited_by: string[];
  approved_by: string;
  approved_at: string | null;
  approved_digest: string;
  sent_by: string;
  waves: CampaignWaveRecord[];
  answers: CampaignAnswerRecord[];
  reached_at: string | null;
  ended_at: string | null;
  reason: string;
  rev: number;
  open: boolean;
  recipients: number;
  answered: number;
  needs_approval: boolean;
  writers: string[];
  orders: string[];
}

/** The recipients of one wave, in the order of sending. */
export interface CampaignGroupRecord {
  name: string;
  people: CampaignPersonRecord[];
}

/** One recipient. `id` is the id in the roster, the id of a resource, or a hash of a bare number. */
export interface CampaignPersonRecord {
  id: string;
  name: string;
  address: string;
}

/** The name of a group and the time at which its messages were queued. The outbox has the state of each. */
export interface CampaignWaveRecord {
  group: string;
  at: string;
}

/** An answer of a recipient. `at` is the time of its entry, `by` the account that entered it, "" for none. */
export interface CampaignAnswerRecord {
  person: string;
  text: string;
  at: string;
  by: string;
}

/** One exercise. Writer: the command role. `id` is the id of its incident, "{site}:X…". */
export interface ExerciseRecord {
  id: string;
  region: string;
  title: string;
  state: string;
  speed: number;
  participants: string[];
  injects: ExerciseInjectRecord[];
  created_by: string;
  created_at: string;
  started_at: string | null;
  clock_at: string | null;
  elapsed: number;
  stopped_at: string | null;
  rev: number;
  orders: string[];
}

/** One event that arrives `at` seconds after the start, by the clock of the exercise. */
export interface ExerciseInjectRecord {
  at: number;
  kind: string;
  body: Record<string, unknown>;
  given_at: string | null;
  refused: string;
}

/** An open case, compact. `id` is system and number with a colon between; `key` its number in the store. */
export interface CaseRecord {
  id: string;
  key: number;
  system: string;
  number: string;
  item: string;
  kind: string;
  department: string;
  region: string;
  step: string;
  light: string;
  state: string;
  due: string;
  n: number | null;
  frozen_left: number | null;
  limit_at: string | null;
  warn_at: string | null;
  started_at: string | null;
  parent: string;
  flags: string[];
  unverified: boolean;
  changed_at: string;
  paused: boolean;
}

/** Counts of the open cases of one department in one region, of one group of kinds: groups are never added together. */
export interface CaseBoardRecord {
  id: string;
  department: string;
  name: string;
  region: string;
  group: string;
  open: number;
  lights: Record<string, number>;
  steps: Record<string, number>;
  paused: number;
  due_today: number;
  unverified: number;
  as_of: string | null;
  silent_since: string | null;
  light: "green" | "grey" | "red" | "yellow";
}

/** A card (黄牌, 红牌) that a rule has raised or proposed. See approvals/cards. */
export interface CardRecord {
  id: string;
  rule: string;
  version: number;
  case: string;
  key: number;
  number: string;
  department: string;
  region: string;
  colour: string;
  replaces: string;
  evidence: Record<string, unknown>;
  state: string;
  raised_at: string | null;
  proposed_at: string;
  appeal_by: string | null;
  decide_by: string | null;
  choices: TaskChoiceRecord[];
  history: Record<string, unknown>[];
  rev: number;
  open: boolean;
  valid: boolean;
}

/** An action that is possible in the present state. `by`: department, supervisor or reviewer. */
export interface TaskChoiceRecord {
  action: string;
  by: string;
  reason: boolean;
  days: number;
}

/** A supervision order (督办单). See feeds/tasks for its life. */
export interface OrderRecord {
  id: string;
  number: string;
  title: string;
  text: string;
  department: string;
  region: string;
  cases: string[];
  cards: string[];
  state: string;
  created_by: string;
  created_at: string;
  limit_at: string | null;
  light: string;
  urged: number;
  choices: TaskChoiceRecord[];
  history: Record<string, unknown>[];
  rev: number;
  open: boolean;
}

/** Counts of what one audience sees of a region (a county's code), a unit (owner), a kind of asset or a feed. */
export interface BoardRecord {
  id: string;
  by: "department" | "feed" | "kind" | "place" | "region" | "unit";
  key: string;
  worst: Health;
  total: number;
  health: Record<string, number>;
  cut: number;
  alerts: Record<string, number>;
  unacked: number;
  warnings: Record<string, number>;
  sources: Record<string, number>;
  cameras: Record<string, number>;
  cameras_since: Record<string, string>;
  stale: number;
  stale_since: string | null;
  seen_at: string | null;
  roots: number;
  cases: Record<string, number>;
  cases_due_today: number;
  cases_silent_since: string | null;
  light: "" | "green" | "grey" | "red" | "yellow";
  incidents: Record<string, number>;
  responses: Record<string, number>;
  title: string;
}

/** Open alerts with the same cause, rule, unit or county (`by`, `key`); `all` has every one. */
export interface GroupRecord {
  id: string;
  by: "all" | "cause" | "region" | "rule" | "unit";
  key: string;
  rule: string;
  severity: Severity;
  severities: Record<string, number>;
  count: number;
  active: number;
  unacked: number;
  first_at: string;
  last_at: string;
  curve: Record<string, number>;
  needs: Record<string, number>;
  alerts: string[];
}

/** An alert's life, who was told of it, the alerts hidden behind it, and the ways to put it aside now. Of a life of
 *  more than a thousand steps the newest are shown; `more_transitions` says how many are older. */
export interface AlertAdditions {
  transitions: TransitionRecord[];
  more_transitions: number;
  notices: Record<string, unknown>[];
  escalation: Record<string, unknown> | null;
  behind: string[];
  suppressions: SuppressionOption[];
}

/** One named step in an alert's life. `explanation` is the text in words of people, by language. */
export interface TransitionRecord {
  seq: number | null;
  name: string;
  at: string;
  actor: string;
  comment: string;
  command: string;
  text: string;
  explanation: Record<string, string>;
  before: Record<string, unknown>;
  after: Record<string, unknown>;
}

/** A way to put an alert aside now. `scope`: the alert alone, its rule on its subject (`here`), everything on its
 *  subject, or its rule in its region. `match` is what the silence or the window has to be made with, null for the
 *  shelf. */
export interface SuppressionOption {
  action: "maintain" | "shelve" | "silence";
  scope: "alert" | "here" | "region" | "subject";
  match: Record<string, unknown> | null;
  count: number;
}

/** The newest events of an asset, newest first. */
export interface AssetAdditions {
  events: AssetEvent[];
}

/** One event. `kind` health: `name` is the new health, `before` and `after` hold `health`. `kind` facts: `name` is
 *  `first` or `changed`, `before` and `after` hold the facts that changed ("": absent), `probe` is their source. */
export interface AssetEvent {
  seq: number;
  at: string;
  kind: string;
  name: string;
  probe: string;
  before: Record<string, string>;
  after: Record<string, string>;
}

/** The original message as text, the steps of the warning's life, and the messages that it updates or that end it.
 *  `original` is "" for a warning that came as no document. The chain is in the order of sending. */
export interface WarningAdditions {
  original: string;
  transitions: WarningStepRecord[];
  chain: ChainLink[];
}

/** One named step in a warning's life. `cause` is the id of the message that made it, "" for time. */
export interface WarningStepRecord {
  seq: number;
  name: string;
  at: string;
  cause: string;
}

/** One message of the chain of updates to which a warning belongs. */
export interface ChainLink {
  id: string;
  msg_type: string;
  state: string;
  sent: string;
  headline: string;
  colour: string;
}

/** The steps of a receipt's life, oldest first, each version with its row as received (not for walls). */
export interface ReceiptAdditions {
  transitions: ReceiptStepRecord[];
}

/** One named step in a receipt's life; `raw` is the row that made it, "" for a step of a person or of time. */
export interface ReceiptStepRecord {
  seq: number;
  name: string;
  at: string;
  actor: string;
  reason: string;
  raw: string;
}

/** The life of a brief, oldest first, and whether it can be exported as PDF here. */
export interface BriefAdditions {
  timeline: BriefStep[];
  pdf: boolean;
}

/** One entry of the journal about a brief; `body` has the version that it made. */
export interface BriefStep {
  seq: number;
  name: string;
  at: string;
  actor: string;
  reason: string;
  body: Record<string, unknown>;
}

/** The life of the incident, oldest first, its phases, its posts without a holder, and what is to be done next. */
export interface IncidentAdditions {
  timeline: IncidentStep[];
  course: PhasePoint[];
  vacant_posts: string[];
  next_steps: NextStep[];
}

/** One entry of the journal about an incident: `body` is the order as it was given, {} for walls. */
export interface IncidentStep {
  seq: number;
  name: string;
  at: string;
  actor: string;
  reason: string;
  body: Record<string, unknown>;
}

/** A phase of an incident's course. `at` is when it was last entered (RFC 3339), None if it was never entered. */
export interface PhasePoint {
  phase: string;
  at: string | null;
  state: "ahead" | "past" | "present";
}

/** A step and whether it is done. `current`: it is the first that is not. `roles` may take it, nobody may while there
 *  are none. `action` is how: `order` is the order of that name about the incident, `confirm` answers the proposal,
 *  `tasks` and `brief` are done on those pages, `proof` enters how the report was received, `draft` begins the brief
 *  that reports. `proposal`, `obligation` and `brief` are the ids of what it is about, "" for none. */
export interface NextStep {
  name: "grade" | "open" | "plan" | "post" | "report" | "sign";
  done: boolean;
  current: boolean;
  roles: string[];
  action: "brief" | "confirm" | "draft" | "order" | "proof" | "tasks";
  proposal: string;
  obligation: string;
  brief: string;
}

/** The incident of the task in a few words, null without one or when it is archived. */
export interface TaskAdditions {
  incident_summary: TaskIncident | null;
}

/** The fields of an incident that the holder of one of its tasks may see. */
export interface TaskIncident {
  id: string;
  title: string;
  event_class: string;
  place: string;
  phase: string;
  grade: string;
  response: string;
  mode: string;
}

export interface AssetList {
  items: AssetRecord[];
  next: string | null;
  rev: string;
  hidden: number;
  total: number;
}

export type AssetDetail = AssetRecord & AssetAdditions;

export interface SourceList {
  items: SourceRecord[];
  next: string | null;
  rev: string;
  hidden: number;
  total: number;
}

export interface AlertList {
  items: AlertRecord[];
  next: string | null;
  rev: string;
  hidden: number;
}

export type AlertDetail = AlertRecord & AlertAdditions;

export interface WarningList {
  items: WarningRecord[];
  next: string | null;
  rev: string;
  hidden: number;
  total: number;
}

export type WarningDetail = WarningRecord & WarningAdditions;

export interface ReceiptList {
  items: ReceiptRecord[];
  next: string | null;
  rev: string;
  hidden: number;
}

export type ReceiptDetail = ReceiptRecord & ReceiptAdditions;

export interface IncidentList {
  items: IncidentRecord[];
  next: string | null;
  rev: string;
  hidden: number;
}

export type IncidentDetail = IncidentRecord & IncidentAdditions;

export interface ObligationList {
  items: ObligationRecord[];
  next: string | null;
  rev: string;
  hidden: number;
}

export interface LogList {
  items: LogRecord[];
  next: string | null;
  rev: string;
  hidden: number;
}

export interface TaskList {
  items: TaskRecord[];
  next: string | null;
  rev: string;
  hidden: number;
}

export type TaskDetail = TaskRecord & TaskAdditions;

export interface ResourceList {
  items: ResourceRecord[];
  next: string | null;
  rev: string;
  hidden: number;
  total: number;
}

export interface MarkList {
  items: MarkRecord[];
  next: string | null;
  rev: string;
  hidden: number;
}

export interface ImpactList {
  items: ImpactRecord[];
  next: string | null;
  rev: string;
  hidden: number;
}

export interface BriefList {
  items: BriefRecord[];
  next: string | null;
  rev: string;
  hidden: number;
}

export type BriefDetail = BriefRecord & BriefAdditions;

export interface PlanList {
  items: PlanRecord[];
  next: string | null;
  rev: string;
  hidden: number;
}

export interface ProposalList {
  items: ProposalRecord[];
  next: string | null;
  rev: string;
  hidden: number;
}

export interface CampaignList {
  items: CampaignRecord[];
  next: string | null;
  rev: string;
  hidden: number;
}

export interface ExerciseList {
  items: ExerciseRecord[];
  next: string | null;
  rev: string;
  hidden: number;
}

export interface CaseList {
  items: CaseRecord[];
  next: string | null;
  rev: string;
  hidden: number;
  total: number;
}

export interface CaseBoardList {
  items: CaseBoardRecord[];
  next: string | null;
  rev: string;
  hidden: number;
  total: number;
}

export interface CardList {
  items: CardRecord[];
  next: string | null;
  rev: string;
  hidden: number;
}

export interface OrderList {
  items: OrderRecord[];
  next: string | null;
  rev: string;
  hidden: number;
}

export interface BoardList {
  items: BoardRecord[];
  next: string | null;
  rev: string;
  hidden: number;
  total: number;
}

export interface GroupList {
  items: GroupRecord[];
  next: string | null;
  rev: string;
  hidden: number;
  total: number;
}

export interface Snapshot {
  rev: string;
  asset: Record<string, AssetRecord>;
  source: Record<string, SourceRecord>;
  alert: Record<string, AlertRecord>;
  warning: Record<string, WarningRecord>;
  receipt: Record<string, ReceiptRecord>;
  incident: Record<string, IncidentRecord>;
  obligation: Record<string, ObligationRecord>;
  log: Record<string, LogRecord>;
  task: Record<string, TaskRecord>;
  plan: Record<string, PlanRecord>;
  proposal: Record<string, ProposalRecord>;
  case_board: Record<string, CaseBoardRecord>;
  card: Record<string, CardRecord>;
  order: Record<string, OrderRecord>;
  board: Record<string, BoardRecord>;
  hidden: { asset: number; source: number; alert: number; warning: number; receipt: number; incident: number;
    obligation: number; log: number; task: number; plan: number; proposal: number; case_board: number; card: number;
    order: number; board: number; };
}

/** The record of each kind. */
export interface Records {
  asset: AssetRecord;
  source: SourceRecord;
  alert: AlertRecord;
  warning: WarningRecord;
  receipt: ReceiptRecord;
  incident: IncidentRecord;
  obligation: ObligationRecord;
  log: LogRecord;
  task: TaskRecord;
  resource: ResourceRecord;
  mark: MarkRecord;
  impact: ImpactRecord;
  brief: BriefRecord;
  plan: PlanRecord;
  proposal: ProposalRecord;
  campaign: CampaignRecord;
  exercise: ExerciseRecord;
  case: CaseRecord;
  case_board: CaseBoardRecord;
  card: CardRecord;
  order: OrderRecord;
  board: BoardRecord;
  group: GroupRecord;
}

/** Names of the fields that each face of kind asset has. */
export interface AssetFaces {
  map: "id" | "name" | "kind" | "region" | "lat" | "lon" | "parents" | "importance" | "health" | "stale_since"
    | "cut_by";
  camera: "id" | "name" | "region" | "owner" | "parents" | "importance" | "health" | "since" | "stale_since" | "cut_by"
    | "camera";
  row: "id" | "name" | "kind" | "region" | "owner" | "health" | "since" | "stale_since" | "seen_at" | "cut_by";
  tree: "id" | "since" | "owner" | "labels";
  full: keyof Records["asset"];
}

/** Names of the fields that each face of kind source has. */
export interface SourceFaces {
  row: "id" | "kind" | "region" | "at" | "ok" | "error" | "silent_since" | "failing_since" | "state" | "is_role";
  full: keyof Records["source"];
}

/** Names of the fields that each face of kind alert has. */
export interface AlertFaces {
  map: "id" | "asset" | "subject_kind" | "region" | "severity" | "active" | "acked" | "state" | "cut_by" | "below"
    | "need";
  row: "id" | "rule" | "asset" | "subject_kind" | "region" | "severity" | "active" | "acked" | "state" | "suppressed_by"
    | "shelf" | "hold" | "cut_by" | "raised_at" | "first_raised_at" | "count" | "cleared_at" | "stale_since" | "title"
    | "text" | "ack" | "affected" | "below" | "need" | "rev" | "quality" | "removed" | "labels";
  full: keyof Records["alert"];
}

/** Names of the fields that each face of kind warning has. */
export interface WarningFaces {
  map: "id" | "state" | "status" | "severity" | "colour" | "event" | "regions" | "areas";
  row: "id" | "source" | "status" | "scope" | "state" | "event" | "headline" | "severity" | "colour" | "sender_name"
    | "sent" | "onset" | "expires" | "ended_at" | "regions" | "place" | "shapes" | "affected" | "places" | "signature"
    | "faulty" | "lapsed" | "all_clear";
  full: keyof Records["warning"];
}

/** Names of the fields that each face of kind receipt has. */
export interface ReceiptFaces {
  map: "id" | "state" | "mode" | "channel" | "event_class" | "region" | "unanswered";
  row: "id" | "source" | "channel" | "state" | "mode" | "region" | "received_at" | "summary" | "place" | "event_class"
    | "unanswered" | "answered_at" | "incident" | "candidates" | "versions" | "rev";
  full: keyof Records["receipt"];
}

/** Names of the fields that each face of kind incident has. */
export interface IncidentFaces {
  map: "id" | "title" | "phase" | "grade" | "response" | "mode" | "event_class" | "region";
  row: "id" | "mode" | "title" | "event_class" | "region" | "received_at" | "phase" | "open" | "drawable" | "grade"
    | "grade_rank" | "grave" | "grade_proposal" | "response" | "response_since" | "place" | "lat" | "lon" | "accuracy_m"
    | "figures" | "commander" | "commander_missing" | "rev";
  full: keyof Records["incident"];
}

/** Names of the fields that each face of kind obligation has. */
export interface ObligationFaces {
  full: keyof Records["obligation"];
}

/** Names of the fields that each face of kind log has. */
export interface LogFaces {
  full: keyof Records["log"];
}

/** Names of the fields that each face of kind task has. */
export interface TaskFaces {
  row: "id" | "kind" | "mode" | "incident" | "title" | "region" | "unit" | "person" | "post" | "role" | "state"
    | "state_at" | "light" | "late" | "unsigned" | "sign_by" | "due" | "due_first" | "warn_at" | "starts_at" | "open"
    | "evidence_needed" | "carried_over" | "parent" | "choices" | "rev" | "awaits_signature" | "pressing"
    | "awaits_answer";
  full: keyof Records["task"];
}

/** Names of the fields that each face of kind resource has. */
export interface ResourceFaces {
  map: "id" | "kind" | "name" | "region" | "status" | "incident" | "unverified" | "expired";
  row: "id" | "kind" | "name" | "region" | "lat" | "lon" | "unit" | "capacity" | "capability" | "status" | "since"
    | "incident" | "quantity" | "unit_of" | "expired" | "unverified" | "orders" | "rev";
  full: keyof Records["resource"];
}

/** Names of the fields that each face of kind mark has. */
export interface MarkFaces {
  map: "id" | "incident" | "kind" | "text" | "mode" | "region" | "author" | "at" | "stale";
  full: keyof Records["mark"];
}

/** Names of the fields that each face of kind impact has. */
export interface ImpactFaces {
  full: keyof Records["impact"];
}

/** Names of the fields that each face of kind brief has. */
export interface BriefFaces {
  row: "id" | "mode" | "kind" | "step" | "ordinal" | "incident" | "region" | "title" | "number" | "state" | "version"
    | "urgency" | "created_by" | "created_at" | "changed_at" | "period_start" | "countersign_by" | "countersign_late"
    | "sendings" | "signatures" | "corrected" | "in_hand" | "rev";
  full: keyof Records["brief"];
}

/** Names of the fields that each face of kind plan has. */
export interface PlanFaces {
  row: "id" | "plan" | "version" | "state" | "name" | "basis" | "filed" | "owner" | "review_by" | "classes" | "levels"
    | "triggers" | "origin" | "drafted_at" | "published_at" | "rehearsal" | "orders" | "rev";
  full: keyof Records["plan"];
}

/** Names of the fields that each face of kind proposal has. */
export interface ProposalFaces {
  full: keyof Records["proposal"];
}

/** Names of the fields that each face of kind campaign has. */
export interface CampaignFaces {
  full: keyof Records["campaign"];
}

/** Names of the fields that each face of kind exercise has. */
export interface ExerciseFaces {
  full: keyof Records["exercise"];
}

/** Names of the fields that each face of kind case has. */
export interface CaseFaces {
  row: "id" | "key" | "number" | "item" | "kind" | "department" | "region" | "step" | "light" | "due" | "frozen_left"
    | "paused" | "unverified";
  full: keyof Records["case"];
}

/** Names of the fields that each face of kind case_board has. */
export interface CaseBoardFaces {
  full: keyof Records["case_board"];
}

/** Names of the fields that each face of kind card has. */
export interface CardFaces {
  row: "id" | "rule" | "key" | "number" | "department" | "region" | "colour" | "state" | "valid" | "proposed_at"
    | "appeal_by" | "decide_by" | "choices" | "rev";
  full: keyof Records["card"];
}

/** Names of the fields that each face of kind order has. */
export interface OrderFaces {
  row: "id" | "number" | "title" | "department" | "region" | "state" | "created_at" | "limit_at" | "light" | "urged"
    | "rev";
  full: keyof Records["order"];
}

/** Names of the fields that each face of kind board has. */
export interface BoardFaces {
  full: keyof Records["board"];
}

/** Names of the fields that each face of kind group has. */
export interface GroupFaces {
  row: "id" | "by" | "key" | "rule" | "severity" | "count" | "active" | "unacked" | "first_at" | "last_at" | "needs";
  full: keyof Records["group"];
}

/** What each recipient reads, in how many short messages, and who they are. `alone`: no second person is needed. */
export interface CampaignPreview {
  text: string;
  parts: number;
  messages: number;
  recipients: number;
  unreachable: number;
  alone: boolean;
  items: CampaignRecipient[];
}

/** One recipient. `state`: waiting, unreachable, queued, handed, failed, answered. `handed`: the gateway took it.
 *  `takes_answer`: the message was given out to this recipient, and an answer to it can be entered; none is yet. */
export interface CampaignRecipient {
  id: string;
  name: string;
  group: string;
  state: string;
  wave_at: string | null;
  handed_at: string | null;
  answered_at: string | null;
  answer: string;
  takes_answer: boolean;
  error: string;
}

/** What the match of a silence or window takes now, of what the asker sees: assets, and open alerts. */
export interface MatchCounts {
  match: SuppressionMatch;
  assets: number;
  alerts: number;
}

/** The alerts or assets that a suppression applies to; every given field must fit. */
export interface SuppressionMatch {
  assets: string[];
  region: string;
  kinds: string[];
  owner?: string;
  rule?: string;
  severities?: string[];
  labels?: Record<string, string>;
}

/** Every figure of the asker's region. */
export interface Kpi {
  rev: string;
  at: string;
  alerts: AlertCounts;
  health: Record<string, number>;
  health_by_region: Record<string, Record<string, number>>;
  hidden: Record<string, number>;
  load: AlertLoad;
  mtta: ResponseTimes;
  mttr: ResponseTimes;
  outs: LoadOuts;
  shifts: ShiftLoad[];
  availability: MonthAvailability | null;
}

/** Open alerts now. */
export interface AlertCounts {
  open: number;
  active: number;
  unacknowledged: number;
  suppressed: number;
  active_over_24h: number;
  active_by_severity: Record<string, number>;
}

/** The load of the last day with its targets. */
export interface AlertLoad {
  since: string;
  complete: boolean;
  rate: Rate;
  flood: FloodFigures;
  peak: Peak;
  stale: Stale;
  chattering: Chattering;
  priorities: Priorities;
  frequent: Frequent;
  per_hour: HourCount[];
  operators: number;
  operators_from: string;
}

/** Alerts that came into sight, with their targets. */
export interface Rate {
  ten_minutes: number;
  per_operator: number;
  target: number;
  day: number;
  day_per_operator: number;
  day_target: number;
  day_too_many: number;
  raised_day: number;
}

/** Alert floods of the last day. */
export interface FloodFigures {
  on: boolean;
  since: string | null;
  in_ten_minutes: number;
  starts_above: number;
  ends_below: number;
  share_of_day: number;
  target: number;
  last: Interval | null;
}

/** An interval of time. */
export interface Interval {
  from: string;
  to: string;
}

/** The most alerts within an hour and within a minute. */
export interface Peak {
  hour: number;
  hour_at: string | null;
  hour_target: number;
  minute: number;
  minute_at: string | null;
  minute_target: number;
}

/** Stale alerts, the oldest first. */
export interface Stale {
  count: number;
  target: number;
  limit: number;
  after_s: number;
  items: StaleAlert[];
}

/** An alert that has been active for more than a day. */
export interface StaleAlert {
  id: string;
  rule: string;
  asset: string;
  severity: string;
  raised_at: string;
  title: Record<string, string>;
}

/** Chattering alerts, the worst first; `day`: how many chattered within a day. */
export interface Chattering {
  count: number;
  target: number;
  changes_a_minute: number;
  items: ChatteringAlert[];
  day: number;
}

/** An alert that changes three times a minute or more often. */
export interface ChatteringAlert {
  id: string;
  rule: string;
  asset: string;
  changes: number;
}

/** Alerts by severity, and their shares by priority; null without any alert. */
export interface Priorities {
  counts: Record<string, number>;
  low: number | null;
  medium: number | null;
  high: number | null;
  target: Record<string, number>;
}

/** The ten most frequent alerts and their share of all. */
export interface Frequent {
  share: number | null;
  target: number;
  items: FrequentAlert[];
}

/** One of the most frequent alerts. */
export interface FrequentAlert {
  id: string;
  rule: string;
  asset: string;
  title: Record<string, string>;
  count: number;
  share: number;
}

/** Alerts of one clock hour. */
export interface HourCount {
  at: string;
  shown: number;
  raised: number;
}

/** Median and 90th percentile of a time, seconds. */
export interface ResponseTimes {
  median_s: number | null;
  p90_s: number | null;
  count: number;
  waiting: number;
  target: number | null;
}

/** How far each figure is out of its target: "" within it, `degraded` out of it, `down` far out of it. */
export interface LoadOuts {
  rate: "" | "degraded" | "down";
  day: "" | "degraded" | "down";
  flood: "" | "degraded" | "down";
  peak_hour: "" | "degraded" | "down";
  peak_minute: "" | "degraded" | "down";
  stale: "" | "degraded" | "down";
  chattering: "" | "degraded" | "down";
  frequent: "" | "degraded" | "down";
  priorities: "" | "degraded" | "down";
  mtta: "" | "degraded" | "down";
  mttr: "" | "degraded" | "down";
}

/** The load of one shift. */
export interface ShiftLoad {
  id: string;
  name: Record<string, string>;
  from: string;
  to: string;
  current: boolean;
  operators: number;
  shown: number;
  per_operator_10min: number;
  mtta: ResponseTimes;
  mttr: ResponseTimes;
  flood_s: number;
}

/** Availability of the month so far, all assets together. */
export interface MonthAvailability {
  from: string;
  to: string;
  assets: number;
  availability: number | null;
  of_known: number | null;
  coverage: number | null;
}

/** Rows of the duty log, newest first. */
export interface LogPage {
  next: string | null;
  rev: string;
  items: LogRow[];
  kinds: string[];
}

/** One row: a journal entry, its place in its chain, and whether the row still has its hash. `kind` is the sort of row,
 *  `record` and `name` are the journal's words. `decision`: somebody decided something about an incident. `claimed_at`,
 *  `corrects` and `corrected_by` are of entries of people; `retroactive`: made more than ten minutes after it happened.
 *  */
export interface LogRow {
  seq: number;
  chain: string;
  number: number;
  hash: string;
  intact: boolean;
  at: string;
  kind: string;
  decision: boolean;
  record: string;
  name: string;
  subject: string;
  actor: string;
  text: Record<string, string>;
  incident: string;
  mode: string;
  claimed_at: string | null;
  retroactive: boolean;
  corrects: string;
  corrected_by: string;
  refs: Record<string, unknown>[];
}

/** A client's message: views to add or change, by the client's own names, and names of views to drop. */
export interface ViewsMessage {
  subscribe?: Record<string, ViewRequest>;
  unsubscribe?: string[];
}

/** A view that a client asks for. `filter` has the names and values of the parameters of `GET /api/v1/{plural}`.
 *  Without `ids` the view has every record that the filter takes. `since`: the last `rev` that the client has of this
 *  view, to go on from there. */
export interface ViewRequest {
  kind: string;
  face?: string;
  filter?: Record<string, string | boolean>;
  ids?: string[] | null;
  since?: string;
}

/** The answer to a message: the key of each of the client's views by the client's name, and the refused ones. */
export interface ViewsFrame {
  type: "views";
  views: Record<string, string>;
  errors: Record<string, ViewError[]>;
}

/** A fault of a request: the field (`filter.health`), a stable code, a sentence, and the allowed values. */
export interface ViewError {
  field: string;
  code: string;
  message?: string;
  allowed?: string[];
}

/** One part of the records of a view at `rev`: `rows` have the values of `fields`, in that order. Part 0 starts the
 *  view anew. While `more` is true, another part follows. The last part has `hidden`: how many records of the kind the
 *  client may not see. */
export interface ViewSnapshot {
  type: "snapshot";
  view: string;
  rev: string;
  at: string;
  part: number;
  more: boolean;
  fields: string[];
  rows: unknown[][];
  hidden: number | null;
}

/** The changes of a view up to `rev`. */
export interface ViewChanges {
  type: "changes";
  view: string;
  rev: string;
  at: string;
  items: ViewItem[];
}

/** One record that has changed. `gone`: it has left the view. `set` replaces fields. `merge` has maps of parts: null
 *  removes a part, an object replaces those fields of the part that it names. The item of a record that has come has
 *  all its fields in `set`. */
export interface ViewItem {
  id: string;
  set?: Record<string, unknown>;
  merge?: Record<string, Record<string, Record<string, unknown> | null>>;
  gone?: boolean;
}

/** The changes of a view do not continue from the client's revision: a snapshot of it follows. */
export interface ViewResync {
  type: "resync";
  view: string;
  reason: "rebuilt" | "slow" | "unknown or too old";
}

/** Sent every second while changes are being read: all views are at `rev`. `ages` are seconds by role. */
export interface HeartbeatFrame {
  type: "heartbeat";
  rev: string;
  at: string;
  ages: Record<string, number | null>;
  conditions: string[];
}

/** Whatever comes on a live feed of views. */
export type LiveFrame = ViewsFrame | ViewSnapshot | ViewChanges | ViewResync | HeartbeatFrame;
