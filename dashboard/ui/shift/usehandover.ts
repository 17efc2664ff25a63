/** The open handover and the past ones: read again with alerts and sources, and every twenty seconds. */
import { useEffect, useState } from "preact/hooks";
import { get, list, ProblemError } from "../core/api";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { refusalWords } from "../forms/act";
import type { Handover, SignedHandover } from "./handoverbook";

const AGAIN = 20_000;
const PATIENCE = 2000;
const PAST = 20;

interface Answered {
  answer: Handover | null;
  past: readonly SignedHandover[];
  /** Why there is no answer; "" while there is one or it is awaited. */
  failed: string;
}

export function useHandover(): Answered & { ask: () => Promise<void> } {
  const [answered, setAnswered] = useState<Answered>({ answer: null, past: [], failed: "" });
  const ask = async (): Promise<void> => {
    try {
      const [answer, past] = await Promise.all([
        get<Handover>("/api/v1/handover"), list<SignedHandover>(`/api/v1/handover/list?limit=${PAST}`, 1),
      ]);
      setAnswered({ answer, past, failed: "" });
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const failed = error.status === 404 ? t("handover.none") : refusalWords(error);
      setAnswered((old) => ({ ...old, failed }));
    }
  };
  useEffect(() => {
    let askedAt = 0;
    const again = (): void => {
      askedAt = Date.now();
      void ask();
    };
    again();
    const timer = setInterval(again, AGAIN);
    const stop = store.listen((changed) => {
      const moved = changed.reset || changed.alert.size || changed.source.size;
      if (moved && Date.now() - askedAt > PATIENCE) again();
    });
    return () => {
      clearInterval(timer);
      stop();
    };
  }, []);
  return { ...answered, ask };
}
