"""Accounts of people and bearer tokens of programs, kept as documents of the journal.

The command line calls this beside a running system; the web process reads the documents
at use, so a new account works at once and a removed one stops within two seconds.
Passwords are kept as argon2id hashes (RFC 9106), tokens as SHA-256: they are random.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from api.auth.names import skeleton
from api.auth.password_rules import PasswordFault, password_fault
from api.auth.passwords import hash_password, password_fits
from api.http.finding_texts import TEXTS
from api.principal import Role, TokenScope
from feeds.clock import now
from feeds.journal.forms import register_fields
from feeds.regions import is_code

if TYPE_CHECKING:
    from feeds.journal import Journal

PASSWORDS_KEPT = 24
"""The largest number of hashes of earlier passwords in an account."""
NAME = re.compile(r"[^\W_][\w.@-]{0,63}")


Permit = Callable[[Mapping[str, Any]], None]
"""A check at the moment of the change. It raises when the asker may not change the document."""


class Unacceptable(ValueError):
    """The account or token cannot be made as asked. The text gives the reason."""


class Taken(Unacceptable):
    """An account has that name already."""


class Alike(Unacceptable):
    """The name looks like that of another account."""


class BadPassword(Unacceptable):
    """The password breaks a rule (api.auth.password_rules)."""

    def __init__(self, fault: PasswordFault) -> None:
        zh, en = TEXTS[fault]
        super().__init__(f"{zh}。 {en}.")
        self.fault = fault


def digest(secret: str) -> str:
    """The id of the document of a session or token: the SHA-256 of its secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _check(name: str, region: str) -> None:
    if not NAME.fullmatch(name):
        raise Unacceptable(f"the name {name!r} must be 1 to 64 letters, digits or . @ - _ and start with a letter")
    if region and not is_code(region):
        raise Unacceptable(f"the region {region!r} is no region code (GB/T 2260: 6, 9 or 12 digits)")


async def add_account(
    journal: Journal,
    name: str,
    role: str,
    region: str,
    password: str,
    actor: str,
    *,
    replace: bool = False,
    must_change: bool = False,
) -> None:
    """Create an account, or with `replace` give an existing one a new role, region and password.

    `must_change`: the person changes the password at the first sign-in. Raises Unacceptable: taken name, one that looks
    like another, unknown role, bad region, weak password.
    """
    _check(name, region)
    if role not in list(Role):
        raise Unacceptable(f"the role {role!r} is none of {', '.join(Role)}")
    if not replace:
        _refuse_taken(name, await journal.doc("account", name))
        others = {skeleton(doc.id): doc.id for doc in await journal.docs("account") if doc.id != name}
        if (other := others.get(skeleton(name))) is not None:
            raise Alike(f"the name {name!r} looks like {other!r}")
    at, hashed = now(), await hashed_password(password, name)
    # The stamp ends the sessions that were opened with an earlier password.
    account: dict[str, Any] = {"name": name, "role": role, "region": region, "hash": hashed}
    account |= {"stamp": secrets.token_hex(8), "changed": at, "must_change": must_change}
    entry = "account-set" if replace else "account-added"
    async with journal.begin() as tx:
        if not replace:
            _refuse_taken(name, await tx.doc("account", name))
        body = {"role": role, "region": region}
        seq = await tx.append(kind="audit", name=entry, subject=name, at=at, actor=actor, body=body)
        await tx.put("account", name, account, seq=seq)


def _refuse_taken(name: str, account: object) -> None:
    if account is not None:
        raise Taken(f"the account {name!r} exists already")


