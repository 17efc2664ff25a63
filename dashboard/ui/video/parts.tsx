/** What several parts of the page draw: the mark and the words of a camera, and its seven cells. */
import { t } from "../core/i18n";
import { errorText, joined } from "../core/names";
import { Icon, type ShapeName } from "../core/shapes";
import type { CameraStatusRecord } from "../records";
import { RUNGS, rungState } from "./states";

const SHAPES: Readonly<Record<string, ShapeName>> = {
  offline: "diamond", frames: "triangle", signalling: "triangle", picture: "triangle", other: "bar",
  unknown: "ring-dashed", ok: "dot",
};

export function GroupIcon({ group }: { group: string }) {
  return <Icon shape={SHAPES[group] ?? "ring-dashed"} class={`group-${group}`} />;
}

/** What is wrong in few words: the rung and its reason, else the group. */
export function whatFails(status: CameraStatusRecord): string {
  const why = errorText(status.why);
  if (!status.fails) return t(`video.group.${status.group}`);
  return status.fails === "picture" && why ? why : joined([t(`camera.fails.${status.fails}`), why]);
}

/** Seven cells, one a rung: its state as colour, pattern and word. */
export function LadderBar({ status }: { status: CameraStatusRecord }) {
  return (
    <span class="ladder">
      {RUNGS.map((rung) => {
        const state = rungState(status, rung);
        const text = `${t(`camera.rung.${rung}`)} ${t(`camera.state.${state}`)}`;
        return <i key={rung} class={`rung is-${state} of-${status.group}`} role="img" aria-label={text} title={text} />;
      })}
    </span>
  );
}
