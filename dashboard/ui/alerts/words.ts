/** What a row of the list says: what this alert is about on the first line, what is wrong with it on the second. */
import { pick, t, tOr } from "../core/i18n";
import { affectedText, alertValue, errorText, failure, joined, subjectName, warningTitle } from "../core/names";
import { store } from "../core/picture";
import { regionName } from "../core/site";
import { shortTime } from "../core/time";
import type { AlertRecord } from "../records";
import { reasonName } from "./hidden";
import type { Hider } from "./hiders";

export interface RowHead {
  /** The subject with the part that is meant: what tells this row from its neighbours. */
  name: string;
  /** What the rule says of it, without the subject; "" where that is all in the name. */
  words: string;
}

/** The readings that a rule saw, as "health=down, tcp.up=false": the detail shows them, a row has words for them. */
const EVIDENCE = /^[\w.[\]:]+=/;

export function rowHead(alert: AlertRecord): RowHead {
  const title = pick(alert.title);
  const warning = alert.subject_kind === "warning" ? store.peek("warning").get(alert.asset) : undefined;
  if (warning) return { name: warningTitle(warning), words: "" };
  const subject = subjectName(alert);
  const part = String(alert.labels?.part ?? alert.labels?.condition ?? "").slice(0, 40);
  const name = part && !subject.includes(part) ? `${subject} ${part}` : subject;
  if (title.startsWith(subject)) return { name, words: title.slice(subject.length).trim() };
  return title.includes(subject) ? { name: title, words: "" } : { name, words: title };
}

/** "中断，连接超时 3 秒，武定县，影响 交换机 1": nothing that the first line says already. */
export function rowNote(alert: AlertRecord, { name, words }: RowHead): string {
  const value = alertValue(alert);
  const asset = alert.subject_kind === "asset" ? store.peek("asset").get(alert.asset) : undefined;
  const answer = asset && asset.health !== "ok" ? failure(asset, asset.health) : "";
  const spoken = alert.text.length < 60 && !EVIDENCE.test(alert.text) ? errorText(alert.text) : "";
  const cause = alert.active ? spoken || answer : "";
  const reach = alert.active ? affectedText(alert) : "";
  const parts = [
    alert.active && words ? words : value, alert.active ? "" : words, cause, regionName(alert.region),
    reach ? t("alert.affected", { list: reach }) : "",
  ];
  const told: string[] = [];
  for (const part of parts) if (part && ![name, ...told].some((line) => line.includes(part))) told.push(part);
  return joined(told.length ? told : [tOr(`record.${alert.subject_kind}`, "")]);
}

/** Whose the hider is and until when: "值班员 至 16:00". */
export function hiderHolder(hider: Hider): string {
  const until = hider.until === null ? "" : t("hider.until", { at: shortTime(hider.until) });
  return [hider.by, until].filter(Boolean).join(" ");
}

/** Every word under which an alert is hidden: "抖动，维护". */
export const reasonNames = (alert: AlertRecord): string => joined([...new Set(alert.suppressed_by.map(reasonName))]);
