"""The shell around every page: banner, top line and navigation stand outside React, so they live when it does not."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Protocol

from feeds.texts import catalogue as texts

NAV = (
    ("duty", "/", "nav.duty"),
    ("network", "/network", "nav.network"),
    ("video", "/video", "nav.video"),
    ("approvals", "/approvals", "nav.approvals"),
    ("warnings", "/warnings", "nav.warnings"),
    ("incidents", "/incidents", "nav.incidents"),
    ("tasks", "/tasks", "nav.tasks"),
    ("log", "/log", "nav.log"),
    ("sources", "/sources", "nav.sources"),
    ("alerts", "/alerts", "nav.alerts"),
    ("reports", "/reports", "nav.reports"),
    ("leader", "/leader", "nav.leader"),
    ("wall", "/wall", "nav.wall"),
    ("admin", "/admin", "nav.admin"),
)
# Until it is known who asks, the door to what only some may enter is not shown: each needs one of these rights.
RIGHTS = {"admin": "administer accounts audit"}
# Reports load charts and tables, which no live page has: the browser goes there by loading a page.
OUTSIDE = frozenset({"reports"})
_INSIDE = {True: ' data-inside=""', False: ""}


class SiteLike(Protocol):
    """What the shell shows before the first answer: the site's name and language."""

    @property
    def name(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def timezone(self) -> str: ...
    @property
    def region(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The name and language of a site."""

    name: str
    language: str = texts.DEFAULT
    timezone: str = "Asia/Shanghai"
    region: str = ""


def text_element(key: str, site: SiteLike, tag: str = "span", extra: str = "") -> str:
    """An element with the text of a key, which the browser translates again (`translate` of core/i18n.ts)."""
    return f'<{tag} data-text="{key}"{extra}>{escape(texts.text(key, site.language))}</{tag}>'


def _rights(name: str) -> str:
    return f' hidden data-rights="{RIGHTS[name]}"' if name in RIGHTS else ""


def _nav(site: SiteLike) -> str:
    links = [
        f'<a href="{path}"{_INSIDE[name not in OUTSIDE]}{_rights(name)}>{text_element(key, site)}'
        f'<b class="badge" data-badge="{name}"></b></a>'
        for name, path, key in NAV
    ]
    return f'<nav id="nav" data-label="nav.label">{"".join(links)}</nav>'


def _top(site: SiteLike) -> str:
    return f"""<header id="top">
  <strong data-top="site">{escape(site.name)} · {escape(texts.text("app.name", site.language))}</strong>
</header>"""


def _banner(site: SiteLike) -> str:
    """The banner that shows until the first picture has come, also when no script runs."""
    loading = escape(texts.text("stale.loading", site.language))
    return (
        f'<div id="banner"><div id="stale-banner" role="alert" data-why="loading">'
        f'<span class="stale-text">{loading}</span> <time class="stale-clock"></time></div></div>'
    )


def page_html(site: SiteLike, build: str, *, title: str, main: str, head: str = "", foot: str = "") -> str:
    """A page in the shell. It has no inline script: the modules come from /static. All but `site` is HTML."""
    base = f"/static/{build}"
    return f"""<!DOCTYPE html>
<html lang="{site.language}" data-build="{build}" data-language="{site.language}"
  data-base="{base}" data-shell="{base}/built/main.js">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="theme-color" content="#0e1216">
  <title>{title}</title>
  <link rel="icon" href="/favicon.ico" type="image/svg+xml">
  <link rel="manifest" href="/manifest.webmanifest">
  <link rel="stylesheet" href="{base}/built/styles.css">
  {head}
  <script type="module" src="{base}/built/main.js"></script>
</head>
<body>
  {_banner(site)}
  {_top(site)}
  {_nav(site)}
  <main id="main">{main}</main>
  {foot}
</body>
</html>"""


def index_string(site: SiteLike, build: str) -> str:
    """The HTML page around Dash's app entry."""
    return page_html(
        site,
        build,
        title=f"{escape(site.name)} · {escape(texts.text('app.name', site.language))}",
        main="{%app_entry%}",
        head="{%css%}",
        foot="<footer hidden>{%config%}{%scripts%}{%renderer%}</footer>",
    )
