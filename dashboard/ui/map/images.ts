/** The pictures that the map's layers use: marks of nodes, boxes of clusters, the hatch. */
import type { Map as LibraryMap } from "maplibre-gl";
import { INK, STATES, type State } from "./ink";

export const SHAPES = ["circle", "square", "hexagon", "pentagon"] as const;
type Outline = (typeof SHAPES)[number] | "diamond" | "triangle";
const CORNERS: Readonly<Record<string, [number, number]>> = {
  hexagon: [6, 0], pentagon: [5, -Math.PI / 2], diamond: [4, -Math.PI / 2], triangle: [3, -Math.PI / 2],
};
const SIZE = 64;

function canvas(width: number, height = width): OffscreenCanvasRenderingContext2D {
  return new OffscreenCanvas(width, height).getContext("2d")!;
}

function trace(ctx: OffscreenCanvasRenderingContext2D, shape: Outline, c: number, r: number): void {
  ctx.beginPath();
  if (shape === "square") ctx.rect(c - r * 0.88, c - r * 0.88, r * 1.76, r * 1.76);
  else if (shape === "circle") ctx.arc(c, c, r, 0, Math.PI * 2);
  else {
    const [count, turn] = CORNERS[shape]!;
    const drop = shape === "triangle" ? r * 0.14 : 0;
    for (let i = 0; i < count; i += 1) {
      const angle = turn + (i * Math.PI * 2) / count;
      ctx[i ? "lineTo" : "moveTo"](c + r * Math.cos(angle), c + drop + r * Math.sin(angle));
    }
    ctx.closePath();
  }
}

/** State outside, kind inside: a red diamond that holds the silhouette of what has failed. */
function mark(state: State, shape: Outline): ImageData {
  const ctx = canvas(SIZE);
  const c = SIZE / 2;
  if (state === "down" || state === "degraded") {
    const [outer, r, inner] = state === "down" ? (["diamond", 29, 0.32] as const) : (["triangle", 30, 0.27] as const);
    ctx.lineWidth = 5;
    ctx.strokeStyle = INK.ground;
    trace(ctx, outer, c, r);
    ctx.stroke();
    ctx.fillStyle = INK[state];
    ctx.fill();
    ctx.fillStyle = INK.ground;
    trace(ctx, shape, c, r * inner);
    ctx.fill();
  } else {
    const calm = state === "ok";
    trace(ctx, shape, c, calm ? 16 : 18);
    ctx.fillStyle = calm ? INK.ok : INK.ground;
    ctx.fill();
    ctx.lineWidth = calm ? 4 : 6;
    ctx.strokeStyle = calm ? INK.ground : INK[state];
    if (state === "unknown") ctx.setLineDash([9, 7]);
    ctx.stroke();
  }
  return ctx.getImageData(0, 0, SIZE, SIZE);
}

/** The box of a cluster, which stretches with its text; its edge says the worst state inside. */
function box(state: State): ImageData {
  const ctx = canvas(48, 40);
  ctx.fillStyle = `${INK.box}ee`;
  ctx.strokeStyle = INK[state];
  ctx.lineWidth = state === "down" || state === "degraded" ? 4 : 2.5;
  if (state === "unknown") ctx.setLineDash([5, 4]);
  ctx.beginPath();
  ctx.roundRect(3, 3, 42, 34, 7);
  ctx.fill();
  ctx.stroke();
  return ctx.getImageData(0, 0, 48, 40);
}

function hatch(): ImageData {
  const size = 24;
  const ctx = canvas(size);
  ctx.strokeStyle = "#45525d";
  ctx.lineWidth = 4;
  for (const shift of [-size, 0, size]) {
    ctx.beginPath();
    ctx.moveTo(shift - 4, size + 4);
    ctx.lineTo(shift + size + 4, -4);
    ctx.stroke();
  }
  return ctx.getImageData(0, 0, size, size);
}

/** Adds the pictures of the live layers. */
export function addImages(map: LibraryMap): void {
  for (const state of STATES) {
    for (const shape of SHAPES) map.addImage(`${state}-${shape}`, mark(state, shape), { pixelRatio: 2 });
    map.addImage(`cluster-${state}`, box(state), {
      pixelRatio: 2, stretchX: [[14, 34]], stretchY: [[12, 28]], content: [9, 7, 39, 33],
    });
  }
}

/** Adds the hatch of what is silent; `k` scales it (2 on a wall of 3840 points). */
export function addHatch(map: LibraryMap, k: number): void {
  map.addImage("hatch", hatch(), { pixelRatio: 2 / k });
}
