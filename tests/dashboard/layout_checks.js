/* What a person cannot see or reach on the open page, as one line of text each.
 * Called with { touch, least }: touch asks for targets of 44 px, least is the smallest type in px, 0 for any. */
(({ touch, least }) => {
  const TARGET = 44;
  const CONTROLS = "a[href], button, input, select, textarea, summary, [role=button], [role=tab], [role=option]";
  // Drawn and scrolled by libraries of their own: the map, charts, ag-Grid, Dash's dropdown.
  const FOREIGN = ".maplibregl-map, .js-plotly-plot, .ag-root-wrapper, .ag-aria-description-container, .dash-dropdown, .dash-dropdown-content, svg";
  // Read by screen readers only, or shown by Dash while it works.
  const UNSEEN = ".sr-only, ._dash-loading, [hidden], [aria-hidden=true], #footer, option";
  const found = [];
  const note = (what, node) => {
    const text = (node.getAttribute("aria-label") || node.textContent || "").trim().replace(/\s+/g, " ").slice(0, 50);
    const classes = (typeof node.className === "string" && node.className.trim().split(/\s+/).join(".")) || "";
    const parent = node.parentElement;
    const above = (typeof parent?.className === "string" && parent.className.trim().split(/\s+/)[0]) || "";
    found.push(`${what}: ${above && `.${above} > `}${node.tagName.toLowerCase()}${classes && `.${classes}`} "${text}"`);
  };
  const seen = (node) =>
    node.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !node.closest(UNSEEN);
  const scrolls = (style, axis) => /auto|scroll/.test(axis === "x" ? style.overflowX : style.overflowY);
  const clips = (style, axis) => /hidden|clip/.test(axis === "x" ? style.overflowX : style.overflowY);
  const explained = (node, above) => {
    // Pages give cut words their title when somebody points at them (core/cut.ts).
    node.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
    for (let box = node; box; box = box.parentElement) {
      if (box.title || box.getAttribute("aria-label")) return true;
      if (box === above) return false;
    }
    return false;
  };
  const shortened = (style) => style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none";

  /* How a rectangle is cut on its way to the screen: "", "cut" or "off". Inside what scrolls, the scroller counts. */
  const cut = (node, rect) => {
    let { left, right, top, bottom } = rect;
    let shortening = shortened(getComputedStyle(node)) ? node : null;
    let fixed = false;
    for (let box = node; box; box = box.parentElement) {
      const style = getComputedStyle(box);
      if (shortened(style)) shortening ??= box;
      if (box !== document.documentElement && box !== document.body) {
        const edge = box.getBoundingClientRect();
        if (scrolls(style, "x")) [left, right] = [edge.left, edge.right];
        if (scrolls(style, "y")) [top, bottom] = [edge.top, edge.bottom];
        const wide = clips(style, "x") && (right > edge.right + 1 || left < edge.left - 1);
        const high = clips(style, "y") && (bottom > edge.bottom + 3 || top < edge.top - 3);
        // A word that has no room on its line wraps away as a whole: it says least of the line (a kind, a badge).
        if (!wide && high && style.flexWrap === "wrap" && top >= edge.bottom - 4) return "";
        if (wide || high) return shortening && explained(node, box.parentElement) ? "" : `cut by .${box.className}`;
      }
      // Nothing around a fixed box cuts it.
      if (style.position === "fixed") {
        fixed = true;
        break;
      }
    }
    if (right > innerWidth + 1 || left < -1) return "off the side";
    const bodyScrolls = scrolls(getComputedStyle(document.body), "y");
    const below = bottom > innerHeight + 1 || top < -1;
    return below && (fixed || !bodyScrolls) ? "off the end" : "";
  };

  /* What can be hit of a control: its box, and a larger one that `::after` lays over it. */
  const hit = (node) => {
    const { left, top, width, height } = node.getBoundingClientRect();
    const style = getComputedStyle(node, "::after");
    const over = style.content !== "none" && style.position === "absolute";
    const more = (side) => (over ? Math.max(0, -parseFloat(style[side]) || 0) : 0);
    const [right, bottom] = [left + width + more("right"), top + height + more("bottom")];
    return new DOMRect(left - more("left"), top - more("top"), right - left + more("left"), bottom - top + more("top"));
  };

  const root = document.documentElement;
  if (root.scrollWidth > innerWidth + 1) found.push(`the page scrolls sideways: ${root.scrollWidth} > ${innerWidth}`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || !node || node.closest(FOREIGN) || !seen(node)) continue;
    if (/^(script|style|noscript|option)$/i.test(node.tagName)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const rect = range.getBoundingClientRect();
    if (!rect.width || !rect.height) continue;
    const how = cut(node, rect);
    if (how) note(how, node);
    const size = parseFloat(getComputedStyle(node).fontSize);
    if (least && size < least - 0.1) note(`type of ${size.toFixed(1)} px`, node);
  }
  for (const node of document.querySelectorAll(CONTROLS)) {
    if (node.closest(FOREIGN) || !seen(node) || getComputedStyle(node).pointerEvents === "none") continue;
    const label = /^(checkbox|radio|file)$/.test(node.type ?? "") ? node.closest("label") : null;
    const rect = hit(label ?? node);
    if (!rect.width || !rect.height) continue;
    const how = cut(node, rect);
    if (how && !node.textContent.trim()) note(how, node);
    // A link among words is as high as its line (WCAG 2.5.8).
    const among = node.tagName === "A" && getComputedStyle(node).display === "inline"
      && [...node.parentElement.childNodes].some((other) => other.nodeType === 3 && other.data.trim());
    const small = Math.min(rect.width, rect.height) < TARGET - 0.5;
    if (touch && small && !among) {
      note(`target of ${Math.round(rect.width)}x${Math.round(rect.height)} px`, node);
    }
  }
  return [...new Set(found)];
})
