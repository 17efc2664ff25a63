/** A scene of the wall: what stands left and right of the map, when it is in turn, and what calls it. Pure. */
import type { ComponentType } from "preact";

/** Something new and grave that takes the stage. */
export interface Call {
  /** When it became so, in ms. */
  at: number;
}

export interface Scene {
  /** Its name in the address (`?scene=`); its title is the text `wall.scene.{name}`. */
  name: string;
  /** How long it is shown in each round, in seconds. */
  seconds: number;
  Left: ComponentType;
  Right: ComponentType;
  /** Covers the map. */
  Middle?: ComponentType;
  /** What calls this scene out of its turn. Reads signals. */
  calls?: () => readonly Call[];
  /** False while it has nothing to show and is passed over. Reads signals. */
  present?: () => boolean;
}

/** How long a call holds its scene, in ms. */
export const HOLD = 180_000;

/**
 * The scene at a moment: the one that the address pins, else the one of the newest call not older than HOLD, else the
 * one in turn. Turns follow the clock, so that every wall of a site shows the same.
 */
export function sceneAt(scenes: readonly Scene[], pinned: string | null, at: number): Scene {
  const chosen = scenes.find((scene) => scene.name === pinned);
  if (chosen) return chosen;
  let called: Scene | undefined;
  let newest = at - HOLD;
  for (const scene of scenes) {
    for (const call of scene.calls?.() ?? []) {
      if (call.at > newest && call.at <= at + 5000) [called, newest] = [scene, call.at];
    }
  }
  return called ?? inTurn(scenes.filter((scene) => scene.present?.() ?? true), at) ?? scenes[0]!;
}

function inTurn(scenes: readonly Scene[], at: number): Scene | undefined {
  const round = scenes.reduce((sum, scene) => sum + scene.seconds, 0);
  let rest = Math.floor(at / 1000) % Math.max(1, round);
  return scenes.find((scene) => (rest -= scene.seconds) < 0);
}
