/** A view that is still one of the old widgets. */
import { useEffect, useRef } from "preact/hooks";

export function OldView({ name, class: className = "" }: { name: string; class?: string }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let ended = false;
    let unmount = (): void => {};
    const draw = async (): Promise<void> => {
      const { mountLegacy } = await import("../legacy/panels.js");
      if (!ended && box.current) unmount = mountLegacy(name, box.current);
    };
    void draw();
    return () => {
      ended = true;
      unmount();
    };
  }, [name]);
  return <div ref={box} class={className} />;
}
