"""Pages that open without the server: the service worker of `/leader` and `/m`, and the pages that stand in for them.

The worker keeps code and who looks, never data. A page keeps its own last answer and shows it under its age
(dashboard/ui/leader/data.ts, dashboard/ui/tasks/phone.tsx).
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import HTMLResponse, Response

from dashboard.phone import phone_html
from dashboard.shell import SiteLike, page_html
from dashboard.static import ASSETS, PREFIX
from feeds.texts import catalogue

SCRIPT = f"{PREFIX}/offline.js"
INSTEAD = {"/leader": f"{PREFIX}/offline/leader.html", "/m": f"{PREFIX}/offline/m.html"}
WORKER = ASSETS / "built/offline.worker.js"


def kept_files(build: str, assets: Path = ASSETS) -> list[str]:
    """The paths of all code that the pages may need: scripts, the style sheet, words and the icon."""
    built = sorted(path.relative_to(assets).as_posix() for path in (assets / "built").rglob("*.js"))
    names = [name for name in built if not name.endswith(("live-component.js", WORKER.name))]
    texts = [f"texts/{language}.json" for language in catalogue.LANGUAGES]
    return [f"{PREFIX}/{build}/{name}" for name in (*names, "built/styles.css", *texts)] + ["/favicon.ico"]


def worker_script(build: str) -> str:
    """The service worker, with what it keeps before it. Empty while the browser code is not built."""
    if not WORKER.is_file():
        return ""
    settings = {"build": build, "files": kept_files(build), "pages": INSTEAD}
    return f"const KEPT = {json.dumps(settings)};\n{WORKER.read_text(encoding='utf-8')}"


def leader_page(site: SiteLike, build: str) -> str:
    """The leader's page without Dash: its panel is drawn by the shell itself."""
    panel = (
        '<div class="page page-leader" data-page="leader"><div class="panel w-leader-page" data-alone="leader-page">'
    )
    title = f"{site.name} · {catalogue.text('nav.leader', site.language)}"
    return page_html(site, build, title=escape(title), main=f"{panel}</div></div>")


def add_offline(api: FastAPI, site: SiteLike, build: str) -> None:
    """Add the service worker and its pages. They say nothing of the site, and everybody may load them."""
    pages = {INSTEAD["/leader"]: leader_page(site, build), INSTEAD["/m"]: phone_html(site, build)}
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"}

    async def script() -> Response:
        return Response(worker_script(build), media_type="text/javascript", headers=headers)

    def add_page(path: str, html: str) -> None:
        async def page() -> Response:
            return HTMLResponse(html, headers={"Cache-Control": "no-store"})

        api.add_api_route(path, page, methods=["GET"], include_in_schema=False)

    api.add_api_route(SCRIPT, script, methods=["GET"], include_in_schema=False)
    for path, html in pages.items():
        add_page(path, html)
