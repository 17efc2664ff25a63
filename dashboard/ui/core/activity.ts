/** Tells the server that a person is there, at most once a minute: an open page alone does not keep a session. */
import { send } from "./api";

const EVERY = 60_000;

/** Reports pointer and keys from now on, while `signedIn` holds. */
export function reportActivity(signedIn: () => boolean): void {
  let last = 0;
  const report = () => {
    if (Date.now() - last < EVERY || !signedIn()) return;
    last = Date.now();
    void send("POST", "/api/v1/account/activity").catch(() => undefined);
  };
  for (const name of ["pointerdown", "keydown", "wheel"]) addEventListener(name, report, { passive: true });
}
