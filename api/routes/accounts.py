"""Accounts of people and tokens of programs, for those who administer the site; auditors may look.

An administrator of a region sees and changes only what lies within it; what lies outside is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.requests import HTTPConnection
from starlette.responses import Response

from api.auth import accounts
from api.dependencies import Admin, Deps, Given, principal_of
from api.http.answers import Json, listing
from api.http.findings import finding
from api.http.problems import Problem
from api.principal import Principal, Right, Role, TokenScope
from api.rights import check
from feeds import wire
from feeds.duty.rights import refusal
from feeds.regions import is_code

router = APIRouter(prefix="/api/v1", tags=["staff"])
Name = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]
Region = Annotated[str, StringConstraints(max_length=12)]
Password = Annotated[str, StringConstraints(min_length=accounts.PASSWORD_LENGTH[0], max_length=1024)]
SHORT = 16


class NewAccount(BaseModel):
    """Somebody who is to sign in."""

    model_config = ConfigDict(extra="forbid")
    name: Name
    role: Role
    region: Region = ""
    password: Password


class ChangedAccount(BaseModel):
    """What is to be another; what is not given stays. Every change ends the open sessions."""

    model_config = ConfigDict(extra="forbid")
    role: Role | None = None
    region: Region | None = None
    password: Password | None = None
    disabled: bool | None = None


class NewToken(BaseModel):
    """A program that is to come in. Its region bounds what it sees or may send for."""

    model_config = ConfigDict(extra="forbid")
    name: Name
    scope: TokenScope
    region: Region = ""


def _reader(connection: HTTPConnection) -> Principal:
    who = principal_of(connection)
    if not (who.may(Right.ADMINISTER) or who.may(Right.AUDIT)):
        raise Problem("forbidden")
    return who


@router.get("/accounts")
async def listed(given: Given, connection: HTTPConnection) -> Response:
    """Every account within one's region: role, region, whether in use, its open sessions and when it was last used."""
    who = _reader(connection)
    docs = await given.journal.docs("account")
    sessions, used = await _use(given)
    seen = [_shown(doc.body) for doc in docs if who.reaches(str(doc.body["region"]))]
    items = [item | {"sessions": sessions[item["name"]], "used_at": wire.iso(used.get(item["name"]))} for item in seen]
    items.sort(key=lambda item: str(item["name"]))
    return listing(items, None, given.pump.mirror.rev, hidden=len(docs) - len(items))


async def _use(given: Deps) -> tuple[Counter[str], dict[str, float]]:
    """Open sessions and the last use, by account."""
    at, count, last = given.clock(), Counter[str](), dict[str, float]()
    uses = {doc.id: float(doc.body["at"]) for doc in await given.journal.docs("session-use")}
    for doc in await given.journal.docs("session"):
        name = str(doc.body["account"])
        if doc.body["expires"] > at and not doc.body["demo"]:
            count[name] += 1
            last[name] = max(last.get(name, 0.0), uses.get(doc.id, float(doc.body["created"])))
    return count, last


def _shown(account: dict[str, Any]) -> dict[str, Any]:
    """As people see it: never the hash."""
    return {
        "name": account["name"],
        "role": account["role"],
        "region": account["region"],
        "disabled": bool(account.get("disabled")),
    }


@router.post("/accounts", status_code=201)
async def add(given: Given, who: Admin, wish: NewAccount) -> Response:
    """Make an account; 409 when the name is taken, 403 outside one's region."""
    _within(who, "account_add", wish.region)
    try:
        await accounts.add_account(given.journal, wish.name, wish.role, wish.region, wish.password, who.name)
    except accounts.Taken as error:
        taken = {"zh-CN": "这个用户名已有人用。", "en": "The name is taken."}
        raise Problem("conflict", code="exists", detail=taken) from error
    except accounts.Unacceptable as error:
        raise Problem("invalid", findings=[finding("body.name", "account_name")]) from error
    made = {"name": wish.name, "role": wish.role, "region": wish.region}
    return Json(_shown(made), status_code=201)


