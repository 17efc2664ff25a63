"""The pages: the layout of widgets. The script of a widget in assets/ fills it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dash
from dash import html
from dash.development.base_component import Component

from dashboard.shell import SiteLike
from feeds.texts import catalogue as texts


def widget(
    name: str, *, tag: Callable[..., Component] = html.Section, className: str = "panel", **data: str
) -> Component:
    """An element that the script of `name` fills (assets/widgets.js); `data` becomes data-* attributes."""
    attributes: dict[str, Any] = {"data-widget": name} | {f"data-{key}": value for key, value in data.items()}
    return tag(className=f"{className} w-{name}", **attributes)


def _page(name: str, *children: Component) -> Component:
    attributes: dict[str, Any] = {"data-page": name}
    return html.Div(list(children), className=f"page page-{name}", **attributes)


def duty(**_: Any) -> Component:
    """The duty desk: list, map and detail side by side."""
    feeds = html.Div([widget("feed-network"), widget("feed-warnings")], className="desk-feeds")
    middle = html.Div([widget("map", mode="desk"), feeds], className="desk-middle")
    return _page("duty", widget("alert-list"), middle, widget("detail", tag=html.Aside))


def wall(**_: Any) -> Component:
    """The wall: feeds, map with the stage over it, alerts, and the figures at the foot."""
    middle = html.Div(
        [widget("map", mode="wall", className=""), widget("stage", tag=html.Div, className="")], className="wall-middle"
    )
    left = html.Div([widget("feed-network"), widget("own-level"), widget("feed-warnings")], className="wall-left")
    foot = html.Div([widget("load-strip"), widget("warning-chips"), widget("source-summary")], className="wall-foot")
    return _page("wall", left, middle, widget("alert-board"), foot)


def alerts(**_: Any) -> Component:
    """The list with its detail, what is hidden, the load, availability and handing over: tabs of one widget."""
    return _page("alerts", widget("alerts-page", tag=html.Div))


def admin(**_: Any) -> Component:
    """Accounts, tokens, roster, receivers, escalations, rules, settings: for administrators; auditors only read."""
    return _page("admin", widget("admin-page", tag=html.Div))


def network(**_: Any) -> Component:
    """Health by layer and place, the tree of uplinks, the map, and the evidence for one asset."""
    side = [widget("map", mode="desk", drill="county"), widget("net-evidence", tag=html.Aside)]
    return _page("network", widget("net-scope"), widget("net-tree"), html.Div(side, className="network-side"))


def sources(**_: Any) -> Component:
    """Every source and role."""
    return _page("sources", widget("source-table"))


def warnings(**_: Any) -> Component:
    """The warnings as a list beside the map."""
    return _page("warnings", widget("warning-list"), widget("map", mode="desk"))


def asset(asset_id: str = "", **_: Any) -> Component:
    """One asset; its script reads the id from the address."""
    return _page("asset", widget("asset-page"), widget("map", mode="desk"))


def missing(**_: Any) -> Component:
    """The page of an unknown address."""
    attributes: dict[str, Any] = {"data-text": "page.missing"}
    return _page("missing", html.Section(html.H1(texts.text("page.missing"), **attributes), className="panel"))


@dataclass(frozen=True, slots=True)
class Page:
    """One page as Dash's router knows it; `title` is a key of the catalogue."""

    name: str
    title: str
    layout: Callable[..., Component]
    path: str | None = None
    template: str | None = None


PAGES = (
    Page("duty", "nav.duty", duty, path="/"),
    Page("wall", "nav.wall", wall, path="/wall"),
    Page("alerts", "nav.alerts", alerts, path="/alerts"),
    Page("admin", "nav.admin", admin, path="/admin"),
    Page("warnings", "nav.warnings", warnings, path="/warnings"),
    Page("network", "nav.network", network, path="/network"),
    Page("sources", "nav.sources", sources, path="/sources"),
    Page("asset", "asset.title", asset, template="/assets/<asset_id>"),
    Page("not_found_404", "page.missing", missing, path="/not-found"),
)


def register(site: SiteLike) -> None:
    """Puts the pages into Dash's registry, which is one for the process: the newest app's pages count."""
    for page in PAGES:
        dash.register_page(  # type: ignore[no-untyped-call]  # Dash does not type it
            f"dashboard.pages.{page.name}",
            path=page.path,
            path_template=page.template,
            title=f"{texts.text(page.title, site.language)} · {site.name}",
            name=page.name,
            layout=page.layout,
        )
