/** A form: fields in rows, a button that waits for the server's word, and refusals in words. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { t } from "../core/i18n";
import { useUnsaved } from "../core/unsaved";
import { Message, useAct } from "./act";
import { FieldView, type Field, type Values } from "./field";
import { openSheet } from "./sheet";

/** A field, several beside each other, a part that is folded away, or words between them. */
export type Part = Field | readonly Field[] | { fold: string; parts: readonly Part[] } | { words: ComponentChildren };

interface Props {
  parts: readonly Part[];
  initial: Values;
  /** Sends it. False keeps the form open; a refusal is said in it. */
  save: (values: Values, say: (text: string) => void) => Promise<unknown>;
  /** After the server has it. */
  done: () => void;
  label?: string;
  onChange?: (values: Values) => void;
  foot?: ComponentChildren;
  /** True while it may not be sent, because what it would do is not known yet. */
  waits?: boolean;
}

export function Form({ parts, initial, save, done, label, onChange, foot, waits = false }: Props) {
  const [values, setValues] = useState(initial);
  const [dirty, setDirty] = useState(false);
  const act = useAct();
  useUnsaved(dirty);
  const set = (name: string, value: unknown): void => {
    const next = { ...values, [name]: value };
    setValues(next);
    setDirty(true);
    onChange?.(next);
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    let words = "";
    const answer = await act.run(() => save(trimmed(values, parts), (text) => (words = text)));
    if (words) act.say("error", words);
    else if (answer !== undefined && answer !== false) done();
  };
  return (
    <form class="form" autocomplete="off" onSubmit={(event) => void submit(event)}>
      {parts.map((part, index) => <PartView key={index} part={part} values={values} set={set} />)}
      <div class="actions">
        <button type="submit" class="primary" data-send="" disabled={act.busy || waits}>
          {label ?? t("form.save")}
        </button>
        {foot}
      </div>
      <Message said={act.said} />
    </form>
  );
}

interface PartProps {
  part: Part;
  values: Values;
  set: (name: string, value: unknown) => void;
}

const isRow = (part: Part): part is readonly Field[] => Array.isArray(part);

function PartView({ part, values, set }: PartProps) {
  if (isRow(part)) {
    return (
      <div class="form-row">
        {part.map((field) => <PartView key={field.name} part={field} values={values} set={set} />)}
      </div>
    );
  }
  if ("words" in part) return <>{part.words}</>;
  if ("fold" in part) {
    return (
      <details>
        <summary class="quiet">{part.fold}</summary>
        <div class="form-fold">
          {part.parts.map((inner, index) => <PartView key={index} part={inner} values={values} set={set} />)}
        </div>
      </details>
    );
  }
  return <FieldView field={part} value={values[part.name]} set={(value) => set(part.name, value)} />;
}

const fieldsOf = (parts: readonly Part[]): Field[] =>
  parts.flatMap((part) => {
    if (isRow(part)) return [...part];
    if ("words" in part) return [];
    return "fold" in part ? fieldsOf(part.parts) : [part];
  });

/** The values with their texts trimmed, but passwords. */
function trimmed(values: Values, parts: readonly Part[]): Values {
  const secret = new Set(fieldsOf(parts).filter((field) => field.kind === "password").map((field) => field.name));
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      return [name, typeof value === "string" && !secret.has(name) ? value.trim() : value];
    }),
  );
}

type SheetForm = Omit<Props, "done"> & { title: string; wide?: boolean; done?: () => void };

/** A form in a dialog, which closes when the server has it. */
export function openForm({ title, wide = false, done, ...form }: SheetForm): void {
  const build = (close: () => void) => {
    const finish = (): void => {
      close();
      done?.();
    };
    return <Form {...form} done={finish} />;
  };
  openSheet(() => title, build, { wide });
}
