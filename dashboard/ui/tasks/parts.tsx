/** What the page of tasks and the phone share: a light in shape, colour and word, the clock, the steps of a task. */
import { duration } from "../core/format";
import { t, tOr } from "../core/i18n";
import { joined } from "../core/names";
import { now, parse, stamp } from "../core/time";
import type { TaskRecord } from "../records";
import { personName } from "../shell/duty";
import { holderName } from "./units";

const SHAPES: Readonly<Record<string, string>> = {
  green: "●", yellow: "▲", red: "◆", "green-done": "✓", grey: "‖", "": "○",
};

/** The light of a task. */
export function Light({ task }: { task: TaskRecord }) {
  const words = t(`tasks.light.${task.light || "none"}`);
  return <b class={`task-light is-${task.light || "none"}`} title={words} aria-label={words}>{SHAPES[task.light]}</b>;
}

/** The nearest moment of a task that waits for its holder: the end of the limit of signing, or the due time. */
export const dueAt = (task: TaskRecord): number | null => {
  const due = parse(task.due);
  return isSigned(task) ? due : Math.min(parse(task.sign_by) ?? Infinity, due ?? Infinity);
};

const isSigned = (task: TaskRecord): boolean => !["issued", "returned"].includes(task.state);

/** How long is left to sign or to end it, or how late it is. */
export function Clock({ task }: { task: TaskRecord }) {
  const at = dueAt(task);
  if (at === null || !task.open) return null;
  const left = at - now();
  const signing = !isSigned(task) && at !== parse(task.due);
  return (
    <b class={`task-clock${left < 0 ? " is-late" : ""}`} role="timer">
      {t(left >= 0 ? "tasks.left" : "tasks.over", { span: duration(Math.abs(left)) })}
      <small> {t(signing ? "tasks.to-sign" : "tasks.to-end")}</small>
    </b>
  );
}

/** Who has the task, in words. */
export const holderOf = (task: TaskRecord): string => personName(task.person) || holderName(task);

/** What was done on a task, oldest first. */
export function Steps({ task }: { task: TaskRecord }) {
  return (
    <ol class="task-steps">
      {task.history.map((event, index) => (
        <li key={index} class={event.by ? "" : "is-clock"}>
          <span>{t(`tasks.done.${event.action}`)}{words(event.data, event.reason)}</span>
          <small>{stamp(parse(event.at) ?? 0)} {personName(event.by)}</small>
        </li>
      ))}
    </ol>
  );
}

function words(data: Readonly<Record<string, unknown>>, reason: string): string {
  const parts = [data.text, data.name, data.number, data.on_behalf, reason];
  const said = joined(parts.filter((part) => typeof part === "string"));
  return said ? `：${said}` : "";
}

/** The evidence of a task as links to its files. */
export function Evidence({ task }: { task: TaskRecord }) {
  if (!task.evidence.length) return null;
  return (
    <ul class="task-evidence">
      {task.evidence.map((file) => (
        <li key={file.sha256}>
          <a href={`/api/v1/tasks/${encodeURIComponent(task.id)}/evidence/${file.sha256}`}>{file.name}</a>
          {file.taken_at || file.lat !== null ? (
            <small class="is-hatched" data-claims="">
              {[t("tasks.claims"), file.taken_at.replace("T", " "),
                file.lat === null ? "" : `${file.lat}, ${file.lon}`].filter(Boolean).join(" ")}
            </small>
          ) : null}
          <small> {(file.size / 1000).toFixed(0)} kB · {stamp(parse(file.at) ?? 0)} {personName(file.by)}</small>
        </li>
      ))}
    </ul>
  );
}

/** The state of a task in words. */
export const stateOf = (task: TaskRecord): string => tOr(`tasks.state.${task.state}`, task.state);
