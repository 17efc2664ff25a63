// Who is on duty now: asked every minute and at each change of shift, shown in the top line of every page.
import { h, render } from "./dom.js";
import { t, pick, language } from "./i18n.js";
import { get, Refused } from "./api.js";
import { everySecond, parse, serverNow, shortTime } from "./time.js";
import { has } from "./features.js";

const AGAIN = 60000;

export class Duty {
  constructor(app) {
    Object.assign(this, { app, roster: null, askedAt: 0, listeners: new Set() });
    everySecond(() => this.due() && this.ask());
  }

  /** `fn(roster)` after every answer, and at once when there is one. */
  listen(fn) {
    this.listeners.add(fn);
    if (this.roster) fn(this.roster);
    return () => this.listeners.delete(fn);
  }

  due() {
    const ends = parse(this.roster?.now?.ends);
    const over = ends !== null && serverNow() > ends + 1000;
    return Date.now() - this.askedAt > (over ? 5000 : AGAIN);
  }

  async ask() {
    this.askedAt = Date.now();
    // A wall may not read the server's description of itself: it asks straight away.
    if (this.app.me.personal !== false && !(await has(this.app, "GET /api/v1/roster"))) return;
    try {
      this.roster = await get("/api/v1/roster");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (![403, 404].includes(error.status)) return;
      this.roster = null;
    }
    for (const fn of [...this.listeners]) fn(this.roster);
  }

  /** In the top line: the shift, its people, and until when; on a wall for everybody only the shift. */
  show(node) {
    const { roster, app } = this;
    const duty = roster?.now;
    // A site without a roster has nothing to say; one with a gap says that nobody is there.
    node.hidden = !roster || (!duty && !roster.rev);
    render(node, JSON.stringify([duty, roster?.rev, app.me.personal, language()]), () => {
      if (!duty) return roster?.rev ? h("b", { class: "is-open" }, t("duty.nobody")) : "";
      const open = app.me.personal !== false;
      const names = open ? (duty.officers ?? []).map((one) => one.name).join(t("list.and")) : "";
      return [
        h("span", { class: "quiet" }, t("duty.now")), " ", h("b", {}, pick(duty.name) || duty.shift), names ? ` ${names}` : "",
        open && duty.leader ? [h("span", { class: "quiet" }, ` · ${t("duty.leader")} `), duty.leader.name] : "",
        h("span", { class: "quiet duty-until" }, ` ${t("hider.until", { at: shortTime(parse(duty.ends)) })}`),
      ];
    });
  }
}

/** "白班 张三、李四 · 带班 王五", for lists. */
export function dutyText(duty) {
  if (!duty) return t("duty.nobody");
  const names = (duty.officers ?? []).map((one) => one.name || one.id).join(t("list.and"));
  return [pick(duty.name) || duty.shift, names, duty.leader ? `${t("duty.leader")} ${duty.leader.name || duty.leader.id}` : ""].filter(Boolean).join(" · ");
}
