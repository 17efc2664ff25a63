"""Routes of sign-in and sign-out, the asker's own account, and the site's public settings."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import Request
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response

from api.auth.askers import peer_of
from api.auth.cookies import Cookies
from api.auth.identities import Identities
from api.auth.signin import SignIn
from api.dependencies import Anybody, Deps
from api.deputies import leader_on_leave
from api.http.answers import Json
from api.http.findings import finding
from api.http.problems import Problem
from api.principal import Principal, Role
from api.responses import session
from api.responses.describe import answers
from api.routers import api_router
from feeds.regions import is_code

router = api_router(tags=["session"])


class CredentialsBody(BaseModel):
    """Name and password of a person."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    code: Annotated[str, StringConstraints(max_length=32)] = ""


class DemoRoleBody(BaseModel):
    """The role and region to take in the demo."""

    model_config = ConfigDict(extra="forbid")
    role: Role
    region: Annotated[str, StringConstraints(max_length=12)] = ""


@router.post(
    "/session",
    responses=answers(session.Me, "wrong-credentials", "second-factor", "locked", "invalid", example=session.ME),
)
async def sign_in(deps: Deps, request: Request, credentials: CredentialsBody) -> Response:
    """Sign in; sets the session cookie. 401 wrong, or a code is needed; 429 locked (Retry-After)."""
    taker = cast(SignIn, request.app.state.sign_in)
    cookie, principal = await taker.sign_in(credentials.name, credentials.password, peer_of(request), credentials.code)
    answer = Json(_me(principal))
    Cookies(deps.settings).set_session(answer, cookie)
    return answer


@router.delete("/session", status_code=204, responses=answers(None, status=204))
async def sign_out(deps: Deps, request: Request, principal: Anybody) -> Response:
    """Sign out; the session's open sockets close within two seconds."""
    if principal.via in ("session", "demo") and principal.key:
        await cast(Identities, request.app.state.identities).end_session(principal, peer_of(request))
    answer = Response(status_code=204)
    Cookies(deps.settings).clear_session(answer)
    return answer


@router.get("/me", responses=answers(session.Me, example=session.ME))
async def me(deps: Deps, principal: Anybody) -> Response:
    """The principal of the request, with the rights that `[approvals]` gives to named accounts."""
    shown = _me(principal) | {"acting_for": await leader_on_leave(deps, principal)}
    if principal.personal and deps.approvals is not None:
        shown["rights"] = sorted({*shown["rights"], *deps.approvals.rights_of(principal.name)})
    return Json(shown)


@router.get("/site", responses=answers(session.SiteAnswer, example=session.SITE))
async def site(deps: Deps, principal: Anybody) -> Response:
    """The site's name, region, time zone, language and version."""
    info = deps.site
    return Json(
        {
            "name": info.name,
            "region": info.region,
            "timezone": info.timezone,
            "language": info.language,
            "version": info.version,
            "demo": deps.settings.demo,
            "exercise": False,
        }
    )


@router.post("/demo/role", responses=answers(session.Me, example=session.ME))
async def demo_role(deps: Deps, request: Request, principal: Anybody, body: DemoRoleBody) -> Response:
    """In the demo only: take another role or region."""
    if not deps.settings.demo or principal.via not in ("demo", "session"):
        raise Problem("forbidden")
    if body.region and not is_code(body.region):
        raise Problem("invalid", findings=[finding("body.region", "region")])
    identities = cast(Identities, request.app.state.identities)
    account = {"name": f"demo-{body.role}", "role": str(body.role), "region": body.region}
    cookie, opened = await identities.open_session(account, peer_of(request), name="demo-role")
    answer = Json(_me(opened))
    Cookies(deps.settings).set_session(answer, cookie)
    return answer


def _me(principal: Principal) -> dict[str, Any]:
    return {
        "name": principal.name,
        "role": principal.role,
        "region": principal.region,
        "csrf": principal.csrf,
        "personal": principal.personal,
        "demo": principal.via == "demo",
        "rights": sorted(principal.rights),
        "must": principal.must,
        "units": list(principal.units),
        "acting_for": "",
    }
