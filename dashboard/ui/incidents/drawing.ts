/** Drawing on the map of an incident: what is being drawn, what waits for the server, and measuring. */
import { signal } from "@preact/signals";
import type { Feature, FeatureCollection, Geometry, Position } from "geojson";
import { ProblemError, send } from "../core/api";
import { t } from "../core/i18n";
import type { MarkRecord } from "../records";
import { KINDS_BY_TOOL } from "../vocabulary";

export const MEASURE = "measure";
export type Tool = keyof typeof KINDS_BY_TOOL;
export type Shape = Tool | typeof MEASURE;
export const TOOLS = Object.keys(KINDS_BY_TOOL) as Tool[];

/** What a person is drawing: points are lon, lat. `revises` is the mark whose form it replaces. */
export interface Drawing {
  incident: string;
  kind: string;
  shape: Shape;
  text: string;
  points: readonly Position[];
  revises?: MarkRecord;
}

/** A drawing that the server does not have yet. */
interface Waiting {
  key: number;
  method: "POST" | "PUT";
  path: string;
  body: Record<string, unknown>;
  geometry: Geometry;
}

export interface Measured {
  length_m: number;
  area_m2: number;
  bearing: number | null;
}

export const drawing = signal<Drawing | null>(null);
export const waiting = signal<readonly Waiting[]>([]);
/** What the server measured of the drawing, null while there is nothing to measure. */
export const measured = signal<Measured | null>(null);
/** Why the last drawing was refused, "" for nothing. */
export const refused = signal("");
/** The new marks that this person drew since the page was opened, the newest last. */
export const drawn = signal<readonly { id: string; rev: number; incident: string }[]>([]);
/** Keys of what is on its way to the server. */
const underway = new Set<number>();

export const shapeOf = (kind: string): Shape =>
  TOOLS.find((tool) => (KINDS_BY_TOOL[tool] as readonly string[]).includes(kind)) ?? MEASURE;

/** Begins a drawing; what was begun before is dropped. */
export function begin(incident: string, kind: string, text = "", revises?: MarkRecord): void {
  const more = revises ? { revises } : {};
  drawing.value = { incident, kind, shape: shapeOf(kind), text, points: [], ...more };
  measured.value = null;
  refused.value = "";
}

export function cancel(): void {
  drawing.value = null;
  measured.value = null;
}

const NEEDED: Readonly<Record<Shape, number>> = { point: 1, line: 2, area: 3, figure: 2, measure: 2 };

/** True when there are points enough for the shape. */
export const complete = (it: Drawing): boolean => it.points.length >= NEEDED[it.shape];

/** Takes a place that was pressed. A point, and a figure with its second point, are sent at once. */
export function place(at: Position): void {
  const it = drawing.value;
  if (!it) return;
  if (it.kind === "sector") {
    cancel();
    void import("./marklist").then(({ openSector }) => openSector(it.incident, at, it.text));
    return;
  }
  const next = { ...it, points: [...it.points, at.map((value) => Number(value.toFixed(6)))] };
  drawing.value = next;
  if (it.shape === MEASURE || it.shape === "line" || it.shape === "area") void measure(next);
  if ((it.shape === "point" || it.shape === "figure") && complete(next)) void finish();
}

/** Takes the last point back; with none left, the drawing. */
export function stepBack(): void {
  const it = drawing.value;
  if (!it) return;
  if (!it.points.length) return cancel();
  drawing.value = { ...it, points: it.points.slice(0, -1) };
  void measure(drawing.value);
}

/** The form of a drawing as far as it is drawn; null for one without points. */
export function geometryOf(it: Drawing): Geometry | null {
  const points = [...it.points];
  const [first] = points;
  if (!first) return null;
  if (points.length === 1) return { type: "Point", coordinates: first };
  const closed = it.shape === "area" && points.length > 2;
  return closed ? { type: "Polygon", coordinates: [[...points, first]] } : { type: "LineString", coordinates: points };
}

/** Asks the server for length, area and bearing: the figure that is kept is its own. */
async function measure(it: Drawing): Promise<void> {
  const geometry = measurable(it);
  if (!geometry) return void (measured.value = null);
  try {
    const answer = await send<Measured>("POST", "/api/v1/map/measure", { geometry });
    if (drawing.value === it) measured.value = answer;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    if (drawing.value === it) measured.value = null;
  }
}

