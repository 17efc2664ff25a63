/** The briefs on the screens. */
import { useEffect } from "preact/hooks";
import { ExtraView } from "../core/extraview";
import { store } from "../core/picture";
import { t } from "../core/i18n";
import type { BriefRecord } from "../records";

const briefView = new ExtraView("briefs", { kind: "brief", face: "row", filter: { mode: "*" } });

/** Asks for the briefs while the panel is there. True once they are here. */
export function useBriefs(): boolean {
  useEffect(() => store.need(briefView), []);
  return briefView.ready.value;
}

/** Every brief, the newest first, in the face of lists. */
export const briefs = (): BriefRecord[] =>
  [...briefView.all().values()].sort((a, b) => (a.created_at < b.created_at ? 1 : -1));

/** A brief in the face of lists, while it is on the screens. */
export const briefOf = (id: string): BriefRecord | undefined => briefView.all().get(id);

/** What a brief is, in words: "专报 · 初报". */
export const briefKind = ({ kind, step }: BriefRecord): string =>
  [t(`briefs.kind.${kind}`), step ? t(`incidents.step.${step}`) : ""].filter(Boolean).join(" · ");
