/** The scenes of the wall in the order of their turns. A new one is a file here and a line in SCENES. */
import type { Scene } from "../scene";
import { all } from "./all";
import { approvals } from "./approvals";
import { command } from "./command";
import { emergency } from "./emergency";
import { network } from "./network";
import { video } from "./video";

export const SCENES: readonly Scene[] = [all, network, video, approvals, emergency, command];
