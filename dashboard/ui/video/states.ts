/** What the server says of a camera's ladder, in the order in which the page shows it. */
import type { AssetRecord, CameraStatusRecord } from "../records";
import { CAMERA_GROUPS, CAMERA_RUNGS } from "../vocabulary";

/** The rungs of the ladder, lowest first, as `camera.rungs` has their letters. */
export const RUNGS = CAMERA_RUNGS;
export type Rung = (typeof RUNGS)[number];
export type RungState = "ok" | "failed" | "unknown" | "not-checked";

/** The groups of the page, worst first, as the server counts them. */
export const GROUPS = CAMERA_GROUPS;
export type Group = (typeof GROUPS)[number];

/** A camera in the face of lists. */
export type Camera = Pick<
  AssetRecord, "id" | "name" | "region" | "owner" | "parents" | "importance" | "health" | "since" | "stale_since"
> & { camera: CameraStatusRecord };

const STATES: Readonly<Record<string, RungState>> = { o: "ok", f: "failed", u: "unknown" };

/** The state of one rung. */
export const rungState = (status: Pick<CameraStatusRecord, "rungs">, rung: Rung): RungState =>
  STATES[status.rungs[RUNGS.indexOf(rung)] ?? ""] ?? "not-checked";

/** How bad a group is: 0 for the worst. */
export const rank = (group: string): number => GROUPS.indexOf(group as Group);

/** Cameras in the order of the list: worst group first, then the important ones, then by name. */
export function inOrder(cameras: readonly Camera[]): Camera[] {
  return [...cameras].sort(
    (a, b) =>
      rank(a.camera.group) - rank(b.camera.group) ||
      b.importance - a.importance ||
      (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
}

/** What a person narrows the list by; an empty value takes all. */
export interface Scope {
  group: string;
  region: string;
  unit: string;
  recorder: string;
  fault: string;
  maker: string;
  key: boolean;
  conflict: boolean;
}

/** True for a camera of the place that was chosen in the tree. */
export function inPlace(camera: Camera, scope: Scope): boolean {
  return (!scope.region || camera.region.slice(0, 6) === scope.region) &&
    (!scope.unit || camera.owner === scope.unit) &&
    (!scope.recorder || camera.parents.includes(scope.recorder));
}

/** True for a camera of that place that the other filters take, too. */
export function inScope(camera: Camera, scope: Scope): boolean {
  const { group, faults, maker, key_point: key, conflict } = camera.camera;
  return inPlace(camera, scope) && (!scope.group || group === scope.group) &&
    (!scope.fault || faults.split(",").includes(scope.fault)) && (!scope.maker || maker === scope.maker) &&
    (!scope.key || key) && (!scope.conflict || conflict !== "");
}

/** A line of the tree: a county, a unit in it, or a recorder of that unit. */
export interface Place {
  key: string;
  level: 0 | 1 | 2;
  region: string;
  unit: string;
  recorder: string;
  total: number;
  bad: number;
  worst: string;
  below: Place[];
}

/** Cameras as a tree of counties, units and recorders, each with its worst group and how many are not well. */
export function tree(cameras: readonly Camera[], recorderOf: (camera: Camera) => string): Place[] {
  const names = { region: "", unit: "", recorder: "" };
  const top: Place = { key: "", level: 0, ...names, total: 0, bad: 0, worst: "ok", below: [] };
  const places = new Map<string, Place>();
  const under = (above: Place, level: 0 | 1 | 2, part: Partial<Place>): Place => {
    const { region, unit, recorder } = { ...above, ...part };
    const key = [region, unit, recorder].slice(0, level + 1).join("/");
    const place = places.get(key) ?? { ...top, key, level, region, unit, recorder, below: [] };
    if (!places.has(key)) above.below.push(place);
    places.set(key, place);
    return place;
  };
  for (const camera of cameras) {
    const county = under(top, 0, { region: camera.region.slice(0, 6) });
    const unit = under(county, 1, { unit: camera.owner });
    const recorder = recorderOf(camera);
    const path = recorder ? [county, unit, under(unit, 2, { recorder })] : [county, unit];
    for (const place of path) count(place, camera.camera.group);
  }
  const sorted = (below: Place[]): Place[] =>
    below.sort((a, b) => (a.key < b.key ? -1 : 1)).map((place) => ({ ...place, below: sorted(place.below) }));
  return sorted(top.below);
}

function count(place: Place, group: string): void {
  place.total += 1;
  if (group !== "ok") place.bad += 1;
  if (rank(group) < rank(place.worst)) place.worst = group;
}
