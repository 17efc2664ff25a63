/** The views beside those that every page has, with how many panels need each. */
import type { LiveFrame, Records, ViewRequest, ViewsFrame } from "../records";
import type { ExtraView } from "./extraview";

export type AnyView = ExtraView<keyof Records>;

export class ExtraViews {
  private readonly needed = new Map<AnyView, number>();

  /** Counts one more panel. True when it is the first one that needs the view. */
  add(view: AnyView): boolean {
    const before = this.needed.get(view) ?? 0;
    this.needed.set(view, before + 1);
    return !before;
  }

  /** Counts one panel less. True when nobody needs the view any more: its records are dropped. */
  remove(view: AnyView): boolean {
    const left = (this.needed.get(view) ?? 1) - 1;
    if (left) {
      this.needed.set(view, left);
      return false;
    }
    this.needed.delete(view);
    view.drop();
    return true;
  }

  /** What to ask for on a new connection. */
  requests(): Record<string, ViewRequest> {
    return Object.fromEntries([...this.needed.keys()].map((view) => [view.name, view.request()]));
  }

  answered(frame: ViewsFrame): void {
    for (const view of this.needed.keys()) {
      view.key = frame.views[view.name] ?? "";
      view.refused.value = view.name in frame.errors || (view.refused.peek() && !view.key);
    }
  }

  /** Takes a frame. The view whose records have changed by it, if there is one. */
  take(frame: LiveFrame): AnyView | undefined {
    if (frame.type === "heartbeat") {
      for (const view of this.needed.keys()) if (view.ready.peek()) view.advance(frame.rev);
      return undefined;
    }
    if (frame.type === "views") return undefined;
    const view = [...this.needed.keys()].find((each) => each.key === frame.view);
    if (frame.type === "resync") view?.forget();
    else if (frame.type === "changes") view?.changes(frame);
    else if (!view?.snapshot(frame)) return undefined;
    return view;
  }
}
