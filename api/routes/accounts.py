"""Routes of accounts of people and tokens of programs, for administrators. Auditors may read.

An administrator of a region sees and changes only accounts within it; the others are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.requests import HTTPConnection
from starlette.responses import Response

from api.auth import accounts
from api.dependencies import ConfirmedAdmin, Dependencies, Deps, principal_of
from api.http.answers import Json, listing
from api.http.findings import finding
from api.http.problems import Problem
from api.principal import ADMINISTRATORS, Principal, Right, Role, TokenScope
from api.responses import staff
from api.responses.describe import answers
from api.rights import check
from api.routers import api_router
from feeds import wire
from feeds.duty.rights import refusal
from feeds.regions import is_code

router = api_router(tags=["staff"])
Name = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]
Region = Annotated[str, StringConstraints(max_length=12)]
Password = Annotated[str, StringConstraints(max_length=1024)]
SHORT = 16


class NewAccountBody(BaseModel):
    """A new account."""

    model_config = ConfigDict(extra="forbid")
    name: Name
    role: Role
    region: Region = ""
    password: Password


class AccountChangeBody(BaseModel):
    """The changed fields of an account. Every change ends its open sessions."""

    model_config = ConfigDict(extra="forbid")
    role: Role | None = None
    region: Region | None = None
    password: Password | None = None
    disabled: bool | None = None


class NewTokenBody(BaseModel):
    """A new token of a program. Its region bounds what the program sees and may send."""

    model_config = ConfigDict(extra="forbid")
    name: Name
    scope: TokenScope
    region: Region = ""


def _reader(connection: HTTPConnection) -> Principal:
    principal = principal_of(connection)
    if not principal.rights & {Right.ACCOUNTS, Right.AUDIT}:
        raise Problem("forbidden")
    return principal


@router.get("/accounts", responses=answers(staff.AccountList))
async def listed(deps: Deps, connection: HTTPConnection) -> Response:
    """Every account within one's region: role, region, whether in use, its open sessions and when it was last used."""
    principal = _reader(connection)
    docs = await deps.journal.docs("account")
    sessions, used = await _use(deps)
    visible = [_shown(doc.body) for doc in docs if principal.reaches(str(doc.body["region"]))]
    items = [
        item | {"sessions": sessions[item["name"]], "used_at": wire.iso(used.get(item["name"]))} for item in visible
    ]
    items.sort(key=lambda item: str(item["name"]))
    return listing(items, None, deps.pump.rev, hidden=len(docs) - len(items))


async def _use(deps: Dependencies) -> tuple[Counter[str], dict[str, float]]:
    """Open sessions and the last use, by account."""
    at, count, last = deps.clock(), Counter[str](), dict[str, float]()
    uses = {doc.id: float(doc.body["at"]) for doc in await deps.journal.docs("session-use")}
    for doc in await deps.journal.docs("session"):
        name = str(doc.body["account"])
        if doc.body["expires"] > at and not doc.body["demo"]:
            count[name] += 1
            last[name] = max(last.get(name, 0.0), uses.get(doc.id, float(doc.body["created"])))
    return count, last


def _shown(account: dict[str, Any]) -> dict[str, Any]:
    """The account as an answer, without the hash of the password."""
    return {
        "name": account["name"],
        "role": account["role"],
        "region": account["region"],
        "disabled": bool(account.get("disabled")),
    }


@router.post(
    "/accounts",
    status_code=201,
    responses=answers(staff.AccountView, "not-confirmed", "conflict", "outside-region", status=201),
)
async def add(deps: Deps, principal: ConfirmedAdmin, body: NewAccountBody) -> Response:
    """Create an account; 409 when the name is taken, 403 outside the asker's region."""
    _within(principal, "account_add", body.region)
    _refuse_administrator(deps, str(body.role))
    try:
        await accounts.add_account(
            deps.journal, body.name, body.role, body.region, body.password, principal.name, must_change=True
        )
    except accounts.Taken as error:
        taken = {"zh-CN": "这个用户名已有人用。", "en": "The name is taken."}
        raise Problem("conflict", code="exists", detail=taken) from error
    except accounts.Unacceptable as error:
        raise _unacceptable(error) from error
    account = {"name": body.name, "role": body.role, "region": body.region}
    return Json(_shown(account), status_code=201)


@router.patch("/accounts/{name}", responses=answers(staff.AccountView, "not-confirmed", "conflict", "outside-region"))
async def change(deps: Deps, principal: ConfirmedAdmin, name: str, body: AccountChangeBody) -> Response:
    """Change the role, region or password, or disable the account. Its sessions end within two seconds."""
    account = await _account(deps, principal, name)
    _refuse_administrator(deps, str(account["role"]), str(body.role or ""))
    changes = {key: value for key, value in body.model_dump().items() if value is not None}
    if not changes:
        raise Problem("invalid", findings=[finding("body", "missing")])
    if name == principal.name and {"role", "region", "disabled"} & set(changes):
        raise _own()
    if "region" in changes:
        _within(principal, "account_change", str(changes["region"]))
    permit = _permit(principal, "account_change")
    try:
        changed = await accounts.change_account(deps.journal, name, changes, principal.name, permit=permit)
    except accounts.BadPassword as error:
        raise _unacceptable(error) from error
    if changed is None:
        raise Problem("not-found")
    return Json(_shown(changed))


