/** Tells the server that a person is there, at most once a minute: an open page alone does not keep a session. */
const EVERY = 60_000;

export function reportActivity(csrf: () => string): void {
  let last = 0;
  const report = () => {
    if (Date.now() - last < EVERY || !csrf()) return;
    last = Date.now();
    const headers = { "X-CSRF-Token": csrf() };
    const request = { method: "POST", credentials: "same-origin", headers } as const;
    void fetch("/api/v1/account/activity", request).catch(() => undefined);
  };
  for (const name of ["pointerdown", "keydown", "wheel"]) addEventListener(name, report, { passive: true });
}
