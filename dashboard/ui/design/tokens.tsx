/** The colours of the pages by name, as the browser has them now: for the dark ground and for the light one. */
const TOKENS = [
  "ground", "panel", "raise", "line", "edge", "text", "bright", "soft", "quiet", "faint", "normal", "down", "degraded",
  "unknown", "under", "minor", "red", "orange", "yellow", "blue", "selection", "action", "alarm", "exercise",
];

export function Tokens() {
  return (
    <>
      {TOKENS.map((name) => (
        <span key={name} class="design-token">
          <i style={`background: var(--${name})`} /> <code>{name}</code>
        </span>
      ))}
      <span class="design-token"><i class="is-hatched" /> <code>hatch</code></span>
    </>
  );
}
