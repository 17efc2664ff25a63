"""The Dash app on the site's one FastAPI app: pages, static files, sign-in, icon and manifest."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from importlib import resources
from typing import Any

import dash
from dash import Dash
from dash.exceptions import DependencyException
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from dashboard.account import account_html
from dashboard.compression import CompressedFiles
from dashboard.offline import add_offline
from dashboard.pages import PAGES, register
from dashboard.phone import phone_html
from dashboard.preloads import Preloads
from dashboard.reports.pages import ReportCallbacks, add_callbacks
from dashboard.reports.reading import ApiReader, CallbackScope
from dashboard.reports.registry import EMBEDDED, REPORT_LIST, REPORTS
from dashboard.scripts import PagedDash
from dashboard.shell import Site, SiteLike, index_string
from dashboard.signin import signin_html
from dashboard.static import PREFIX, add_static, build_id
from feeds.texts import catalogue as texts

__all__ = ["STATIC_PREFIXES", "Site", "create_dash", "script_hashes", "setup"]

# What every browser may load before anybody has signed in; nothing in it says anything of the site.
SUITES = "/_dash-component-suites"
STATIC_PREFIXES = (f"{PREFIX}/", f"{SUITES}/")


def create_dash(api: FastAPI, site: SiteLike) -> Dash:
    """Adds the pages to `api`, which must have all its own routes by then: Dash answers whatever is left.

    `site` has the name, language, zone and region of the site. The lifespan of `api` is made to run `setup` first; ask
    `script_hashes` when an answer starts.
    """
    build = build_id()
    base = f"{PREFIX}/{build}"
    _add_routes(api, site, build)
    api.add_middleware(CompressedFiles, prefixes=STATIC_PREFIXES)
    app = PagedDash(
        base,
        Preloads(PAGES, base),
        name=__name__,
        server=api,
        use_pages=True,
        pages_folder="",
        # Dash's own /assets/ would stand in the way of the page /assets/<id>, and would load modules as scripts.
        assets_folder="none",
        assets_url_path="/static/none",
        include_assets_files=False,
        serve_locally=True,
        index_string=index_string(site, build),
        title=f"{site.name} · {texts.text('app.name', site.language)}",
        update_title="",
        suppress_callback_exceptions=True,
        add_log_handler=False,
    )
    # Live data has a socket of its own (assets/live.js); Dash would open another one on every page, for nothing.
    app.backend.websocket_capability = False
    register(site)
    app.layout = dash.page_container
    add_callbacks(app, ReportCallbacks((REPORT_LIST, *REPORTS, *EMBEDDED), site, ApiReader(api)))
    api.add_middleware(CallbackScope)
    api.add_exception_handler(DependencyException, _no_such_file)
    _enter_lifespan(api, app)
    return app


def _enter_lifespan(api: FastAPI, app: Dash) -> None:
    inner = api.router.lifespan_context

    @contextlib.asynccontextmanager
    async def lifespan(application: Any) -> AsyncIterator[Any]:
        await setup(app)
        async with inner(application) as state:
            yield state

    api.router.lifespan_context = lifespan


async def _no_such_file(_request: Request, _error: Exception) -> Response:
    """Below /_dash-component-suites/ Dash has an error of its own for what is not there, and would answer 500."""
    return Response(status_code=404)


async def setup(app: Dash) -> None:
    """In the lifespan: without it callbacks are missing until the first request, and open tabs loop after a restart."""
    backend: Any = app.backend
    for hook in backend._before_request_funcs:
        outcome = hook()
        if outcome is not None:
            await outcome


def script_hashes(app: Dash) -> list[str]:
    """The Content-Security-Policy sources of Dash's inline scripts; they may grow at the first request."""
    return list(dict.fromkeys(app.csp_hashes()))


def _manifest(site: SiteLike) -> dict[str, Any]:
    """The web app manifest (W3C) of the site."""
    name = f"{site.name} · {texts.text('app.name', site.language)}"
    return {
        "name": name,
        "short_name": texts.text("app.name", site.language),
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "lang": site.language,
        "display": "standalone",
        "background_color": "#0e1216",
        "theme_color": "#0e1216",
        "icons": [{"src": "/favicon.ico", "sizes": "any", "type": "image/svg+xml"}],
        "shortcuts": [
            {"name": texts.text(key, site.language), "url": url}
            for key, url in (("nav.leader", "/leader"), ("tasks.mine", "/m"))
        ],
    }


def _add_routes(api: FastAPI, site: SiteLike, build: str) -> None:
    page, own_account = signin_html(site, build), account_html(site, build)
    unit_page = phone_html(site, build)
    icon = resources.files("dashboard").joinpath("assets/favicon.svg").read_bytes()
    manifest = _manifest(site)

    async def signin() -> Response:
        return HTMLResponse(page, headers={"Cache-Control": "no-store"})

    async def account() -> Response:
        return HTMLResponse(own_account, headers={"Cache-Control": "no-store"})

    async def phone() -> Response:
        return HTMLResponse(unit_page, headers={"Cache-Control": "no-store"})

    async def favicon() -> Response:
        return Response(icon, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})

    async def web_manifest(start: str = "/") -> Response:
        """The manifest. `start` is a page that is installed as an app of its own; the others are not."""
        own = {"id": start, "start_url": start} if start in ("/leader", "/m") else {}
        return JSONResponse(manifest | own, media_type="application/manifest+json")

    async def no_package() -> Response:
        return Response(status_code=404)

    # An address there that names no file of a package is none of Dash's: it would be answered as a page.
    for path in (SUITES, f"{SUITES}/", f"{SUITES}/{{package}}"):
        api.add_api_route(path, no_package, methods=["GET", "HEAD"], include_in_schema=False)
    api.add_api_route("/signin", signin, methods=["GET"], include_in_schema=False)
    api.add_api_route("/account", account, methods=["GET"], include_in_schema=False)
    api.add_api_route("/m", phone, methods=["GET"], include_in_schema=False)
    api.add_api_route("/favicon.ico", favicon, methods=["GET"], include_in_schema=False)
    api.add_api_route("/manifest.webmanifest", web_manifest, methods=["GET"], include_in_schema=False)
    add_offline(api, site, build)
    add_static(api, build)
