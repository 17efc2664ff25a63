/** Putting an alert aside: shelf, silence or maintenance, each with a reason and an end; and taking it back. */
import { useEffect, useRef, useState } from "preact/hooks";
import { ProblemError, send } from "../core/api";
import { count as number } from "../core/format";
import { t } from "../core/i18n";
import { subjectName } from "../core/names";
import { store } from "../core/picture";
import { regionName } from "../core/site";
import { parseClock, shortTime } from "../core/time";
import { useUnsaved } from "../core/unsaved";
import type { AlertRecord, SuppressionOption } from "../records";
import { reasonName } from "./hidden";
import { askHiders, followHiders, hiderOf, type Hider } from "./hiders";
import { refusal } from "./refusal";
import { Message, TimeField, type Said } from "./timefield";

type Verb = SuppressionOption["action"];
const VERBS: readonly Verb[] = ["shelve", "silence", "maintain"];
const PATHS = { silence: "/api/v1/silences", maintain: "/api/v1/maintenance" } as const;
const UNDO: Readonly<Record<string, "unshelve" | "unsilence" | "unmaintain">> = {
  shelved: "unshelve", silenced: "unsilence", maintenance: "unmaintain",
};

/** What the server does for one alert: `carry` waits for its word, and says it. */
function useActs() {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<Said | null>(null);
  const carry = async (act: () => Promise<unknown>, done: string): Promise<boolean> => {
    if (busy) return false;
    setBusy(true);
    setSaid(null);
    try {
      await act();
      void askHiders();
      setSaid({ kind: "done", text: done });
      return true;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      setSaid({ kind: "error", text: refusal(error) });
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, said, setSaid, carry };
}
type Acts = ReturnType<typeof useActs>;

interface SuppressProps {
  alert: AlertRecord;
  /** The ways that the server offers, the narrowest of each action first. */
  options: readonly SuppressionOption[];
}

/** Below the acknowledgement in the detail. Shows only what the server offers. */
export function Suppress({ alert, options }: SuppressProps) {
  const able = VERBS.filter((verb) => options.some(({ action }) => action === verb));
  const [open, setOpen] = useState<Verb | null>(null);
  const acts = useActs();
  const hidden = alert.suppressed_by.length > 0;
  useEffect(() => {
    if (hidden) followHiders([...store.peek("alert").values()].filter((other) => other.suppressed_by.length));
  });
  const toggle = (verb: Verb): void => {
    acts.setSaid(null);
    setOpen(open === verb ? null : verb);
  };
  return (
    <div class="suppress">
      <div class="hidden-by">
        {alert.suppressed_by.map((reason) => (
          <HiddenLine key={reason} hider={hiderOf(alert, reason)} alert={alert} acts={acts} able={options.length > 0} />
        ))}
      </div>
      <div class="actions">
        {able.map((verb) => (
          <button key={verb} type="button" class="chip" data-suppress={verb} aria-expanded={open === verb}
            onClick={() => toggle(verb)}>
            {t(`suppress.${verb}`)}
          </button>
        ))}
      </div>
      {open && able.includes(open) ? (
        <Form key={open} verb={open} alert={alert} acts={acts} done={() => setOpen(null)}
          ways={options.filter(({ action }) => action === open)} />
      ) : null}
      <Message said={acts.said} class="suppress-message" />
    </div>
  );
}

interface LineProps {
  hider: Hider;
  alert: AlertRecord;
  acts: Acts;
  able: boolean;
}

function HiddenLine({ hider, alert, acts, able }: LineProps) {
  const undo = UNDO[hider.kind];
  const root = hider.kind === "inhibited" ? store.all("alert").get(hider.id) : undefined;
  const until = hider.until === null ? "" : t("hider.until", { at: shortTime(hider.until) });
  const whose = root ? subjectName(root) : hider.by;
  const text = [reasonName(hider.kind), whose, until, hider.comment].filter(Boolean).join(" · ");
  const act = (): Promise<unknown> => {
    const path = `/api/v1/alerts/${encodeURIComponent(alert.id)}/unshelve`;
    if (undo === "unshelve") return send("POST", path, { rev: alert.rev });
    return send("DELETE", `${PATHS[undo === "unsilence" ? "silence" : "maintain"]}/${encodeURIComponent(hider.id)}`);
  };
  return (
    <p class="hidden-line">
      <span>{text}</span>
      {undo && able ? (
        <button type="button" class="chip" data-undo={hider.kind} disabled={acts.busy}
          onClick={() => void acts.carry(act, t(`suppress.${undo}.done`))}>
          {t(`suppress.${undo}`)}
        </button>
      ) : null}
    </p>
  );
}

interface FormProps {
  verb: Verb;
  alert: AlertRecord;
  /** The scopes of the action, the narrowest first. */
  ways: readonly SuppressionOption[];
  acts: Acts;
  done: () => void;
}

function Form({ verb, alert, ways, acts, done }: FormProps) {
  const [comment, setComment] = useState("");
  const [until, setUntil] = useState("");
  const [scope, setScope] = useState("");
  const box = useRef<HTMLTextAreaElement>(null);
  const way = ways.find((each) => each.scope === scope) ?? ways[0]!;
  useUnsaved(Boolean(comment || until));
  useEffect(() => box.current?.focus(), []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    let end: number | null;
    try {
      end = parseClock(until);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      acts.setSaid({ kind: "error", text: t("ack.badtime", { value: until }) });
      return;
    }
    if (!comment.trim() || end === null) {
      acts.setSaid({ kind: "error", text: t("suppress.needs") });
      return;
    }
    const wish = { comment: comment.trim(), until: new Date(end).toISOString() };
    const act = (): Promise<unknown> => {
      if (verb !== "shelve") return send("POST", PATHS[verb], { ...wish, match: way.match });
      return send("POST", `/api/v1/alerts/${encodeURIComponent(alert.id)}/shelve`, { ...wish, rev: alert.rev });
    };
    if (await acts.carry(act, t(`suppress.${verb}.done`, { at: shortTime(end) }))) done();
  };
  return (
    <form class="ack" noValidate onSubmit={(event) => void submit(event)}>
      <p class="quiet">{t(`suppress.${verb}.what`)}</p>
      {ways.length > 1 ? <Scopes region={alert.region} ways={ways} scope={way.scope} set={setScope} /> : null}
      {way.match ? (
        <p class="quiet" role="status" data-touched={way.count}>{t("suppress.touches", { n: number(way.count) })}</p>
      ) : null}
      <textarea rows={2} maxLength={2000} data-suppress-comment="" placeholder={t(`suppress.${verb}.hint`)} ref={box}
        aria-label={t("suppress.reason")} value={comment} onInput={(event) => setComment(event.currentTarget.value)} />
      <TimeField label={t("suppress.until")} value={until} set={setUntil} choices={[60, 240, 1440]}
        prefix="suppress.plus" hint="16:00" mark="data-suppress-until" />
      <div class="actions">
        <button type="submit" class="primary" data-suppress-send="" disabled={acts.busy}>
          {t(`suppress.${verb}.send`)}
        </button>
      </div>
    </form>
  );
}

interface ScopesProps {
  region: string;
  ways: readonly SuppressionOption[];
  scope: string;
  set: (scope: string) => void;
}

function Scopes({ region, ways, scope, set }: ScopesProps) {
  return (
    <select aria-label={t("suppress.scope")} data-suppress-scope="" value={scope}
      onChange={(event) => set(event.currentTarget.value)}>
      {ways.map((way) => (
        <option key={way.scope} value={way.scope}>
          {t(`suppress.scope.${way.scope}`, { place: regionName(region) })}
        </option>
      ))}
    </select>
  );
}
