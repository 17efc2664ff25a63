/** What a page does for itself when nobody touches it. */
import { page } from "../core/address";
import { get } from "../core/api";
import { live } from "../core/picture";
import { anyUnsaved } from "../core/unsaved";

const root = document.documentElement;
const startedAt = Date.now();
const LONG = 120_000;
const RARELY = 300_000;


const version = (): Promise<{ build?: string } | null> =>
  get<{ build?: string }>("/static/version.json").catch(() => null);

/** After every return of the server: another build of the page's code means that this page is old. */
export async function sameBuild(): Promise<void> {
  const answer = await version();
  if (answer?.build && answer.build !== root.dataset.build && !anyUnsaved()) location.reload();
}

/** A wall that stays without a picture although the server answers starts again, at most every five minutes. */
async function heal(): Promise<void> {
  if (page() !== "wall" || !live.stale() || Date.now() - startedAt < LONG) return;
  const healed = Number(sessionStorage.getItem("healed") ?? 0);
  if (Date.now() - (live.heardAt ?? startedAt) < LONG || Date.now() - healed < RARELY) return;
  if (!(await version())) return;
  sessionStorage.setItem("healed", String(Date.now()));
  location.reload();
}

export function keepAlive(): void {
  setInterval(() => void heal(), 30_000);
}

/** A pointer that has not moved for five seconds is hidden on a wall. */
export function hidePointer(): void {
  let timer: ReturnType<typeof setTimeout>;
  const rest = (): void => void root.classList.toggle("is-idle", page() === "wall");
  addEventListener("pointermove", () => {
    root.classList.remove("is-idle");
    clearTimeout(timer);
    timer = setTimeout(rest, 5000);
  });
  timer = setTimeout(rest, 5000);
}
