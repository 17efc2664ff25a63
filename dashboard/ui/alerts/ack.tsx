/** Taking an alert: the button waits for the server's answer, and a refusal says why and what is true now. */
import { useRef, useState } from "preact/hooks";
import { ProblemError, send } from "../core/api";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { isSmall } from "../core/small";
import { parse, parseClock, shortTime } from "../core/time";
import { useUnsaved } from "../core/unsaved";
import type { AlertRecord } from "../records";
import { Message, TimeField, type Said } from "./timefield";

const iso = (ms: number | null): string | undefined => (ms === null ? undefined : new Date(ms).toISOString());
const ERRORS: Readonly<Record<number, string>> = {
  0: "lost", 401: "signedout", 403: "forbidden", 404: "gone", 409: "changed", 429: "busy", 503: "busy",
  504: "unanswered",
};

/** What an acknowledged alert's state is, for somebody who was too late. */
function stateNow(alert: AlertRecord | undefined): string {
  if (!alert) return t("ack.now.closed");
  if (!alert.ack) return t(alert.active ? "ack.now.open" : alert.removed ? "ack.now.removed" : "ack.now.cleared");
  const at = parse(alert.ack.at);
  return t("ack.now.acked", { by: alert.ack.by, at: shortTime(at), comment: alert.ack.comment || "—" });
}

function refused(error: ProblemError, id: string): string {
  const key = ERRORS[error.status];
  const parts = [t(`ack.error.${key ?? "other"}`, { status: error.status })];
  if (error.status === 409) parts.push(stateNow(store.peek("alert").get(id)));
  else if (!key) parts.push(error.message);
  return parts.filter(Boolean).join(" ");
}

interface Words {
  comment: string;
  restoration: string;
  until: string;
}
const NOTHING: Words = { comment: "", restoration: "", until: "" };

function useAck(alert: AlertRecord) {
  const [words, setWords] = useState(NOTHING);
  const [busy, setBusy] = useState("");
  const [said, setSaid] = useState<Said | null>(null);
  const rev = useRef(alert.rev);
  const dirty = Boolean(words.comment || words.restoration || words.until);
  useUnsaved(dirty);
  // A form that nobody has begun follows the alert; one begun keeps the rev that its author saw.
  if (!dirty && !busy) rev.current = Math.max(rev.current, alert.rev);
  const carry = async (verb: "ack" | "unack", body: object, done: (rev: number) => Said): Promise<void> => {
    setBusy(verb);
    setSaid(null);
    try {
      const path = `/api/v1/alerts/${encodeURIComponent(alert.id)}/${verb}`;
      const record = await send<Partial<AlertRecord>>("POST", path, body);
      rev.current = record.rev ?? rev.current;
      setWords(NOTHING);
      setSaid(done(rev.current));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (error.status === 409) rev.current = store.peek("alert").get(alert.id)?.rev ?? rev.current;
      setSaid({ kind: "error", text: refused(error, alert.id) });
    } finally {
      setBusy("");
    }
  };
  const ack = async (): Promise<void> => {
    if (busy) return;
    let body: object;
    try {
      const until = iso(parseClock(words.until));
      const promised = iso(parseClock(words.restoration));
      body = { comment: words.comment.trim(), until, estimated_restoration: promised, rev: rev.current };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      setSaid({ kind: "error", text: t("ack.badtime", { value: error.message }) });
      return;
    }
    await carry("ack", body, (number) => ({ kind: "done", text: t("ack.done", { rev: number }) }));
  };
  // The alert waits for somebody again, and escalates again.
  const unack = async (): Promise<void> => {
    if (busy) return;
    const body = { comment: words.comment.trim(), rev: alert.rev };
    await carry("unack", body, () => ({ kind: "done", text: t("ack.undone") }));
  };
  return { words, set: (next: Partial<Words>) => setWords({ ...words, ...next }), busy, said, ack, unack };
}

export function AckForm({ alert }: { alert: AlertRecord }) {
  const { words, set, busy, said, ack, unack } = useAck(alert);
  const form = useRef<HTMLFormElement>(null);
  const submit = (event: Event): void => {
    event.preventDefault();
    void ack();
  };
  const send = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.current?.requestSubmit();
  };
  return (
    <form class="ack" noValidate ref={form} onSubmit={submit}>
      <textarea rows={2} maxLength={500} data-ack-comment="" placeholder={t("ack.comment.hint")}
        aria-label={t("ack.comment")} value={words.comment} onKeyDown={send}
        onInput={(event) => set({ comment: event.currentTarget.value })} />
      <TimeField label={t("ack.restoration")} value={words.restoration} set={(restoration) => set({ restoration })}
        choices={[15, 30, 60, 120]} mark="data-ack-restoration" />
      <details class="ack-until" open={!isSmall()}>
        <summary>{t("ack.until")}</summary>
        <TimeField label={t("ack.until")} value={words.until} set={(until) => set({ until })} choices={[30, 60, 240]}
          hint="16:00" mark="data-ack-until" />
      </details>
      <div class="actions">
        <button type="submit" class="primary" data-ack="" disabled={busy !== ""}>
          {busy === "ack" ? t("ack.pending") : t("ack.button")}
        </button>
        {alert.ack ? (
          <button type="button" class="chip" data-unack="" disabled={busy !== ""} onClick={() => void unack()}>
            {t("ack.undo")}
          </button>
        ) : null}
      </div>
      <Message said={said} class="ack-message" />
    </form>
  );
}
