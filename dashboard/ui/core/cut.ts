/** Words that do not fit end in an ellipsis; whoever points at them or focuses them reads them in full. */

function isCut(node: HTMLElement): boolean {
  const style = getComputedStyle(node);
  if (style.textOverflow === "ellipsis") return node.scrollWidth > node.clientWidth;
  return style.webkitLineClamp !== "none" && node.scrollHeight > node.clientHeight;
}

function explain({ target }: Event): void {
  for (let node = target as HTMLElement | null; node && node !== document.body; node = node.parentElement) {
    if (!(node instanceof HTMLElement) || node.title) return;
    if (isCut(node)) return void (node.title = node.textContent?.trim() ?? "");
  }
}

/** Gives cut words a title of all their text at the moment at which somebody points at them. */
export function explainCut(): void {
  addEventListener("pointerover", explain, { passive: true });
  addEventListener("focusin", explain, { passive: true });
}
