// Who is on duty, for widgets that have not moved yet.
import { effect, untracked } from "@preact/signals";
import { askDuty, roster, shiftText } from "../shell/duty";
export const dutyText = shiftText;

export class Duty {
  get roster() { return roster.peek(); }
  ask() { return askDuty(); }
  listen(fn) {
    return effect(() => {
      const value = roster.value;
      if (value) untracked(() => fn(value));
    });
  }
}
