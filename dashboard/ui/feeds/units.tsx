/** The units that have the most that is wrong, counted by the server. */
import { count } from "../core/format";
import { t } from "../core/i18n";
import { useRoom } from "../core/fit";
import { store } from "../core/picture";
import { HealthIcon } from "../core/shapes";
import type { BoardRecord } from "../records";

const ROW = 2.5;
const wrong = (board: BoardRecord): number => (board.health.down ?? 0) + (board.health.degraded ?? 0);
const unknown = (board: BoardRecord): number => board.health.unknown ?? 0;

export default function Units() {
  const [box, room] = useRoom<HTMLUListElement>();
  const boards = [...store.all("board").values()].filter((board) => board.by === "unit" && board.total);
  const bad = boards.filter((board) => wrong(board) || unknown(board));
  bad.sort((a, b) => wrong(b) - wrong(a) || unknown(b) - unknown(a) || (a.key < b.key ? -1 : 1));
  const fits = Math.max(0, Math.floor(room / ROW));
  return (
    <>
      <header class="feed-head">
        <h2>{t("feed.units")}</h2>
        <span class="quiet">{t("feed.units.note", { bad: bad.length, all: boards.length })}</span>
      </header>
      <ul class="units" ref={box}>
        {bad.slice(0, fits).map((board) => (
          <li key={board.id}>
            <HealthIcon health={board.worst} />
            <span>{board.key}</span>
            <b class={wrong(board) ? "is-bad" : ""}>{count(wrong(board) || unknown(board))}</b>
            <small>/ {count(board.total)}</small>
          </li>
        ))}
      </ul>
    </>
  );
}
