/** The form of a rule: it is tried while it is written, and what would be a storm is asked back. */
import { useEffect, useRef, useState } from "preact/hooks";
import { SEVERITIES } from "../vocabulary";
import { ProblemError, send } from "../core/api";
import { t } from "../core/i18n";
import { omit } from "../core/omit";
import { me, regionName } from "../core/site";
import { findingsOf, refusalWords } from "../forms/act";
import type { Option, Values } from "../forms/field";
import { Form, type Part } from "../forms/form";
import { openSheet } from "../forms/sheet";
import { Grades } from "./grades";
import { givenRegions } from "./regions";
import { PATH, previewText, type Grade, type Preview, type Rule, type Rules } from "./rulebook";
import { severityOptions } from "./scope";
import type { AdminView } from "./view";

const REST = 600;

/** A rule of one's own with another's words. */
export function copyOf(rule: Rule): Rule {
  return { ...omit(rule, ["rev"]), id: `${rule.id}-2`, region: rule.region || me.value.region };
}

/** `made`: the rule does not exist yet, `rule` only has what it begins with. */
export function openRule(view: AdminView<Rules>, rule: Rule | null = null, made = rule === null): void {
  const title = (): string => (made ? t("rules.add") : t("rules.edit.title", { id: rule!.id }));
  const build = (close: () => void) => <RuleForm view={view} rule={rule} made={made} close={close} />;
  openSheet(title, build, { wide: true });
}

function valuesOf(rule: Rule | null): Values {
  return {
    id: rule?.id ?? "", over: rule?.over ?? "asset", each: rule?.each ?? "", severity: rule?.severity ?? "major",
    region: rule?.region ?? me.value.region, when: rule?.when ?? "", grades: rule?.grades ?? [],
    for: rule ? `${rule.for}s` : "10s", recover_for: rule ? `${rule.recover_for}s` : "10s",
    zh: rule?.title?.["zh-CN"] ?? "", en: rule?.title?.en ?? "", text: rule?.text ?? "", comment: "",
  };
}

/** The rule as it is sent. Titles in other languages go back as they came. */
function ruleOf(values: Values, rule: Rule | null): Record<string, unknown> {
  const { zh, en, for: wait, recover_for: recover, grades, ...rest } = omit(values, ["comment"]) as Values & {
    zh: string; en: string; for: string; recover_for: string; grades: Grade[];
  };
  const id = rest.id as string;
  return {
    ...rest, for: wait || "0s", recover_for: recover || "0s",
    grades: grades.map(({ when, severity }) => ({ when: when.trim(), severity })),
    title: { ...rule?.title, "zh-CN": zh || id, en: en || zh || id },
  };
}

interface Trial {
  good: boolean;
  words: string;
}

/** Validates and counts, keeps nothing: every time the hand rests. */
function useTrial(rule: Rule | null): [Trial | null, (values: Values) => void] {
  const [trial, setTrial] = useState<Trial | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const attempt = async (values: Values): Promise<void> => {
    const asked = ruleOf(values, rule);
    const grades = asked.grades as Grade[];
    if (!asked.when || grades.some((grade) => !grade.when)) return;
    try {
      const { preview } = await send<{ preview: Preview }>("POST", `${PATH}:preview`, asked);
      setTrial({ good: true, words: previewText(preview) });
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      setTrial({ good: false, words: refusalWords(error) });
    }
  };
  const later = (values: Values): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void attempt(values), REST);
  };
  useEffect(() => {
    if (rule) later(valuesOf(rule));
    return () => clearTimeout(timer.current);
  }, []);
  return [trial, later];
}

interface Props {
  view: AdminView<Rules>;
  rule: Rule | null;
  made: boolean;
  close: () => void;
}

function RuleForm({ view, rule, made, close }: Props) {
  const [trial, later] = useTrial(rule);
  /** How many alerts at once the person has been asked about; 0 while nobody asked. */
  const [storm, setStorm] = useState(0);
  const change = (values: Values): void => {
    setStorm(0);
    later(values);
  };
  const save = async (values: Values): Promise<unknown> => {
    const wish = { ...ruleOf(values, rule), comment: values.comment, ...(storm ? { accept: storm } : {}) };
    const path = `${PATH}/${encodeURIComponent(values.id as string)}`;
    try {
      return await send("PUT", path, made ? wish : { ...wish, rev: rule?.rev });
    } catch (error) {
      if (error instanceof ProblemError) setStorm(raisedBy(error));
      throw error;
    }
  };
  const done = (): void => {
    close();
    view.act.say("done", t("form.saved"));
    void view.ask();
  };
  return (
    <Form initial={valuesOf(rule)} parts={parts(view, rule, made, trial)} save={save} done={done} onChange={change}
      {...(storm ? { label: t("rules.accept", { n: storm }) } : {})} />
  );
}

/** How many alerts would begin at once, where the server refuses for that. */
function raisedBy(error: ProblemError): number {
  if (!findingsOf(error).some((finding) => finding.code === "storm")) return 0;
  const previews = [error.problem.preview].flat() as (Preview | undefined)[];
  return previews.reduce((sum, preview) => sum + (preview?.raises ?? 0), 0);
}

/** Where a rule may hold: the regions that one may give, and the one that it has. */
function regions(rule: Rule | null): Option[] {
  const options = givenRegions();
  const own = rule?.region;
  return !own || options.some(([code]) => code === own) ? options : [...options, [own, regionName(own)]];
}

function parts(view: AdminView<Rules>, rule: Rule | null, made: boolean, trial: Trial | null): Part[] {
  const names = (view.answer?.subjects ?? [{ name: "asset" }]).map(({ name }) => name);
  const subjects = names.map((name): Option => [name, t(`record.${name}.many`)]);
  const tried = trial ? (trial.good ? "is-good" : "is-bad") : "";
  return [
    [
      { name: "id", label: t("rules.id"), required: true, max: 64, readOnly: !made },
      { name: "over", label: t("rules.over"), kind: "select", options: subjects },
      { name: "each", label: t("rules.each"), note: t("rules.each.note"), max: 100 },
      { name: "region", label: t("rules.region"), kind: "select", options: regions(rule) },
    ],
    { name: "when", label: t("rules.when"), note: t("rules.when.note"), kind: "code", max: 2000 },
    { words: <p class={`rule-trial ${tried}`} role="status" data-trial="">{trial?.words ?? t("rules.trial")}</p> },
    {
      name: "grades", label: t("rules.grades"), note: t("rules.grades.note"),
      draw: (value, set) => <Grades grades={value as Grade[]} set={set} severities={SEVERITIES} />,
    },
    [
      { name: "severity", label: t("rules.severity.base"), kind: "select", options: severityOptions() },
      { name: "for", label: t("rules.for") },
      { name: "recover_for", label: t("rules.recover") },
    ],
    [{ name: "zh", label: t("rules.title.zh") }, { name: "en", label: t("rules.title.en") }],
    { name: "text", label: t("rules.text"), kind: "lines", rows: 2, max: 2000 },
    { name: "comment", label: t("rules.comment"), max: 500 },
  ];
}
