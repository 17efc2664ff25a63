/** The stale banner: over the top of every page whenever the picture may be old, with a running clock. */
import { signal } from "@preact/signals";
import { t, tOr } from "../core/i18n";
import { duration } from "../core/format";
import { live } from "../core/picture";
import { everySecond, serverNow, stamp } from "../core/time";

/** The words of the banner; `why` is the key of their text. */
interface BannerText {
  why: string;
  text: string;
  clock: string;
}
const banner = signal<BannerText | null>({ why: "loading", text: "", clock: "" });

function look(): void {
  const old = live.stale();
  document.documentElement.classList.toggle("is-stale", old !== null);
  // A condition of the site stands alone or before what it has caused.
  const [condition] = live.conditions.value;
  const why = condition ?? old?.why;
  if (!why) {
    banner.value = null;
    return;
  }
  const since = condition ? null : (old?.since ?? null);
  const roles = (condition ? [] : (old?.roles ?? [])).map((role) => tOr(`role.${role}`, role)).join(t("list.and"));
  const kinds = (old?.kinds ?? []).map((kind) => t(`record.${kind}.many`)).join(t("list.and"));
  const text = t(`stale.${why}`, { roles, kinds, since: since === null ? "" : stamp(since) });
  const clock = since === null ? "" : duration(serverNow() - since);
  const last = banner.value;
  if (!last || last.why !== why || last.text !== text || last.clock !== clock) banner.value = { why, text, clock };
}

/** Looks twice as often as the clock moves, so that a silence is called within the half second. */
export function watchPicture(): void {
  setInterval(look, 500);
  everySecond(look);
  look();
}

export function Banner() {
  const shown = banner.value;
  return (
    <div id="stale-banner" role="alert" data-why={shown?.why ?? ""} hidden={!shown}>
      <span class="stale-text">{shown?.text}</span> <time class="stale-clock">{shown?.clock}</time>
    </div>
  );
}
