/** What a person asks the server to do: one at a time, and what became of it in words. */
import { useState } from "preact/hooks";
import { ProblemError } from "../core/api";
import { pick, t, type ByLanguage } from "../core/i18n";
import { confirm } from "./sheet";

export interface Said {
  kind: "error" | "done" | "pending";
  text: string;
}

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  0: "ack.error.lost", 401: "ack.error.signedout", 429: "ack.error.busy", 503: "ack.error.busy",
  504: "suppress.unanswered",
};

/** A finding of a refusal: the field that it is about, and what is wrong with it. */
export interface RefusalFinding {
  field?: string;
  code?: string;
  message?: string;
}

export const findingsOf = (error: ProblemError): RefusalFinding[] =>
  (error.problem.errors as RefusalFinding[] | undefined) ?? [];

/** Why the server would not: its own words and each finding with its field, or ours where it said nothing. */
export function refusalWords(error: ProblemError): string {
  const { problem, status } = error;
  const key = STATUS_TEXTS[status];
  if (key) return t(key);
  const findings = findingsOf(error).map(({ field, message }) => [field, message].filter(Boolean).join(": "));
  const faults = (problem.faults as string[] | undefined) ?? [];
  return [problem.detail || problem.title || String(status), ...findings, ...faults].join("\n");
}

/** A line for what became of an act. */
export function Message({ said }: { said: Said | null }) {
  return <p class={`form-message is-${said?.kind ?? "done"}`} role="status" hidden={!said}>{said?.text}</p>;
}

export interface Act {
  busy: boolean;
  said: Said | null;
  say: (kind: Said["kind"], text: string) => void;
  /** Does `fn`. Its answer, or undefined where the server would not (which is said) or another act is on its way. */
  run: <T>(fn: () => Promise<T>) => Promise<T | undefined>;
}

export function useAct(): Act {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<Said | null>(null);
  const run = async <T,>(fn: () => Promise<T>): Promise<T | undefined> => {
    if (busy) return undefined;
    setBusy(true);
    setSaid(null);
    try {
      return await fn();
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      setSaid({ kind: "error", text: refusalWords(error) });
      return undefined;
    } finally {
      setBusy(false);
    }
  };
  return { busy, said, say: (kind, text) => setSaid({ kind, text }), run };
}

/** What a change would take away, as a refusal or the settings say it. `accept` is the digest that means it. */
export interface HeldRemoval {
  accept: string;
  lists: { message: ByLanguage }[];
}

/** Does `fn({})`. Where that would remove much it shows what, and does `fn({accept})` if the person means it. */
export async function acceptingRemoval<T>(fn: (accept: { accept?: string }) => Promise<T>): Promise<T> {
  try {
    return await fn({});
  } catch (error) {
    const problem = error instanceof ProblemError ? error.problem : {};
    const held = problem.type?.endsWith(":removal-held") ? (problem.held as HeldRemoval) : null;
    if (!held) throw error;
    const words = held.lists.map((list) => pick(list.message)).join("\n");
    if (!(await confirm(t("settings.held"), words, t("settings.accept")))) throw error;
    return fn({ accept: held.accept });
  }
}
