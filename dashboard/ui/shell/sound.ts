/** One short tone for a new critical alert; off until somebody turns it on. */
import { signal } from "@preact/signals";
import { store } from "../core/picture";

const KEY = "watchfloor.sound";
export const sounding = signal(localStorage.getItem(KEY) === "on");
let heard: Set<string> | null = null;
let audio: AudioContext | null = null;

/** Plays the tone for critical alerts that nobody has taken and that were not there before. */
export function followSound(): void {
  store.listen((changed) => {
    if (!changed.reset && !changed.alert.size) return;
    const critical = new Set<string>();
    for (const alert of store.peek("alert").values()) {
      if (alert.need === "critical") critical.add(alert.id);
    }
    const before = heard;
    heard = critical;
    if (sounding.peek() && before && [...critical].some((id) => !before.has(id))) play();
  });
}

function play(): void {
  audio ??= new AudioContext();
  const at = audio.currentTime;
  for (const [index, pitch] of [660, 880].entries()) {
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    const start = at + index * 0.18;
    tone.frequency.value = pitch;
    gain.gain.setValueAtTime(0.12, start);
    gain.gain.exponentialRampToValueAtTime(0.001, start + 0.16);
    tone.connect(gain).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.17);
  }
}

export function toggleSound(): void {
  sounding.value = !sounding.value;
  localStorage.setItem(KEY, sounding.value ? "on" : "off");
  if (sounding.value) play();
}
