"""Lists right after a start: of hundreds of thousands of records only those that are shown are made public."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.kinds import ALERT
from feeds.model import Kind
from tests.api.conftest import NOW, A, World, an_alert, picture

MANY = 30
QUERIES = (
    "",
    "limit=3",
    "severity=critical&limit=5",
    "q=a-sw is down",
    f"region={A}&acked=false",
    "state=UNACK&limit=4",
    "from=2026-11-18T11:06:42Z&to=2026-11-18T11:06:45Z",
)


@pytest.fixture
def viewed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the alerts whose public records were made."""
    ids: list[str] = []
    view = type(ALERT).view

    def noting(kind: Any, record: Any) -> Any:
        if kind is ALERT:
            ids.append(record.id)
        return view(kind, record)

    monkeypatch.setattr(type(ALERT), "view", noting)
    return ids


def restart(world: World) -> None:
    """The world's picture read anew, with many alerts."""
    alerts = [an_alert(f"m{number:02}", "a-sw", A, raised_at=NOW + number % 7) for number in range(MANY)]
    stored = picture()
    world.pump.restart("e.2-0", stored | {Kind.ALERT: stored[Kind.ALERT] | {alert.id: alert for alert in alerts}})


async def test_a_list_makes_only_the_records_that_it_shows(world: World, viewed: list[str]) -> None:
    restart(world)
    viewed.clear()
    async with world.signed_in("admin") as client:
        answer = (await client.get("/api/v1/alerts?limit=2")).json()
        boards = (await client.get("/api/v1/boards?by=feed")).json()
    assert [alert["id"] for alert in answer["items"]] == ["m27", "m20"]  # the newest, by id among equals
    assert sorted(set(viewed)) == ["m20", "m27"]
    assert sum(sum(board["alerts"].values()) for board in boards["items"]) == MANY + 2


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize(("role", "region"), [("admin", ""), ("duty", A), ("viewer", "")])
async def test_a_list_of_unmade_records_is_that_of_made_ones(world: World, query: str, role: str, region: str) -> None:
    restart(world)
    async with world.signed_in(role, region) as client:
        path = f"/api/v1/alerts?{query}"
        before = await whole_list(client, path)
        while any(True for _ in world.pump.mirror.making(100)):
            pass
        assert type(world.pump.mirror.held(Kind.ALERT, world.pump.mirror.audiences[0])) is dict
        assert await whole_list(client, path) == before
    assert before


async def whole_list(client: Any, path: str) -> list[Any]:
    """All pages of a list."""
    items: list[Any] = []
    cursor = ""
    while cursor is not None:
        answer = (await client.get(f"{path}{'&' if path[-1] != '?' else ''}cursor={cursor}" if cursor else path)).json()
        items += answer["items"]
        cursor = answer["next"]
    return items
