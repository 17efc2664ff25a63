/** How many alerts of a group were raised in which minute. */
import { parse } from "../core/time";

const WIDTH = 120;
const HEIGHT = 20;
const MINUTE = 60_000;

type Curves = Readonly<Record<string, number>>;

const minutesOf = (curve: Curves): [number, number][] =>
  Object.entries(curve).map(([at, n]): [number, number] => [parse(at) ?? 0, n]).sort((a, b) => a[0] - b[0]);

/** How many were raised in each minute. All groups have the axis of the whole flood: what came first stands left. */
export function Curve({ curve, whole }: { curve: Curves; whole: Curves }) {
  const all = minutesOf(whole);
  const start = all[0]?.[0] ?? 0;
  const minutes = Math.max(30, ((all.at(-1)?.[0] ?? 0) - start) / MINUTE + 1);
  const rows = minutesOf(curve).filter(([at]) => at >= start);
  const most = Math.max(1, ...rows.map(([, n]) => n));
  const step = WIDTH / minutes;
  return (
    <svg class="flood-curve" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {rows.map(([at, n]) => {
        const height = Math.max(1, (n / most) * HEIGHT);
        const x = ((at - start) / MINUTE) * step;
        return <rect key={at} x={x} y={HEIGHT - height} width={Math.max(1, step * 0.8)} height={height} />;
      })}
    </svg>
  );
}
