"""A kind whose records belong to one person each: nobody else is shown them, by REST or live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from api.principal import person
from feeds.kinds import ALL, KINDS, RecordKind
from feeds.kinds.audience import Own
from feeds.kinds.registry import Kinds
from feeds.model import Change
from tests.api.conftest import A, World, problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A person's own note."""

    id: str
    owner: str
    text: str


NOTE = RecordKind(name="note", plural="notes", record=Note, writer="command", visible=Own("owner"))


@pytest.fixture(autouse=True)
def own_kinds() -> Iterator[None]:
    with KINDS.with_kind(NOTE):
        yield


async def test_each_person_is_shown_the_own_records_only(world: World) -> None:
    for key, owner in (("n1", "duty-all"), ("n2", f"duty-{A}")):
        note = Note(id=key, owner=owner, text="早班交代")
        world.pump.mirror.apply([Change(kind="note", id=key, after=note, at=1.0)])
    for region, own, other in (("", "n1", "n2"), (A, "n2", "n1")):
        async with world.signed_in("duty", region) as client:
            page = (await client.get("/api/v1/notes")).json()
            assert ([item["id"] for item in page["items"]], page["hidden"]) == ([own], 1)
            assert set((await client.get("/api/v1/snapshot")).json()["note"]) == {own}
            problem(await client.get(f"/api/v1/notes/{other}"), 404, "not-found")


def test_clients_of_one_audience_share_their_bytes_unless_a_kind_is_own() -> None:
    li, wang = (person(name, "duty", A, key=name, csrf="") for name in ("li", "wang"))
    assert (li.audience.person, wang.audience.person) == ("li", "wang")
    shipped = Kinds(ALL)
    assert not shipped.personal
