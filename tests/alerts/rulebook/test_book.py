"""Rules made while the engine runs: rehearsed, journaled, undone, and applied without a gap."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from alerts.rulebook.refusals import STORM
from alerts.rules.rule import compile_rules
from alerts.sampling import SampleTimes
from feeds.bus import Bus
from feeds.journal import Journal
from feeds.model import Alert, Change, Command, Outcome, Result, Severity
from tests.alerts.builders import asset, change, reading, rule, state
from tests.alerts.rig import Rig

HOT = {"id": "hot", "when": 'm["sensor.temp"] > (active ? 70.0 : 80.0)', "severity": "minor"}


@pytest.fixture
async def rig(bus: Bus, journal: Journal) -> Rig:
    rig = Rig(bus, journal)
    await rig.start()
    await rig.assets(asset("r1"), asset("r2"))
    await rig.step()
    return rig


def wish(rig: Rig, *items: dict[str, Any], id: str = "c1", rev: int | None = None, **more: Any) -> Command:
    who = {"actor": "wang", "role": "admin", "actor_region": "", "subject": more.pop("subject", "")}
    who |= {name: more.pop(name) for name in ("role", "actor_region") if name in more}
    return Command(
        id=id,
        action="rules",
        at=rig.now,
        valid_until=rig.now + 5,
        reason=more.pop("comment", "试一试"),
        expected_rev=rev,
        args={"items": list(items), **more},
        **who,
    )


async def tell(rig: Rig, *items: dict[str, Any], **more: Any) -> Result:
    command = wish(rig, *items, id=f"c{len(await rig.answers())}", **more)
    await rig.send(command)
    await rig.step(0.1)
    return (await rig.answers())[-1]


async def temp(rig: Rig, value: float, id: str = "r1") -> None:
    await rig.health("ok", id, sensor_temp=value)
    await rig.step(0.1)


async def rule_entries(rig: Rig) -> list[tuple[str, str, str]]:
    entries = await rig.journal.entries(kind="rule", limit=1000)
    return [(entry.name, entry.subject, entry.actor) for entry in entries]


async def test_a_rule_of_the_interface_raises_clears_and_stands_in_the_journal(rig: Rig) -> None:
    result = await tell(rig, HOT)
    assert result.outcome is Outcome.DONE
    assert result.after is not None
    assert result.after["changed"] == ["hot"]
    await temp(rig, 81.0)
    await temp(rig, 75.0)
    await temp(rig, 69.0)
    assert [(e.name, e.body["after"].get("rule")) for e in await rig.entries()] == [("raise", "hot"), ("clear", None)]
    assert await rule_entries(rig) == [("loaded", "down", ""), ("created", "hot", "wang")]
    (entry,) = [entry for entry in await rig.journal.entries(kind="rule") if entry.name == "created"]
    assert (entry.reason, entry.body["before"], entry.body["after"]["when"]) == ("试一试", None, HOT["when"])
    await rig.assert_whole()


async def test_what_is_journaled_is_what_runs_after_a_restart(rig: Rig) -> None:
    await tell(rig, HOT)
    await temp(rig, 81.0)
    before = rig.engine.core.rules
    await rig.start()
    assert rig.engine.core.rules.keys() == before.keys() == {"down", "hot"}
    assert rig.engine.core.rules["hot"].settings == before["hot"].settings
    assert await rule_entries(rig) == [("loaded", "down", ""), ("created", "hot", "wang")], "a restart says nothing new"
    await temp(rig, 82.0)
    await temp(rig, 60.0)
    assert [name for _, name in await rig.names()] == ["raise", "clear"]
    await rig.assert_whole()


async def test_a_rehearsal_says_what_would_alert_and_changes_nothing(rig: Rig) -> None:
    await rig.health("ok", "r1", sensor_temp=81.0)
    await rig.step(0.1)
    result = await tell(rig, HOT, dry_run=True)
    assert result.after is not None
    (shown,) = result.after["preview"]
    assert (shown["asked"], shown["holds"], shown["raises"], shown["no_data"]) == (2, 1, 1, 1)
    assert shown["examples"] == ["r1"]
    assert shown["thresholds"] == [
        {"metric": "sensor.temp", "op": ">", "value": 80.0, "clear": 70.0, "per_second_over": None}
    ]
    assert "hot" not in rig.engine.core.rules
    assert await rule_entries(rig) == [("loaded", "down", "")]


async def test_another_limit_is_asked_at_once_and_alerts_of_other_rules_stand_as_they_are(rig: Rig) -> None:
    await tell(rig, HOT)
    await rig.health("down", "r2")
    await temp(rig, 90.0)
    untouched = {id: alert for id, alert in rig.engine.core.alerts.items() if alert.rule == "down"}
    await tell(rig, HOT | {"when": 'm["sensor.temp"] > 95.0'})
    assert [name for _, name in await rig.names()] == ["raise", "raise", "clear"]
    await tell(rig, HOT | {"when": 'm["sensor.temp"] > 85.0'})
    assert [name for _, name in await rig.names()] == ["raise", "raise", "clear", "reraise"]
    assert {id: alert for id, alert in rig.engine.core.alerts.items() if alert.rule == "down"} == untouched
    await rig.assert_whole()


async def test_a_reload_of_the_file_leaves_alerts_of_unchanged_rules_alone(rig: Rig) -> None:
    await rig.health("down", "r1")
    await rig.step(0.1)
    await tell(rig, HOT)
    alerts, entries = dict(rig.engine.core.alerts), await rig.entries()
    rig.engine.replace(compile_rules((rule(), rule(id="new", when='health == "degraded"'))), rig.receivers)
    await rig.step(1.0)
    assert rig.engine.core.alerts == alerts
    assert await rig.entries() == entries
    assert await rule_entries(rig) == [("loaded", "down", ""), ("created", "hot", "wang"), ("loaded", "new", "")]
    rig.engine.replace(compile_rules((rule(severity=Severity.MINOR),)), rig.receivers)
    await rig.step(1.0)
    assert [name for _, name in await rig.names()] == ["raise", "severity_down"]
    assert set(rig.engine.core.rules) == {"down", "hot"}


async def test_what_waited_for_another_expression_waits_anew(rig: Rig) -> None:
    slow = HOT | {"when": 'm["sensor.temp"] > 50.0', "for": 10.0}
    await tell(rig, slow)
    await temp(rig, 60.0)
    await rig.step(8.0)
    await tell(rig, slow | {"when": 'm["sensor.temp"] > 55.0'})
    await rig.step(8.0)
    assert await rig.names() == []
    await rig.step(3.0)
    assert [name for _, name in await rig.names()] == ["raise"]


async def test_what_waited_beyond_a_new_border_is_not_raised_when_its_time_is_up(rig: Rig) -> None:
    slow = HOT | {"when": 'm["sensor.temp"] > 50.0', "for": 10.0}
    await tell(rig, slow)
    await temp(rig, 60.0)
    await rig.step(9.85)
    assert [row[0] for row in rig.engine.core.dump()["pending"]] == ["hot"], "due in 0.05 s"
    assert (await tell(rig, slow | {"region": "532323"})).outcome is Outcome.DONE
    await rig.step(20.0)
    assert await rig.names() == []


async def test_a_preview_counts_what_clears_beyond_a_new_border(rig: Rig) -> None:
    await tell(rig, HOT)
    await temp(rig, 90.0)
    result = await tell(rig, HOT | {"region": "532323"}, dry_run=True)
    assert [(preview["asked"], preview["clears"]) for preview in (result.after or {})["preview"]] == [(0, 1)]
    await tell(rig, HOT | {"region": "532323"})
    await rig.step(600.0)
    assert [name for _, name in await rig.names()] == ["raise", "clear"]


async def test_an_undo_goes_back_and_can_be_undone(rig: Rig) -> None:
    await tell(rig, HOT)
    await tell(rig, HOT | {"severity": "major"})
    last = (await rig.journal.entries(kind="rule", newest_first=True))[0]
    await tell(rig, last.body["before"], undoes=last.seq)
    assert rig.engine.core.rules["hot"].settings.severity == "minor"
    await tell(rig, {"id": "hot", "gone": True}, undoes=2)
    assert "hot" not in rig.engine.core.rules
    assert [name for name, _, _ in await rule_entries(rig)] == ["loaded", "created", "changed", "undone", "undone"]
    await rig.start()
    assert set(rig.engine.core.rules) == {"down"}


async def test_taking_a_rule_out_ends_its_alerts_as_removed(rig: Rig) -> None:
    await tell(rig, HOT)
    await temp(rig, 90.0)
    result = await tell(rig, whole=True, dry_run=True)
    assert result.after is not None
    assert result.after["preview"][0]["clears"] == 1
    await tell(rig, whole=True)
    assert [(e.name, e.body["text"]) for e in await rig.entries()][-1] == ("removed", "rule_removed")
    await rig.assert_whole()


async def test_a_rule_of_a_region_sees_nothing_beyond_its_border(rig: Rig) -> None:
    far = asset("far", region="532323", probes=("tcp://10.0.0.9:1",))
    await rig.assets(asset("r1", probes=("tcp://10.0.0.1:1",)), far)
    rules = {
        "any-down": "health == 'down'",
        "all-down": "count('', '', 'down') >= 1",
        "site-down": "count('532300', '', 'down') >= 1",
        "there-down": "count('532323', '', 'down') >= 1",
        "other": "health_of('far') == 'down'",
    }
    items = [{"id": id, "when": when} for id, when in rules.items()]
    result = await tell(rig, *items, actor_region="532301")
    assert result.outcome is Outcome.DONE, result
    assert result.after is not None
    assert {preview["asked"] for preview in result.after["preview"]} == {2}, "r1 and r2, not far"
    await rig.health("down", "far")
    await rig.step(2.0)
    assert [alert.asset for alert in rig.engine.core.alerts.values()] == ["far"], "only the site's own rule"
    await rig.health("down", "r1")
    await rig.step(2.0)
    raised = {alert.rule for alert in rig.engine.core.alerts.values() if alert.asset == "r1"}
    assert raised == {"down", "any-down", "all-down", "site-down"}
    await rig.assert_whole()


async def test_who_has_a_region_makes_and_changes_rules_of_it_alone(rig: Rig) -> None:
    own, other = "532301", "532323"
    assert (await tell(rig, HOT, comment="全州")).outcome is Outcome.DONE
    elsewhere = HOT | {"id": "theirs", "region": other}
    assert (await tell(rig, elsewhere)).outcome is Outcome.DONE
    for wrong in (
        HOT | {"severity": "info"},
        HOT | {"region": own},
        elsewhere,
        elsewhere | {"severity": "info"},
        {"id": "hot", "gone": True},
        {"id": "theirs", "gone": True},
        HOT | {"id": "new", "region": other},
        HOT | {"id": "new", "region": "532300"},
    ):
        result = await tell(rig, wrong, actor_region=own)
        if wrong is elsewhere:
            assert (result.outcome, (result.after or {})["changed"]) == (Outcome.DONE, []), "as it is"
            continue
        assert result.outcome is Outcome.INVALID, wrong
        assert (result.after or {})["errors"][0]["code"] == "outside_region"
    assert (await tell(rig, HOT | {"id": "mine"}, actor_region=own)).outcome is Outcome.DONE
    mine = rig.engine.book.running()["mine"]
    assert mine.settings.region == own
    assert (await tell(rig, HOT | {"id": "mine", "region": "532301101"}, actor_region=own)).outcome is Outcome.DONE
    again = await tell(rig, HOT | {"id": "second"}, actor_region=own, whole=True)
    assert (again.after or {})["changed"] == ["mine", "second"], "what is missing of the own ones goes, and no other"
    assert set(rig.engine.book.running()) == {"down", "hot", "theirs", "second"}
    await rig.start()
    assert rig.engine.book.running()["second"].settings.region == own


@pytest.mark.parametrize(
    ("more", "outcome", "detail"),
    [
        ({"role": "operator"}, Outcome.FORBIDDEN, "role"),
        ({"rev": 99}, Outcome.CONFLICT, "rev"),
        ({"subject": "hot", "rev": 3}, Outcome.CONFLICT, "rev"),
    ],
)
async def test_who_may_not_or_knows_an_older_state_is_refused(
    rig: Rig, more: dict[str, Any], outcome: Outcome, detail: str
) -> None:
    result = await tell(rig, HOT, **more)
    assert (result.outcome, result.detail) == (outcome, detail)
    assert await rule_entries(rig) == [("loaded", "down", "")]


@pytest.mark.parametrize(
    ("item", "field", "code"),
    [
        ({"when": "temp > 3"}, "items.0.when", "rule"),
        ({"when": "kind > 3"}, "items.0.when", "rule"),
        ({"when": "health == 'dowm'"}, "items.0.when", "rule"),
        ({"when": "("}, "items.0.when", "rule"),
        ({"when": "-" * 1500 + "1 == 1"}, "items.0.when", "rule"),
        ({"over": "camera"}, "items.0.when", "rule"),
        ({"recover_for": 1.0}, "items.0.recover_for", "recover_short"),
        ({"id": "a b"}, "items.0.id", "rule_id"),
        ({"id": "down"}, "items.0.id", "read_only"),
        ({"id": "redundancy-lost"}, "items.0.when", "rule"),
        ({"severity": "bad"}, "items.0.severity", "enum"),
        ({"for": -1.0}, "items.0.when", "rule"),
        ({"title": {"fr": "x"}}, "items.0.title", "rule_text"),
        ({"colour": "red"}, "items.0.colour", "extra_forbidden"),
    ],
)
async def test_what_cannot_be_right_is_refused_with_its_place(
    rig: Rig, item: dict[str, Any], field: str, code: str
) -> None:
    rig.engine.replace(compile_rules(rig.rules), rig.receivers, sample=SampleTimes(shortest=2.0))
    result = await tell(rig, HOT | item)
    assert result.outcome is Outcome.INVALID
    assert result.after is not None
    (error,) = result.after["errors"]
    assert (error["field"], error["code"]) == (field, code)
    assert set(error["message"]) == {"zh-CN", "en"}
    assert set(rig.engine.core.rules) == {"down"}


async def test_a_storm_at_one_stroke_wants_a_word(rig: Rig) -> None:
    await rig.assets(*(asset(f"n{number}") for number in range(STORM + 1)))
    await rig.step()
    every = {"id": "every", "when": 'kind == "router"'}
    result = await tell(rig, every)
    assert result.outcome is Outcome.INVALID
    assert result.after is not None
    assert result.after["errors"][0]["code"] == "storm"
    raised = result.after["preview"][0]["raises"]
    assert raised == STORM + 3
    assert (await tell(rig, every, accept=raised)).outcome is Outcome.DONE
    await rig.step(1.0)
    assert len(rig.engine.core.alerts) == raised


async def test_a_rule_of_the_file_that_takes_the_id_counts_and_the_other_comes_back(rig: Rig) -> None:
    await tell(rig, HOT)
    rig.engine.replace(compile_rules((*rig.rules, rule(id="hot", when='kind == "pump"'))), rig.receivers)
    await rig.step(0.1)
    assert rig.engine.core.rules["hot"].settings.when == 'kind == "pump"'
    doc = await rig.journal.doc("rule", "api:hot")
    assert doc is not None
    assert doc.open
    assert doc.body["problem"]["en"]
    await rig.start()
    rig.rules = (rule(),)
    await rig.start()
    assert rig.engine.core.rules["hot"].settings.when == HOT["when"]
    doc = await rig.journal.doc("rule", "api:hot")
    assert doc is not None
    assert doc.body["problem"] is None


async def test_a_rule_made_here_that_an_upgrade_does_not_understand_is_out_alone_and_says_so_until_it_is_changed(
    rig: Rig,
) -> None:
    await tell(rig, HOT, {"id": "other", "when": 'kind == "pump"'})
    doc = await rig.journal.doc("rule", "api:hot")
    assert doc is not None
    async with rig.journal.begin() as tx:
        await tx.put("rule", "api:hot", doc.body | {"when": "gone_word == 1"}, seq=doc.seq)
    assert rig.engine.book.out("en") == ""
    await rig.start()
    assert set(rig.engine.core.rules) == {"down", "other"}
    assert "gone_word" in rig.engine.book.out("en")
    assert "规则 hot" in rig.engine.book.out("zh-CN")
    await tell(rig, HOT)
    assert rig.engine.book.out("en") == ""
    assert "hot" in rig.engine.core.rules


async def test_a_command_that_comes_twice_counts_once(rig: Rig) -> None:
    command = wish(rig, HOT)
    await rig.send(command)
    await rig.send(command)
    await rig.step(0.1)
    await rig.start()
    await rig.send(command)
    await rig.step(0.1)
    assert [name for name, _, _ in await rule_entries(rig)] == ["loaded", "created"]
    assert [result.outcome for result in await rig.answers()][-1] is Outcome.DONE


async def test_a_flap_of_an_older_expression_hides_nothing(rig: Rig) -> None:
    await tell(rig, HOT | {"when": 'm["sensor.temp"] > 50.0'})
    for number in range(16):
        await rig.change(*_flip(rig, number))
        await rig.step(1.0)
    assert _hot(rig).suppressed_by == ("flapping",)
    await tell(rig, HOT | {"when": 'm["sensor.temp"] > 10.0'})
    assert _hot(rig).suppressed_by == ()


def _hot(rig: Rig) -> Alert:
    return next(alert for alert in rig.engine.core.alerts.values() if alert.rule == "hot")


def _flip(rig: Rig, number: int) -> list[Change]:
    value = reading(60.0 if number % 2 else 40.0, at=rig.now)
    return [change(replace(state("r1", "ok", sensor_temp=value), seen_at=rig.now), rig.now)]


async def test_a_rule_with_severities_by_value_is_made_journaled_and_read_again(rig: Rig) -> None:
    severities = [{"when": 'm["sensor.temp"] > (active ? 90.0 : 95.0)', "severity": "critical"}, {"severity": "minor"}]
    assert (await tell(rig, HOT | {"severity": severities})).outcome == "done"
    await temp(rig, 99.0)
    await temp(rig, 85.0)
    entries = await rig.journal.entries(kind="alert", limit=10)
    assert [
        (entry.name, entry.body["after"]["severity"]) for entry in entries if "severity" in entry.body["after"]
    ] == [("raise", "critical"), ("severity_down", "minor")]
    (document,) = [doc.body for doc in await rig.journal.docs("rule") if doc.body.get("id") == "hot"]
    assert (document["severity"], document["grades"]) == ("minor", severities[:1])
    await rig.start()
    assert rig.engine.core.rules["hot"].settings.grades[0].severity is Severity.CRITICAL
    form = {name: document[name] for name in ("id", "when", "over", "for", "recover_for", "severity", "grades")}
    assert (await tell(rig, form)).outcome == "done", "what was read may be sent back"
    wrong = await tell(rig, HOT | {"severity": [{"severity": "minor"}, {"severity": "major"}]})
    assert wrong.outcome == Outcome.INVALID
