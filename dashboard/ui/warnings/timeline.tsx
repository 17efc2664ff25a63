/** The warnings on a line of time, half a day back and half a day ahead: a row for each event and colour. */
import { computed } from "@preact/signals";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { allWarnings } from "../alerts/summary";
import { query, setQuery } from "../core/address";
import { count } from "../core/format";
import { t, tOr } from "../core/i18n";
import { minute, shortTime } from "../core/time";
import { lanes, stacked, type Lane } from "./order";

const HALF = 12 * 3_600_000;
const STEP = 3 * 3_600_000;
const [LABEL, HEAD, LANE, BAR] = [118, 20, 30, 7];
const DEEP = 3;

const lanesNow = computed(() => {
  const real = allWarnings.value.filter((warning) => warning.status === "Actual");
  return lanes(real, minute.value - HALF, minute.value + HALF);
});

export default function WarningTimeline() {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, []);
  const at = minute.value;
  const rows = lanesNow.value;
  return (
    <>
      <header class="feed-head">
        <h2>{t("warnings.timeline")}</h2>
        <span class="quiet">{t("warnings.timeline.note")}</span>
      </header>
      <div class="timeline-box" ref={box}>
        {rows.length ? <Plot rows={rows} at={at} width={width} /> : <p class="quiet">{t("warnings.timeline.none")}</p>}
      </div>
    </>
  );
}

function Plot({ rows, at, width }: { rows: Lane[]; at: number; width: number }) {
  if (width < LABEL * 2) return null;
  const from = at - HALF;
  const x = (time: number): number => {
    return LABEL + ((Math.min(Math.max(time, from), at + HALF) - from) / (2 * HALF)) * (width - LABEL);
  };
  const height = HEAD + rows.length * LANE;
  const ticks = [];
  for (let tick = Math.ceil(from / STEP) * STEP; tick < at + HALF; tick += STEP) ticks.push(tick);
  return (
    <svg class="timeline" width={width} height={height} role="img" aria-label={t("warnings.timeline")}>
      {ticks.map((tick) => (
        <g key={tick}>
          <line class="timeline-tick" x1={x(tick)} x2={x(tick)} y1={HEAD - 4} y2={height} />
          <text class="timeline-hour" x={x(tick)} y={HEAD - 7} text-anchor="middle">{shortTime(tick).slice(-5)}</text>
        </g>
      ))}
      {rows.map((lane, index) => <Row key={lane.key} lane={lane} top={HEAD + index * LANE} x={x} />)}
      <line class="timeline-now" x1={x(at)} x2={x(at)} y1={HEAD - 4} y2={height} />
    </svg>
  );
}

function Row({ lane, top, x }: { lane: Lane; top: number; x: (time: number) => number }) {
  const rows = stacked(lane.bars, DEEP);
  const chosen = query("warning");
  const name = tOr(`event.${lane.event}`, lane.event) || t("warnings.noevent");
  const cut = lane.cut ? ` +${count(lane.cut)}` : "";
  return (
    <g class={`colour-${lane.colour}`} data-lane={lane.key}>
      <text class="timeline-name" x={0} y={top + LANE / 2 + 4}>
        <tspan class="timeline-letter">{t(`colour.letter.${lane.colour}`)}</tspan>
        {` ${name.length > 6 ? `${name.slice(0, 5)}…` : name} ${lane.active ? count(lane.active) : ""}${cut}`}
      </text>
      {lane.bars.map((bar, index) => (
        <rect key={bar.id} class={`timeline-bar is-${bar.state}${bar.lapsed ? " is-lapsed" : ""}`} rx={1}
          data-id={bar.id} data-chosen={bar.id === chosen ? "" : undefined} x={x(bar.start)}
          y={top + 3 + rows[index]! * (BAR + 1)} width={Math.max(3, x(bar.end) - x(bar.start))} height={BAR}
          onClick={() => setQuery({ warning: bar.id }, { open: !chosen })}>
          <title>{`${name} ${shortTime(bar.start)} → ${shortTime(bar.end)}`}</title>
        </rect>
      ))}
    </g>
  );
}
