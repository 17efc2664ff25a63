/** The network feed at a glance, counted by the server (`board` records). */
import { count } from "../core/format";
import { t } from "../core/i18n";
import { joined } from "../core/names";
import { store } from "../core/picture";
import { site } from "../core/site";
import type { BoardRecord } from "../records";
import { inventoryEmpty } from "./first";
import { Cells, FeedHead, Figure, placeCodes, type Cell } from "./parts";

const boardOf = (id: string): BoardRecord | undefined => store.all("board").get(id);
const bad = (board: BoardRecord): number => (board.health.down ?? 0) + (board.health.degraded ?? 0);

/** The words for "nothing is wrong", and whether they stand in hatch: only where all is known is all well. */
export function calmWords(unknown: number, total: number, calm: string): { words: string; hatched: boolean } {
  if (!total) return { words: t(inventoryEmpty.value ? "first.title" : "feed.none"), hatched: true };
  return unknown ? { words: t("feed.unseen", { n: unknown }), hatched: true } : { words: t(calm), hatched: false };
}

/** Says that there is no alert; in hatch while assets are unknown. */
export function Calm({ text }: { text: string }) {
  const boards = [boardOf("feed:network"), boardOf("feed:video")].filter((board) => board !== undefined);
  const unknown = boards.reduce((sum, board) => sum + (board.health.unknown ?? 0), 0);
  const total = boards.reduce((sum, board) => sum + board.total, 0);
  const { words, hatched } = calmWords(unknown, total, text);
  return <span class={hatched ? "is-hatched" : ""}>{words}</span>;
}

function cellOf(code: string): Cell {
  const board = boardOf(`region:${code}`);
  const href = `/network?county=${code}`;
  if (!board?.total) return { code, state: "is-none", text: "", href };
  const wrong = bad(board);
  const text = wrong || (board.health.unknown ?? 0);
  return { code, state: `is-${board.worst}`, text: text ? String(text) : "", href };
}

export default function FeedNetwork() {
  const board = boardOf("feed:network");
  const withOwn = Boolean(boardOf(`region:${site.value.region}`)?.total);
  const wrong = board ? bad(board) : 0;
  const unknown = board?.health.unknown ?? 0;
  const { words, hatched } = calmWords(unknown, board?.total ?? 0, "feed.calm");
  const level = board?.health.down ? "down" : board?.health.degraded ? "degraded" : hatched ? "unknown" : "ok";
  const notes = board ? [t("feed.normal", { ok: count(board.health.ok ?? 0), all: count(board.total) })] : [];
  if (unknown && wrong) notes.push(t("feed.unknown", { n: unknown }));
  return (
    <>
      <FeedHead title={t("feed.network")} feed="network" />
      <Figure value={wrong} class={`is-${level}`} word={wrong ? t("feed.abnormal") : words} hatched={!wrong && hatched}
        href="/network?bad=1">
        {joined(notes)}
      </Figure>
      <Cells cells={placeCodes(withOwn).map(cellOf)} />
    </>
  );
}
