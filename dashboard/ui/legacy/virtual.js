// A long list of which only the part in view exists: two thousand rows cost as much as fifty.
import { reconcile } from "./dom.js";

const OVER = 6;

/** Rows of one height in `scroller`; `create(row)` makes an element, `update(element, row)` follows. */
export class VirtualList {
  constructor(scroller, body, { key, create, update }) {
    Object.assign(this, { scroller, body, key, create, update, rows: [], index: new Map() });
    this.onscroll = () => this.draw();
    scroller.addEventListener("scroll", this.onscroll, { passive: true });
    this.watch = new ResizeObserver(() => this.measure());
    this.watch.observe(scroller);
    this.measure();
  }

  dispose() {
    this.watch.disconnect();
    this.scroller.removeEventListener("scroll", this.onscroll);
  }

  measure() {
    this.height = parseFloat(getComputedStyle(this.body).getPropertyValue("--row")) * parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.set(this.rows);
  }

  set(rows) {
    this.rows = rows;
    this.index = new Map(rows.map((row, at) => [this.key(row), at]));
    this.body.style.height = `${rows.length * this.height}px`;
    this.draw();
  }

  draw() {
    const { scrollTop, clientHeight } = this.scroller;
    const first = Math.max(0, Math.floor(scrollTop / this.height) - OVER);
    const last = Math.ceil((scrollTop + clientHeight) / this.height) + OVER;
    reconcile(this.body, this.rows.slice(first, last), this.key, this.create, (element, row) => this.place(element, row));
  }

  place(element, row) {
    const top = `translateY(${this.index.get(this.key(row)) * this.height}px)`;
    if (element.style.transform !== top) element.style.transform = top;
    this.update(element, row);
  }

  /** Follows only those rows in view whose keys are in `keys`. */
  touch(keys) {
    for (const key of keys) {
      const element = this.body.wfRows?.get(key);
      if (element) this.update(element, this.rows[this.index.get(key)]);
    }
  }

  show(key) {
    const at = this.index.get(key);
    if (at === undefined) return;
    const [top, bottom] = [at * this.height, (at + 1) * this.height];
    const { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (bottom > scrollTop + clientHeight) this.scroller.scrollTop = bottom - clientHeight;
  }
}
