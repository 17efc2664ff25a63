/** Which tone a new thing has that waits for a person. What waits and how grave it is, the server says. */
import type { AlertRecord, ReceiptRecord, WarningRecord } from "../records";

export type Tone = "critical" | "major" | "minor" | "exercise";
/** From which tone on a person wants to hear something. */
export type Loudness = "off" | "critical" | "major" | "all";
export const LOUDNESS: readonly Loudness[] = ["off", "critical", "major", "all"];

/** ms in which nothing sounds again that is not graver: in a flood one tone is enough. */
const QUIET = 10_000;
/** ms after which the tone of a critical alert comes again, until somebody takes it. */
const AGAIN = 60_000;

const GRAVITY: Readonly<Record<Tone, number>> = { critical: 3, major: 2, minor: 1, exercise: 0 };
const LEAST: Readonly<Record<Loudness, number>> = { off: 9, critical: 3, major: 2, all: 0 };
const OF_SEVERITY: Partial<Record<AlertRecord["severity"], Tone>> =
  { critical: "critical", major: "major", minor: "minor", warning: "minor" };
const OF_COLOUR: Partial<Record<string, Tone>> = { red: "critical", orange: "major" };

export interface Waiting {
  alert: ReadonlyMap<string, AlertRecord>;
  warning: ReadonlyMap<string, WarningRecord>;
  receipt: ReadonlyMap<string, ReceiptRecord>;
}

/** The tone of everything that waits now, by a key that changes when it becomes graver. */
function tonesOf(picture: Waiting): Map<string, Tone> {
  const tones = new Map<string, Tone>();
  const add = (kind: string, id: string, tone: Tone | undefined): void => {
    if (tone) tones.set(`${kind} ${tone} ${id}`, tone);
  };
  for (const { id, state, severity } of picture.alert.values()) {
    if (state === "UNACK") add("alert", id, OF_SEVERITY[severity]);
  }
  for (const { id, state, status, colour } of picture.warning.values()) {
    if (state !== "active") continue;
    if (status === "Actual") add("warning", id, OF_COLOUR[colour] ?? "minor");
    else if (status === "Exercise") add("warning", id, "exercise");
  }
  for (const { id, mode } of picture.receipt.values()) {
    if (mode === "real") add("receipt", id, "major");
    else if (mode === "exercise") add("receipt", id, "exercise");
  }
  return tones;
}

/** Remembers what has sounded, and says what sounds next. */
export class Tones {
  private heard: ReadonlyMap<string, Tone> | null = null;
  private last: { tone: Tone; at: number } | null = null;

  /** The tone for what has come since the last picture, or null. The first picture only tells what was there before. */
  follow(picture: Waiting, loudness: Loudness, at: number): Tone | null {
    const before = this.heard;
    this.heard = tonesOf(picture);
    if (!before) return null;
    let gravest: Tone | null = null;
    for (const [key, tone] of this.heard) {
      if (!before.has(key) && (!gravest || GRAVITY[tone] > GRAVITY[gravest])) gravest = tone;
    }
    return gravest && this.sounds(gravest, loudness, at);
  }

  /** Nobody listens: what comes meanwhile is not new later. */
  forget(): void {
    this.heard = null;
  }

  /** The tone of a critical alert once more, when nobody has taken it for a while. */
  remind(loudness: Loudness, at: number): Tone | null {
    const waits = [...(this.heard?.keys() ?? [])].some((key) => key.startsWith("alert critical "));
    if (!waits || (this.last && at - this.last.at < AGAIN)) return null;
    return this.sounds("critical", loudness, at);
  }

  private sounds(tone: Tone, loudness: Loudness, at: number): Tone | null {
    if (GRAVITY[tone] < LEAST[loudness]) return null;
    const last = this.last;
    if (last && at - last.at < QUIET && GRAVITY[tone] <= GRAVITY[last.tone]) return null;
    this.last = { tone, at };
    return tone;
  }
}
