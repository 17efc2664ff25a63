/** The navigation of every page, with how much waits behind each door. */
import { sources, warnings } from "../alerts/summary";
import { path } from "../core/address";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { mayDo } from "../core/site";

/** Pages in the order of the navigation, as the server's shell has them: name, path, text, and the right it needs. */
interface Door {
  name: string;
  path: string;
  text: string;
  rights?: string[];
  /** The browser loads that page anew: it has scripts of its own. */
  outside: boolean;
}

function counts(): Record<string, number> {
  if (!store.ready.value) return {};
  const alerts = [...store.all("alert").values()].filter((alert) => !alert.suppressed_by.length);
  const assets = [...store.all("asset").values()];
  const bad = assets.filter((asset) => asset.health === "down" || asset.health === "degraded");
  return {
    duty: alerts.length,
    alerts: alerts.filter((alert) => !alert.acked).length,
    warnings: warnings.value.real.length,
    sources: sources.value.filter((source) => source.state !== "ok").length,
    network: bad.length,
    approvals: [...store.all("case_board").values()].reduce((sum, board) => sum + (board.lights.red ?? 0), 0),
    video: bad.filter((asset) => asset.kind === "camera").length,
  };
}

/** Only who may enter sees the door. */
const mayEnter = (door: Door): boolean => !door.rights || door.rights.some(mayDo);

export function Nav({ doors }: { doors: Door[] }) {
  const waiting = counts();
  return (
    <>
      {doors.map((door) => (
        <a key={door.name} href={door.path} data-inside={door.outside ? undefined : ""} hidden={!mayEnter(door)}
          aria-current={path() === door.path ? "page" : undefined}>
          <span>{t(door.text)}</span>
          <b class="badge" data-badge={door.name}>{waiting[door.name] || ""}</b>
        </a>
      ))}
    </>
  );
}

/** Reads the doors from the server's HTML, where they stand before any script has run. */
export function readDoors(nav: HTMLElement): Door[] {
  return [...nav.querySelectorAll<HTMLAnchorElement>("a")].map((link) => {
    const rights = link.dataset.rights?.split(" ");
    return {
      name: link.querySelector<HTMLElement>("[data-badge]")?.dataset.badge ?? "",
      path: link.getAttribute("href") ?? "/",
      text: link.querySelector<HTMLElement>("[data-text]")?.dataset.text ?? "",
      outside: link.dataset.inside === undefined,
      ...(rights ? { rights } : {}),
    };
  });
}
