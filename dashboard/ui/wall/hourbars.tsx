/** Alerts of 24 hours, hour by hour: bright what people were shown, dark what was hidden, dashed the target. */
import type { AlertLoad } from "../records";
import { t } from "../core/i18n";
import { parse, shortTime } from "../core/time";

const WIDTH = 240;
const HEIGHT = 44;

interface Props {
  load: AlertLoad;
  width?: number;
  height?: number;
}

export function HourBars({ load, width = WIDTH, height = HEIGHT }: Props) {
  const rows = load.per_hour;
  const limit = load.peak.hour_target;
  const top = Math.max(limit * 1.25, ...rows.map((row) => row.shown));
  const step = width / Math.max(1, rows.length);
  const y = (n: number): number => height - 2 - (Math.min(n, top) / top) * (height - 6);
  const bar = (at: number, n: number, name: string) => {
    return <rect x={at * step + step * 0.12} y={y(n)} width={step * 0.76} height={height - 2 - y(n)} class={name} />;
  };
  return (
    <svg class="load-chart" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img"
      aria-label={t("load.hours")}>
      <line x1={0} x2={width} y1={y(limit)} y2={y(limit)} class="load-limit" />
      <line x1={0} x2={width} y1={height - 1.5} y2={height - 1.5} class="load-axis" />
      {rows.map((row, index) => (
        <g key={row.at}>
          <title>{`${shortTime(parse(row.at))}  ${row.shown} / ${row.raised}`}</title>
          {row.raised > row.shown ? bar(index, row.raised, "load-hidden") : null}
          {row.shown ? bar(index, row.shown, row.shown > limit ? "load-over" : "load-bar") : null}
        </g>
      ))}
    </svg>
  );
}
