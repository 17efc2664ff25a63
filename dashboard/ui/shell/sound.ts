/** Tones for what is new and waits for a person, each pattern by its gravity; off until somebody turns them on. */
import { signal } from "@preact/signals";
import { store } from "../core/picture";
import { everySecond } from "../core/time";
import { LOUDNESS, Tones, type Loudness, type Tone } from "./tones";

const KEY = "watchfloor.sound";
/** Pitches of the pulses, Hz. The graver, the more pulses and the higher (as IEC 60601-1-8 orders them). */
const PULSES: Readonly<Record<Tone, readonly number[]>> = {
  critical: [660, 880, 660, 880, 660, 880],
  major: [660, 660, 660],
  minor: [520],
  exercise: [330, 260],
};
const SOUND_OF = ["alert", "warning", "receipt"] as const;
const PULSE = 0.18;
const VOLUME = 0.12;

export const loudness = signal<Loudness>(chosen());
/** True while the browser lets no tone out because nobody has touched the page yet. */
export const soundBlocked = signal(false);
let audio: AudioContext | null = null;

function chosen(): Loudness {
  const kept = localStorage.getItem(KEY);
  return LOUDNESS.find((each) => each === kept) ?? "off";
}

const tones = new Tones();

/** Takes the live picture in; the tone for what is new in it. */
function hear(): Tone | null {
  const picture = { alert: store.peek("alert"), warning: store.peek("warning"), receipt: store.peek("receipt") };
  return tones.follow(picture, loudness.peek(), Date.now());
}

/** Plays what is new in the live picture, and again what nobody takes. */
export function followSound(): void {
  store.listen((changed) => {
    if (loudness.peek() === "off") tones.forget();
    else if (store.ready.peek() && (changed.reset || SOUND_OF.some((kind) => changed[kind].size))) play(hear());
  });
  everySecond(() => play(tones.remind(loudness.peek(), Date.now())));
  if (loudness.peek() !== "off") output();
  for (const touch of ["pointerdown", "keydown"]) {
    addEventListener(touch, () => void audio?.resume(), { capture: true });
  }
}

/** The way out to the loudspeaker. A browser opens it only after somebody has touched the page. */
function output(): AudioContext {
  if (!audio) {
    const made = audio = new AudioContext();
    made.onstatechange = () => (soundBlocked.value = made.state !== "running");
    soundBlocked.value = made.state !== "running";
  }
  return audio;
}

function play(tone: Tone | null): void {
  if (!tone) return;
  const out = output();
  if (out.state !== "running") return;
  for (const [index, pitch] of PULSES[tone].entries()) {
    const pulse = out.createOscillator();
    const gain = out.createGain();
    const start = out.currentTime + index * PULSE;
    pulse.frequency.value = pitch;
    gain.gain.setValueAtTime(VOLUME, start);
    gain.gain.exponentialRampToValueAtTime(0.001, start + PULSE - 0.02);
    pulse.connect(gain).connect(out.destination);
    pulse.start(start);
    pulse.stop(start + PULSE - 0.01);
  }
}

/** The next loudness, with a sample of its least tone; a press while the browser lets nothing out opens the way. */
export async function turnSound(): Promise<void> {
  const blocked = soundBlocked.peek() && loudness.peek() !== "off";
  if (!blocked) {
    loudness.value = LOUDNESS[(LOUDNESS.indexOf(loudness.peek()) + 1) % LOUDNESS.length]!;
    localStorage.setItem(KEY, loudness.peek());
    tones.forget();
  }
  const now = loudness.peek();
  if (now === "off") return;
  if (store.ready.peek()) hear();
  await output().resume();
  play(now === "all" ? "minor" : now);
}
