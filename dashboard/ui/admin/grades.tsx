/** The severities of a rule that hold while a condition does, worst first. */
import { t } from "../core/i18n";
import { severityName } from "../core/names";
import type { Grade } from "./rulebook";

interface Props {
  grades: readonly Grade[];
  set: (grades: Grade[]) => void;
  /** All severities, worst first. */
  severities: readonly string[];
}

export function Grades({ grades, set, severities }: Props) {
  const change = (at: number, part: Partial<Grade>): void =>
    set(grades.map((grade, index) => (index === at ? { ...grade, ...part } : grade)));
  const free = severities.find((severity) => !grades.some((grade) => grade.severity === severity));
  return (
    <>
      {grades.length ? (
        <ol class="grade-forms">
          {grades.map((grade, index) => (
            <li key={index} data-grade={index}>
              <select aria-label={t("rules.severity")} data-field="severity" value={grade.severity}
                onChange={(event) => change(index, { severity: event.currentTarget.value })}>
                {severities.map((name) => <option key={name} value={name}>{severityName(name)}</option>)}
              </select>
              <input class="mono" aria-label={t("rules.when")} data-field="when" value={grade.when} maxLength={2000}
                spellcheck={false} required onInput={(event) => change(index, { when: event.currentTarget.value })} />
              <button type="button" class="chip" data-act="drop-grade"
                onClick={() => set(grades.filter((_, other) => other !== index))}>
                {t("form.remove")}
              </button>
            </li>
          ))}
        </ol>
      ) : null}
      {free ? (
        <div class="actions">
          <button type="button" class="chip" data-grade-add=""
            onClick={() => set([...grades, { severity: free, when: "" }])}>
            {t("rules.grades.add")}
          </button>
        </div>
      ) : null}
    </>
  );
}
