/** Whether somebody writes something that a reload of the page would lose. */
import { useEffect } from "preact/hooks";

let forms = 0;

/** True while a form has words that no server has. */
export const anyUnsaved = (): boolean => forms > 0;

/** Counts a form among those with unsent words while `dirty` holds and the form is shown. */
export function useUnsaved(dirty: boolean): void {
  useEffect(() => {
    if (!dirty) return undefined;
    forms += 1;
    return () => void (forms -= 1);
  }, [dirty]);
}
