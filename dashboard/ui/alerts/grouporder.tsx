/** One order for all alerts of a group: what it would do first, then the order, then how to take it back. */
import { useEffect, useState } from "preact/hooks";
import { ProblemError, send } from "../core/api";
import { count } from "../core/format";
import { t } from "../core/i18n";
import { joined, severityName } from "../core/names";
import { parseClock } from "../core/time";
import { Message, useAct } from "../forms/act";
import { textOf, type Option, type Values } from "../forms/field";
import { Form, type Part } from "../forms/form";
import { openSheet } from "../forms/sheet";
import type { GroupRecord } from "../records";
import { ALL, groupTitle, needsOf } from "./groups";

const ROUTE = "/api/v1/alerts:order";
const HOUR = 3_600_000;
/** Forms in which an end is typed. */
const UNTIL = "16:00, +60, 11-25 08:00";

/** What the order would do. */
interface Preview {
  count: number;
  severities: Record<string, number>;
  left_out: number;
  closes: number;
  before: string;
}
interface Done {
  order: string;
  done: number;
  skipped: Record<string, number>;
}

export function openOrder(group: GroupRecord): void {
  const title = (): string => t("flood.order.title", { name: groupTitle(group) });
  openSheet(title, (close) => <OrderSheet group={group} close={close} />, { wide: true });
}

function OrderSheet({ group, close }: { group: GroupRecord; close: () => void }) {
  const [done, setDone] = useState<Done | null>(null);
  return done ? <Outcome done={done} close={close} /> : <OrderForm group={group} done={setDone} />;
}

/** The preview, asked again when the action or what is kept back changes: null while it is on its way. */
function usePreview(group: GroupRecord, action: string, keep: boolean): Preview | "refused" | null {
  const [preview, setPreview] = useState<Preview | "refused" | null>(null);
  useEffect(() => {
    let current = true;
    setPreview(null);
    const more = action === "ack" ? {} : { comment: "?", until: new Date(Date.now() + HOUR).toISOString() };
    send<Preview>("POST", ROUTE, { action, group: group.id, keep_needs: keep, preview: true, ...more })
      .then((answer) => current && setPreview(answer), (error: unknown) => {
        if (!(error instanceof ProblemError)) throw error;
        if (current) setPreview("refused");
      });
    return () => void (current = false);
  }, [group.id, action, keep]);
  return preview;
}

const INITIAL: Values = { action: "ack", comment: "", until: "+60", keep: true };

function OrderForm({ group, done }: { group: GroupRecord; done: (done: Done) => void }) {
  const [values, setValues] = useState(INITIAL);
  const action = textOf(values.action);
  const foreseen = usePreview(group, action, values.keep === true);
  const preview = foreseen === "refused" ? null : foreseen;
  const save = async (given: Values, say: (text: string) => void): Promise<boolean> => {
    const until = action === "ack" ? null : moment(textOf(given.until));
    if (action !== "ack" && (until === null || !textOf(given.comment))) {
      say(t("suppress.needs"));
      return false;
    }
    const { comment, keep } = given;
    const wish = { action, group: group.id, comment, keep_needs: keep === true, before: preview?.before };
    const more = until === null ? {} : { until: new Date(until).toISOString() };
    done(await send<Done>("POST", ROUTE, { ...wish, ...more }));
    return true;
  };
  return (
    <Form initial={INITIAL} parts={parts(group, action, preview)} onChange={setValues} save={save} done={() => {}}
      waits={foreseen === null}
      label={t(`flood.do.${action}`, { n: preview ? count(preview.count) : "…" })} />
  );
}

/** A time as it was typed, in ms; null for none. */
function moment(text: string): number | null {
  try {
    return parseClock(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return null;
  }
}

function parts(group: GroupRecord, action: string, preview: Preview | null): Part[] {
  const actions = group.id === ALL ? ["ack", "shelve"] : ["ack", "shelve", "silence"];
  const options = actions.map((name): Option => [name, t(`flood.action.${name}`)]);
  return [
    { name: "action", label: t("flood.action"), kind: "select", options },
    { name: "comment", label: t("suppress.reason"), kind: "lines", rows: 2, max: 2000 },
    ...(action === "ack" ? [] : [{ name: "until", label: t("suppress.until"), max: 16, note: UNTIL }]),
    { name: "keep", label: t("flood.keep", { n: count(needsOf(group)) }), kind: "check" },
    { words: <Foreseen preview={preview} /> },
  ];
}

function Foreseen({ preview }: { preview: Preview | null }) {
  if (!preview) return <p class="quiet" role="status">{t("flood.asking")}</p>;
  const kinds = Object.entries(preview.severities).map(([name, n]) => `${severityName(name)} ${count(n)}`);
  const words = [
    t("flood.would", { n: count(preview.count) }), ...kinds,
    preview.left_out > 0 && t("flood.leftout", { n: count(preview.left_out) }),
    preview.closes > 0 && t("flood.closes", { n: count(preview.closes) }),
  ];
  return <p role="status" data-foreseen="">{joined(words)}</p>;
}

function Outcome({ done, close }: { done: Done; close: () => void }) {
  const act = useAct();
  const skipped = Object.values(done.skipped).reduce((sum, n) => sum + n, 0);
  const undo = async (): Promise<void> => {
    const answer = await act.run(() => send<Done>("POST", "/api/v1/alerts:undo", { order: done.order }));
    if (answer) act.say("done", t("flood.undone", { n: count(answer.done) }));
  };
  return (
    <div class="form">
      <p data-outcome="">
        {joined([t("flood.done", { n: count(done.done) }), skipped > 0 && t("flood.skipped", { n: count(skipped) })])}
      </p>
      <div class="actions">
        <button type="button" class="primary" onClick={close}>{t("key.close")}</button>
        <button type="button" class="chip" data-undo="" disabled={act.busy || act.said?.kind === "done"}
          onClick={() => void undo()}>
          {t("flood.undo")}
        </button>
      </div>
      <Message said={act.said} />
    </div>
  );
}
