/** The form of an escalation policy: what it is for, and its steps. */
import { get, ProblemError } from "../core/api";
import { t } from "../core/i18n";
import { Choices, type Option, type Values } from "../forms/field";
import { openForm } from "../forms/form";
import { put, whoName, writable, type EscalationStep, type Policies, type Policy } from "./policies";
import { feedOptions, rosterPeople, severityOptions } from "./scope";
import type { AdminView } from "./view";

/** A step as the form holds it: minutes as they are typed. */
interface StepForm {
  who: string[];
  channels: string[];
  after: string;
  repeat: string;
  times: string;
}

const minutes = (seconds: number | null): string => (seconds === null ? "" : String(seconds / 60));

const formOf = (step: EscalationStep): StepForm => ({
  who: step.who, channels: step.channels ?? [], after: minutes(step.after), repeat: minutes(step.repeat || null),
  times: String(step.times),
});

const stepOf = ({ who, channels, after, repeat, times }: StepForm): EscalationStep => ({
  who, channels, after: Number(after) * 60, repeat: repeat ? Number(repeat) * 60 : null, times: Number(times || 1),
});

/** The channels that there are: a step names receivers by which its people are told. */
async function receiverIds(): Promise<string[]> {
  try {
    const { items } = await get<{ items?: { id: string }[] }>("/api/v1/receivers");
    return (items ?? []).map(({ id }) => id);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return [];
  }
}

export async function openPolicy(view: AdminView<Policies>, policy: Policy | null = null): Promise<void> {
  const ids = await receiverIds();
  const fresh = (after: number, who: string): StepForm =>
    formOf({ after, who: [who], channels: ids.slice(0, 1), repeat: null, times: 1 });
  const steps = policy ? policy.steps.map(formOf) : [fresh(300, "duty"), fresh(900, "leader")];
  const draw = (value: unknown, set: (value: unknown) => void) => (
    <Steps steps={value as StepForm[]} set={set} ids={ids} add={() => fresh(1800, "leader")} />
  );
  openForm({
    title: policy ? t("esc.edit.title", { id: policy.id }) : t("esc.add"),
    wide: true,
    initial: {
      id: policy?.id ?? "", severities: policy?.severities ?? ["critical"], feeds: policy?.feeds ?? [], steps,
      comment: "",
    },
    parts: [
      { name: "id", label: t("esc.id"), required: true, max: 64, readOnly: policy !== null },
      { name: "severities", label: t("receivers.severities"), kind: "choices", options: severityOptions() },
      { name: "feeds", label: t("receivers.feeds"), kind: "choices", options: feedOptions() },
      { name: "steps", label: t("esc.steps"), note: t("esc.who.note"), draw },
      { name: "comment", label: t("rules.comment"), max: 500 },
    ],
    save: (values) => save(view, policy, values),
  });
}

async function save(view: AdminView<Policies>, policy: Policy | null, values: Values): Promise<boolean> {
  const own = view.answer ? writable(view.answer) : [];
  const { comment, ...given } = values as Values & { steps: StepForm[]; comment: string };
  const item = { regions: [], kinds: [], ...policyBefore(own, policy), ...given, steps: given.steps.map(stepOf) };
  const made = item as unknown as Policy;
  return put(view, policy ? own.map((other) => (other.id === policy.id ? made : other)) : [...own, made], comment);
}

const policyBefore = (own: Policy[], policy: Policy | null): Partial<Policy> =>
  own.find((other) => other.id === policy?.id) ?? {};

interface StepsProps {
  steps: StepForm[];
  set: (steps: StepForm[]) => void;
  ids: string[];
  add: () => StepForm;
}

function Steps({ steps, set, ids, add }: StepsProps) {
  const change = (at: number, part: Partial<StepForm>): void =>
    set(steps.map((step, index) => (index === at ? { ...step, ...part } : step)));
  return (
    <>
      <ol class="step-forms">
        {steps.map((step, index) => (
          <StepFields key={index} step={step} ids={ids} change={(part) => change(index, part)}
            remove={() => set(steps.filter((_, other) => other !== index))} />
        ))}
      </ol>
      <div class="actions">
        <button type="button" class="chip" data-step="" onClick={() => set([...steps, add()])}>
          {t("esc.step.add")}
        </button>
      </div>
    </>
  );
}

interface StepProps {
  step: StepForm;
  ids: string[];
  change: (part: Partial<StepForm>) => void;
  remove: () => void;
}

/** All that may be chosen; what is chosen and no longer known stays until somebody takes it out. */
const withChosen = (options: Option[], chosen: string[]): Option[] => {
  const missing = chosen.filter((key) => !options.some(([option]) => option === key));
  return [...options, ...missing.map((key): Option => [key, key])];
};

function StepFields({ step, ids, change, remove }: StepProps) {
  const people = rosterPeople().map(({ id }) => `person:${id}`);
  const names = ["duty", "leader", "unit-head", ...people, ...ids.map((id) => `receiver:${id}`)];
  const who = withChosen(names.map((name): Option => [name, whoName(name)]), step.who);
  const channels = withChosen(ids.map((id): Option => [id, id]), step.channels);
  const number = (name: "after" | "repeat" | "times", bounds: { min: number; max?: number; step?: string }) => (
    <label class="form-field">
      <span>{t(`esc.${name}`)}</span>
      <input type="number" data-field={name} value={step[name]} {...bounds}
        onInput={(event) => change({ [name]: event.currentTarget.value })} />
    </label>
  );
  const group = (name: "who" | "channels", options: Option[]) => (
    <div class="form-field is-row" role="group" aria-label={t(`esc.${name}`)}>
      <span>{t(`esc.${name}`)}</span>
      <Choices options={options} chosen={step[name]} set={(chosen) => change({ [name]: chosen })} />
    </div>
  );
  return (
    <li class="form-row">
      {group("who", who)}
      {group("channels", channels)}
      {number("after", { min: 0, max: 10_080, step: "any" })}
      {number("repeat", { min: 10 })}
      {number("times", { min: 1, max: 100 })}
      <button type="button" class="link" aria-label={t("form.remove")} onClick={remove}>×</button>
    </li>
  );
}
