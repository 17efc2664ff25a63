"""Routers of the application: their routes check query parameters, and are built once.

FastAPI's `include_router()` builds every route a second time when the first request comes, with a validator for each
parameter and body: 4 MB and 0.3 s of processor time for this interface.
"""

from __future__ import annotations

from enum import Enum

from fastapi import APIRouter, Depends, FastAPI

from api.query_parameters import strict


def api_router(prefix: str = "/api/v1", *, tags: list[str | Enum] | None = None) -> APIRouter:
    """A router whose routes refuse unknown query parameters."""
    return APIRouter(prefix=prefix, tags=tags, dependencies=[Depends(strict)])


def add_routes(app: FastAPI, router: APIRouter) -> None:
    """Append the routes of a router to the application, as they are."""
    app.router.routes.extend(router.routes)
