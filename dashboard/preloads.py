"""Modules that a page will import, named in its head: the browser fetches them at once, not one after the other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from dash.development.base_component import Component

from dashboard.component import Live
from dashboard.static import ASSETS

LISTED = "built/preloads.json"
"""Made by scripts/build_assets.py: the modules of the shell ("main"), and those of each panel by its name."""
MAP = "map"
MAP_LIBRARY = "vendor/maplibre-gl/maplibre-gl"


class PageLike(Protocol):
    """A page as the router knows it."""

    @property
    def path(self) -> str | None: ...
    @property
    def template(self) -> str | None: ...
    @property
    def layout(self) -> Callable[..., Component]: ...


class Preloads:
    """The head's lines for each page: its modules, and the map library where there is a map."""

    def __init__(self, pages: Sequence[PageLike], base: str, folder: Path = ASSETS) -> None:
        self._pages = [(re.compile(_pattern(page)), page) for page in pages]
        self._base = base
        listed: dict[str, Any] = json.loads((folder / LISTED).read_text(encoding="utf-8"))
        self._main: list[str] = listed["main"]
        self._panels: dict[str, list[str]] = listed["panels"]
        self._lines = cache(self._page_lines)

    def lines(self, path: str) -> str:
        """HTML for the head of the page at `path`; of a page that is not known, the shell's modules alone."""
        number = next((n for n, (pattern, _) in enumerate(self._pages) if pattern.fullmatch(path)), None)
        return self._lines(number)

    def _page_lines(self, number: int | None) -> str:
        panels = set() if number is None else set(panel_names(self._pages[number][1].layout()))
        modules = dict.fromkeys(self._main)
        for panel in sorted(panels):
            modules |= dict.fromkeys(self._panels.get(panel, ()))
        files = [f"built/{module}" for module in modules]
        style = ""
        if MAP in panels:
            files.append(f"{MAP_LIBRARY}.mjs")
            style = f'<link rel="stylesheet" href="{self._base}/{MAP_LIBRARY}.css">'
        return style + "".join(f'<link rel="modulepreload" href="{self._base}/{file}">' for file in files)


def panel_names(layout: Component | Iterable[Any] | Any) -> Iterator[str]:
    """The names of the live panels in a layout."""
    if isinstance(layout, Live):
        yield str(getattr(layout, "panel"))  # noqa: B009  # Dash sets it
    children = layout if isinstance(layout, list | tuple) else getattr(layout, "children", None)
    if children is not None and not isinstance(children, str):
        for child in children if isinstance(children, list | tuple) else [children]:
            yield from panel_names(child)


def _pattern(page: PageLike) -> str:
    """A regular expression for the addresses of a page: `<name>` in a template is one part of the path."""
    parts = re.split(r"<\w+>", page.path or page.template or "")
    return "[^/]+".join(re.escape(part) for part in parts)
