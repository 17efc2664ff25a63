/** The network alone: kinds of node and units with what is wrong, and its alerts. */
import { feedOf } from "../../alerts/filter";
import { count } from "../../core/format";
import { t } from "../../core/i18n";
import { kindName } from "../../core/names";
import { store } from "../../core/picture";
import { HealthIcon } from "../../core/shapes";
import Units from "../../feeds/units";
import type { AlertRecord, BoardRecord } from "../../records";
import AlertBoard from "../board";
import { boardOf, NetworkCard } from "../feedcards";
import type { Scene } from "../scene";

const VIDEO = ["camera", "nvr", "platform"];
const wrong = (board: BoardRecord): number => (board.health.down ?? 0) + (board.health.degraded ?? 0);

function Left() {
  return <><NetworkCard /><Kinds /><section class="w-feed-units"><Units /></section></>;
}

/** The kinds of node with the most that is wrong. */
function Kinds() {
  const boards = [...store.all("board").values()].filter((board) => board.by === "kind" && !VIDEO.includes(board.key));
  boards.sort((a, b) => wrong(b) - wrong(a) || b.total - a.total || (a.key < b.key ? -1 : 1));
  return (
    <section class="w-kinds">
      <header class="feed-head"><h2>{t("wall.kinds")}</h2></header>
      <ul class="units">
        {boards.slice(0, 6).map((board) => (
          <li key={board.id}>
            <HealthIcon health={board.worst} />
            <span>{kindName(board.key)}</span>
            <b class={wrong(board) ? "is-bad" : ""}>{count(wrong(board))}</b>
            <small>/ {count(board.total)}</small>
          </li>
        ))}
      </ul>
    </section>
  );
}

const ofNetwork = (alert: AlertRecord): boolean => !["video", "emergency"].includes(feedOf(alert));
const Right = () => <AlertBoard takes={ofNetwork} incidents={0} />;

export const network: Scene = {
  name: "network", seconds: 30, Left, Right, present: () => Boolean(boardOf("feed:network")?.total),
};
