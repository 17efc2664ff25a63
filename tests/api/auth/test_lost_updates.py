"""No change of an account, token, lock, session or handover undoes another one that was made meanwhile.

Each pair of writers, on two connections to one journal, is run in both orders, and with the second writer at every
await of the first one. Every outcome must be one that some order gives.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from api.auth import accounts, passwords
from api.auth.identities import Identities
from api.auth.signin import SignIn, pair_key
from api.principal import Principal, person
from api.records import handovers
from api.settings import WebSettings
from feeds.documents.handover import KIND
from feeds.journal import Journal
from tests.interleaving import interleaved, outcome

OLD, NEW, OTHER = "an old password", "a new password", "another password"
AT = 1_000_000.0
Write = Callable[[Journal, str], Awaitable[Any]]
Read = Callable[[Journal, str], Awaitable[Any]]


@pytest_asyncio.fixture
async def journals(journal: Journal, journal_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """Two writers' connections."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    other = Journal(journal_url, "other")
    await other.open()
    yield SimpleNamespace(first=journal, second=other)
    await other.close()


_names = (f"name{number}" for number in count())


async def assert_serial(journals: Any, prepare: Write, first: Write, second: Write, read: Read) -> None:
    """Every interleaving ends like one of the two orders; at least one await of the first writer is tried."""

    async def fresh() -> str:
        name = next(_names)
        await prepare(journals.first, name)
        return name

    orders = []
    name = await fresh()
    own = await outcome(first(journals.first, name))
    orders.append(((own, await outcome(second(journals.second, name))), await read(journals.first, name)))
    name = await fresh()
    other = await outcome(second(journals.second, name))
    orders.append(((await outcome(first(journals.first, name)), other), await read(journals.first, name)))
    for at in count():
        name = await fresh()
        outcomes = await interleaved(partial(first, journals.first, name), partial(second, journals.second, name), at)
        if outcomes is None:
            assert at > 0
            return
        assert (outcomes, await read(journals.first, name)) in orders, f"at await {at}"


# -- accounts ---------------------------------------------------------------------------


async def add(journal: Journal, name: str) -> Any:
    return await accounts.add_account(journal, name, "duty", "532301", OLD, "root")


async def nothing(journal: Journal, name: str) -> None:
    """No account to begin with."""


def changing(**changes: Any) -> Write:
    async def write(journal: Journal, name: str) -> bool:
        return await accounts.change_account(journal, name, changes, "root") is not None

    return write


async def remove(journal: Journal, name: str) -> Any:
    return await accounts.remove_account(journal, name, "root")


def fits(hashed: str, password: str) -> bool:
    try:
        return passwords.HASHER.verify(hashed, password)
    except VerifyMismatchError:
        return False


async def account(journal: Journal, name: str) -> Any:
    """What the account says, and which password it has."""
    doc = await journal.doc("account", name)
    if doc is None:
        return None
    password = [text for text in (OLD, NEW, OTHER) if fits(doc.body["hash"], text)]
    return {key: value for key, value in doc.body.items() if key not in ("name", "hash", "stamp", "changed")} | {
        "password": password
    }


WRITES = {
    "password": changing(password=NEW),
    "another password": changing(password=OTHER),
    "disable": changing(disabled=True),
    "role": changing(role="operator"),
    "remove": remove,
    "add": add,
}


@pytest.mark.parametrize("first", ["password", "role", "remove", "add"])
@pytest.mark.parametrize("second", ["another password", "disable", "remove"])
async def test_no_change_of_an_account_is_lost(journals: Any, first: str, second: str) -> None:
    await assert_serial(journals, add, WRITES[first], WRITES[second], account)


async def test_one_of_two_makes_an_account(journals: Any) -> None:
    await assert_serial(journals, nothing, add, add, account)


async def test_an_account_that_was_moved_away_meanwhile_is_not_changed(journals: Any) -> None:
    class Outside(Exception):
        pass

    def permit(body: Any) -> None:
        if body["region"] != "532301":
            raise Outside

    async def password(journal: Journal, name: str) -> Any:
        return await accounts.change_account(journal, name, {"password": NEW}, "county", permit=permit) is not None

    await assert_serial(journals, add, password, changing(region="532302"), account)


# -- tokens, locks, sessions ------------------------------------------------------------


async def test_a_token_is_revoked_once(journals: Any) -> None:
    async def prepare(journal: Journal, name: str) -> None:
        await accounts.add_token(journal, name, "read", "", "root")

    async def revoke(journal: Journal, name: str) -> Any:
        return await accounts.remove_token(journal, name, "root")

    async def tokens(journal: Journal, name: str) -> int:
        entries = await journal.entries(kind="audit", subject=name)
        return len([entry for entry in entries if entry.name == "token-removed"])

    await assert_serial(journals, prepare, revoke, revoke, tokens)


def sign_in(journal: Journal) -> SignIn:
    return SignIn(journal, Identities(journal, WebSettings(), lambda: AT), lambda: AT, None)


async def test_every_failed_sign_in_counts(journals: Any) -> None:
    async def fail(journal: Journal, name: str) -> Any:
        return await sign_in(journal).sign_in(name, "wrong password", f"peer of {name}")

    async def failures(journal: Journal, name: str) -> Any:
        docs = await journal.docs_of("lockout", [pair_key(name, f"peer of {name}"), f"peer:peer of {name}"])
        return sorted(doc.body["failed"] for doc in docs.values())

    await assert_serial(journals, add, fail, fail, failures)


async def test_a_session_that_ends_while_its_use_is_noted_stays_ended(journals: Any) -> None:
    who: dict[str, Principal] = {}

    async def prepare(journal: Journal, name: str) -> None:
        await add(journal, name)
        doc = await journal.doc("account", name)
        assert doc is not None
        _, who[name] = await Identities(journal, WebSettings(), lambda: AT).open_session(doc.body, "peer")

    async def use(journal: Journal, name: str) -> Any:
        await Identities(journal, WebSettings(), lambda: AT + 120)._touch(who[name].key, AT + 120)

    async def end(journal: Journal, name: str) -> Any:
        await Identities(journal, WebSettings(), lambda: AT + 120).end_session(who[name], "peer")

    async def left(journal: Journal, name: str) -> Any:
        return [await journal.doc(kind, who[name].key) for kind in ("session", "session-use")]

    await assert_serial(journals, prepare, use, end, left)


# -- handovers ----------------------------------------------------------------


async def test_a_handover_is_signed_by_one_person(journals: Any) -> None:
    body: dict[str, Any] = {
        "at": AT,
        "by": "li",
        "to": "wang",
        "region": "",
        "counts": {},
        "accepted_at": None,
        "accepted_by": "",
    }
    body["picture"] = {}

    async def prepare(journal: Journal, name: str) -> None:
        async with journal.begin() as tx:
            await tx.put(KIND, name, body)

    def signing(signer: str) -> Write:
        async def sign(journal: Journal, name: str) -> Any:
            who = person(signer, "duty", "", key="k", csrf="")
            return (await handovers.accept(journal, name, who, "", AT)).accepted_by

        return sign

    async def signatures(journal: Journal, name: str) -> Any:
        doc = await journal.doc(KIND, name)
        assert doc is not None
        return doc.open, doc.body["accepted_by"], len(await journal.entries(kind=KIND, subject=name))

    await assert_serial(journals, prepare, signing("wang"), signing("zhao"), signatures)
