/** The lights of the departments of approvals, as the server's boards have them: a table of shapes. */
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { Light } from "../approvals/words";
import type { BoardRecord } from "../records";

const ORDER = ["red", "yellow", "grey", "green"];
const MOST = 60;

/** The boards of the departments by name. */
export function departments(): BoardRecord[] {
  const boards = [...store.all("board").values()].filter((board) => board.by === "department" && board.light);
  return boards.sort((a, b) => a.title.localeCompare(b.title, "zh-CN"));
}

export function ApprovalLights() {
  const boards = departments();
  const of = (light: string): number => boards.filter((board) => board.light === light).length;
  const words = ORDER.slice(0, 3).map((light) => t(`wall.light.${light}`, { n: of(light) })).join(" ");
  return (
    <>
      <header class="feed-head">
        <h2>{t("wall.lights", { n: boards.length })}</h2>
        <span class="quiet">{boards.length ? words : ""}</span>
      </header>
      {boards.length ? (
        <ul class="wall-lights">
          {boards.slice(0, MOST).map((board) => (
            <li key={board.id} title={board.title}><Light light={board.light} /></li>
          ))}
        </ul>
      ) : <p class="is-hatched wall-nodata">{t("feed.none")}</p>}
    </>
  );
}
