// Starts the page: who we are, where we are, the live picture; then gives each widget its element.
import { get, setCsrf, token, Refused } from "./api.js";
import { Banner } from "./banner.js";
import { Context } from "./context.js";
import { Topology, compareAlerts, covers } from "./derive.js";
import { Duty } from "./duty.js";
import { Header } from "./header.js";
import { Hiders } from "./hidden.js";
import { language, loadTexts, onLanguage, suggestLanguage, t, tOr, translate } from "./i18n.js";
import { Live, Store } from "./live.js";
import { Scope } from "./netmodel.js";
import { Sound } from "./sound.js";
import { setZone, startTicking } from "./time.js";
import { widgets } from "./widgets.js";

const root = document.documentElement;
const base = new URL(".", import.meta.url).href.replace(/\/$/, "");
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** Asks until there is an answer: a page that starts while the server does must heal by itself. */
async function patiently(path) {
  for (let delay = 500; ; delay = Math.min(5000, delay * 1.6)) {
    try {
      return await get(path);
    } catch (error) {
      if (error instanceof Refused && [401, 403, 404].includes(error.status)) throw error;
      await wait(delay * (0.8 + 0.4 * Math.random()));
    }
  }
}

/** Nobody stands before a wall to sign in: it waits for its right to come back instead. */
const onWall = () => location.pathname === "/wall";

function signIn() {
  location.replace(`/signin?next=${encodeURIComponent(location.pathname + location.search)}`);
}

async function whoAmI() {
  if (token) return { name: "", role: "viewer", region: "", csrf: "", demo: false, rights: [] };
  return patiently("/api/v1/me");
}

class App {
  constructor() {
    this.store = new Store();
    this.live = new Live(this.store);
    this.topology = new Topology(this.store);
    this.context = new Context();
    this.scope = new Scope();
    this.hiders = new Hiders(this);
    this.duty = new Duty(this);
    this.context.alertOf = (id) => this.alertsOf(id)[0];
    this.site = { name: root.dataset.site ?? "", region: "", timezone: "Asia/Shanghai", language: "zh-CN" };
    this.me = { name: "", role: "viewer", region: "" };
    this.counties = [];
    this.layers = new Map();
    this.mounted = new Map();
    this.startedAt = Date.now();
  }

  /** A map layer, fetched once. */
  geometry(name) {
    if (!this.layers.has(name)) {
      const answer = patiently(`/api/v1/map/${name}.geojson`);
      answer.catch(() => this.layers.delete(name));
      this.layers.set(name, answer);
    }
    return this.layers.get(name);
  }

  alertsOf(id) {
    return [...this.store.alert.values()].filter((alert) => alert.asset === id && alert.subject_kind === "asset").sort(compareAlerts);
  }

  countyName(code, fallback = "") {
    const known = this.counties.find((county) => county.adcode === code)?.name ?? fallback;
    return language() === "en" ? tOr(`region.${code}`, known) : known;
  }

  /** "武定县", "州本级": where something is, in words. */
  regionName(code) {
    const county = (code ?? "").slice(0, 6);
    if (!county) return "";
    return county === this.site.region ? t("region.own") : this.countyName(county, county);
  }

  mayAct(region) {
    return (this.me.rights ?? []).includes("act") && covers(this.me.region ?? "", region);
  }

  /** Within the site, without leaving the page: Dash's own router is told. */
  navigate(path) {
    history.pushState({}, "", path);
    dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    scrollTo(0, 0);
  }

  async loadCounties() {
    try {
      const layer = await this.geometry("counties");
      this.counties = layer.features.map((feature) => ({ ...feature.properties, adcode: String(feature.properties.adcode) }));
      this.counties.sort((a, b) => (a.adcode < b.adcode ? -1 : 1));
    } catch {
      this.counties = [];
    }
  }
}

