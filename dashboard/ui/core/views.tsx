/** A page of several views: one bar of tabs, one view at a time. Which one stands in the address (?view=). */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { address, navigate, query } from "./address";
import { t } from "./i18n";

interface Props {
  /** The views in their order; the first one is shown where the address names none. */
  names: readonly string[];
  /** The texts of the tabs: "alerts" means alerts.view.<name>. */
  prefix: string;
  children: (name: string) => ComponentChildren;
}

const CLEAR = { tab: null, q: null, alert: null, asset: null };

export function Views({ names, prefix, children }: Props) {
  const shown = names.find((name) => name === query("view")) ?? names[0]!;
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    bar.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [shown]);
  const open = (name: string): void => {
    if (name !== shown) navigate(address("", { ...CLEAR, view: name === names[0] ? null : name }));
  };
  const step = (event: KeyboardEvent): void => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!by) return;
    const next = names[(names.indexOf(shown) + by + names.length) % names.length]!;
    open(next);
    bar.current?.querySelector<HTMLElement>(`[data-view="${next}"]`)?.focus();
  };
  return (
    <>
      <div class="views" role="tablist" aria-label={t("views.label")} ref={bar} onKeyDown={step}>
        {names.map((name) => (
          <button key={name} type="button" role="tab" class="view-tab" data-view={name} aria-selected={name === shown}
            onClick={() => open(name)}>
            {t(`${prefix}.view.${name}`)}
          </button>
        ))}
      </div>
      <div key={shown} class={`view view-${shown}`}>{children(shown)}</div>
    </>
  );
}
