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
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from api.principal import Role, TokenScope
from feeds.clock import now
from feeds.regions import is_code

if TYPE_CHECKING:
    from feeds.journal import Journal

HASHER = PasswordHasher()
PASSWORD_LENGTH = (8, 1024)
NAME = re.compile(r"[^\W_][\w.@-]{0,63}")


class Unacceptable(ValueError):
    """The account or token cannot be made as asked; the text says why."""


def digest(secret: str) -> str:
    """The id under which a session or token is kept: never the secret itself."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def hash_password(password: str) -> str:
    """An argon2id hash, made in a thread: it takes tens of milliseconds and 64 MiB."""
    return await asyncio.to_thread(HASHER.hash, password)


async def password_fits(hashed: str, password: str) -> bool:
    """True when the password is the hashed one; a damaged hash fits nothing."""
    try:
        return await asyncio.to_thread(HASHER.verify, hashed, password)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False


def _check(name: str, region: str) -> None:
    if not NAME.fullmatch(name):
        raise Unacceptable(f"the name {name!r} must be 1 to 64 letters, digits or . @ - _ and start with a letter")
    if region and not is_code(region):
        raise Unacceptable(f"the region {region!r} is no region code (GB/T 2260: 6, 9 or 12 digits)")


async def add_account(
    journal: Journal, name: str, role: str, region: str, password: str, actor: str, *, replace: bool = False
) -> None:
    """Make an account, or with `replace` give an existing one a new role, region and password.

    Raises Unacceptable: taken name, unknown role, bad region, password too short.
    """
    _check(name, region)
    if role not in list(Role):
        raise Unacceptable(f"the role {role!r} is none of {', '.join(Role)}")
    if not replace and await journal.doc("account", name) is not None:
        raise Unacceptable(f"the account {name!r} exists already")
    at, hashed = now(), await _hashed(password)
    # The stamp ends the sessions that were opened with an earlier password.
    account = {"name": name, "role": role, "region": region, "hash": hashed, "stamp": secrets.token_hex(8)}
    async with journal.begin() as tx:
        seq = await tx.append(
            kind="audit",
            name="account-set" if replace else "account-added",
            subject=name,
            at=at,
            actor=actor,
            body={"role": role, "region": region},
        )
        await tx.put("account", name, account, seq=seq)


async def change_account(journal: Journal, name: str, changes: Mapping[str, Any], actor: str) -> dict[str, Any] | None:
    """Give an account another `role`, `region`, `password`, or `disabled`; None when there is none of that name.

    Every change ends its open sessions. Raises Unacceptable as add_account. The record tells what changed, never
    a password.
    """
    doc = await journal.doc("account", name)
    if doc is None:
        return None
    account = dict(doc.body)
    _check(name, str(changes.get("region", account["region"])))
    if changes.get("role", account["role"]) not in list(Role):
        raise Unacceptable(f"the role {changes['role']!r} is none of {', '.join(Role)}")
    account |= {key: changes[key] for key in ("role", "region", "disabled") if key in changes}
    if "password" in changes:
        account["hash"] = await _hashed(str(changes["password"]))
    account["stamp"] = secrets.token_hex(8)
    told = {key: changes[key] for key in ("role", "disabled") if key in changes} | {"region": account["region"]}
    body = told | ({"password": "changed"} if "password" in changes else {})
    async with journal.begin() as tx:
        seq = await tx.append(kind="audit", name="account-set", subject=name, at=now(), actor=actor, body=body)
        await tx.put("account", name, account, seq=seq)
    return account


async def _hashed(password: str) -> str:
    shortest, longest = PASSWORD_LENGTH
    if not shortest <= len(password) <= longest:
        raise Unacceptable(f"the password must have {shortest} to {longest} characters")
    return await hash_password(password)


async def remove_account(journal: Journal, name: str, actor: str) -> bool:
    """Take an account away; its sessions end with it. False when there is none."""
    return await _remove(journal, "account", name, name, actor)


async def add_token(journal: Journal, name: str, scope: str, region: str, actor: str) -> str:
    """Make a bearer token and return it; only its hash is kept. Raises Unacceptable."""
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
    found = [doc for doc in await journal.docs("token") if doc.body["name"] == name]
    for doc in found:
        await _remove(journal, "token", doc.id, name, actor)
    return len(found)


async def revoke_token(journal: Journal, doc_id: str, actor: str) -> bool:
    """Revoke one token by the id of its document; False when there is none."""
    doc = await journal.doc("token", doc_id)
    return doc is not None and await _remove(journal, "token", doc_id, str(doc.body["name"]), actor)


async def _remove(journal: Journal, kind: str, doc_id: str, name: str, actor: str) -> bool:
    if await journal.doc(kind, doc_id) is None:
        return False
    async with journal.begin() as tx:
        await tx.append(kind="audit", name=f"{kind}-removed", subject=name, at=now(), actor=actor, body={})
        await tx.delete(kind, doc_id)
    return True