@router.patch("/accounts/{name}")
async def change(given: Given, who: Admin, name: str, wish: ChangedAccount) -> Response:
    """Another role, region or password, or out of use; its sessions end within two seconds. Not for one's own role."""
    await _account(given, who, name)
    changes = {key: value for key, value in wish.model_dump().items() if value is not None}
    if not changes:
        raise Problem("invalid", findings=[finding("body", "missing")])
    if name == who.name and {"role", "region", "disabled"} & set(changes):
        raise _own()
    if "region" in changes:
        _within(who, "account_change", str(changes["region"]))
    made = await accounts.change_account(given.journal, name, changes, who.name, permit=_permit(who, "account_change"))
    if made is None:
        raise Problem("not-found")
    return Json(_shown(made))


@router.delete("/accounts/{name}")
async def remove(given: Given, who: Admin, name: str) -> Response:
    """Take an account away; its sessions end with it. What it did stays in the record."""
    await _account(given, who, name)
    if name == who.name:
        raise _own()
    if not await accounts.remove_account(given.journal, name, who.name, permit=_permit(who, "account_remove")):
        raise Problem("not-found")
    return Json({"removed": name})


@router.get("/tokens")
async def tokens(given: Given, connection: HTTPConnection) -> Response:
    """Every token within one's region: name, scope, region, who made it and when; never the token."""
    who = _reader(connection)
    docs = await given.journal.docs("token")
    items = [_token(doc.id, doc.body) for doc in docs if who.reaches(str(doc.body["region"]))]
    items.sort(key=lambda item: (str(item["name"]), str(item["created"])))
    return listing(items, None, given.pump.mirror.rev, hidden=len(docs) - len(items))


@router.post("/tokens", status_code=201)
async def add_token(given: Given, who: Admin, wish: NewToken) -> Response:
    """Make a token. Its text is in this answer and nowhere else: only its hash is kept."""
    _within(who, "token_add", wish.region)
    try:
        raw = await accounts.add_token(given.journal, wish.name, wish.scope, wish.region, who.name)
    except accounts.Unacceptable as error:
        raise Problem("invalid", findings=[finding("body.name", "account_name")]) from error
    doc = await given.journal.doc("token", accounts.digest(raw))
    shown = _token(doc.id, doc.body) if doc is not None else {}
    return Json(shown | {"token": raw}, status_code=201, headers={"Cache-Control": "no-store"})


@router.delete("/tokens/{key}")
async def revoke(given: Given, who: Admin, key: str) -> Response:
    """Revoke one token; what uses it is refused within two seconds."""
    found = [doc for doc in await given.journal.docs("token") if doc.id[:SHORT] == key]
    if len(found) != 1 or not who.reaches(str(found[0].body["region"])):
        raise Problem("not-found")
    if not await accounts.revoke_token(given.journal, found[0].id, who.name, permit=_permit(who, "token_revoke")):
        raise Problem("not-found")
    return Json({"revoked": key})


def _token(key: str, body: dict[str, Any]) -> dict[str, Any]:
    """The id is the beginning of the hash: enough to name it, of no use to sign in."""
    created = wire.iso(body.get("created"))
    return {
        "id": key[:SHORT],
        "name": body["name"],
        "scope": body["scope"],
        "region": body["region"],
        "created": created,
        "by": body.get("by", ""),
    }


async def _account(given: Deps, who: Principal, name: str) -> dict[str, Any]:
    doc = await given.journal.doc("account", name)
    if doc is None or not who.reaches(str(doc.body["region"])):
        raise Problem("not-found")
    return doc.body


def _permit(who: Principal, verb: str) -> accounts.Permit:
    """Refuses what the asker may not change, by the region that it has at the moment of the change."""

    def permit(body: Mapping[str, Any]) -> None:
        if refusal(verb, who.role, who.region, str(body["region"])):
            raise Problem("not-found")

    return permit


def _within(who: Principal, verb: str, region: str) -> None:
    """Nobody gives more than the own region; no region means the whole site."""
    if region and not is_code(region):
        raise Problem("invalid", findings=[finding("body.region", "region")])
    check(who, verb, region)


def _own() -> Problem:
    zh = "不能改动自己的角色和辖区，也不能停用自己。"
    en = "You cannot change your own role or region, or put yourself out of use."
    return Problem("conflict", code="own_account", detail={"zh-CN": zh, "en": en})
