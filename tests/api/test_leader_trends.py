"""Trends over REST: a month beside the month before and the year before, honest about what lies before the journal."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from tests.api.conftest import NOW, A, B, World, problem
from tests.api.test_incidents import an_incident

ZONE = ZoneInfo("Asia/Shanghai")
DAY = 86_400.0
PATH = "/api/v1/leader/trends"


async def recorded(world: World, region: str, *received: float) -> None:
    """Incidents received at those moments, which is also when their entries were written."""
    async with world.journal.begin() as tx:
        for at in sorted(received):
            incident = an_incident(id=f"{region}:{at:.0f}", region=region, received_at=at)
            seq = await tx.append(kind="incident", name="created", subject=incident.id, at=at, actor="li")
            await tx.put("incident", incident.id, msgspec.to_builtins(incident), seq=seq)


def months_before(months: int) -> float:
    """The tenth of the month so many months before that of NOW, 12:00."""
    now = datetime.fromtimestamp(NOW, ZONE)
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return datetime(year, month + 1, 1, 0, 30, tzinfo=ZONE).timestamp()


async def test_a_month_stands_beside_the_one_before_and_the_year_before(world: World) -> None:
    this, last = months_before(0), months_before(1)
    months = (*(this + minute for minute in range(12)), *(last + minute for minute in range(10)))
    await recorded(world, A, months_before(30), *months)
    async with world.signed_in("leader") as client:
        answer = (await client.get(PATH)).json()
    (figure,) = [figure for figure in answer["figures"] if figure["key"] == "incidents"]
    assert (figure["own"]["value"], figure["previous"]["value"], figure["year_before"]["value"]) == (12, 10, 0)
    assert figure["previous"]["unit"] == "ratio"
    assert round(figure["previous"]["change"], 3) == 0.2
    assert (figure["year_before"]["unit"], figure["year_before"]["verdict"]) == ("count", "zero")
    assert len(answer["months"]) == 25
    assert [month["values"]["incidents"]["value"] for month in answer["months"][-2:]] == [10, 12]
    assert all(figure["definition"]["zh-CN"] and figure["version"] for figure in answer["figures"])


async def test_what_lies_before_the_journal_is_not_known(world: World) -> None:
    await recorded(world, A, months_before(1) + DAY)
    async with world.signed_in("leader") as client:
        answer = (await client.get(PATH)).json()
    (figure,) = [figure for figure in answer["figures"] if figure["key"] == "incidents"]
    assert figure["year_before"]["value"] is None
    assert figure["year_before"]["verdict"] == "none"
    assert [month["coverage"] for month in answer["months"][:23]] == [0.0] * 23
    assert answer["months"][0]["values"]["incidents"]["value"] is None


async def test_nobody_counts_another_county(world: World) -> None:
    await recorded(world, A, months_before(0))
    await recorded(world, B, months_before(0), months_before(0) + 60)
    async with world.signed_in("leader", A) as client:
        answer = (await client.get(PATH)).json()
    assert answer["months"][-1]["values"]["incidents"]["n"] == 1
    async with world.signed_in("viewer") as client:
        problem(await client.get(PATH), 403, "forbidden")


async def test_a_month_to_come_is_refused(world: World) -> None:
    async with world.signed_in("leader") as client:
        problem(await client.get(PATH, params={"month": "2199-01"}), 422, "invalid")
