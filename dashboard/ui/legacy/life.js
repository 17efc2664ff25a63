// An alert's life: every step by its name, who did it and why, and what was sent to whom, newest first.
import { h, render } from "./dom.js";
import { t, tOr, language } from "./i18n.js";
import { clock, day, parse, serverNow, shortTime, stamp } from "./time.js";
import { reasonText, severityName } from "./say.js";
import { reasonName } from "./hidden.js";

const MOST = 60;

/** `record` is the alert as GET /alerts/{id} gives it, with transitions, and what was sent of it. */
export function paintLife(node, record, app) {
  const steps = (record.transitions ?? []).map((one) => ({ ...one, kind: "step" }));
  const notes = (record.notices ?? record.sent ?? []).map((one) => ({ ...one, kind: "note", seq: 0, whom: one.name || one.person, at: one.sent_at ?? one.created, name: noteName(one) }));
  const told = (record.escalation?.steps ?? []).map((one) => ({ ...one, kind: "told", seq: 0, n: one.step }));
  const newest = [...steps, ...notes, ...told].sort((a, b) => parse(b.at) - parse(a.at) || b.seq - a.seq);
  const older = Math.max(0, newest.length - MOST) + (record.more_transitions ?? 0);
  render(node, JSON.stringify([record.id, newest.map((one) => [one.seq, one.at, one.name, one.attempts]), record.escalation?.next_at, language()]), () => [
    h("h2", {}, t("detail.history")),
    next(record.escalation),
    h("ol", { class: "history" }, ...newest.slice(0, MOST).map((one) => line(one, app))),
    older ? h("p", { class: "quiet" }, t("detail.older", { n: older })) : "",
  ]);
}

/** Under which word a notice stands: what became of it, or for an older server what can be told from its times. */
function noteName(one) {
  const outcome = one.outcome || (one.sent_at ? "sent" : one.error ? "refused" : "waiting");
  return { sent: "sent", waiting: "queued", digest: "digest", refused: "unsent", removed: "unsent", cancelled: "unneeded", unneeded: "unneeded" }[outcome] ?? "queued";
}

/** What comes next when nobody takes it: the step, and when. */
function next(escalation) {
  if (!escalation?.step || parse(escalation.next_at) === null) return "";
  return h("p", { class: "life-next" }, t("life.next", { step: escalation.step, policy: escalation.policy, at: shortTime(parse(escalation.next_at)) }));
}

function line(one, app) {
  const at = parse(one.at);
  const today = at !== null && day(at) === day(serverNow());
  const words = { note: () => noteWords(one), told: () => toldWords(one, app), step: () => stepWords(one, app) }[one.kind]();
  return h("li", { class: `life-${one.kind} is-${one.name}` }, h("time", {}, at === null ? "" : today ? clock(at) : stamp(at)),
    h("div", {}, h("strong", {}, tOr(`transition.${one.name}`, one.name)), h("p", { class: "quiet" }, words.filter(Boolean).join(" · "))));
}

/** To whom, over which receiver, why, and how often it was tried. */
function noteWords(one) {
  const tries = one.attempts > 1 ? t("note.attempts", { n: one.attempts }) : "";
  const error = one.sent_at || !one.error ? "" : reasonText(one.error);
  const whom = [one.whom, one.address].filter(Boolean).join(" ");
  return [whom, one.receiver, one.reason ? tOr(`notice.${one.reason}`, one.reason) : "", tries, error];
}

/** A step of the escalation: which, and who was told over what. */
function toldWords(one, app) {
  const name = (id) => app.duty.roster?.persons?.find((person) => person.id === id)?.name ?? id;
  return [one.n ? t("life.step", { n: one.n }) : "", ...(one.told ?? []).map((to) => [name(to.person), to.receiver].filter(Boolean).join(" ")), one.text];
}

/** Who and why; for steps that change something by themselves, what it is now. */
function stepWords(one, app) {
  const after = one.after ?? {};
  const moment = (key, value) => (parse(value) === null ? "" : t(key, { at: shortTime(parse(value)) }));
  const more = {
    raise: () => [after.severity ? severityName(after.severity) : ""],
    severity_up: () => [severityName(after.severity)],
    severity_down: () => [severityName(after.severity)],
    ack: () => [moment("life.restoration", after.ack?.estimated_restoration), moment("life.until", after.ack?.until)],
    shelve: () => [moment("life.until", after.shelf?.until)],
    hold: () => [moment("life.atmost", after.hold?.until)],
    await_result: () => [moment("life.atmost", after.hold?.until)],
    affected: () => [Object.entries(after.affected ?? {}).map(([kind, n]) => `${tOr(`kind.${kind}`, kind)} ${n}`).join(" · ")],
  }[one.name]?.() ?? [];
  return [one.actor, one.comment, ...more, evidence(one.text, app)];
}

/** Why a step came by itself: a word of ours, the alert that explains it, or the probe's own answer. */
function evidence(text, app) {
  if (!text) return "";
  const words = tOr(`evidence.${text}`, "");
  if (words) return words;
  const [kind, id] = [text.split(":")[0], text.slice(text.indexOf(":") + 1)];
  if (["shelved", "silenced", "maintenance", "flapping", "held", "inhibited"].includes(kind)) {
    const head = kind === "inhibited" ? app.store.alert.get(id) : null;
    return head ? `${reasonName(text)} ${app.store.asset.get(head.asset)?.name ?? head.asset}` : reasonName(text);
  }
  return reasonText(text);
}
