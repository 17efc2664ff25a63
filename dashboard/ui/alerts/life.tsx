/** An alert's life: every step by its name, who did it and why, and what was sent to whom, newest first. */
import { pick, t, tOr, type ByLanguage } from "../core/i18n";
import { joined, kindName, reasonText, severityName } from "../core/names";
import { store } from "../core/picture";
import { clock, day, parse, serverNow, shortTime, stamp } from "../core/time";
import type { AlertRecord, SuppressionOption } from "../records";
import { personName } from "../shell/duty";
import { reasonName } from "./hidden";

const MOST = 60;
const HIDING = ["shelved", "silenced", "maintenance", "flapping", "held", "inhibited"];
const NOTICES: Readonly<Record<string, string>> = {
  sent: "sent", waiting: "queued", digest: "digest", refused: "unsent", removed: "unsent", cancelled: "unneeded",
  unneeded: "unneeded",
};

interface Transition {
  seq: number;
  name: string;
  at: string;
  actor?: string;
  comment?: string;
  text?: string;
  explanation?: ByLanguage;
  after?: Partial<AlertRecord>;
}
interface Notice {
  created: string;
  sent_at: string | null;
  outcome?: string;
  error?: string;
  attempts?: number;
  name?: string;
  person?: string;
  address?: string;
  receiver?: string;
  reason?: string;
}
interface Told {
  step: number;
  at: string;
  name: string;
  text?: string;
  told?: { person: string; receiver?: string }[];
}

/** The alert as `GET /alerts/{id}` gives it, with its transitions and what was sent of it. */
export interface AlertHistory extends AlertRecord {
  transitions?: Transition[];
  suppressions?: SuppressionOption[];
  more_transitions?: number;
  notices?: Notice[];
  escalation?: { policy: string; step?: number; next_at?: string | null; steps?: Told[] } | null;
}

interface Entry {
  kind: "step" | "note" | "told";
  name: string;
  at: number | null;
  seq: number;
  words: string[];
}

function entries(record: AlertHistory): Entry[] {
  const steps = (record.transitions ?? []).map((step): Entry => {
    return { kind: "step", name: step.name, at: parse(step.at), seq: step.seq, words: stepWords(step) };
  });
  const notes = (record.notices ?? []).map((note): Entry => {
    const name = noticeName(note);
    return { kind: "note", name, at: parse(note.sent_at ?? note.created), seq: 0, words: noticeWords(note) };
  });
  const told = (record.escalation?.steps ?? []).map((step): Entry => {
    return { kind: "told", name: step.name, at: parse(step.at), seq: 0, words: toldWords(step) };
  });
  return [...steps, ...notes, ...told].sort((a, b) => (b.at ?? 0) - (a.at ?? 0) || b.seq - a.seq);
}

/** Under which word a notice stands: what became of it. */
function noticeName(note: Notice): string {
  const outcome = note.outcome || (note.sent_at ? "sent" : note.error ? "refused" : "waiting");
  return NOTICES[outcome] ?? "queued";
}

/** To whom, over which receiver, why, and how often it was tried. */
function noticeWords(note: Notice): string[] {
  const tries = (note.attempts ?? 0) > 1 ? t("note.attempts", { n: note.attempts }) : "";
  const error = note.sent_at ? "" : reasonText(note.error);
  const whom = [note.name || note.person, note.address].filter(Boolean).join(" ");
  return [whom, note.receiver ?? "", note.reason ? tOr(`notice.${note.reason}`, note.reason) : "", tries, error];
}

/** A step of the escalation: which, and who was told over what. */
function toldWords(step: Told): string[] {
  const told = (step.told ?? []).map((to) => [personName(to.person), to.receiver].filter(Boolean).join(" "));
  return [t("life.step", { n: step.step }), ...told, step.text ?? ""];
}

/** Who and why; for steps that change something by themselves, what it is now. */
function stepWords(step: Transition): string[] {
  return [step.actor ?? "", step.comment ?? "", ...changeWords(step), evidence(step)];
}

function changeWords({ name, after = {} }: Transition): string[] {
  const moment = (key: string, value: string | null | undefined): string => {
    const at = parse(value);
    return at === null ? "" : t(key, { at: shortTime(at) });
  };
  switch (name) {
    case "raise": case "severity_up": case "severity_down": return [after.severity ? severityName(after.severity) : ""];
    case "ack": {
      const { estimated_restoration: promised, until } = after.ack ?? {};
      return [moment("life.restoration", promised), moment("life.until", until)];
    }
    case "shelve": return [moment("life.until", after.shelf?.until)];
    case "hold": case "await_result": return [moment("life.atmost", after.hold?.until)];
    case "affected": return Object.entries(after.affected ?? {}).map(([kind, n]) => `${kindName(kind)} ${n}`);
    default: return [];
  }
}

/** Why a step came by itself: a word of ours, the alert that explains it, or the probe's own answer. */
function evidence({ text = "", explanation }: Transition): string {
  if (!text) return "";
  const [kind = "", id = ""] = text.split(/:(.*)/s);
  if (!HIDING.includes(kind)) return reasonText(explanation ? pick(explanation) : text);
  const root = kind === "inhibited" ? store.peek("alert").get(id) : undefined;
  if (!root) return reasonName(text);
  return `${reasonName(text)} ${store.peek("asset").get(root.asset)?.name ?? root.asset}`;
}

const keyOf = ({ kind, seq, at, name, words }: Entry): string => [kind, seq, at, name, ...words].join(" ");

export function Life({ record }: { record: AlertHistory }) {
  const all = entries(record);
  const older = Math.max(0, all.length - MOST) + (record.more_transitions ?? 0);
  return (
    <>
      <h2>{t("detail.history")}</h2>
      <Next escalation={record.escalation} />
      <ol class="history">
        {all.slice(0, MOST).map((entry) => <Step key={keyOf(entry)} entry={entry} />)}
      </ol>
      {older ? <p class="quiet">{t("detail.older", { n: older })}</p> : null}
    </>
  );
}

/** What comes next when nobody takes it: the step, and when. */
function Next({ escalation }: { escalation: AlertHistory["escalation"] }) {
  const at = parse(escalation?.next_at);
  if (!escalation?.step || at === null) return null;
  const { step, policy } = escalation;
  return <p class="life-next">{t("life.next", { step, policy, at: shortTime(at) })}</p>;
}

function Step({ entry: { kind, name, at, words } }: { entry: Entry }) {
  const time = at === null ? "" : day(at) === day(serverNow()) ? clock(at) : stamp(at);
  return (
    <li class={`life-${kind} is-${name}`}>
      <time>{time}</time>
      <div>
        <strong>{tOr(`transition.${name}`, name)}</strong>
        <p class="quiet">{joined(words)}</p>
      </div>
    </li>
  );
}
