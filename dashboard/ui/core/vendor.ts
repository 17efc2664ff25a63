/** Libraries that are loaded as they come, only by the pages that need them. */

const base = (): string => `${document.documentElement.dataset.base}/vendor`;

/** The map library with its style sheet. */
export async function loadMapLibre(): Promise<typeof import("maplibre-gl")> {
  const href = `${base()}/maplibre-gl/maplibre-gl.css`;
  if (!document.querySelector(`link[href="${href}"]`)) {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    document.head.append(link);
  }
  return (await import(`${base()}/maplibre-gl/maplibre-gl.mjs`)) as typeof import("maplibre-gl");
}

/** Whether the map library can draw in this browser. */
export function webglWorks(): boolean {
  try {
    return Boolean(document.createElement("canvas").getContext("webgl2"));
  } catch {
    return false;
  }
}
