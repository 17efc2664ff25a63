/** Choosing many alerts of one list, and taking back what was just done to them. */
import { useRef, useState } from "preact/hooks";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { carryOut, UNDO, type BulkResult, type BulkVerb } from "./bulk";

const MOST = 500;
const REMEMBERED = 300_000;

/** What was done, for taking it back: as long as nobody else has touched an alert since. */
export interface Undoable {
  verb: BulkVerb;
  ids: string[];
  revs: Record<string, number>;
}

export interface Done {
  verb: BulkVerb;
  results: BulkResult[];
  words: string;
}

export interface Choice {
  chosen: ReadonlySet<string>;
  /** What was just done, in words, or "". */
  said: string;
  undoable: Undoable | null;
  toggle: (id: string) => void;
  choose: (ids: readonly string[]) => void;
  say: (words: string) => void;
  finish: (done: Done) => void;
  undo: () => Promise<void>;
}

interface State {
  chosen: ReadonlySet<string>;
  said: string;
  undoable: Undoable | null;
}
const NOTHING: State = { chosen: new Set(), said: "", undoable: null };

export function useChoice(able: boolean): Choice {
  const [state, setState] = useState<State>(NOTHING);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const open = store.all("alert");
  const chosen = new Set([...state.chosen].filter((id) => open.has(id)));
  const choose = (ids: readonly string[]): void => {
    clearTimeout(timer.current);
    setState({ ...NOTHING, chosen: new Set(ids.slice(0, MOST)) });
  };
  const toggle = (id: string): void => {
    if (!able) return;
    choose(chosen.has(id) ? [...chosen].filter((other) => other !== id) : [...chosen, id]);
  };
  // What could not be done stays chosen; what was done can be taken back for a while.
  const finish = ({ verb, results, words }: Done): void => {
    clearTimeout(timer.current);
    const done = results.filter((result) => result.status === 200);
    const failed = results.filter((result) => result.status !== 200).map((result) => result.id);
    const undoable = UNDO[verb] && done.length ? undoOf(verb, done) : null;
    setState({ chosen: new Set(failed), said: words, undoable });
    if (undoable) timer.current = setTimeout(() => setState(NOTHING), REMEMBERED);
  };
  const say = (said: string): void => setState((old) => ({ ...old, said }));
  const undo = async (): Promise<void> => {
    const { undoable } = state;
    const action = undoable && UNDO[undoable.verb];
    if (!action) return;
    const { ids, revs } = undoable;
    const { results, refused } = await carryOut({ ids, revs, action });
    if (refused) {
      say(refused);
      return;
    }
    const left = results.filter((result) => result.status !== 200).length;
    const said = left ? t("bulk.undone.part", { n: ids.length - left, left }) : t("bulk.undone", { n: ids.length });
    setState((old) => ({ ...old, said, undoable: null }));
  };
  return { chosen, said: state.said, undoable: state.undoable, toggle, choose, say, finish, undo };
}

function undoOf(verb: BulkVerb, done: BulkResult[]): Undoable {
  const revs = Object.fromEntries(done.map((result) => [result.id, result.alert?.rev ?? 0]));
  return { verb, ids: done.map((result) => result.id), revs };
}
