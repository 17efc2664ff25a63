// One short tone for a new critical alert; off until somebody turns it on, and it says which it is.
import { t, onLanguage } from "./i18n.js";

const KEY = "watchfloor.sound";

export class Sound {
  constructor(app) {
    this.button = document.querySelector('[data-top="mute"]');
    this.on = localStorage.getItem(KEY) === "on";
    this.known = null;
    app.store.listen((changed) => (changed.reset || changed.alert.size) && this.look(app.store));
    onLanguage(() => this.words());
    this.words();
  }

  look(store) {
    const critical = new Set();
    for (const alert of store.alert.values()) {
      if (alert.active && !alert.acked && alert.severity === "critical" && !alert.suppressed_by?.length) critical.add(alert.id);
    }
    const fresh = this.known && [...critical].some((id) => !this.known.has(id));
    this.known = critical;
    if (fresh && this.on) this.play();
  }

  play() {
    this.audio ??= new AudioContext();
    const at = this.audio.currentTime;
    for (const [index, pitch] of [660, 880].entries()) {
      const tone = this.audio.createOscillator();
      const gain = this.audio.createGain();
      tone.frequency.value = pitch;
      gain.gain.setValueAtTime(0.12, at + index * 0.18);
      gain.gain.exponentialRampToValueAtTime(0.001, at + index * 0.18 + 0.16);
      tone.connect(gain).connect(this.audio.destination);
      tone.start(at + index * 0.18);
      tone.stop(at + index * 0.18 + 0.17);
    }
  }

  toggle() {
    this.on = !this.on;
    localStorage.setItem(KEY, this.on ? "on" : "off");
    this.words();
    if (this.on) this.play();
  }

  words() {
    if (this.button) this.button.textContent = t(this.on ? "top.sound.on" : "top.sound.off");
  }
}
