"""The scripts of a page: Dash's own on every page, those of tables on reports only, those of charts with a chart."""

from __future__ import annotations

from typing import Any

from dash import Dash

from dashboard.preloads import Preloads

REPORTS = "/reports"
HEAVY = ("/dash_ag_grid/",)
"""Packages that only reports need. Tables alone are 1.3 MB."""
UNUSED = ("/dash_table/", "/deps/polyfill@")
"""What Dash adds to every page, and no page needs: a package, and what browsers without modules lack."""
REGENERATOR = "vendor/regenerator/runtime.js"
"""The one part of that polyfill that Dash's own scripts need."""


class PagedDash(Dash):
    """Dash whose index has only the scripts that its page needs. `base` is the address of our own files."""

    def __init__(self, base: str, preloads: Preloads, **options: Any) -> None:
        super().__init__(**options)
        self._base = base
        self._preloads = preloads

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]  # Dash gives each part by its name
        """The page's HTML; `parts` are Dash's own pieces of it."""
        path = self.backend.request_adapter().path
        is_report = path == REPORTS or path.startswith(f"{REPORTS}/")
        absent = UNUSED if is_report else UNUSED + HEAVY
        scripts = [line for line in parts["scripts"].splitlines() if not any(name in line for name in absent)]
        if is_report:
            # Dash's graphs take the library that is there already: this build has bars and lines, and needs no eval.
            scripts = [_script(f"{self._base}/vendor/plotly/plotly-basic.min.js"), *scripts]
        scripts.insert(0, _script(f"{self._base}/{REGENERATOR}"))
        # A page that is no report may have one embedded, and comes without loading anew.
        scripts.append(_script(f"{self._base}/reports.js"))
        parts["css"] += f'<link rel="stylesheet" href="{self._base}/reports.css">{self._preloads.lines(path)}'
        parts["scripts"] = "\n".join(scripts)
        return str(super().interpolate_index(**parts))  # type: ignore[no-untyped-call]  # Dash does not type it


def _script(address: str) -> str:
    return f'<script src="{address}"></script>'
