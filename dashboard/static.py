"""The dashboard's own files: served under an address that names the build, so that no browser mixes two builds."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from feeds.texts import catalogue

ASSETS = Path(__file__).parent / "assets"
PREFIX = "/static"
YEAR = 31_536_000
TYPES = {
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


def build_id(folder: Path = ASSETS) -> str:
    """16 hex digits that change with any file of the browser's code or any text."""
    digest = hashlib.sha256()
    for path in sorted([*folder.rglob("*"), *catalogue.files()]):
        if path.is_file():
            digest.update(f"{path.parent.name}/{path.name}".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


class Assets(StaticFiles):
    """`/<build>/<file>`: immutable for the present build; another build's address still answers, uncached."""

    def __init__(self, build: str, folder: Path = ASSETS) -> None:
        super().__init__(directory=folder)
        self._build = build

    async def get_response(self, path: str, scope: Scope) -> Response:
        build, _, inner = path.replace(os.sep, "/").partition("/")
        if inner.startswith("texts/"):
            response = self._texts(inner.removeprefix("texts/").removesuffix(".json"))
        else:
            response = await super().get_response(inner or ".", scope)
        suffix = Path(inner).suffix
        if suffix in TYPES:
            response.headers["content-type"] = f"{TYPES[suffix]}; charset=utf-8"
        current = build == self._build
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if current else "no-store"
        return response

    def _texts(self, language: str) -> Response:
        if language not in catalogue.LANGUAGES:
            raise HTTPException(404)
        return JSONResponse(dict(catalogue.catalogue(language)))


def add_static(api: FastAPI, build: str) -> None:
    """Mounts the files and `/static/version.json`, by which an open page learns that it is old."""

    async def version() -> JSONResponse:
        return JSONResponse({"build": build}, headers={"Cache-Control": "no-store"})

    api.add_api_route(f"{PREFIX}/version.json", version, methods=["GET"], include_in_schema=False)
    api.mount(PREFIX, Assets(build), name="dashboard-static")
