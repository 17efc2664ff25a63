/** Puts panels into the elements that Dash makes for them, and takes them out again. */
import { Component, render, type ComponentChildren } from "preact";
import { t } from "../core/i18n";
import { panels, type Options } from "./panels";

/** How many panels have their element and are not drawn yet. The document says so, for tests and pictures. */
let mounting = 0;
function count(by: number): void {
  mounting += by;
  document.documentElement.toggleAttribute("data-mounting", mounting > 0);
}

let started: () => void;
/** Resolves when it is known who looks at which site: no panel is drawn before. */
const ready = new Promise<void>((done) => (started = done));

export const startPanels = (): void => started();

/** A panel that fails says so in its own place; the others go on. */
class Guard extends Component<{ children: ComponentChildren }, { failed: boolean }> {
  override state = { failed: false };

  static override getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override componentDidCatch(error: unknown): void {
    console.error("panel", error);
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return <p class="panel-failed" role="alert">{t("panel.failed")}</p>;
  }
}

/** Fills `node` with the panel `name`. Returns how to end it. */
export function mount(name: string, node: HTMLElement, options: Options): () => void {
  let ended = false;
  let unmount = (): void => {};
  const draw = async (): Promise<void> => {
    const [Panel] = await Promise.all([panels[name]!(), ready]);
    if (ended) return;
    render(<Guard><Panel {...options} /></Guard>, node);
    unmount = () => render(null, node);
  };
  count(1);
  void draw().finally(() => count(-1));
  return () => {
    ended = true;
    unmount();
  };
}
