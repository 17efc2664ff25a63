/**
 * The Dash component `Live`: an element whose content is a panel of the page's own code. Dash loads this file as a
 * classic script (`_js_dist`) and gives React; the panel itself is drawn by the module that the shell has loaded.
 */
interface Props {
  id?: string;
  panel: string;
  options?: Record<string, unknown>;
  tag?: string;
  className?: string;
}
interface Shell {
  mount: (name: string, node: HTMLElement, options: Record<string, unknown>) => () => void;
}
interface React {
  createElement: (tag: string, props: Record<string, unknown>) => unknown;
  useEffect: (fn: () => () => void, inputs: unknown[]) => void;
  useRef: <T>(value: T | null) => { current: T | null };
}

const { createElement, useEffect, useRef } = (window as unknown as { React: React }).React;

function Live({ id, panel, options, tag, className }: Props): unknown {
  const ref = useRef<HTMLElement>(null);
  const given = JSON.stringify(options ?? {});
  useEffect(() => {
    let end = (): void => {};
    let ended = false;
    const shell = import(document.documentElement.dataset.shell ?? "") as Promise<Shell>;
    void shell.then(({ mount }) => {
      if (!ended && ref.current) end = mount(panel, ref.current, JSON.parse(given) as Record<string, unknown>);
    });
    return () => {
      ended = true;
      end();
    };
  }, [panel, given]);
  return createElement(tag ?? "section", { ref, id, className, "data-panel": panel, ...data(options) });
}

/** Options that are words stand on the element as well, for styles. */
function data(options: Record<string, unknown> = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [`data-${name}`, value]));
}

(window as unknown as { watchfloor: unknown }).watchfloor = { Live };
