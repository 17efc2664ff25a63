/** The detail of what is chosen; the shift while nothing is. */
import { useEffect, useRef } from "preact/hooks";
import { store } from "../core/picture";
import { selection } from "../core/selection";
import { ShiftPane } from "./panel";

export default function DetailPanel() {
  const { alert, asset, place } = selection.value;
  return alert || asset || place ? <Chosen /> : <ShiftPane />;
}

/** The widget of the detail has not moved yet: it fills an element of its own, and needs whole records. */
function Chosen() {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let end = (): void => {};
    let ended = false;
    const release = store.needFull(["asset", "alert"]);
    void Promise.all([import("../legacy/panels.js"), store.whole()]).then(([{ mountLegacy }]) => {
      if (!ended && box.current) end = mountLegacy("detail", box.current);
    });
    return () => {
      ended = true;
      end();
      release();
    };
  }, []);
  return <div ref={box} class="detail-box" />;
}
