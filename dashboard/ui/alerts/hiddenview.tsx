/** What hides alerts by wish: the shelf, silences and maintenance windows, each with owner, reason, end and count. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { query, setQuery } from "../core/address";
import { Age } from "../core/age";
import { list, ProblemError, send } from "../core/api";
import { span } from "../core/format";
import { t } from "../core/i18n";
import { alertTitle } from "../core/names";
import { store } from "../core/picture";
import { AlertIcon } from "../core/shapes";
import { mayAct, mayDo } from "../core/site";
import { now, parse, serverNow, shortTime } from "../core/time";
import { Message, useAct, type Act } from "../forms/act";
import { askHiders } from "./hiders";
import { openHiding, type HidingKind } from "./hideform";
import { matchText, recurrenceText, type Match, type Recurrence } from "./match";

const PATHS = { shelf: "/api/v1/shelf", silences: "/api/v1/silences", maintenance: "/api/v1/maintenance" } as const;
type ListName = keyof typeof PATHS;
const NAMES = Object.keys(PATHS) as ListName[];
const AGAIN = 15_000;

/** A shelved alert (`alert`), a silence or a window (`id`, `match`). */
interface Hiding {
  id?: string;
  alert?: string;
  asset?: string;
  match?: Match;
  by?: string;
  comment?: string;
  at?: string | null;
  starts?: string | null;
  until?: string | null;
  running?: boolean;
  recurrence?: Recurrence | null;
  count?: number;
  ended_at?: string | null;
  ended_by?: string;
}
type Lists = Partial<Record<ListName, Hiding[]>>;

/** The list, or null where it is not to be had. */
async function read(name: ListName, ended: boolean): Promise<Hiding[] | null> {
  try {
    return await list<Hiding>(PATHS[name] + (ended && name !== "shelf" ? "?ended=true" : ""));
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return null;
  }
}

/** The lists, read again every fifteen seconds and when other alerts are hidden than last time. */
function useHidings(ended: boolean): [Lists, () => void] {
  const [lists, setLists] = useState<Lists>({});
  const hidden = [...store.all("alert").values()].filter((alert) => alert.suppressed_by.length);
  const signature = hidden.map((alert) => `${alert.id} ${alert.suppressed_by.join()}`).join("\n");
  const ask = async (): Promise<void> => {
    const answers = await Promise.all(NAMES.map(async (name) => [name, await read(name, ended)] as const));
    const here = Object.fromEntries(answers.filter(([, items]) => items)) as Lists;
    setLists((old) => ({ ...old, ...here }));
  };
  const again = (): void => {
    void ask();
    void askHiders();
  };
  useEffect(() => {
    void ask();
    const timer = setInterval(() => void ask(), AGAIN);
    return () => clearInterval(timer);
  }, [ended, signature]);
  return [lists, again];
}

export default function HiddenView() {
  const ended = query("ended") === "true";
  const [lists, again] = useHidings(ended);
  const act = useAct();
  const create = (kind: HidingKind) => mayDo("act") ? (
    <button type="button" class="chip" data-new={kind} onClick={() => openHiding(kind, again)}>
      {t(`hide.new.${kind}`)}
    </button>
  ) : null;
  return (
    <>
      <header class="page-head">
        <h1>{t("alerts.view.hidden")}</h1>
        <span class="quiet">{t("hide.note")}</span>
        <span class="head-actions">
          <label class="inline">
            <input type="checkbox" data-ended="" checked={ended}
              onChange={(event) => setQuery({ ended: event.currentTarget.checked ? "true" : null })} />
            {t("hide.ended")}
          </label>
          {create("maintenance")}
          {create("silence")}
        </span>
      </header>
      <Message said={act.said} />
      {NAMES.map((name) => <Section key={name} name={name} items={lists[name] ?? []} act={act} again={again} />)}
    </>
  );
}

interface RowProps {
  act: Act;
  again: () => void;
}

