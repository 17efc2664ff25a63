// The top line: who and where we are, the clock, how old the picture is, language and role.
import { h, render, setText } from "./dom.js";
import { t, tOr, language, other, setLanguage, onLanguage } from "./i18n.js";
import { ago, clock, day, everySecond, serverNow, weekday } from "./time.js";
import { send, token } from "./api.js";
import { kpi, number, outs } from "./kpi.js";
import { arrange, isRole, sourceState, warningsNow } from "./derive.js";

const DEMO_ROLES = ["duty", "operator", "leader", "viewer", "admin", "auditor"];

export class Header {
  constructor(app) {
    this.app = app;
    this.root = document.getElementById("top");
    this.find = (name) => this.root.querySelector(`[data-top="${name}"]`);
    this.find("language").addEventListener("click", () => setLanguage(other()));
    this.find("mute")?.addEventListener("click", () => app.sound.toggle());
    onLanguage(() => this.words());
    everySecond((now) => this.tick(now));
    app.store.listen(() => this.counts());
    app.duty.listen(() => this.duty());
    kpi(app).listen((value) => this.load(value));
    this.words();
  }

  words() {
    const { site, me } = this.app;
    const english = tOr(`region.${site.region}`, site.name) + (site.demo ? ` (${t("top.demo.word")})` : "");
    const name = language() === "en" ? english : site.name;
    setText(this.find("site"), `${name} · ${t("app.name")}`);
    setText(this.find("language"), language() === "en" ? "中文" : "EN");
    setText(this.find("person"), me.name && !token ? `${me.name} · ${tOr(`role.name.${me.role}`, me.role)}` : "");
    this.roles();
    this.duty();
    this.load();
    this.places();
    this.counts();
    this.tick(serverNow());
  }

  /** How many alerts have come in ten minutes: bright when that is more than the people on duty can take. */
  load(value = kpi(this.app).value) {
    const node = this.find("load");
    const rate = value?.load?.rate;
    node.hidden = !rate;
    if (!rate) return;
    setText(node, t("top.load", { n: rate.ten_minutes }));
    node.title = `${t("load.rate")} ${number(rate.per_operator)} · ${t("load.target", { n: rate.target })}`;
    node.classList.toggle("is-off", Boolean(outs(value.load).rate || outs(value.load).flood));
  }

  duty() {
    this.app.duty.show(this.find("duty"));
  }

  tick(now) {
    setText(this.find("date"), day(now));
    setText(this.find("clock"), clock(now));
    setText(this.find("weekday"), weekday(now));
    const age = this.app.live.age();
    const dot = this.find("age");
    setText(dot.querySelector("span"), age === null ? t("top.nodata") : t("top.age", { ago: ago(age) }));
    dot.classList.toggle("is-late", age === null || this.app.live.stale() !== null);
  }

  counts() {
    const { store, topology } = this.app;
    if (!store.ready) return;
    const sources = [...store.source.values()].filter((source) => !isRole(source));
    const good = sources.filter((source) => sourceState(source) === "ok").length;
    const node = this.find("sources");
    setText(node, t("top.sources", { ok: good, all: sources.length }));
    node.classList.toggle("is-off", good < sources.length);
    const { exercise } = warningsNow(store);
    const stamp = this.find("exercise");
    stamp.hidden = !exercise.length && !this.app.site.exercise;
    setText(stamp, exercise.length ? t("top.exercise.n", { n: exercise.length }) : t("top.exercise"));
    this.badges({
      duty: arrange(store).shown.length,
      alerts: [...store.alert.values()].filter((alert) => !alert.acked && !alert.suppressed_by?.length).length,
      warnings: warningsNow(store).real.length,
      sources: sources.length - good,
      network: [...topology.states.values()].filter((state) => state === "down" || state === "degraded" || state === "under").length,
    });
  }

  /** Only who may enter sees the door. */
  places() {
    const rights = this.app.me.rights ?? [];
    const door = document.querySelector('#nav a[href="/admin"]');
    if (door) door.hidden = !rights.includes("administer") && !rights.includes("audit");
  }

  badges(counts) {
    for (const [name, count] of Object.entries(counts)) {
      const node = document.querySelector(`[data-badge="${name}"]`);
      if (node) setText(node, count ? String(count) : "");
    }
  }

  roles() {
    const { me } = this.app;
    const box = this.find("demo");
    box.hidden = !me.demo;
    if (!me.demo) {
      this.signOut(box);
      return;
    }
    render(box, `${language()} ${me.role} ${me.region}`, () => {
      const select = h("select", { "aria-label": t("top.role"), onchange: (event) => this.become(event.target) },
        ...DEMO_ROLES.map((role) => h("option", { value: role, selected: role === me.role }, tOr(`role.name.${role}`, role))));
      return h("label", { class: "demo-role" }, t("top.demo"), select);
    });
  }

  async become(select) {
    select.disabled = true;
    try {
      await send("POST", "/api/v1/demo/role", { role: select.value });
      location.reload();
    } catch (error) {
      select.disabled = false;
      select.value = this.app.me.role;
      select.title = error.message;
    }
  }

  signOut(box) {
    if (!this.app.me.name || token) return;
    box.hidden = false;
    render(box, `out ${language()}`, () =>
      h("button", {
        type: "button", class: "link",
        onclick: async () => {
          await send("DELETE", "/api/v1/session").catch(() => null);
          location.assign("/signin");
        },
      }, t("top.signout")));
  }
}
