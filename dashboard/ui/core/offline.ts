/** Pages that open without the server: their code is kept by a service worker, their last answers by themselves. */
import { me } from "./site";

const PERSON = "person";
const KEPT = ["leader.", "phone."];

/** Keeps this page's code on the device from now on, as an app of its own. Only a secure connection allows it. */
export function keepCode(): void {
  const manifest = document.querySelector<HTMLLinkElement>("link[rel=manifest]");
  if (manifest) manifest.href = `/manifest.webmanifest?start=${location.pathname}`;
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  workers?.register("/static/offline.js", { scope: location.pathname }).catch((error: unknown) => {
    console.info("offline", String(error));
  });
}

const keyOf = (name: string): string => `${name}.${me.value.name}`;

/** What this device kept last for the person, or null. */
export function kept<T>(name: string): T | null {
  try {
    return JSON.parse(localStorage.getItem(keyOf(name)) ?? "null") as T | null;
  } catch {
    return null;
  }
}

/** Keeps a value for the person on this device. A full or forbidden store keeps nothing. */
export function keep(name: string, value: unknown): void {
  try {
    localStorage.setItem(keyOf(name), JSON.stringify(value));
  } catch {
    // This device then has no last answer.
  }
}

/** Forgets who looked and what was kept: whoever signs out leaves nothing on the device. */
export async function forgetPerson(): Promise<void> {
  for (const key of Object.keys(localStorage)) {
    if (KEPT.some((start) => key.startsWith(start))) localStorage.removeItem(key);
  }
  if ("caches" in globalThis) await caches.delete(PERSON);
}
