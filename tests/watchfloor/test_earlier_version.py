"""Journal, intake and Redis written by an earlier version: this version continues where that one was killed."""

from __future__ import annotations

import base64
import itertools
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from feeds.bus import Bus
from feeds.journal import Intake, Journal, intake_url, sqlite_url
from tests.alerts.builders import rule
from tests.alerts.rig import DESK
from tests.alerts.rig import Rig as AlertRig
from tests.alerts.rosters import GROUP, POLICY, SMS
from tests.incidents.rig import Rig as WarningRig

RECORDED = Path(__file__).parent.parent / "recorded"
RULES = (rule(), rule("slow", 'health == "degraded"', hold=600.0), rule("flaps", 'm["tcp.up"] == false'))
STEPS = (1.0, 0.1, 700.0, 3000.0)
RECORDED_SITE = "{100000}"


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    redis: dict[str, Any] = json.loads((RECORDED / "redis.json").read_text(encoding="utf-8"))
    return redis


@pytest.fixture
def folder(tmp_path: Path, bus: Bus) -> Path:
    """Copy the recorded stores to the site of this test's bus."""
    for name in ("journal", "intake"):
        script = (RECORDED / f"{name}.sql").read_text(encoding="utf-8").replace(RECORDED_SITE, f"{{{bus.site}}}")
        database = sqlite3.connect(tmp_path / f"{name}.sqlite3")
        database.executescript(script)
        database.close()
    return tmp_path


def commands(keys: dict[str, Any], bus: Bus) -> Iterator[tuple[Any, ...]]:
    """Return Redis commands that write the recorded keys under the site of this test's bus."""
    for recorded_key, entry in keys.items():
        key, value = recorded_key.replace("{SITE}", f"{{{bus.site}}}"), entry["value"]
        if entry["type"] == "hash":
            for field, text in value.items():
                yield ("HSET", key, field.replace(RECORDED_SITE, f"{{{bus.site}}}"), base64.b64decode(text))
        else:
            for id, fields in value:
                yield (
                    "XADD",
                    key,
                    id,
                    *(part for name, text in fields.items() for part in (name, base64.b64decode(text))),
                )


@pytest.fixture(params=["the same Redis", "a Redis that was restarted", "an empty Redis"])
async def redis(request: pytest.FixtureRequest, bus: Bus, recorded: dict[str, Any], folder: Path) -> str:
    """Write the recorded keys to Redis, unless it is to be empty. "the same Redis" also records its run as known."""
    if request.param != "an empty Redis":
        await bus.write(list(commands(recorded["keys"], bus)))
    if request.param == "the same Redis":
        for role in ("alert", "command"):
            await bus.write([("HSET", bus.keys.engine(role), "epoch", bus.epoch)])
        database = sqlite3.connect(folder / "journal.sqlite3")
        database.execute("UPDATE cursor SET value = replace(value, ?, ?)", (recorded["epoch"], bus.epoch))
        database.commit()
        database.close()
    return str(request.param)


@pytest.fixture
async def journal(folder: Path) -> AsyncIterator[Journal]:
    journal = Journal(sqlite_url(folder), "alert")
    await journal.open()
    yield journal
    await journal.close()


@pytest.fixture
async def intake(folder: Path) -> AsyncIterator[Intake]:
    intake = Intake(intake_url(sqlite_url(folder)), "test")
    await intake.open()
    yield intake
    await intake.close()


@pytest.fixture
async def alerts(redis: str, bus: Bus, journal: Journal, intake: Intake, recorded: dict[str, Any]) -> AlertRig:
    rig = AlertRig(bus, journal, receivers=(DESK, SMS, GROUP), rules=RULES, escalations=(POLICY,), intake=intake)
    rig.now = recorded["now"]["alert"]
    numbers = itertools.count(100)
    rig.make_id = lambda now: f"a{next(numbers)}"
    return rig


def contains(earlier: Any, present: Any) -> bool:
    """Return true if the current document contains everything of the earlier version's document."""
    if isinstance(earlier, dict) and isinstance(present, dict):
        return all(name in present and contains(value, present[name]) for name, value in earlier.items())
    if isinstance(earlier, list) and isinstance(present, list):
        return len(earlier) == len(present) and all(map(contains, earlier, present))
    return bool(earlier == present)


async def documents(journal: Journal, kind: str) -> dict[str, list[Any]]:
    """The documents as the earlier version wrote them: its `raised_at` was that of the first occurrence."""
    bodies: dict[str, list[Any]] = {doc.id: [doc.open, doc.body] for doc in await journal.docs(kind)}
    for _, body in bodies.values():
        if "first_raised_at" in body:
            body["raised_at"] = body["first_raised_at"]
    return bodies


async def messages(journal: Journal) -> set[str]:
    """Return the keys of all notifications of alerts."""
    return {item.key for id in await documents(journal, "alert") for item in await journal.outbox_for(id)}


async def entries(journal: Journal, kinds: set[str]) -> list[list[Any]]:
    return [
        [round(entry.at, 3), entry.kind, entry.name, entry.subject, entry.command]
        for entry in await journal.entries(limit=10_000)
        if entry.kind in kinds
    ]


@pytest.mark.usefixtures("redis")
async def test_alerts_escalations_and_messages_go_on_as_the_earlier_version_would(
    alerts: AlertRig, journal: Journal, recorded: dict[str, Any], redis: str
) -> None:
    await alerts.start()
    for seconds in STEPS:
        await alerts.step(seconds)
    then = recorded["then"]
    if redis == "the same Redis":
        kinds = {"alert", "escalation", "silence", "maintenance", "roster", "rule"}
        assert await entries(journal, kinds) == [row for row in then["entries"] if row[1] in kinds]
        assert await messages(journal) == set(then["outbox"])
        assert (
            sorted([answer.command, answer.outcome.value, answer.detail] for answer in await alerts.answers())
            == then["answers"]
        )
        for kind in kinds - {"escalation"}:
            assert contains(then["documents"][kind], await documents(journal, kind)), kind
        assert sorted(await alerts.shown()) == then["shown"]["alert"]
    else:
        sent = {key for key in then["outbox"] if not key.startswith("a101:")}
        assert sent - await messages(journal) == set()
    await alerts.assert_whole()


@pytest.mark.usefixtures("redis")
async def test_warnings_go_on_as_the_earlier_version_would(
    bus: Bus, folder: Path, intake: Intake, recorded: dict[str, Any]
) -> None:
    journal = Journal(sqlite_url(folder), "command")
    await journal.open()
    rig = WarningRig(bus, journal, intake)
    rig.now = recorded["now"]["command"]
    await rig.start()
    for seconds in STEPS:
        await rig.step(seconds)
    then = recorded["then"]
    assert await entries(journal, {"warning"}) == [row for row in then["entries"] if row[1] == "warning"]
    for kind in ("warning", "warning_notice", "warning_waiting"):
        assert contains(then["documents"][kind], await documents(journal, kind)), kind
    assert sorted(await rig.shown()) == then["shown"]["warning"]
    await rig.assert_consistent()
    await journal.close()
