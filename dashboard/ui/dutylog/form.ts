/** The form of an entry of the duty log, and of its correction. */
import { signal } from "@preact/signals";
import { send } from "../core/api";
import { t } from "../core/i18n";
import { parseClock, serverNow } from "../core/time";
import type { Option } from "../forms/field";
import { openForm } from "../forms/form";
import { incidentsOf } from "../incidents/records";

/** Grows when an entry was written from this page. */
export const written = signal(0);
const KINDS = ["phone", "fax", "visit", "inspection", "decision", "remark"];
const DAY = 86_400_000;

const incidents = (): Option[] => [
  ["", "—"], ...[...incidentsOf("open"), ...incidentsOf("exercise")].map(({ id, title }): Option => [id, title]),
];

/** Opens the form of a new entry, about `about` unless the person chooses another incident. */
export function openEntry(about = ""): void {
  openForm({
    title: t("log.new"),
    parts: [
      { name: "text", label: t("log.field.text"), kind: "lines", required: true, autoFocus: true, max: 4000 },
      [
        { name: "kind", label: t("log.kind"), kind: "select",
          options: KINDS.map((kind): Option => [kind, t(`log.kind.${kind}`)]) },
        { name: "incident", label: t("log.incident"), kind: "select", options: incidents() },
      ],
      { name: "claimed_at", label: t("log.field.claimed"), kind: "time", note: t("log.field.claimed.note") },
      { words: t("log.new.note") },
    ],
    initial: { text: "", kind: "phone", incident: about, claimed_at: "" },
    label: t("log.save"),
    save: async ({ text, kind, incident, claimed_at: claimed }) => {
      // A time of day is the last such moment: what is entered has happened.
      const at = parseClock(String(claimed), serverNow() - DAY);
      const time = at === null ? {} : { claimed_at: new Date(at).toISOString() };
      const made = await send("POST", "/api/v1/log", { text, kind, ...(incident ? { incident } : {}), ...time });
      written.value += 1;
      return made;
    },
  });
}

/** Opens the form of a correction. The old words stay, struck through. */
export function openCorrection(id: string, words: string): void {
  openForm({
    title: t("log.correct"),
    parts: [
      { name: "text", label: t("log.field.text"), kind: "lines", required: true, autoFocus: true, max: 4000 },
      { words: t("log.correct.note") },
    ],
    initial: { text: words },
    label: t("log.correct"),
    save: async ({ text }) => {
      const made = await send("POST", `/api/v1/log/${encodeURIComponent(id)}/correct`, { text });
      written.value += 1;
      return made;
    },
  });
}
