"""Timelines of other tools' alerts: leases, words of severity, binding to assets, each message applied once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from feeds.bus import Bus
from feeds.engine.inbox import LIVELY, LOOK, SOON
from feeds.external import DEVICE, Report
from feeds.journal import Intake, Journal
from feeds.model import Alert, Severity
from feeds.model.isa_state import isa_state
from tests.alerts.builders import T0, asset, command
from tests.alerts.rig import Killed, Rig


def fires(asset: str = "r1", **more: Any) -> Report:
    fixed = {"rule": "prometheus:Down", "severity": Severity.MAJOR, "identity_labels": {"alertname": "Down"}}
    return Report(asset=asset, **{**fixed, **more})


def ended(asset: str = "r1", **more: Any) -> Report:
    return fires(asset, active=False, **more)


@pytest.fixture
async def rig(bus: Bus, journal: Journal, intake: Intake) -> Rig:
    rig = Rig(bus, journal, intake=intake)
    await rig.assets(asset(probes=("tcp://10.0.0.1:443",)))
    await rig.start()
    await rig.step()
    return rig


async def say(rig: Rig, *reports: Report, after: float = 1.0, region: str = "") -> None:
    rig.now += after
    await rig.hand_in(*reports, region=region)
    await rig.step(0.1)


async def only(rig: Rig) -> Alert:
    (alert,) = (await rig.shown()).values()
    return alert


async def names(rig: Rig) -> list[str]:
    return [name for _, name in await rig.names()]


async def test_repeated_messages_are_counted_and_a_state_that_is_sent_again_is_not(rig: Rig) -> None:
    await say(rig, fires())
    await say(rig, fires(), fires())
    assert (await only(rig)).count == 1, "an Alertmanager sends what it has every minute"
    await say(rig, fires(repeats=499))
    alert = await only(rig)
    assert (alert.count, alert.raised_at, alert.active) == (500, alert.first_raised_at, True)
    await say(rig, ended(repeats=2))
    await say(rig, fires())
    again = await only(rig)
    assert (again.count, again.first_raised_at) == (503, alert.first_raised_at)
    assert again.raised_at == again.changed_at > alert.raised_at
    assert await names(rig) == ["raise", "repeated", "repeated", "clear", "reraise"]


async def test_an_alert_is_raised_and_only_an_explicit_end_clears_it(rig: Rig) -> None:
    await say(rig, fires(since=T0 - 60, labels={"a": "b"}, url="http://prom/graph"))
    alert = await only(rig)
    assert (alert.active, alert.asset, alert.raised_at, alert.url) == (True, "r1", T0 - 60, "http://prom/graph")
    await say(rig, after=3600)
    assert (await only(rig)).active
    await say(rig, ended())
    assert not (await only(rig)).active
    assert await names(rig) == ["raise", "clear"]
    await rig.assert_whole()


async def test_an_end_that_is_known_by_something_else_says_by_what(rig: Rig) -> None:
    await say(rig, fires(rule="trap:link"))
    await say(rig, ended(rule="trap:link", evidence="if.oper[Gi0/0/7]=up (polled)"))
    assert [entry.body["text"] for entry in await rig.entries()][-1] == "if.oper[Gi0/0/7]=up (polled)"


async def test_a_lease_that_ends_makes_it_stale_and_it_stays_active_until_it_is_said_again(rig: Rig) -> None:
    await say(rig, fires(until=T0 + 100))
    await rig.step(90)
    assert (await only(rig)).stale_since is None
    await rig.step(20)
    alert = await only(rig)
    assert (alert.active, alert.stale_since) == (True, T0 + 100)
    await say(rig, fires(until=rig.now + 100))
    assert (await only(rig)).stale_since is None
    assert await names(rig) == ["raise", "stale", "fresh"]


async def test_said_again_in_time_nothing_happens_and_nothing_is_recorded(rig: Rig) -> None:
    for _ in range(20):
        await say(rig, fires(until=rig.now + 200), after=60)
    assert await names(rig) == ["raise"]


async def test_a_restart_gives_a_lease_its_whole_length_again(rig: Rig) -> None:
    await say(rig, fires(until=rig.now + 101))
    rig.now += 1000  # nobody listened
    await rig.start()
    await rig.step(90)
    assert (await only(rig)).stale_since is None
    await rig.step(20)
    assert (await only(rig)).stale_since is not None


async def test_what_is_stale_is_stale_after_a_restart_too(rig: Rig) -> None:
    await say(rig, fires(until=rig.now + 10))
    await rig.step(20)
    await rig.start()
    await rig.step(1000)
    assert await names(rig) == ["raise", "stale"]


async def test_a_worse_word_is_a_step_of_the_same_alert(rig: Rig) -> None:
    await say(rig, fires(face="warning", severity=Severity.WARNING))
    await say(rig, fires(face="critical", severity=Severity.CRITICAL))
    assert (await only(rig)).severity is Severity.CRITICAL
    await say(rig, ended(face="critical", severity=Severity.CRITICAL))
    assert await names(rig) == ["raise", "severity_up", "clear"]


async def test_of_two_words_at_once_the_worse_counts_and_the_alert_ends_with_the_last(rig: Rig) -> None:
    low, high = fires(face="warning", severity=Severity.WARNING), fires(face="critical", severity=Severity.CRITICAL)
    for _ in range(3):
        await say(rig, high, low)
        assert (await only(rig)).severity is Severity.CRITICAL
    await say(rig, replace(high, active=False))
    assert ((await only(rig)).active, (await only(rig)).severity) == (True, Severity.WARNING)
    await rig.start()
    await say(rig, low)
    await say(rig, replace(low, active=False))
    assert await names(rig) == ["raise", "severity_down", "clear"]


async def test_two_words_survive_a_restart_without_a_step(rig: Rig) -> None:
    low, high = fires(face="warning", severity=Severity.WARNING), fires(face="critical", severity=Severity.CRITICAL)
    await say(rig, low)
    await say(rig, high, low)
    await rig.start()
    await say(rig, low)
    await say(rig, high)
    assert await names(rig) == ["raise", "severity_up"]


async def test_after_a_restart_the_first_report_meets_the_documents_severities_and_time(rig: Rig) -> None:
    """The state of a lease is made of its document when it is first needed."""
    low, high = fires(face="warning", severity=Severity.WARNING), fires(face="critical", severity=Severity.CRITICAL)
    await say(rig, replace(low, at=T0 + 50), replace(high, at=T0 + 50), after=100)
    before = (await rig.journal.docs("alert"))[0].body["foreign"]
    await rig.start()
    await say(rig, replace(high, active=False, at=T0 + 40))
    assert (await only(rig)).severity is Severity.CRITICAL, "older than what the document holds"
    assert (await rig.journal.docs("alert"))[0].body["foreign"] == before
    await rig.start()
    await say(rig, replace(high, active=False, at=T0 + 60))
    assert ((await only(rig)).active, (await only(rig)).severity) == (True, Severity.WARNING)
    await rig.start()
    await say(rig, replace(low, active=False, at=T0 + 70))
    assert not (await only(rig)).active
    await rig.assert_whole()


async def test_a_clock_set_back_after_a_restart_lets_the_next_report_count(rig: Rig) -> None:
    """A report of the document would lie in the future, and hide every later one."""
    await say(rig, fires(at=T0 + 3600))
    await rig.start()
    await rig.set_clock(-1800)
    await say(rig, ended(at=rig.now))
    assert not (await only(rig)).active


async def test_an_alert_that_ends_otherwise_after_a_restart_takes_its_lease_along(rig: Rig) -> None:
    await say(rig, fires(until=rig.now + 100))
    (alert,) = rig.engine.core.alerts
    await rig.start()
    await say(rig, ended())
    assert rig.engine.core.external_alerts.state_of(alert) is None
    await rig.step(1000)
    assert await names(rig) == ["raise", "clear"]


async def test_what_speaks_of_an_older_moment_changes_nothing(rig: Rig) -> None:
    await say(rig, fires(at=T0 + 50))
    await say(rig, ended(at=T0 + 40))
    assert (await only(rig)).active
    await say(rig, ended(at=T0 + 60))
    assert not (await only(rig)).active


async def test_an_address_of_a_probe_means_its_asset_and_the_identity_stays_the_tools(rig: Rig) -> None:
    await say(rig, fires("10.0.0.1:443", by_address=True))
    assert ((await only(rig)).asset, (await only(rig)).region) == ("r1", "532301")
    await say(rig, ended("10.0.0.1:443", by_address=True))
    assert await names(rig) == ["raise", "clear"]
    await say(rig, fires("10.9.9.9:443", by_address=True, identity_labels={"alertname": "Other"}))
    assert {alert.asset for alert in (await rig.shown()).values()} == {"r1", "10.9.9.9:443"}


async def test_a_sender_of_one_region_raises_nothing_on_anothers_asset(rig: Rig) -> None:
    await say(rig, fires(), region="532323")
    assert await rig.shown() == {}
    await say(rig, fires(), fires("theirs", region="532323"), region="532301")
    assert {alert.asset for alert in (await rig.shown()).values()} == {"r1", "theirs"}


async def test_killed_between_journal_and_redis_each_message_is_applied_once(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: object, **__: object) -> str:
        raise Killed

    await rig.hand_in(fires(), ended(), fires())
    monkeypatch.setattr(rig.bus, "commit", dies)
    with pytest.raises(Killed):
        await rig.step(1)
    monkeypatch.undo()
    await rig.start()
    await rig.step(1)
    assert await names(rig) == ["raise", "clear", "reraise"]
    await rig.assert_whole()


async def test_killed_before_the_journal_has_it_nothing_is_lost(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: object) -> None:
        raise Killed

    await rig.hand_in(fires())
    monkeypatch.setattr(rig.journal, "begin", dies)
    with pytest.raises(Killed):
        await rig.step(1)
    monkeypatch.undo()
    assert await names(rig) == []
    await rig.start()
    await rig.step(1)
    assert await names(rig) == ["raise"]


async def test_while_something_comes_in_the_engine_looks_often_and_else_seldom(rig: Rig) -> None:
    assert rig.engine.rest(rig.now) == LOOK
    await say(rig, fires(), after=10)
    assert rig.engine.rest(rig.now) == SOON
    await rig.step(LIVELY)
    assert rig.engine.rest(rig.now) == LOOK


async def test_a_parcel_that_nobody_can_read_stops_nothing(rig: Rig) -> None:
    from feeds.journal import Parcel

    assert rig.intake is not None
    await rig.intake.put(Parcel(target="alert", kind="test", at=rig.now, body=b"\xc1"))
    await say(rig, fires())
    assert await names(rig) == ["raise"]


async def test_after_a_backlog_each_alert_was_raised_when_it_was_taken_in(rig: Rig) -> None:
    for n in range(5):
        rig.now += 1
        await rig.hand_in(*(fires(identity_labels={"n": f"{n}.{m}"}) for m in range(400)))
    rig.now += 600
    while rig.engine.hungry or not await rig.names():
        await rig.step()
    times = [at for at, name in await rig.names() if name == "raise"]
    assert len(times) == 2000
    assert sorted(set(times)) == [1.0, 2.0, 3.0, 4.0, 5.0]


def named(**more: Any) -> Report:
    return fires(rule="opcua:alarm", text="水位过高", **more)


async def test_a_device_acknowledges_and_takes_it_back_but_never_over_a_person(rig: Rig) -> None:
    taken = {"acked": True, "acked_by": f"{DEVICE}plc/li", "acked_comment": "现场处理"}
    await say(rig, named(acked=False))
    await say(rig, named(**taken))
    ack = (await only(rig)).ack
    assert ack is not None
    assert (ack.by, ack.comment) == (f"{DEVICE}plc/li", "现场处理")
    await say(rig, named())
    assert (await only(rig)).acked
    await say(rig, named(acked=False))
    assert not (await only(rig)).acked
    await rig.send(command("ack", (await only(rig)).id, rig.now))
    await say(rig, named(**taken))
    await say(rig, named(acked=False))
    ack = (await only(rig)).ack
    assert ack is not None
    assert ack.by == "zhang"
    assert await names(rig) == ["raise", "ack", "unack", "ack"]
    await rig.assert_whole()


async def test_what_came_and_went_unheard_is_shown_as_returned_and_an_ack_at_the_device_ends_it(rig: Rig) -> None:
    await say(rig, named(active=False))
    assert await rig.shown() == {}, "an end of something unknown is nothing"
    await say(rig, named(active=False, acked=False, since=T0 - 60))
    alert = await only(rig)
    assert (isa_state(alert), alert.raised_at, alert.text) == ("RTNUN", T0 - 60, "水位过高")
    await say(rig, named(active=False, acked=False, since=T0 - 60))
    assert await names(rig) == ["raise", "clear"]
    await say(rig, named(active=False, acked=True, acked_by=f"{DEVICE}plc"))
    assert await rig.shown() == {}
    assert await names(rig) == ["raise", "clear", "ack"]
    await rig.assert_whole()


async def test_one_that_is_acknowledged_when_it_is_first_heard_of_begins_so(rig: Rig) -> None:
    await say(rig, named(acked=True, acked_by=f"{DEVICE}plc"))
    assert isa_state(await only(rig)) == "ACKED"