function measurable(it: Drawing): Geometry | null {
  const points = [...it.points];
  const [first] = points;
  if (!first || points.length < 2) return null;
  const enclosed = it.shape !== "line" && points.length > 2;
  if (!enclosed) return { type: "LineString", coordinates: points };
  return { type: "Polygon", coordinates: [[...points, first]] };
}

const EARTH = 6_371_000;

/** Metres between two places, for the radius that a press shows. */
export function metres([lon1 = 0, lat1 = 0]: Position, [lon2 = 0, lat2 = 0]: Position): number {
  const rad = Math.PI / 180;
  const x = (lon2 - lon1) * rad * Math.cos(((lat1 + lat2) / 2) * rad);
  const y = (lat2 - lat1) * rad;
  return EARTH * Math.hypot(x, y);
}

/** What the server gets: a geometry, or of a circle its centre and radius. */
function bodyOf(it: Drawing, geometry: Geometry): Record<string, unknown> {
  const form: Record<string, unknown> = { kind: it.kind, text: it.text };
  const [centre, edge] = it.points;
  if (it.shape !== "figure" || !centre || !edge) return { ...form, geometry };
  const radius = Math.round(metres(centre, edge));
  return { ...form, drawing: { lon: centre[0], lat: centre[1], radius_m: radius } };
}

/** Sends what is drawn. Without a connection it waits, dashed, until there is one. */
export async function finish(): Promise<void> {
  const it = drawing.value;
  if (!it || it.shape === MEASURE || !complete(it)) return;
  const geometry = geometryOf(it)!;
  const body = bodyOf(it, geometry);
  const old = it.revises;
  const item: Waiting = old
    ? { key: Date.now(), method: "PUT", path: pathOf(old.id), body: { ...body, rev: old.rev }, geometry }
    : { key: Date.now(), method: "POST", path: "/api/v1/marks", body: { ...body, incident: it.incident }, geometry };
  cancel();
  await deliver(item);
}

const pathOf = (id: string): string => `/api/v1/marks/${encodeURIComponent(id)}`;

async function deliver(item: Waiting): Promise<void> {
  if (underway.has(item.key)) return;
  underway.add(item.key);
  waiting.value = [...waiting.value.filter(({ key }) => key !== item.key), item];
  try {
    const { id, rev, incident } = await send<MarkRecord>(item.method, item.path, item.body);
    waiting.value = waiting.value.filter(({ key }) => key !== item.key);
    const others = drawn.value.filter((mark) => mark.id !== id);
    // A mark that was only drawn again is perhaps somebody else's: to undo is never to withdraw it.
    drawn.value = item.method === "POST" ? [...others, { id, rev, incident }] : others;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    if (error.status === 0 || error.status === 503) return; // it stays, and is sent again
    waiting.value = waiting.value.filter(({ key }) => key !== item.key);
    const [fault] = (error.problem.errors as { message?: string }[] | undefined) ?? [];
    refused.value = fault?.message ?? error.message;
  } finally {
    underway.delete(item.key);
  }
}

/** Sends again what waits. */
export function deliverWaiting(): void {
  for (const item of waiting.value) void deliver(item);
}

/** Withdraws the newest mark that this person drew for an incident. */
export async function undo(incident: string): Promise<void> {
  const last = drawn.value.filter((mark) => mark.incident === incident).at(-1);
  if (!last) return;
  drawn.value = drawn.value.filter((mark) => mark !== last);
  const search = new URLSearchParams({ rev: String(last.rev), reason: t("marks.undo") });
  try {
    await send("DELETE", `${pathOf(last.id)}?${search}`);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    refused.value = error.message;
  }
}

/** What is drawn and what waits, as features of the map. Reads signals. */
export function draftFeatures(): FeatureCollection {
  const features: Feature[] = waiting.value.map(({ geometry }) => ({ type: "Feature", geometry, properties: {} }));
  const it = drawing.value;
  const geometry = it ? geometryOf(it) : null;
  if (geometry) features.push({ type: "Feature", geometry, properties: {} });
  for (const point of it?.points ?? []) {
    features.push({ type: "Feature", geometry: { type: "Point", coordinates: point }, properties: {} });
  }
  return { type: "FeatureCollection", features };
}
