/** Fields of a form, each described by its name, its label and its kind. */
import type { ComponentChildren } from "preact";

/** What a form holds by the names of its fields: text, yes or no, keys of a choice, or what an own field makes. */
export type Values = Record<string, unknown>;
/** Keys and words of what may be chosen. */
export type Option = readonly [key: string, words: string];
export type FieldKind =
  | "text" | "password" | "number" | "date" | "time" | "lines" | "code" | "select" | "choices" | "check";

export interface Field {
  name: string;
  label: string;
  /** Left out: text. "code" is text of several lines in a fixed width, "choices" are buttons to press. */
  kind?: FieldKind;
  note?: ComponentChildren;
  options?: readonly Option[];
  required?: boolean;
  readOnly?: boolean;
  autoFocus?: boolean;
  placeholder?: string;
  /** Bounds: of characters for text, of the value for numbers. */
  min?: number;
  max?: number;
  step?: number | "any";
  rows?: number;
  /** True where names, addresses and codes stand in a fixed width. */
  mono?: boolean;
  autoComplete?: string;
  /** Draws a field of another form. It gets the value and how to set it. */
  draw?: (value: unknown, set: (value: unknown) => void) => ComponentChildren;
}

interface Props {
  field: Field;
  value: unknown;
  set: (value: unknown) => void;
}

export const textOf = (value: unknown): string => {
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : "";
};
export const keysOf = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : []);

export function FieldView({ field, value, set }: Props) {
  const { label, note, kind } = field;
  if (kind === "check") {
    return (
      <label class="inline">
        <input type="checkbox" name={field.name} checked={value === true}
          onChange={(event) => set(event.currentTarget.checked)} />
        {label}
      </label>
    );
  }
  const content = (
    <>
      <span>{label}</span>
      {field.draw ? field.draw(value, set) : <Input field={field} value={value} set={set} />}
      {note ? <small>{note}</small> : null}
    </>
  );
  // A label is for one input; a group of buttons has a name instead.
  const several = kind === "choices" || field.draw !== undefined;
  if (several) return <div class="form-field" role="group" aria-label={label}>{content}</div>;
  return <label class="form-field">{content}</label>;
}

function Input({ field, value, set }: Props) {
  const { kind, min, max, options = [] } = field;
  if (kind === "choices") return <Choices options={options} chosen={keysOf(value)} set={set} />;
  const write = (event: { currentTarget: { value: string } }): void =>
    set(event.currentTarget.value);
  const common = {
    name: field.name, value: textOf(value), required: field.required ?? false, placeholder: field.placeholder ?? "",
    readOnly: field.readOnly ?? false, autofocus: field.autoFocus ?? false,
  };
  if (kind === "select") {
    return (
      <select name={field.name} value={textOf(value)} onChange={(event) => set(event.currentTarget.value)}>
        {options.map(([key, words]) => <option key={key} value={key}>{words}</option>)}
      </select>
    );
  }
  if (kind === "lines" || kind === "code") {
    const length = max === undefined ? {} : { maxLength: max };
    const mono = kind === "code" ? { class: "mono", spellcheck: false } : {};
    return <textarea {...common} {...length} {...mono} rows={field.rows ?? 3} onInput={write} />;
  }
  const bounds = kind === "number" ? { min, max, step: field.step ?? 1 } : { minLength: min, maxLength: max };
  const given = Object.fromEntries(Object.entries(bounds).filter(([, bound]) => bound !== undefined));
  const attributes: Record<string, unknown> = {
    ...common, ...given, type: kind ?? "text", class: field.mono ? "mono" : "", spellcheck: !field.mono,
    autocomplete: field.autoComplete ?? "off",
  };
  return <input {...attributes} onInput={write} />;
}

interface ChoicesProps {
  options: readonly Option[];
  chosen: readonly string[];
  set: (chosen: string[]) => void;
}

/** Buttons of which several may be pressed. */
export function Choices({ options, chosen, set }: ChoicesProps) {
  const press = (key: string): void =>
    set(chosen.includes(key) ? chosen.filter((other) => other !== key) : [...chosen, key]);
  return (
    <span class="choices">
      {options.map(([key, words]) => (
        <button key={key} type="button" class="chip" data-choice={key} aria-pressed={chosen.includes(key)}
          onClick={() => press(key)}>
          {words}
        </button>
      ))}
    </span>
  );
}
