"""Signing in and out, who one is, and what everybody may know of the site."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from api.auth.cookies import Cookies
from api.auth.identities import Identities
from api.auth.signin import SignIn
from api.dependencies import Anybody, Given
from api.http.answers import Json
from api.http.findings import finding
from api.http.problems import Problem
from api.principal import Principal, Role
from feeds.regions import is_code

router = APIRouter(prefix="/api/v1", tags=["session"])


class Credentials(BaseModel):
    """What a person signs in with."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class DemoRole(BaseModel):
    """What a visitor of the demo wants to be."""

    model_config = ConfigDict(extra="forbid")
    role: Role
    region: Annotated[str, StringConstraints(max_length=12)] = ""


class Me(BaseModel):
    """Who one is. `csrf` goes into X-CSRF-Token of every write ("" when none is needed)."""

    name: str
    role: str
    region: str
    csrf: str
    personal: bool = Field(description="False: names of people and comments are left out")
    demo: bool
    rights: list[str]


@router.post("/session", responses={200: {"model": Me}})
async def sign_in(given: Given, request: Request, credentials: Credentials) -> Response:
    """Sign in; sets the session cookie. 401 wrong, 429 locked (Retry-After)."""
    taker = cast(SignIn, request.app.state.sign_in)
    cookie, principal = await taker.sign_in(credentials.name, credentials.password, peer_of(request))
    answer = Json(_me(principal))
    Cookies(given.settings).set_session(answer, cookie)
    return answer


@router.delete("/session", status_code=204)
async def sign_out(given: Given, request: Request, who: Anybody) -> Response:
    """Sign out; the session's open sockets close within two seconds."""
    if who.via in ("session", "demo") and who.key:
        await cast(Identities, request.app.state.identities).end_session(who, peer_of(request))
    answer = Response(status_code=204)
    Cookies(given.settings).clear_session(answer)
    return answer


@router.get("/me", responses={200: {"model": Me}})
async def me(who: Anybody) -> Response:
    """Who asks."""
    return Json(_me(who))


@router.get("/site")
async def site(given: Given, who: Anybody) -> Response:
    """The site's name, region, time zone, language and version."""
    info = given.site
    return Json(
        {
            "name": info.name,
            "region": info.region,
            "timezone": info.timezone,
            "language": info.language,
            "version": info.version,
            "demo": given.settings.demo,
            "exercise": False,
        }
    )


@router.post("/demo/role", responses={200: {"model": Me}})
async def demo_role(given: Given, request: Request, who: Anybody, wish: DemoRole) -> Response:
    """In the demo only: become another role, or somebody of one region."""
    if not given.settings.demo or who.via not in ("demo", "session"):
        raise Problem("forbidden")
    if wish.region and not is_code(wish.region):
        raise Problem("invalid", findings=[finding("body.region", "region")])
    identities = cast(Identities, request.app.state.identities)
    account = {"name": f"demo-{wish.role}", "role": str(wish.role), "region": wish.region}
    cookie, principal = await identities.open_session(account, peer_of(request), name="demo-role")
    answer = Json(_me(principal))
    Cookies(given.settings).set_session(answer, cookie)
    return answer


def peer_of(request: Request) -> str:
    """The address at the other end of the connection."""
    return request.client.host if request.client else ""


def _me(who: Principal) -> dict[str, Any]:
    return {
        "name": who.name,
        "role": who.role,
        "region": who.region,
        "csrf": who.csrf,
        "personal": who.personal,
        "demo": who.via == "demo",
        "rights": sorted(who.rights),
    }