@router.delete("/accounts/{name}", responses=answers(staff.RemovedAccount, "not-confirmed", "conflict"))
async def remove(deps: Deps, principal: ConfirmedAdmin, name: str) -> Response:
    """Remove an account and end its sessions. Its entries in the audit log stay."""
    _refuse_administrator(deps, str((await _account(deps, principal, name))["role"]))
    if name == principal.name:
        raise _own()
    if not await accounts.remove_account(
        deps.journal, name, principal.name, permit=_permit(principal, "account_remove")
    ):
        raise Problem("not-found")
    return Json({"removed": name})


@router.post("/accounts/{name}/unlock", status_code=204, responses=answers(None, "not-confirmed", status=204))
async def unlock(deps: Deps, principal: ConfirmedAdmin, name: str) -> Response:
    """Forget failed sign-ins with the name, so that the person may try again at once."""
    await _account(deps, principal, name)
    await accounts.unlock(deps.journal, name, principal.name)
    return Response(status_code=204)


@router.get("/tokens", responses=answers(staff.TokenList))
async def tokens(deps: Deps, connection: HTTPConnection) -> Response:
    """Every token within one's region: name, scope, region, who made it and when; never the token."""
    principal = _reader(connection)
    docs = await deps.journal.docs("token")
    items = [_token(doc.id, doc.body) for doc in docs if principal.reaches(str(doc.body["region"]))]
    items.sort(key=lambda item: (str(item["name"]), str(item["created"])))
    return listing(items, None, deps.pump.rev, hidden=len(docs) - len(items))


@router.post(
    "/tokens", status_code=201, responses=answers(staff.NewToken, "not-confirmed", "outside-region", status=201)
)
async def add_token(deps: Deps, principal: ConfirmedAdmin, body: NewTokenBody) -> Response:
    """Create a token. Its text is in this answer only: the journal keeps a hash."""
    _within(principal, "token_add", body.region)
    try:
        raw = await accounts.add_token(deps.journal, body.name, body.scope, body.region, principal.name)
    except accounts.Unacceptable as error:
        raise Problem("invalid", findings=[finding("body.name", "account_name")]) from error
    doc = await deps.journal.doc("token", accounts.digest(raw))
    shown = _token(doc.id, doc.body) if doc is not None else {}
    return Json(shown | {"token": raw}, status_code=201, headers={"Cache-Control": "no-store"})


@router.delete("/tokens/{key}", responses=answers(staff.RevokedToken, "not-confirmed"))
async def revoke(deps: Deps, principal: ConfirmedAdmin, key: str) -> Response:
    """Revoke one token; programs that use it are refused within two seconds."""
    matching = [doc for doc in await deps.journal.docs("token") if doc.id[:SHORT] == key]
    if len(matching) != 1 or not principal.reaches(str(matching[0].body["region"])):
        raise Problem("not-found")
    if not await accounts.revoke_token(
        deps.journal, matching[0].id, principal.name, permit=_permit(principal, "token_revoke")
    ):
        raise Problem("not-found")
    return Json({"revoked": key})


def _token(key: str, body: dict[str, Any]) -> dict[str, Any]:
    """The token as an answer. Its id is the beginning of the hash, which is of no use to sign in."""
    created = wire.iso(body.get("created"))
    return {
        "id": key[:SHORT],
        "name": body["name"],
        "scope": body["scope"],
        "region": body["region"],
        "created": created,
        "by": body.get("by", ""),
    }


async def _account(deps: Dependencies, principal: Principal, name: str) -> dict[str, Any]:
    doc = await deps.journal.doc("account", name)
    if doc is None or not principal.reaches(str(doc.body["region"])):
        raise Problem("not-found")
    return doc.body


def _refuse_administrator(deps: Dependencies, *roles: str) -> None:
    """With separated powers, raise Problem if one of `roles` is an administrator's.

    Accounts of the three administrators change on the machine only (`watchfloor user add`), so that none can promote or
    disable another.
    """
    if deps.settings.separated_powers and ADMINISTRATORS & set(roles):
        zh = "三权分立：系统、安全、审计管理员的账号只能在服务器上用 watchfloor user add 改动。"
        en = "Powers are separated: accounts of administrators change on the machine only (watchfloor user add)."
        raise Problem("forbidden", detail={"zh-CN": zh, "en": en})


def _permit(principal: Principal, verb: str) -> accounts.Permit:
    """A check, at the moment of the change, that the document lies in the region of the asker."""

    def permit(body: Mapping[str, Any]) -> None:
        if refusal(verb, principal.role, principal.region, str(body["region"])):
            raise Problem("not-found")

    return permit


def _within(principal: Principal, verb: str, region: str) -> None:
    """Raise Problem for a region outside the asker's. No region means the whole site."""
    if region and not is_code(region):
        raise Problem("invalid", findings=[finding("body.region", "region")])
    check(principal, verb, region)


def _unacceptable(error: accounts.Unacceptable) -> Problem:
    match error:
        case accounts.BadPassword():
            return Problem("invalid", findings=[finding("body.password", error.fault)])
        case accounts.Alike():
            return Problem("invalid", findings=[finding("body.name", "account_alike")])
    return Problem("invalid", findings=[finding("body.name", "account_name")])


def _own() -> Problem:
    zh = "不能改动自己的角色和辖区，也不能停用自己。"
    en = "You cannot change your own role or region, or put yourself out of use."
    return Problem("conflict", code="own_account", detail={"zh-CN": zh, "en": en})
