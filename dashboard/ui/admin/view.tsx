/** What every list of the administration shares: asked when shown and after each change, read-only for auditors. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get, ProblemError } from "../core/api";
import { t } from "../core/i18n";
import { mayDo, me } from "../core/site";
import { anyUnsaved } from "../core/unsaved";
import { Message, refusalWords, useAct, type Act } from "../forms/act";
import { sheetOpen } from "../forms/sheet";

const AGAIN = 30_000;

/** How many entries lie outside the person's region; some lists say it. */
const hiddenOf = (answer: object | null): number => (answer as { hidden?: number } | null)?.hidden ?? 0;

export interface AdminView<A> {
  /** The last answer of the server; null before the first. */
  answer: A | null;
  /** Why there is no answer, in words. */
  failed: string;
  /** Whether this person may change entries. */
  may: boolean;
  /** Whether this person may change what concerns the whole site. */
  mayWhole: boolean;
  act: Act;
  ask: () => Promise<void>;
  /** Shows an answer that a change has given. */
  take: (answer: A) => void;
}

/** The answer at `path`, read again every 30 s unless somebody writes. Whoever has the right `right` may change it. */
export function useAdminView<A extends object>(path: string, right = "administer"): AdminView<A> {
  const [answer, setAnswer] = useState<A | null>(null);
  const [failed, setFailed] = useState("");
  const act = useAct();
  const ask = async (): Promise<void> => {
    try {
      setAnswer(await get<A>(path));
      setFailed("");
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      setFailed(error.status === 404 ? t("admin.absent") : refusalWords(error));
    }
  };
  useEffect(() => {
    void ask();
    const timer = setInterval(() => void (!sheetOpen() && !anyUnsaved() && ask()), AGAIN);
    return () => clearInterval(timer);
  }, [path]);
  const may = mayDo(right);
  return { answer, failed, may, mayWhole: may && !me.value.region, act, ask, take: setAnswer };
}

interface FrameProps<A> {
  view: AdminView<A>;
  /** The view's title is the text admin.view.<name>. */
  name: string;
  note?: string;
  head?: ComponentChildren;
  children: (answer: A) => ComponentChildren;
}

/** Title, note and buttons, then what `children` makes of the answer. */
export function AdminFrame<A extends object>({ view, name, note = "", head, children }: FrameProps<A>) {
  const { answer, failed, may, act } = view;
  const hidden = hiddenOf(answer);
  const words = [note, may ? "" : t("admin.readonly")].filter(Boolean).join(" · ");
  return (
    <>
      <header class="page-head">
        <h1>{t(`admin.view.${name}`)}</h1>
        <span class="quiet">{words}</span>
        {hidden ? <span class="quiet">{t("filter.hidden", { n: hidden })}</span> : null}
        <span class="head-actions">{head}</span>
      </header>
      <Message said={act.said} />
      <div class="admin-body">
        {answer ? children(answer) : failed ? <p class="rows-empty">{failed}</p> : null}
      </div>
    </>
  );
}

/** The button of a head that adds something. */
export function AddButton({ label, open }: { label: string; open: () => void }) {
  return <button type="button" class="primary" data-add="" onClick={open}>{label}</button>;
}

/** The button of a head that shows what was changed by whom. */
export function HistoryButton({ open }: { open: () => void }) {
  return <button type="button" class="chip" data-history="" onClick={open}>{t("rules.history")}</button>;
}