function mountAll(app) {
  for (const [node, widget] of app.mounted) {
    if (!node.isConnected) {
      widget.dispose?.();
      app.mounted.delete(node);
    }
  }
  for (const node of document.querySelectorAll("[data-widget]")) {
    if (app.mounted.has(node)) continue;
    const make = widgets[node.dataset.widget];
    if (make) app.mounted.set(node, make(node, app) ?? {});
  }
}

function remount(app) {
  for (const [node, widget] of app.mounted) {
    if (widget.keepsWords) continue;
    widget.dispose?.();
    node.replaceChildren();
    delete node.wfRows;
    delete node.wfSignature;
    app.mounted.delete(node);
  }
  mountAll(app);
}

function watchPages(app) {
  let path = location.pathname;
  const page = () => document.querySelector("[data-page]")?.dataset.page;
  const look = () => {
    if (location.pathname !== path) {
      path = location.pathname;
      app.context.clear();
      app.scope.clear();
    }
    root.dataset.onpage = page() ?? "";
    for (const link of document.querySelectorAll("#nav a")) {
      link.toggleAttribute("aria-current", link.getAttribute("href") === location.pathname);
    }
    translate(document.getElementById("react-entry-point"));
    mountAll(app);
  };
  let asked = false;
  // Only what React puts in or takes out concerns us, not what the widgets do inside their own elements.
  const concerns = (change) => !(change.target.closest ?? (() => null)).call(change.target, "[data-widget]");
  new MutationObserver((changes) => {
    if (asked || !changes.some(concerns)) return;
    asked = true;
    setTimeout(() => {
      asked = false;
      look();
    });
  }).observe(document.getElementById("react-entry-point"), { childList: true, subtree: true });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-inside]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    app.navigate(link.getAttribute("href"));
  });
  look();
}

/** After every return of the server: another build of the page's code means that this page is old. */
async function sameBuild(app) {
  const answer = await get("/static/version.json").catch(() => null);
  if (answer?.build && answer.build !== root.dataset.build && !app.context.dirty) location.reload();
}

/** A wall that stays without a picture although the server answers starts again, at most every five minutes. */
async function heal(app) {
  if (root.dataset.onpage !== "wall" || !app.live.stale() || Date.now() - app.startedAt < 120000) return;
  const last = app.live.frameAt ?? app.startedAt;
  if (Date.now() - last < 120000 || Date.now() - Number(sessionStorage.getItem("healed") ?? 0) < 300000) return;
  if (!(await get("/static/version.json").catch(() => null))) return;
  sessionStorage.setItem("healed", String(Date.now()));
  location.reload();
}

/** Nobody touches a wall: a pointer that has not moved for five seconds goes away. */
function hidePointer() {
  let timer = 0;
  const rest = () => root.classList.add("is-idle");
  addEventListener("pointermove", () => {
    root.classList.remove("is-idle");
    clearTimeout(timer);
    timer = setTimeout(rest, 5000);
  });
  timer = setTimeout(rest, 5000);
}

async function start() {
  await loadTexts(base, root.dataset.language);
  const app = new App();
  startTicking();
  hidePointer();
  new Banner(app.live);
  try {
    app.me = await whoAmI();
    Object.assign(app.site, await patiently("/api/v1/site"));
  } catch (error) {
    if (error.status === 401 && !onWall()) return signIn();
    app.live.refused = error.status === 403 ? 4403 : 4401;
    setTimeout(() => location.reload(), 15000);
    return;
  }
  setCsrf(app.me.csrf);
  setZone(app.site.timezone);
  suggestLanguage(app.me.language || app.site.language);
  app.sound = new Sound(app);
  app.duty.ask();
  app.store.listen((changed) => (changed.reset || changed.asset.size) && app.topology.follow(changed));
  let opened = 0;
  app.live.onopen = () => (opened += 1) > 1 && sameBuild(app);
  app.live.onrefused = (code) => code === 4401 && !onWall() && signIn();
  new Header(app);
  app.live.start();
  await app.loadCounties();
  onLanguage(() => remount(app));
  watchPages(app);
  setInterval(() => heal(app), 30000);
}

start();
