/** Many alerts at once: first what would become of each, asked of the server; then the doing, and each one's end. */
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../core/i18n";
import { alertHolder, alertTitle } from "../core/names";
import { store } from "../core/picture";
import { AlertIcon } from "../core/shapes";
import { regionName } from "../core/site";
import { isSmall } from "../core/small";
import { parseClock } from "../core/time";
import type { AlertRecord } from "../records";
import { carryOut, needsComment, outcome, why, would, type BulkResult, type BulkVerb, type BulkWish } from "./bulk";
import type { Done } from "./choice";
import { Message, TimeField, type Said } from "./timefield";

/** What was asked for, and what the server's trial said of each. */
export interface Plan {
  verb: BulkVerb;
  trial: { result: BulkResult; alert: AlertRecord }[];
}

export function planOf(verb: BulkVerb, results: BulkResult[]): Plan {
  const trial = results.flatMap((result) => {
    const alert = store.peek("alert").get(result.id);
    return alert ? [{ result, alert }] : [];
  });
  return { verb, trial };
}

interface Times {
  until: string;
  restoration: string;
}

/** The wish as it stands in the form, or what is missing. */
function wishOf(verb: BulkVerb, ids: string[], comment: string, times: Times): BulkWish | string {
  const wish: BulkWish = { ids, action: verb, comment: comment.trim() };
  for (const [name, value] of [["until", times.until], ["estimated_restoration", times.restoration]] as const) {
    try {
      const at = parseClock(value);
      if (at !== null) wish[name] = new Date(at).toISOString();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return t("ack.badtime", { value });
    }
  }
  if (verb === "shelve" && !(wish.comment && wish.until)) return t("suppress.needs");
  return needsComment(verb) && !wish.comment ? t("bulk.needs") : wish;
}

interface Props {
  plan: Plan;
  finish: (done: Done) => void;
  close: () => void;
}

export function BulkDialog({ plan, finish, close }: Props) {
  const { verb, trial } = plan;
  const dialog = useRef<HTMLDialogElement>(null);
  const head = useRef<HTMLHeadingElement>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    // On a phone the keyboard would cover what is to be looked at first.
    (isSmall() ? head.current : box.current)?.focus();
  }, []);
  const able = trial.filter(({ result }) => !result.problem).map(({ result }) => result.id);
  const left = trial.length - able.length;
  const words = { verb: t(`bulk.verb.${verb}`), n: able.length, left };
  const form = useBulk(verb, able, finish);
  return (
    <dialog class="bulk" ref={dialog} onClose={close} aria-label={t("bulk.label")}>
      <form noValidate onSubmit={(event) => void form.submit(event)}>
        <h2 tabIndex={-1} ref={head}>{t(left ? "bulk.title.left" : "bulk.title", words)}</h2>
        <ol class="bulk-rows">
          {trial.map(({ result, alert }) => (
            <FateRow key={alert.id} verb={verb} alert={alert} trial={result} end={form.ends.get(alert.id)} />
          ))}
        </ol>
        <textarea rows={2} maxLength={2000} data-bulk-comment="" placeholder={t(`bulk.hint.${verb}`)} ref={box}
          aria-label={t(needsComment(verb) ? "suppress.reason" : "ack.comment")} value={form.comment}
          onInput={(event) => form.setComment(event.currentTarget.value)} />
        <TimeFields verb={verb} times={form.times} set={form.setTimes} />
        <Message said={form.said} class="bulk-message" />
        <div class="actions">
          <button type="submit" class="primary" data-bulk-send="" disabled={form.busy || !able.length}>
            {t("bulk.send", words)}
          </button>
          <button type="button" class="chip" data-bulk-close="" onClick={() => dialog.current?.close()}>
            {t("key.close")}
          </button>
        </div>
      </form>
    </dialog>
  );
}

function useBulk(verb: BulkVerb, able: string[], finish: (done: Done) => void) {
  const [comment, setComment] = useState("");
  const [times, setTimes] = useState<Times>({ until: "", restoration: "" });
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<Said | null>(null);
  const [ends, setEnds] = useState<ReadonlyMap<string, BulkResult>>(new Map());
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    const wish = wishOf(verb, able, comment, times);
    if (typeof wish === "string") {
      setSaid({ kind: "error", text: wish });
      return;
    }
    setBusy(true);
    const { results, refused } = await carryOut(wish);
    if (refused) {
      setBusy(false);
      setSaid({ kind: "error", text: refused });
      return;
    }
    const text = outcome(verb, wish, results);
    setEnds(new Map(results.map((result) => [result.id, result])));
    setSaid({ kind: results.some((result) => result.status !== 200) ? "error" : "done", text });
    finish({ verb, results, words: text });
  };
  return { comment, setComment, times, setTimes, busy, said, ends, submit };
}

interface TimesProps {
  verb: BulkVerb;
  times: Times;
  set: (times: Times) => void;
}

function TimeFields({ verb, times, set }: TimesProps) {
  const until = (value: string): void => set({ ...times, until: value });
  if (verb === "shelve") {
    return (
      <TimeField label={t("suppress.until")} value={times.until} set={until} choices={[60, 240, 1440]}
        mark="data-bulk-until" />
    );
  }
  if (verb !== "ack") return null;
  return (
    <>
      <TimeField label={t("ack.restoration")} value={times.restoration} choices={[15, 30, 60, 120]}
        set={(restoration) => set({ ...times, restoration })} mark="data-bulk-restoration" />
      <TimeField label={t("ack.until")} value={times.until} set={until} choices={[30, 60, 240]}
        mark="data-bulk-until" />
    </>
  );
}

interface FateProps {
  verb: BulkVerb;
  alert: AlertRecord;
  trial: BulkResult;
  /** What became of it, once that is known. */
  end: BulkResult | undefined;
}

function FateRow({ verb, alert, trial, end }: FateProps) {
  const done = end?.status === 200;
  const fate = end ? (done ? t("ack.done") : why(end)) : trial.problem ? why(trial) : would(verb, alert);
  const state = end ? (done ? " is-done" : " is-not") : trial.problem ? " is-not" : "";
  return (
    <li data-id={alert.id} class={`sev-${alert.severity}`}>
      <AlertIcon alert={alert} />
      <span class="bulk-title">{alertTitle(alert)}</span>
      <span class="quiet">{regionName(alert.region)}</span>
      <span class="quiet">{alertHolder(alert).text}</span>
      <span class={`bulk-fate${state}`}>{fate}</span>
    </li>
  );
}
