// The stale banner: over the top of every page whenever the picture may be old, with a running clock.
import { setText } from "./dom.js";
import { t, tOr } from "./i18n.js";
import { duration, serverNow, stamp, everySecond } from "./time.js";

export class Banner {
  constructor(live) {
    this.live = live;
    this.node = document.getElementById("stale-banner");
    this.text = this.node.querySelector(".stale-text");
    this.timer = this.node.querySelector(".stale-clock");
    // Twice as often as the clock, so that a silence is called within the half second.
    setInterval(() => this.update(), 500);
    everySecond(() => this.update());
    this.update();
  }

  update() {
    // A condition of the site stands alone or before what it has caused.
    const [condition] = this.live.conditions;
    const old = this.live.stale();
    const stale = condition ? { why: condition, roles: [], since: null } : old;
    if (Boolean(stale) === this.node.hidden) this.node.hidden = !stale;
    document.documentElement.classList.toggle("is-stale", Boolean(old));
    if (!stale) return;
    this.node.dataset.why = stale.why;
    const roles = stale.roles.map((role) => tOr(`role.${role}`, role)).join(t("list.and"));
    const since = stale.since === null ? "" : stamp(stale.since);
    setText(this.text, t(`stale.${stale.why}`, { roles, since }));
    setText(this.timer, stale.since === null ? "" : duration(serverNow() - stale.since));
  }
}
