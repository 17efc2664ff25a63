// Written by scripts/typescript_types.py from feeds/kinds: change the kinds, not this file.

/** Severities of alerts, worst first. */
export const SEVERITIES = ["critical", "major", "minor", "warning", "info"] as const;

/** Groups in which cameras are counted, worst first. */
export const CAMERA_GROUPS = ["offline", "frames", "signalling", "picture", "other", "unknown", "ok"] as const;

/** Rungs of a camera's ladder, lowest first, as `camera.rungs` has their letters. */
export const CAMERA_RUNGS = ["path", "signalling", "described", "frames", "picture", "clock", "recording"] as const;

/** Kinds of assets of the video feed. */
export const VIDEO_KINDS = ["camera", "nvr", "platform"] as const;

/** Colours of warnings, worst first. */
export const WARNING_COLOURS = ["red", "orange", "yellow", "blue"] as const;

/** States of warnings, those in force first. */
export const WARNING_STATES = ["active", "pending", "expired", "cancelled", "superseded"] as const;

/** Lights of tasks, worst first. */
export const TASK_LIGHTS = ["red", "yellow", "green", "grey", "", "green-done"] as const;

/** Phases in which an incident is in hand. */
export const INCIDENT_OPEN_PHASES = ["received", "verifying", "active"] as const;

/** The tools that draw marks and the kinds of each, those most used first. */
export const KINDS_BY_TOOL = {
  point: ["command-post", "assembly", "medical", "checkpoint", "supplies", "shelter", "hazard", "water", "helicopter",
    "text"],
  line: ["route", "evacuation-route", "closure", "fire-line", "dike", "arrow"],
  area: ["hot", "warm", "cold", "evacuation", "affected", "no-entry"],
  figure: ["circle", "sector"],
} as const;
