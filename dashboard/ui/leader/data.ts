/** The answer of `GET /api/v1/leader`, kept by this device: it opens with the last one under its age. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, ProblemError } from "../core/api";
import { keep, kept } from "../core/offline";
import { store } from "../core/picture";

const AGAIN = 15_000;
const SOON = 1500;

export interface Matter {
  kind: "incident" | "warning" | "alert";
  id: string;
  title: string | Record<string, string>;
  region: string;
  since: string | null;
  until: string | null;
  serious: boolean;
  grade: string;
  response: string;
  phase: string;
  place: string;
  colour: string;
  figures: Record<string, number>;
  official: boolean;
}
export interface Action {
  id: string;
  title: string;
  grade: string;
  phase: string;
  response: string;
  commander: string;
  commander_missing: boolean;
  next: { step: string; channel: string; recipient: string; due_at: string | null; state: string } | null;
  due: number;
  late: number;
}
export interface Waiting {
  kind: string;
  id: string;
  title: string;
  region: string;
  rev: number;
  order: string;
  since: string | null;
  due: string | null;
  values: Record<string, string>;
  reports: string[];
}
export interface Approvals {
  due: number;
  in_time: number;
  share: number | null;
  before: number | null;
  lights: Record<string, number>;
  silent_since: string | null;
  departments: { key: string; name: string; due: number; in_time: number; share: number | null }[];
  few: number;
}
export interface Picture {
  ok: boolean;
  blind: { kind: string; id: string; region: string; since: string | null }[];
  sources_ok: number;
  sources: number;
  unknown: number;
  oldest: string | null;
  counties: { region: string; unknown: number; blind: boolean }[];
}
export interface SeenChange {
  seq: number;
  kind: string;
  id: string;
  title: string | Record<string, string>;
  region: string;
  change: "new" | "worse" | "better" | "closed";
  at: string;
}
export interface Leader {
  as_of: string;
  matters: Matter[];
  soon: Matter[];
  exercises: number;
  doing: Action[];
  waiting: Waiting[];
  approvals: Approvals | null;
  picture: Picture;
  since_seen: { since: number | null; seq: number; items: SeenChange[]; more: boolean };
  failed: Record<string, string>;
}

/** The last answer; null while this device has none. */
export const leader = signal<Leader | null>(null);
/** True while the answer is an old one: the server did not answer the last question. */
export const old = signal(true);
/** The moment of the last look, in ms, and the journal's number then. */
export const seen = signal<{ at: number; seq: number } | null>(null);

let timer: ReturnType<typeof setTimeout> | undefined;
let readers = 0;

async function ask(): Promise<void> {
  clearTimeout(timer);
  if (!readers) return;
  try {
    const since = seen.value ? `?since=${seen.value.seq}` : "";
    leader.value = await get<Leader>(`/api/v1/leader${since}`);
    old.value = false;
    keep("leader.answer", leader.value);
    if (!seen.value) look();
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    old.value = true;
  }
  timer = setTimeout(() => void ask(), AGAIN);
}

/** Remembers that this answer has been looked at: the next changes are counted from here. */
export function look(): void {
  const answer = leader.value;
  if (!answer) return;
  seen.value = { at: Date.parse(answer.as_of), seq: answer.since_seen.seq };
  keep("leader.seen", seen.value);
  leader.value = { ...answer, since_seen: { ...answer.since_seen, items: [] } };
}

/** Asks again soon: after an order was given. */
export function askAgain(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void ask(), 0);
}

/** Keeps the answer fresh while the panel is there. */
export function useLeader(): Leader | null {
  useEffect(() => {
    readers += 1;
    leader.value ??= kept<Leader>("leader.answer");
    seen.value ??= kept("leader.seen");
    void ask();
    const stop = store.listen((changed) => {
      if (!(changed.reset || changed.alert.size || changed.warning.size || changed.board.size)) return;
      clearTimeout(timer);
      timer = setTimeout(() => void ask(), SOON);
    });
    return () => {
      readers -= 1;
      stop();
    };
  }, []);
  return leader.value;
}
