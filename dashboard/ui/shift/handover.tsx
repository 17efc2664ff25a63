/** Handing over the shift (交接班): what is open, promised, hidden and silent; two signatures, one of each person. */
import { useState } from "preact/hooks";
import type { RosterDocument } from "../admin/rosterbook";
import { openSubstitute } from "../admin/rosterforms";
import { send } from "../core/api";
import { pick, t } from "../core/i18n";
import { mayDo, me } from "../core/site";
import { parse, shortTime, stamp } from "../core/time";
import { Message, type Said } from "../forms/act";
import { keysOf } from "../forms/field";
import { Form, openForm } from "../forms/form";
import { reportName } from "../incidents/countdown";
import type { ObligationRecord } from "../records";
import { askDuty, roster, shiftText } from "../shell/duty";
import { countsText, type Handover, type SignedHandover } from "./handoverbook";
import { HandoverParts } from "./handoverparts";
import { useHandover } from "./usehandover";

export default function HandoverView() {
  const { answer, past, failed, ask } = useHandover();
  if (!answer) {
    return failed ? <p class="rows-empty">{failed}</p> : <p class="rows-empty">{t("detail.fetching")}</p>;
  }
  return (
    <>
      <Head handover={answer} />
      <section class="handover-pending">
        {answer.last && !answer.last.accepted_at
          ? <Waiting handover={answer} last={answer.last} ask={ask} /> : null}
      </section>
      <HandoverParts handover={answer} />
      {mayDo("act") ? <Give ask={ask} /> : <p class="quiet handover-form">{t("handover.norole")}</p>}
      <Past handovers={past} />
    </>
  );
}

function Head({ handover }: { handover: Handover }) {
  const { since, figures, hidden_count: hidden, shift } = handover;
  const people = roster.value;
  const facts = [
    t("handover.since", { at: shortTime(parse(since)) }), figures ? t("handover.figures", { ...figures }) : "",
    hidden ? t("filter.hidden", { n: hidden }) : "",
  ];
  const substitute = (): void => openSubstitute(people as unknown as RosterDocument, () => void askDuty());
  return (
    <header class="page-head">
      <h1>{t("handover.title")}</h1>
      <span>{shiftText(shift)}</span>
      <span class="quiet">{facts.filter(Boolean).join(" · ")}</span>
      <span class="head-actions">
        {mayDo("act") && people && personsOf().length ? (
          <button type="button" class="chip" data-roster-substitute="" onClick={substitute}>
            {t("roster.substitute")}
          </button>
        ) : null}
      </span>
    </header>
  );
}

const waitingText = ({ by, to, at }: SignedHandover): string =>
  t("handover.waits", { by, to, at: shortTime(parse(at)) });

interface WaitingProps {
  handover: Handover;
  last: SignedHandover;
  ask: () => Promise<void>;
}

/** One signature is there: who takes over reads the same picture and signs too. */
function Waiting({ handover, last, ask }: WaitingProps) {
  const mine = last.by === me.value.name;
  return (
    <div class={`handover-wait${last.unsigned ? " is-late" : ""}`}>
      <strong>{waitingText(last)}</strong>
      {last.remarks ? <p>{last.remarks}</p> : null}
      {last.unsigned ? <p class="is-open">{t("handover.unsigned")}</p> : null}
      {mine || !mayDo("act") ? <p class="quiet">{t("handover.other")}</p> : (
        <button type="button" class="primary" data-accept=""
          onClick={() => openAccept(last, handover.obligations, ask)}>
          {t("handover.accept")}
        </button>
      )}
    </div>
  );
}

/** The reports that must be ticked, each with its own box. */
function Ticks({ ids, due, ticked, set }: TicksProps) {
  const named = new Map(due.map((each) => [each.id, each]));
  return ids.map((id) => {
    const each = named.get(id);
    const press = (on: boolean): void => set(on ? [...ticked, id] : ticked.filter((other) => other !== id));
    return (
      <label class="inline" key={id}>
        <input type="checkbox" name="ticked" value={id} checked={ticked.includes(id)}
          onChange={(event) => press(event.currentTarget.checked)} />
        {each ? `${each.incident} ${reportName(each)}` : id}
      </label>
    );
  });
}

interface TicksProps {
  ids: readonly string[];
  due: readonly ObligationRecord[];
  ticked: readonly string[];
  set: (ticked: readonly string[]) => void;
}