async def change_account(
    journal: Journal, name: str, changes: Mapping[str, Any], actor: str, *, permit: Permit = lambda _: None
) -> dict[str, Any] | None:
    """Give an account another `role`, `region`, `password`, or `disabled`; None when there is none of that name.

    Every change ends its open sessions. What is not in `changes` stays as another writer may have set it meanwhile.
    Raises Unacceptable as add_account, and what `permit` raises. The record tells what changed, never a password.
    """
    _check(name, str(changes.get("region", "")))
    if "role" in changes and changes["role"] not in list(Role):
        raise Unacceptable(f"the role {changes['role']!r} is none of {', '.join(Role)}")
    new = {key: changes[key] for key in ("role", "region", "disabled") if key in changes}
    if "password" in changes:
        new["hash"] = await hashed_password(str(changes["password"]), name)
        new |= {"changed": now(), "must_change": name != actor}
    new["stamp"] = secrets.token_hex(8)
    before: dict[str, Any] = {}

    def change(account: dict[str, Any] | None) -> dict[str, Any] | None:
        if account is None:
            return None
        permit(account)
        before.update(_rights(account))
        return account | new

    async with journal.begin() as tx:
        changed = await tx.update("account", name, change)
        if changed is not None:
            body = {"region": changed["region"], "before": before, "after": _rights(changed)}
            body |= {"password": "changed"} if "password" in changes else {}
            await tx.append(kind="audit", name="account-set", subject=name, at=now(), actor=actor, body=body)
    if changed is not None and "password" in changes:
        await unlock(journal, name, actor)
    return changed


def _rights(account: Mapping[str, Any]) -> dict[str, Any]:
    return {"role": account["role"], "region": account["region"], "disabled": bool(account.get("disabled"))}


async def hashed_password(password: str, name: str, earlier: Sequence[str] = ()) -> str:
    """The hash of a new password of the account `name`.

    Raises BadPassword, also for a password that fits one of the hashes `earlier`.
    """
    if (fault := await asyncio.to_thread(password_fault, password, name)) is not None:
        raise BadPassword(fault)
    for hashed in earlier:
        if await password_fits(hashed, password):
            raise BadPassword(PasswordFault.USED)
    return await hash_password(password)


async def unlock(journal: Journal, name: str, actor: str) -> int:
    """Delete the counts and locks of failed sign-ins with a name. Returns the number of addresses that had one."""
    keys = [doc.id for doc in await journal.docs("lockout") if doc.id.startswith(f"pair:{name}|")]
    async with journal.begin() as tx:
        await tx.append(kind="audit", name="sign-in-unlocked", subject=name, at=now(), actor=actor, body={})
        for key in keys:
            await tx.delete("lockout", key)
    return len(keys)


async def remove_account(journal: Journal, name: str, actor: str, *, permit: Permit = lambda _: None) -> bool:
    """Remove an account and end its sessions; False for an unknown one. Raises what `permit` raises."""
    return await _remove(journal, "account", name, actor, permit)


async def add_token(journal: Journal, name: str, scope: str, region: str, actor: str) -> str:
    """Create a bearer token and return it. The journal keeps its hash only. Raises Unacceptable."""
    _check(name, region)
    if scope not in list(TokenScope):
        raise Unacceptable(f"the scope {scope!r} is none of {', '.join(TokenScope)}")
    raw, at = "wf_" + secrets.token_urlsafe(32), now()
    token = {"name": name, "scope": scope, "region": region, "created": at, "by": actor}
    async with journal.begin() as tx:
        seq = await tx.append(
            kind="audit", name="token-added", subject=name, at=at, actor=actor, body={"scope": scope, "region": region}
        )
        await tx.put("token", digest(raw), token, seq=seq)
    return raw


async def remove_token(journal: Journal, name: str, actor: str) -> int:
    """Revoke every token of that name; returns how many there were."""
    tokens = [doc for doc in await journal.docs("token") if doc.body["name"] == name]
    return sum([await _remove(journal, "token", doc.id, actor) for doc in tokens])


async def revoke_token(journal: Journal, doc_id: str, actor: str, *, permit: Permit = lambda _: None) -> bool:
    """Revoke one token by the id of its document; False when there is none. Raises what `permit` raises."""
    return await _remove(journal, "token", doc_id, actor, permit)


async def _remove(journal: Journal, kind: str, doc_id: str, actor: str, permit: Permit = lambda _: None) -> bool:
    async with journal.begin() as tx:
        body = await tx.doc(kind, doc_id)
        if body is None:
            return False
        permit(body)
        name = str(body["name"])
        await tx.append(kind="audit", name=f"{kind}-removed", subject=name, at=now(), actor=actor, body={})
        await tx.delete(kind, doc_id)
    return True


class _Account(TypedDict):
    name: str
    role: str
    region: str
    hash: str
    stamp: str


class _Token(TypedDict):
    name: str
    scope: str
    region: str
    created: float


register_fields("account", _Account)
register_fields("token", _Token)
