/** The checks of a camera's picture: each with what was measured, its baseline and its limit. */
import { number } from "../core/format";
import { t, tOr } from "../core/i18n";
import { Icon, type ShapeName } from "../core/shapes";
import type { CheckResult, SnapshotIndex } from "./looks";

const SHAPES: Readonly<Record<CheckResult["state"], ShapeName>> = {
  ok: "dot", raised: "triangle", learning: "ring-dashed", paused: "ring-dashed", ignored: "ring",
};

export function Checks({ index }: { index: SnapshotIndex | null }) {
  const checks = index?.checks ?? [];
  if (!checks.length) return null;
  return (
    <section class="camera-checks">
      <h2>{t("video.checks")}</h2>
      <table class="readings">
        <thead>
          <tr>
            {["check", "value", "baseline", "limit"].map((name) => <th key={name}>{t(`video.check.${name}`)}</th>)}
          </tr>
        </thead>
        <tbody>
          {checks.map((check) => (
            <tr key={check.name} class={`check is-${check.state}`} data-check={check.name}>
              <th><Icon shape={SHAPES[check.state]} /> {tOr(`camera.check.${check.name}`, check.name)}</th>
              <td>
                {number2(check.value)} {check.state === "ok" ? "" : <small>{t(`video.check.${check.state}`)}</small>}
              </td>
              <td>{number2(check.baseline)}</td>
              <td>{check.limit === null ? "—" : `${check.above ? "≥" : "≤"} ${number2(check.limit)}`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Shares need two decimals, brightness none. */
const number2 = (value: number | null): string => {
  if (value === null || Math.abs(value) >= 10) return number(value);
  return value.toFixed(2);
};