function openAccept(last: SignedHandover, due: readonly ObligationRecord[], ask: () => Promise<void>): void {
  const draw = (value: unknown, set: (value: unknown) => void) => (
    <div class="form-checks"><Ticks ids={last.due_soon} due={due} ticked={keysOf(value)} set={set} /></div>
  );
  const ticks = last.due_soon.length ? [{ name: "ticked", label: t("handover.tick"), draw }] : [];
  const words = (
    <>
      <p>{waitingText(last)}</p>
      <p class="quiet">{countsText(last.counts)}</p>
      {last.remarks ? <blockquote>{last.remarks}</blockquote> : null}
    </>
  );
  openForm({
    title: t("handover.accept.title"),
    initial: { remarks: "", ticked: [] },
    parts: [{ words }, ...ticks, { name: "remarks", label: t("handover.remarks"), kind: "lines", max: 4000 }],
    label: t("handover.accept"),
    save: (values) => send("POST", `/api/v1/handover/${encodeURIComponent(last.id)}/accept`, values),
    done: () => void ask(),
  });
}

interface RosterPerson {
  id: string;
  name: string;
}
const personsOf = (): RosterPerson[] => (roster.value?.persons as RosterPerson[] | undefined) ?? [];

/** The people of the roster by the name that is shown, those of the next shift first; ids tell namesakes apart. */
function successors(): { ids: ReadonlyMap<string, string>; next: string } {
  const next = new Set((roster.value?.next?.officers ?? []).map((person) => person.id));
  const persons = [...personsOf()].sort((a, b) => Number(next.has(b.id)) - Number(next.has(a.id)));
  const names = persons.map((person) => person.name);
  const shown = ({ id, name }: RosterPerson): string =>
    names.indexOf(name) === names.lastIndexOf(name) ? name : `${name} (${id})`;
  const first = persons.find((person) => next.has(person.id));
  return { ids: new Map(persons.map((person) => [shown(person), person.id])), next: first ? shown(first) : "" };
}

/** The first signature: to whom, with what remarks. What stands on the page is kept with it. */
function Give({ ask }: { ask: () => Promise<void> }) {
  const [given, setGiven] = useState(0);
  const [said, setSaid] = useState<Said | null>(null);
  const { ids, next } = successors();
  const draw = (value: unknown, set: (value: unknown) => void) => (
    <>
      <input name="to" list="handover-people" maxLength={64} required autocomplete="off" value={String(value)}
        aria-label={t("handover.to")} onInput={(event) => set(event.currentTarget.value)} />
      <datalist id="handover-people">{[...ids.keys()].map((name) => <option key={name} value={name} />)}</datalist>
    </>
  );
  return (
    <section class="handover-form">
      <h2>{t("handover.form")}</h2>
      <p class="quiet">{t("handover.what")}</p>
      <Form
        key={`${given} ${roster.value !== null}`}
        initial={{ to: next, remarks: "" }}
        parts={[
          { name: "to", label: t("handover.to"), draw },
          {
            name: "remarks", label: t("handover.remarks"), kind: "lines", rows: 4, max: 4000,
            placeholder: t("handover.remarks.hint"),
          },
        ]}
        label={t("handover.give")}
        save={async ({ to, remarks }, say) => {
          const name = String(to);
          if (!name) return say(t("handover.needs"));
          const made = await send<SignedHandover>("POST", "/api/v1/handover", { to: ids.get(name) ?? name, remarks });
          setSaid({ kind: "done", text: t("handover.given", { to: made.to }) });
          return made;
        }}
        done={() => {
          setGiven(given + 1);
          void ask();
        }}
      />
      <Message said={said} />
    </section>
  );
}

function Past({ handovers }: { handovers: readonly SignedHandover[] }) {
  return (
    <section class="handover-past">
      <h2>{t("handover.past")}</h2>
      {handovers.length ? (
        <ul class="frequent">{handovers.map((handover) => <PastRow key={handover.id} handover={handover} />)}</ul>
      ) : <p class="quiet">{t("handover.nopast")}</p>}
    </section>
  );
}

function PastRow({ handover }: { handover: SignedHandover }) {
  const { at, shift, by, to, accepted_at: accepted, accepted_by: successor } = handover;
  const given = parse(at);
  const signed = accepted
    ? t("handover.signed", { by: successor, at: shortTime(parse(accepted)) }) : t("handover.notsigned");
  const facts = [countsText(handover.counts), signed, handover.remarks, handover.accept_remarks];
  return (
    <li class={accepted ? "" : "is-open"}>
      <span>
        <time>{given === null ? "" : stamp(given).slice(0, 16)}</time> {pick(shift?.name)} {by} → {to}
      </span>
      <small>{facts.filter(Boolean).join(" · ")}</small>
    </li>
  );
}
