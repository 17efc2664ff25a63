/** A new silence or maintenance window, once or again and again, with what it would cover before it is sent. */
import { useEffect, useState } from "preact/hooks";
import { ProblemError, send } from "../core/api";
import { count } from "../core/format";
import { t } from "../core/i18n";
import { kindName, severityName } from "../core/names";
import { store } from "../core/picture";
import { counties, covers, me, regionName } from "../core/site";
import { parseClock } from "../core/time";
import { AssetPicker } from "../forms/assetpicker";
import { keysOf, textOf, type Field, type Option, type Values } from "../forms/field";
import { Form, type Part } from "../forms/form";
import { openSheet } from "../forms/sheet";
import type { MatchCounts } from "../records";
import { SEVERITIES } from "../vocabulary";
import type { Match } from "./match";

export type HidingKind = "silence" | "maintenance";
const PATHS = { silence: "/api/v1/silences", maintenance: "/api/v1/maintenance" } as const;
const VERBS = { silence: "silence", maintenance: "maintain" } as const;
/** Ms for which a person has stopped typing before the server is asked. */
const SOON = 250;
const DAYS = ["1", "2", "3", "4", "5", "6", "7"];

export function openHiding(kind: HidingKind, done: () => void): void {
  const build = (close: () => void) => {
    const finish = (): void => {
      close();
      done();
    };
    return <HidingForm kind={kind} done={finish} />;
  };
  openSheet(() => t(`hide.new.${kind}`), build, { wide: true });
}

const INITIAL: Values = {
  assets: [], region: "", rule: "", kinds: [], severities: [], comment: "", starts: "", until: "", again: false,
  days: [], from: "", minutes: "120",
};

function HidingForm({ kind, done }: { kind: HidingKind; done: () => void }) {
  const [values, setValues] = useState(INITIAL);
  return (
    <Form initial={INITIAL} parts={parts(kind, values)} onChange={setValues} done={done}
      label={t(`suppress.${VERBS[kind]}.send`)}
      save={(given, say) => {
        const wish = wishOf(kind, given, say);
        return wish ? send("POST", PATHS[kind], wish) : Promise.resolve(false);
      }} />
  );
}

function matchOf(kind: HidingKind, values: Values): Match {
  const match = { assets: keysOf(values.assets), region: textOf(values.region), kinds: keysOf(values.kinds) };
  if (kind === "maintenance") return match;
  return { ...match, rule: textOf(values.rule).trim(), severities: keysOf(values.severities) };
}

const isEmpty = (match: Match): boolean =>
  Object.values(match).every((part) => (part as string | string[]).length === 0);

/** What is sent; null where something is missing, which is said. */
function wishOf(kind: HidingKind, values: Values, say: (text: string) => void): Record<string, unknown> | null {
  const match = matchOf(kind, values);
  const [starts, until] = [values.starts, values.until].map((value) => moment(textOf(value), say));
  if (starts === undefined || until === undefined) return null;
  if (!textOf(values.comment) || until === null) {
    say(t("suppress.needs"));
    return null;
  }
  if (isEmpty(match) && !me.value.region) {
    say(t("hide.needs"));
    return null;
  }
  const recurrence = {
    start: textOf(values.from), minutes: Number(values.minutes), days: keysOf(values.days).map(Number),
  };
  return {
    match, comment: values.comment, until: new Date(until).toISOString(),
    ...(starts === null ? {} : { starts: new Date(starts).toISOString() }), ...(values.again ? { recurrence } : {}),
  };
}

/** A time as it was typed, in ms; null for none, undefined for no time, which is said. */
function moment(text: string, say: (text: string) => void): number | null | undefined {
  try {
    return parseClock(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    say(t("ack.badtime", { value: text }));
    return undefined;
  }
}

/** What the server says that a match takes now; null while it has not answered, or takes no such match. */
function useCounts(kind: HidingKind, match: Match): MatchCounts | null {
  const [counts, setCounts] = useState<MatchCounts | null>(null);
  const wanted = JSON.stringify(match);
  useEffect(() => {
    let current = true;
    const ask = (): void => {
      send<MatchCounts>("POST", `${PATHS[kind]}:preview`, { match }).then(
        (answer) => void (current && setCounts(answer)),
        (error: unknown) => {
          if (!(error instanceof ProblemError)) throw error;
          if (current) setCounts(null);
        },
      );
    };
    const timer = setTimeout(ask, SOON);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [kind, wanted]);
  return counts;
}

/** How many assets it would cover, and how many open alerts it would hide now. */
function Covered({ kind, match }: { kind: HidingKind; match: Match }) {
  const counts = useCounts(kind, match);
  return (
    <p class="quiet" role="status" data-covered="">
      {counts ? t("hide.covered", { assets: count(counts.assets), alerts: count(counts.alerts) }) : "…"}
    </p>
  );
}

function regionOptions(): Option[] {
  const own = me.value.region;
  const list = counties.value.filter((county) => covers(own, county.adcode));
  const named = list.map((county): Option => [county.adcode, regionName(county.adcode)]);
  return [["", own ? regionName(own) : t("hide.anywhere")], ...named];
}

function kindOptions(): Option[] {
  const kinds = new Set([...store.peek("asset").values()].map((asset) => asset.kind));
  return [...kinds].sort().map((kind) => [kind, kindName(kind)]);
}

function parts(kind: HidingKind, values: Values): Part[] {
  const silence = kind === "silence";
  const rule: Field = { name: "rule", label: t("hide.field.rule"), max: 200, placeholder: "node-down" };
  const severities = SEVERITIES.map((name): Option => [name, severityName(name)]);
  return [
    { words: <p class="quiet">{t(`hide.what.${kind}`)}</p> },
    {
      name: "assets", label: t("hide.field.assets"),
      draw: (value, set) => <AssetPicker chosen={keysOf(value)} set={set} />,
    },
    [
      { name: "region", label: t("hide.field.region"), kind: "select", options: regionOptions() },
      ...(silence ? [rule] : []),
    ],
    { name: "kinds", label: t("hide.field.kinds"), kind: "choices", options: kindOptions() },
    ...(silence
      ? [{ name: "severities", label: t("hide.field.severities"), kind: "choices", options: severities } as Field]
      : []),
    {
      name: "comment", label: t("suppress.reason"), kind: "lines", rows: 2, max: 2000,
      placeholder: t(`suppress.${VERBS[kind]}.hint`),
    },
    [
      { name: "starts", label: t("hide.field.starts"), max: 16, placeholder: t("hide.now") },
      {
        name: "until", label: t("hide.field.until"), max: 16, placeholder: "16:00", note: t("hide.field.until.note"),
      },
    ],
    ...(silence ? [] : recurrenceParts(values.again === true)),
    { words: <Covered kind={kind} match={matchOf(kind, values)} /> },
  ];
}

/** Once, each day or on days of the week, from a time for so many minutes: in the site's own time. */
function recurrenceParts(again: boolean): Part[] {
  const check: Field = { name: "again", label: t("hide.field.again"), kind: "check" };
  if (!again) return [check];
  const days = DAYS.map((day): Option => [day, t(`weekday.${day}`)]);
  return [
    check,
    { name: "days", label: t("hide.field.days"), note: t("hide.field.days.note"), kind: "choices", options: days },
    [
      { name: "from", label: t("hide.field.from"), max: 5, placeholder: "22:00", required: true },
      { name: "minutes", label: t("hide.field.minutes"), kind: "number", min: 1, max: 10080, required: true },
    ],
  ];
}
