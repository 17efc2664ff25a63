"""Routes of the asker's own account: password, second factor, sessions, and entering the password again."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Request
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response

from api.auth.accounts import BadPassword
from api.auth.askers import peer_of
from api.auth.own_account import OwnAccountStore
from api.auth.second_factor import address, picture
from api.auth.signin import SignIn
from api.dependencies import Anybody, Dependencies, Deps
from api.http.answers import Json
from api.http.findings import finding
from api.http.problems import Problem
from api.principal import Principal
from api.responses import own_account as answered
from api.responses.describe import answers
from api.routers import api_router
from feeds import wire
from feeds.cases.sealing import Sealer

router = api_router("/api/v1/account", tags=["session"])
Secret = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Code = Annotated[str, StringConstraints(max_length=32)]
NO_STORE = {"Cache-Control": "no-store"}


class PasswordProofBody(BaseModel):
    """The present password, and a code where the account has a second factor."""

    model_config = ConfigDict(extra="forbid")
    password: Secret
    code: Code = ""


class NewPasswordBody(PasswordProofBody):
    """A new password."""

    new: Secret


class CodeBody(BaseModel):
    """A code of the device."""

    model_config = ConfigDict(extra="forbid")
    code: Code


@router.get("", responses=answers(answered.OwnAccount))
async def own(deps: Deps, principal: Anybody) -> Response:
    """The asker's own account, its second factor and its open sessions."""
    store = _store(deps, principal)
    account, at = await store.account(), deps.clock()
    factor = account.get("factor", {})
    rows = await store.sessions(at)
    sessions = [
        {key: row[key] for key in ("id", "address", "current")}
        | {"created": wire.iso(row["created"]), "used_at": wire.iso(row["used"])}
        for row in rows
    ]
    return Json(
        {
            "name": principal.name,
            "role": principal.role,
            "region": principal.region,
            "must": principal.must,
            "password_changed": wire.iso(account.get("changed")),
            "password_days": deps.settings.password_days,
            "confirmed_at": wire.iso(principal.confirmed),
            "second_factor": {
                "policy": deps.settings.second_factor,
                "enabled": bool(factor),
                "recovery_left": len(factor.get("recovery", [])),
            },
            "sessions": sessions,
        }
    )


@router.post("/password", status_code=204, responses=answers(None, "wrong-credentials", "second-factor", status=204))
async def change_password(deps: Deps, request: Request, principal: Anybody, body: NewPasswordBody) -> Response:
    """Change the own password. All other sessions end."""
    store = _store(deps, principal)
    await _prove(request, principal, body)
    try:
        await store.change_password(body.new, deps.settings.password_history, deps.clock())
    except BadPassword as error:
        raise Problem("invalid", findings=[finding("body.new", error.fault)]) from error
    return Response(status_code=204)


@router.post("/confirm", status_code=204, responses=answers(None, "wrong-credentials", "second-factor", status=204))
async def confirm(deps: Deps, request: Request, principal: Anybody, body: PasswordProofBody) -> Response:
    """Enter the password again. Dangerous orders require it (`[web] confirm_minutes`)."""
    store = _store(deps, principal)
    await _prove(request, principal, body)
    await store.confirm(deps.clock())
    return Response(status_code=204)


@router.post("/activity", status_code=204, responses=answers(None, status=204))
async def activity(principal: Anybody) -> Response:
    """Report that the person is present. An open page alone does not keep a session."""
    return Response(status_code=204)


@router.post("/second-factor", responses=answers(answered.NewSecondFactor, "wrong-credentials", "second-factor"))
async def begin_factor(deps: Deps, request: Request, principal: Anybody, body: PasswordProofBody) -> Response:
    """Create a secret for the person's device. It is in use once a code has confirmed it."""
    store, sealer = _store(deps, principal), _sealer(deps)
    await _prove(request, principal, body)
    secret = await store.begin_factor(sealer, deps.clock())
    uri = address(secret, deps.site.name, principal.name)
    return Json({"secret": secret, "address": uri, "picture": picture(uri)}, headers=NO_STORE)


@router.post("/second-factor/confirm", responses=answers(answered.RecoveryCodes))
async def confirm_factor(deps: Deps, principal: Anybody, body: CodeBody) -> Response:
    """Put the new secret into use by one of its codes. Only this answer has the recovery codes."""
    codes = await _store(deps, principal).confirm_factor(body.code.strip(), _sealer(deps), deps.clock())
    if not codes:
        raise Problem("invalid", findings=[finding("body.code", "code_wrong")])
    return Json({"recovery_codes": codes}, headers=NO_STORE)


@router.post(
    "/second-factor/remove", status_code=204, responses=answers(None, "wrong-credentials", "second-factor", status=204)
)
async def remove_factor(deps: Deps, request: Request, principal: Anybody, body: PasswordProofBody) -> Response:
    """Remove the second factor of the own account."""
    store = _store(deps, principal)
    await _prove(request, principal, body)
    await store.remove_factor(deps.clock())
    return Response(status_code=204)


@router.delete("/sessions/{id}", status_code=204, responses=answers(None, status=204))
async def end_session(deps: Deps, principal: Anybody, id: str) -> Response:
    """End one of the own sessions; its sockets close within two seconds."""
    if not await _store(deps, principal).end_session(id, deps.clock()):
        raise Problem("not-found")
    return Response(status_code=204)


def _store(deps: Dependencies, principal: Principal) -> OwnAccountStore:
    """The account of a person with a session. Raises Problem for programs and the demo, which have none."""
    if principal.via != "session":
        raise Problem("forbidden")
    return OwnAccountStore(journal=deps.journal, principal=principal)


def _sealer(deps: Dependencies) -> Sealer:
    if deps.sealer is None or deps.settings.second_factor == "off":
        raise Problem("forbidden")
    return deps.sealer


async def _prove(request: Request, principal: Principal, body: PasswordProofBody) -> None:
    taker = cast(SignIn, request.app.state.sign_in)
    await taker.prove(principal.name, body.password, peer_of(request), body.code)
