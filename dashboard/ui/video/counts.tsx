/** The counts of the cameras by what fails, as the server's board has them; each one filters the list. */
import { query } from "../core/address";
import { Age } from "../core/age";
import { count, percent } from "../core/format";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { narrow } from "./cameras";
import { GroupIcon } from "./parts";
import type { Group } from "./states";

const BOARD = "kind:camera";
/** From what works to what does not: each step to the right is a rung less. */
const SHOWN: readonly Group[] = ["ok", "picture", "other", "frames", "signalling", "offline", "unknown"];

export function Counts() {
  const board = store.all("board").get(BOARD);
  const { cameras = {}, cameras_since: since = {} } = board ?? {};
  const total = Object.values(cameras).reduce((sum, part) => sum + part, 0);
  const online = total - (cameras.offline ?? 0) - (cameras.unknown ?? 0);
  return (
    <div class="video-counts" role="group" aria-label={t("video.groups")}>
      {SHOWN.map((group) => (
        <button key={group} type="button" class={`video-count of-${group}${cameras[group] ? "" : " is-none"}`}
          data-group={group} aria-pressed={query("group") === group}
          onClick={() => narrow({ group: query("group") === group ? null : group })}>
          <GroupIcon group={group} />
          <span>{t(`video.group.${group}`)}</span>
          <b>{count(cameras[group] ?? 0)}</b>
          <small><Age since={since[group]} text="video.longest" /></small>
        </button>
      ))}
      <p class="video-online">
        <span>{t("video.online")}</span> <b>{percent(total ? online / total : null, 2)}</b>
        <small>{t("video.online.note", { n: count(online), total: count(total) })}</small>
      </p>
    </div>
  );
}
