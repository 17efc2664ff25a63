/** A new silence or maintenance window, once or again and again, with what it would cover before it is sent. */
import { useState } from "preact/hooks";
import { send } from "../core/api";
import { t } from "../core/i18n";
import { kindName, severityName } from "../core/names";
import { store } from "../core/picture";
import { counties, covers, me, regionName } from "../core/site";
import { parseClock } from "../core/time";
import { AssetPicker } from "../forms/assetpicker";
import { keysOf, textOf, type Field, type Option, type Values } from "../forms/field";
import { Form, type Part } from "../forms/form";
import { openSheet } from "../forms/sheet";
import type { AlertRecord, AssetRecord } from "../records";
import { SEVERITIES } from "./arrange";
import type { Match } from "./match";

export type HidingKind = "silence" | "maintenance";
const PATHS = { silence: "/api/v1/silences", maintenance: "/api/v1/maintenance" } as const;
const VERBS = { silence: "silence", maintenance: "maintain" } as const;
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

function takesAsset(match: Match, asset: AssetRecord): boolean {
  const { assets = [], kinds = [], region = "" } = match;
  const place = region || (assets.length ? "" : me.value.region);
  const listed = !assets.length || assets.includes(asset.id);
  return listed && covers(place, asset.region) && (!kinds.length || kinds.includes(asset.kind));
}

function takesAlert(match: Match, alert: AlertRecord, ids: ReadonlySet<string>): boolean {
  const { assets = [], kinds = [], region = "", rule = "", severities = [] } = match;
  const subject = alert.subject_kind === "asset"
    ? ids.has(alert.asset) : !kinds.length && !assets.length && covers(region, alert.region);
  return subject && (!rule || alert.rule === rule) && (!severities.length || severities.includes(alert.severity));
}

/** How many assets it would cover, and how many open alerts it would hide now. */
function Covered({ match }: { match: Match }) {
  const ids = new Set<string>();
  for (const asset of store.all("asset").values()) if (takesAsset(match, asset)) ids.add(asset.id);
  const alerts = [...store.all("alert").values()].filter((alert) => takesAlert(match, alert, ids));
  return (
    <p class="quiet" role="status" data-covered="">
      {t("hide.covered", { assets: ids.size, alerts: alerts.length })}
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
    { words: <Covered match={matchOf(kind, values)} /> },
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
