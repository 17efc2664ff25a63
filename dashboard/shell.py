"""The shell around every page: banner, top line and navigation stand outside React, so they live when it does not."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Protocol

from feeds.texts import catalogue as texts

NAV = (
    ("duty", "/", "nav.duty"),
    ("network", "/network", "nav.network"),
    ("warnings", "/warnings", "nav.warnings"),
    ("sources", "/sources", "nav.sources"),
    ("alerts", "/alerts", "nav.alerts"),
    ("wall", "/wall", "nav.wall"),
    ("admin", "/admin", "nav.admin"),
)
# Until it is known who asks, the door to what only some may enter is not shown.
HIDDEN = frozenset({"admin"})


class SiteLike(Protocol):
    """What the shell shows before the first answer: the site's name and language."""

    @property
    def name(self) -> str: ...
    @property
    def language(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The name and language of a site."""

    name: str
    language: str = texts.DEFAULT


def _text(key: str, site: SiteLike, tag: str = "span", extra: str = "") -> str:
    return f'<{tag} data-text="{key}"{extra}>{escape(texts.text(key, site.language))}</{tag}>'


def _nav(site: SiteLike) -> str:
    links = [
        f'<a href="{path}" data-inside=""{" hidden" if name in HIDDEN else ""}>{_text(key, site)}'
        f'<b class="badge" data-badge="{name}"></b></a>'
        for name, path, key in NAV
    ]
    return f'<nav id="nav" data-label="nav.label">{"".join(links)}</nav>'


def _top(site: SiteLike) -> str:
    return f"""<header id="top">
  <strong data-top="site">{escape(site.name)} · {escape(texts.text("app.name", site.language))}</strong>
  <span data-top="person" class="quiet"></span>
  <span data-top="duty" class="top-duty" hidden></span>
  <b data-top="exercise" class="stamp" hidden></b>
  <span class="top-clock"><span data-top="date"></span> <time data-top="clock"></time>
    <small data-top="weekday" class="quiet"></small></span>
  <span class="top-right">
    <span data-top="demo" hidden></span>
    <a data-top="load" href="/alerts?view=load" data-inside="" hidden></a>
    <span data-top="sources"></span>
    <span data-top="age" class="age"><i></i><span></span></span>
    <button type="button" class="link" data-top="mute"></button>
    <button type="button" class="link" data-top="language"></button>
  </span>
</header>"""


def _banner(site: SiteLike) -> str:
    """The banner that shows until the first picture has come, also when no script runs."""
    loading = escape(texts.text("stale.loading", site.language))
    return (
        f'<div id="stale-banner" role="alert" data-why="loading"><span class="stale-text">{loading}</span> '
        '<time class="stale-clock"></time></div>'
    )


def index_string(site: SiteLike, build: str) -> str:
    """The HTML page around Dash's app entry. No inline script of ours: the modules come from /static."""
    base = f"/static/{build}"
    return f"""<!DOCTYPE html>
<html lang="{site.language}" data-build="{build}" data-site="{escape(site.name, quote=True)}"
  data-language="{site.language}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="theme-color" content="#0e1216">
  <title>{escape(site.name)} · {escape(texts.text("app.name", site.language))}</title>
  <link rel="icon" href="/favicon.ico" type="image/svg+xml">
  <link rel="manifest" href="/manifest.webmanifest">
  <link rel="stylesheet" href="{base}/vendor/maplibre-gl/maplibre-gl.css">
  <link rel="stylesheet" href="{base}/app.css">
  <link rel="stylesheet" href="{base}/desk.css">
  <link rel="stylesheet" href="{base}/alerts.css">
  <link rel="stylesheet" href="{base}/admin.css">
  <link rel="stylesheet" href="{base}/network.css">
  <link rel="stylesheet" href="{base}/wall.css">
  {{%css%}}
  <script type="module" src="{base}/main.js"></script>
</head>
<body>
  {_banner(site)}
  {_top(site)}
  {_nav(site)}
  <main id="main">{{%app_entry%}}</main>
  <footer hidden>{{%config%}}{{%scripts%}}{{%renderer%}}</footer>
</body>
</html>"""