function Section({ name, items, act, again }: RowProps & { name: ListName; items: readonly Hiding[] }) {
  const row = (item: Hiding) => {
    const key = item.id ?? item.alert;
    if (name === "shelf") return <Shelved key={key} item={item} act={act} again={again} />;
    return <HidingLine key={key} name={name} item={item} act={act} again={again} />;
  };
  return (
    <section class="hide-part" data-part={name}>
      <h2>{t(`hide.${name}`)} <b>{items.length}</b></h2>
      {items.length ? <ul class="hide-list">{items.map(row)}</ul> : <p class="quiet">{t(`hide.none.${name}`)}</p>}
    </section>
  );
}

interface UndoProps extends RowProps {
  verb: string;
  undo: () => Promise<unknown>;
}

function Undo({ verb, undo, act, again }: UndoProps) {
  const press = async (): Promise<void> => {
    const done = await act.run(async () => {
      await undo();
      return true;
    });
    if (!done) return;
    act.say("done", t(`suppress.${verb}.done`));
    again();
  };
  return (
    <button type="button" class="chip" data-undo={verb} disabled={act.busy} onClick={() => void press()}>
      {t(`suppress.${verb}`)}
    </button>
  );
}

function Shelved({ item, act, again }: RowProps & { item: Hiding }) {
  const alert = store.all("alert").get(item.alert ?? "");
  const path = `/api/v1/alerts/${encodeURIComponent(item.alert ?? "")}/unshelve`;
  const title = alert ? (
    <>
      <AlertIcon alert={alert} />{" "}
      <a href={`/alerts?alert=${encodeURIComponent(alert.id)}`} data-inside="">{alertTitle(alert)}</a>
    </>
  ) : item.asset;
  const may = alert && mayAct(alert.region);
  return (
    <Line item={item} title={title}>
      {may ? <Undo verb="unshelve" undo={() => send("POST", path, {})} act={act} again={again} /> : null}
    </Line>
  );
}

function HidingLine({ name, item, act, again }: RowProps & { name: ListName; item: Hiding }) {
  const { match = {}, running, ended_at: ended } = item;
  const state = ended ? "hide.over" : running === false ? "hide.waiting" : "hide.running";
  const may = mayDo("act") && !ended && (!match.region || mayAct(match.region));
  const verb = name === "silences" ? "unsilence" : "unmaintain";
  const path = `${PATHS[name]}/${encodeURIComponent(item.id ?? "")}`;
  return (
    <Line item={item} title={matchText(match)} state={t(state)} extra={whenText(item)}>
      {may ? <Undo verb={verb} undo={() => send("DELETE", path)} act={act} again={again} /> : null}
    </Line>
  );
}

/** When it begins, how it recurs, who ended it or how many it hides. */
function whenText({ starts, running, recurrence, ended_at: ended, ended_by: by, count = 0 }: Hiding): string {
  const begin = parse(starts);
  const later = running === false && !ended && begin !== null && begin > serverNow();
  const over = { by: by || t("hide.itself"), at: shortTime(parse(ended)) };
  return [
    later ? t("hide.starts", { at: shortTime(begin) }) : "", recurrenceText(recurrence),
    ended ? t("hide.endedby", over) : t("hide.count", { n: count }),
  ].filter(Boolean).join(" · ");
}

interface LineProps {
  item: Hiding;
  title: ComponentChildren;
  state?: string;
  extra?: string;
  children: ComponentChildren;
}

function Line({ item, title, state, extra, children }: LineProps) {
  const until = parse(item.until);
  return (
    <li class={`hide-row${item.ended_at ? " is-over" : ""}`} data-id={item.id ?? item.alert}>
      <div class="hide-what">
        <strong>{title}</strong>
        {state ? <span class="tag">{state}</span> : null}
        <p>{item.comment || "—"}</p>
        {extra ? <p class="quiet">{extra}</p> : null}
      </div>
      <div class="hide-who">
        <span>{item.by || "—"}</span>
        <small><Age since={item.at} form="ago" /></small>
      </div>
      <div class="hide-end">{until === null || item.ended_at ? null : <Left until={until} />}</div>
      {children}
    </li>
  );
}

function Left({ until }: { until: number }) {
  void now();
  return (
    <>
      <span>{t("hider.until", { at: shortTime(until) })}</span>
      <small>{t("hide.left", { span: span(until - serverNow()) })}</small>
    </>
  );
}
