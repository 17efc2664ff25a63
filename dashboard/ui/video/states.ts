/** What the server says of a camera's ladder, as the page groups and shows it. */
import type { AssetRecord } from "../records";

/** The rungs of the ladder, lowest first. */
export const RUNGS = ["path", "signalling", "described", "frames", "picture", "clock", "recording"] as const;
export type Rung = (typeof RUNGS)[number];

/** The groups of the page, worst first. Each is a word of its own: `video.group.offline`. */
export const GROUPS = ["offline", "frames", "signalling", "picture", "other", "unknown", "ok"] as const;
export type Group = (typeof GROUPS)[number];

const GROUP_OF: Readonly<Record<string, Group>> = {
  path: "offline", signalling: "offline", described: "signalling", frames: "frames", picture: "picture",
  clock: "other", recording: "other",
};

/** A reading of a camera; undefined also in the small face of assets, which has no readings. */
export const readingOf = (camera: AssetRecord, metric: string): AssetRecord["readings"][string] | undefined =>
  (camera.readings as AssetRecord["readings"] | undefined)?.[metric];

/** The rung that fails, "" without one. */
export const fails = (camera: AssetRecord): string => String(readingOf(camera, "camera.fails")?.value ?? "");

/** The group of a camera, by the rung that the server names. */
export function groupOf(camera: AssetRecord): Group {
  if (camera.health === "unknown") return "unknown";
  const group = GROUP_OF[fails(camera)];
  if (group) return group;
  return camera.health === "ok" ? "ok" : "other";
}

/** The state of one rung: "ok", "failed", "unknown" or "not-checked". */
export const rungState = (camera: AssetRecord, rung: Rung): string =>
  String(readingOf(camera, `camera.rung[${rung}]`)?.value ?? "not-checked");

/** Cameras in the order of the list: worst group first, then the important ones, then by name. */
export function inOrder(cameras: readonly AssetRecord[]): AssetRecord[] {
  return [...cameras].sort(
    (a, b) =>
      GROUPS.indexOf(groupOf(a)) - GROUPS.indexOf(groupOf(b)) ||
      b.importance - a.importance ||
      (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
}
