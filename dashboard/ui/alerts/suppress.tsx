/** Putting an alert aside: shelf, silence or maintenance, each with a reason and an end; and taking it back. */
import { useEffect, useRef, useState } from "preact/hooks";
import { ProblemError, send } from "../core/api";
import { useRoutes } from "../core/features";
import { count as number } from "../core/format";
import { t } from "../core/i18n";
import { subjectName } from "../core/names";
import { store } from "../core/picture";
import { regionName } from "../core/site";
import { parseClock, shortTime } from "../core/time";
import { useUnsaved } from "../core/unsaved";
import type { AlertRecord } from "../records";
import { isShelved, reasonName } from "./hidden";
import { askHiders, followHiders, hiderOf, type Hider } from "./hiders";
import { refusal } from "./refusal";
import { Message, TimeField, type Said } from "./timefield";

const ROUTES = {
  shelve: "POST /api/v1/alerts/{id}/shelve", silence: "POST /api/v1/silences", maintain: "POST /api/v1/maintenance",
} as const;
type Verb = keyof typeof ROUTES;
const VERBS = Object.keys(ROUTES) as Verb[];
/** Says beforehand what a silence would hide. */
const ORDER = "POST /api/v1/alerts:order";
const HOUR = 3_600_000;
const PATHS = { silence: "/api/v1/silences", maintain: "/api/v1/maintenance" } as const;
const UNDO: Readonly<Record<string, "unshelve" | "unsilence" | "unmaintain">> = {
  shelved: "unshelve", silenced: "unsilence", maintenance: "unmaintain",
};

function fits(verb: Verb, alert: AlertRecord): boolean {
  if (verb === "shelve") return !isShelved(alert);
  return verb === "silence" || alert.subject_kind === "asset";
}

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

/** Below the acknowledgement in the detail. Shows only what the server can do. */
export function Suppress({ alert }: { alert: AlertRecord }) {
  const routes = useRoutes(Object.values(ROUTES));
  const able = VERBS.filter((verb) => routes.has(ROUTES[verb]));
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
          <HiddenLine key={reason} hider={hiderOf(alert, reason)} alert={alert} acts={acts} able={able.length > 0} />
        ))}
      </div>
      <div class="actions">
        {able.filter((verb) => fits(verb, alert)).map((verb) => (
          <button key={verb} type="button" class="chip" data-suppress={verb} aria-expanded={open === verb}
            onClick={() => toggle(verb)}>
            {t(`suppress.${verb}`)}
          </button>
        ))}
      </div>
      {open ? <Form key={open} verb={open} alert={alert} acts={acts} done={() => setOpen(null)} /> : null}
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

/** The filter of the list of alerts that takes what a silence of that scope takes. */
function filterOf(scope: string, { rule, asset, region }: AlertRecord): Record<string, string> {
  if (scope === "region") return { region, rule };
  return scope === "subject" ? { asset } : { asset, rule };
}

/** How many open alerts a silence would hide now, as the server counts them; null while it has not answered. */
function useTouched(verb: Verb, scope: string, alert: AlertRecord): number | null {
  const able = useRoutes([ORDER]).has(ORDER) && verb === "silence";
  const [count, setCount] = useState<number | null>(null);
  useEffect(() => {
    let current = true;
    setCount(null);
    if (!able) return;
    const until = new Date(Date.now() + HOUR).toISOString();
    const trial = { action: "silence", preview: true, keep_needs: false, comment: "?", until };
    send<{ count: number }>("POST", "/api/v1/alerts:order", { ...trial, filter: filterOf(scope, alert) })
      .then((answer) => current && setCount(answer.count), (error: unknown) => {
        if (!(error instanceof ProblemError)) throw error;
      });
    return () => void (current = false);
  }, [able, scope, alert.id]);
  return count;
}

function matchOf(verb: Verb, scope: string, alert: AlertRecord): object {
  if (verb === "maintain" || scope === "subject") return { assets: [alert.asset] };
  const { rule, asset, region } = alert;
  return scope === "region" ? { region, rule } : { assets: [asset], rule };
}

interface FormProps {
  verb: Verb;
  alert: AlertRecord;
  acts: Acts;
  done: () => void;
}

function Form({ verb, alert, acts, done }: FormProps) {
  const [comment, setComment] = useState("");
  const [until, setUntil] = useState("");
  const [scope, setScope] = useState("here");
  const box = useRef<HTMLTextAreaElement>(null);
  const touched = useTouched(verb, scope, alert);
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
      if (verb !== "shelve") return send("POST", PATHS[verb], { ...wish, match: matchOf(verb, scope, alert) });
      return send("POST", `/api/v1/alerts/${encodeURIComponent(alert.id)}/shelve`, { ...wish, rev: alert.rev });
    };
    if (await acts.carry(act, t(`suppress.${verb}.done`, { at: shortTime(end) }))) done();
  };
  return (
    <form class="ack" noValidate onSubmit={(event) => void submit(event)}>
      <p class="quiet">{t(`suppress.${verb}.what`)}</p>
      {verb === "silence" ? <Scopes alert={alert} scope={scope} set={setScope} /> : null}
      {touched === null ? null : (
        <p class="quiet" role="status" data-touched={touched}>{t("suppress.touches", { n: number(touched) })}</p>
      )}
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

function Scopes({ alert, scope, set }: { alert: AlertRecord; scope: string; set: (scope: string) => void }) {
  return (
    <select aria-label={t("suppress.scope")} data-suppress-scope="" value={scope}
      onChange={(event) => set(event.currentTarget.value)}>
      <option value="here">{t("suppress.scope.here")}</option>
      <option value="subject">{t("suppress.scope.subject")}</option>
      {alert.region ? (
        <option value="region">{t("suppress.scope.region", { place: regionName(alert.region) })}</option>
      ) : null}
    </select>
  );
}
