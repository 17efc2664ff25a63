// What reports need in the browser. Dash takes these functions from the page, so this is a script and no module.
(() => {
  const root = document.documentElement;
  const NO_UPDATE = () => window.dash_clientside.no_update;
  // Before the report is there, Dash has nothing to set; it asks for the language itself then.
  const tell = () => document.getElementById("report-body")
    && window.dash_clientside.set_props("report-language", { data: root.lang });
  new MutationObserver(tell).observe(root, { attributes: true, attributeFilter: ["lang"] });

  // Dash loads the library of charts from here with the first chart: this build has lines and bars, and needs no eval.
  const library = `${root.dataset.base}/vendor/plotly/plotly-basic.min.js`;
  Object.defineProperty(window, "_dashPlotlyJSURL", { get: () => library, set() {} });

  window.dash_clientside = window.dash_clientside ?? {};
  window.dash_clientside.reports = {
    language: () => root.lang,

    /** The controls in the address: a link to it opens the same report. No event: the page is there already. */
    address(values, ids) {
      const query = new URLSearchParams(location.search);
      ids.forEach(({ name }, index) => {
        const value = [values[index] ?? []].flat().join(",");
        if (value) query.set(name, value);
        else query.delete(name);
      });
      history.replaceState(history.state, "", location.pathname + (query.size ? `?${query}` : ""));
      return NO_UPDATE();
    },

    /** Which rows are to be exported: those that the grid shows, as they are sorted and filtered. */
    order(clicks, rows) {
      const pressed = window.dash_clientside.callback_context.triggered_id;
      if (!pressed || !clicks.some(Boolean)) return NO_UPDATE();
      const ids = rows ? rows.map((row) => row._id) : null;
      return { table: pressed.table, format: pressed.format, ids, n: Date.now() };
    },
  };

  /** A cell that leads to the record: its address stands in the row, its text is never markup. */
  window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions ?? {};
  window.dashAgGridComponentFunctions.ReportLink = (cell) => {
    const href = cell.data[cell.address];
    return href?.startsWith("/") ? React.createElement("a", { href }, cell.value) : cell.value;
  };

  // A live page has no tables loaded: between it and a report the browser loads a page anew.
  document.addEventListener("click", (event) => {
    if (!document.querySelector(".page-report")) return;
    event.target.closest?.("a[data-inside]")?.removeAttribute("data-inside");
  }, true);
})();
