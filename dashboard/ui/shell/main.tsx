/** Starts the page: who looks at what, the live picture, the shell around every page, then the panels. */
import { effect } from "@preact/signals";
import { render } from "preact";
import { followAddress, page } from "../core/address";
import { reportActivity } from "../core/activity";
import { ProblemError, setCsrf, startedKept } from "../core/api";
import { loadTexts, language, suggestLanguage, translate } from "../core/i18n";
import { keepCode } from "../core/offline";
import { live } from "../core/picture";
import { explainCut } from "../core/cut";
import { identify, loadCounties, me, site } from "../core/site";
import { setZone, startTicking } from "../core/time";
import { Banner, watchPicture } from "./banner";
import { followLogKey } from "../dutylog/key";
import { followNewKey } from "../incidents/key";
import { followDuty } from "./duty";
import { mount, startPanels } from "./mount";
import { Nav, readDoors } from "./nav";
import { hidePointer, keepAlive, sameBuild } from "./selfhelp";
import { followSound } from "./sound";
import { Top } from "./top";

export { mount } from "./mount";

const root = document.documentElement;
/** Nobody stands before a wall to sign in: it waits for its right to come back instead. */
const onWall = (): boolean => location.pathname === "/wall";

function signIn(): void {
  location.replace(`/signin?next=${encodeURIComponent(location.pathname + location.search)}`);
}

function drawShell(): void {
  const nav = document.getElementById("nav")!;
  const doors = readDoors(nav);
  nav.replaceChildren();
  render(<Nav doors={doors} />, nav);
  const top = document.getElementById("top")!;
  top.replaceChildren();
  render(<Top />, top);
}

/** Draws the panels of a page that stands in for a page of Dash. */
function drawAlone(): void {
  for (const node of document.querySelectorAll<HTMLElement>("[data-alone]")) mount(node.dataset.alone!, node, {});
}

function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  throw error;
}

async function start(): Promise<void> {
  // Asked for at once; what they answer is needed one after the other.
  const refusal = identify().then(() => null, problemOf);
  const places = loadCounties();
  await loadTexts(root.dataset.language);
  startTicking();
  hidePointer();
  explainCut();
  const banner = document.getElementById("banner")!;
  banner.replaceChildren();
  render(<Banner />, banner);
  watchPicture();
  const error = await refusal;
  if (error) {
    if (error.status === 401 && !onWall()) return signIn();
    live.refused = error.status === 403 ? 4403 : 4401;
    setTimeout(() => location.reload(), 15_000);
    return;
  }
  setCsrf(me.value.csrf);
  reportActivity(() => Boolean(me.value.csrf));
  setZone(site.value.timezone);
  await suggestLanguage(me.value.language || site.value.language);
  followSound();
  followDuty();
  followLogKey();
  followNewKey();
  followAddress();
  let opened = 0;
  live.onopen = () => {
    // What was kept says who looked then; the server says who looks.
    if (startedKept()) location.reload();
    else if ((opened += 1) > 1) void sameBuild();
  };
  live.onrefused = (code) => void (code === 4401 && !onWall() && signIn());
  live.start();
  await places;
  effect(() => void (root.dataset.onpage = page()));
  effect(() => void (language(), translate(document.getElementById("main"))));
  drawShell();
  startPanels();
  drawAlone();
  if (location.pathname === "/leader") keepCode();
  keepAlive();
}

void start();
