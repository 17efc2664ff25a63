"""A start after a kill: what it reads, what it says again, and that it knows what its predecessor knew."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.core.core import AlertCore
from alerts.notify.notifications import Recipients
from alerts.rules.rule import compile_rules
from alerts.rules.subjects import Subjects
from feeds import wire
from feeds.bus import Bus
from feeds.documents.alert import read_one
from feeds.documents.suppression import Match, Suppression
from feeds.external import Report
from feeds.journal import Intake, Journal
from feeds.journal.records import canonical
from feeds.model import Ack, Alert, Health, Hold, Kind, Severity, Shelf
from tests import patience
from tests.alerts.builders import T0, asset, make_alert, rule, source, state
from tests.alerts.rig import Rig


@pytest.fixture
async def rig(bus: Bus, journal: Journal, intake: Intake) -> Rig:
    rig = Rig(bus, journal, intake=intake)
    await rig.assets()
    await rig.start()
    await rig.step()
    return rig


def report(name: str, **more: Any) -> Report:
    words: dict[str, Any] = {
        "labels": {"zone": "b", "app": "a"},
        "title": {"zh-CN": "连接慢", "en": "slow"},
        "until": T0 + 3600,
    }
    return Report(rule=f"prometheus:{name}", asset="r1", severity=Severity.MAJOR, **words | more)


async def say(rig: Rig, *reports: Report) -> None:
    rig.now += 1
    await rig.hand_in(*reports)
    await rig.step(0.1)


async def test_a_start_reads_no_alert_that_is_closed(rig: Rig) -> None:
    """However many have ended in the years before; here nobody could read them."""
    await say(rig, report("Open"))
    async with rig.journal.begin() as tx:
        for number in range(50):
            await tx.put("alert", f"old{number}", {"nobody": "can read this"}, open=False, seq=number)
    await rig.start()
    await rig.step(1)
    assert [alert.rule for alert in rig.engine.core.alerts.values()] == ["prometheus:Open"]


async def test_a_start_says_nothing_that_redis_knows(rig: Rig) -> None:
    await say(rig, report("Slow"), report("Down"))
    before = await rig.bus.tail(rig.bus.keys.changes)
    await rig.start()
    await rig.step(1)
    assert await rig.bus.tail(rig.bus.keys.changes) == before
    await rig.assert_whole()


@pytest.mark.parametrize("raw", [None, b"", b"\xc1", wire.encode({"id": "a1"})])
async def test_what_redis_holds_in_another_form_is_said_again(rig: Rig, raw: bytes | None) -> None:
    await say(rig, report("Slow"))
    (alert,) = rig.engine.core.alerts.values()
    key = rig.bus.keys.state(Kind.ALERT)
    await rig.bus.write([("HDEL", key, alert.id) if raw is None else ("HSET", key, alert.id, raw)])
    await rig.start()
    assert await rig.shown() == {alert.id: alert}


def test_the_same_record_in_another_order_is_the_same() -> None:
    alert = make_alert(labels={"b": "1", "a": "2"})
    assert wire.holds(wire.encode(make_alert(labels={"a": "2", "b": "1"})), alert)
    assert not wire.holds(wire.encode(make_alert(rev=2)), alert)
    assert not wire.holds(None, alert)


def test_documents_of_before_say_who_was_told_all_the_same() -> None:
    documents = [{}, {"told": ["desk"]}, {"told": ["desk"], "firing": []}, {"told": ["desk"], "new": {"a": [1]}}]
    read_documents = [read_one(canonical(msgspec.to_builtins(make_alert()) | more)) for more in documents]
    assert [document.alert for document in read_documents] == [make_alert()] * 4
    assert [Recipients.load(document) for document in read_documents] == [
        None,
        Recipients({"desk"}, {"desk"}),
        Recipients({"desk"}, set()),
        Recipients({"desk"}, {"desk"}),
    ]


BELOW = {"root": (), "a": ("root",), "b": ("root",), "leaf": ("a", "b")}
SUBJECTS = st.one_of(
    st.tuples(st.just("asset"), st.sampled_from(list(BELOW))),
    st.tuples(st.just("source"), st.sampled_from(["cma", "collect"])),
)
HIDDEN = st.sampled_from([(), ("held",), ("inhibited:a0",)])
ALERTS = st.lists(
    st.tuples(
        SUBJECTS,
        st.sampled_from(["down", "redundancy-lost", "prometheus:Down", "prometheus:Slow"]),
        st.sampled_from([Severity.CRITICAL, Severity.MINOR]),
        st.booleans(),
        HIDDEN,
        st.sampled_from([None, Ack(by="zhang", at=T0, until=T0 + 9), Ack(by="li", at=T0)]),
        st.sampled_from([None, Hold(since=T0, until=T0 + 5)]),
        st.sampled_from([None, Shelf(at=T0, until=T0 + 7)]),
    ),
    max_size=12,
)
HEALTHS = st.lists(st.sampled_from(list(Health)), min_size=len(BELOW), max_size=len(BELOW))


def alerts(drawn: list[Any]) -> list[Alert]:
    """Open ones, each of an identity of its own."""
    alerts_by_key: dict[Any, Alert] = {}
    for number, (subject, name, severity, active, hidden, ack, hold, shelf) in enumerate(drawn):
        alerts_by_key.setdefault(
            (subject, name),
            make_alert(
                id=f"a{number}",
                rule=name,
                subject_kind=subject[0],
                asset=subject[1],
                severity=severity,
                active=active,
                fingerprint=f"{subject}{name}",
                suppressed_by=hidden,
                ack=ack,
                hold=hold,
                shelf=shelf,
                raised_at=T0 + number,
            ),
        )
    return [alert for alert in alerts_by_key.values() if alert.open]


def comparable(alert_core: AlertCore) -> dict[str, Any]:
    """What a board has drawn from its alerts."""
    names = ("_on", "_suspects", "_waiting", "_failing", "_cuts")
    inside = {name: getattr(alert_core.inhibition, name) for name in names}
    inside["silent"] = alert_core.inhibition._sources.silent
    ends = {}
    while alert_core.open_alerts.expiries.next_due() is not None:
        at = alert_core.open_alerts.expiries.next_due()
        ends[alert_core.open_alerts.expiries.pop()] = at
    roots = {root: alert_core.inhibition.affected(root) for root in sorted(alert_core.inhibition._behind)}
    behind = {root: counts for root, counts in roots.items() if counts}
    return {
        "alerts": alert_core.alerts,
        "ends": ends,
        "behind": behind,
        "keys": alert_core.open_alerts._by_key,
        **inside,
    }


@settings(max_examples=patience.examples(300), derandomize=True, deadline=None)
@given(ALERTS, HEALTHS)
def test_alerts_read_all_at_once_mean_what_they_mean_one_by_one(drawn: list[Any], healths: list[Health]) -> None:
    open_alerts = alerts(drawn)
    records: dict[str, dict[str, Any]] = {
        Kind.ASSET: {id: asset(id, parents=parents) for id, parents in BELOW.items()},
        Kind.STATE: {id: state(id, health) for id, health in zip(BELOW, healths, strict=True)},
        Kind.SOURCE: {id: source(id, silent_since=T0) for id in ("cma", "collect")},
    }
    rules = compile_rules([rule()])
    at_once, one_by_one = (
        AlertCore(rules, subjects=Subjects(records), alerts=restored) for restored in (open_alerts, [])
    )
    for alert in open_alerts:
        one_by_one.open_alerts.keep(alert)
    assert comparable(at_once) == comparable(one_by_one)


@settings(max_examples=patience.examples(300), derandomize=True, deadline=None)
@given(ALERTS, HEALTHS, st.booleans())
def test_a_review_that_passes_over_alerts_that_stand_alone_decides_as_one_of_every_alert(
    drawn: list[Any], healths: list[Health], silenced: bool
) -> None:
    given_alerts = [
        replace(alert, suppressed_by=(*alert.suppressed_by, "shelved")) if alert.shelf else alert
        for alert in alerts(drawn)
    ]
    records: dict[str, dict[str, Any]] = {
        Kind.ASSET: {id: asset(id, parents=parents) for id, parents in BELOW.items()},
        Kind.STATE: {id: state(id, health) for id, health in zip(BELOW, healths, strict=True)},
        Kind.SOURCE: {id: source(id, silent_since=T0) for id in ("cma", "collect")},
    }
    about = Match(rule="down")
    silence = Suppression(
        id="s1", kind="silence", by="li", at=T0, comment="", match=about, starts=T0, until=T0 + 99, running=True
    )
    results = []
    for passes_over in (True, False):
        core = AlertCore(
            compile_rules([rule()]),
            subjects=Subjects(records),
            alerts=given_alerts,
            suppressions=[silence] if silenced else [],
        )
        if not passes_over:
            core._suppressor._stands_alone = lambda alert, explained: False  # type: ignore[method-assign]
        core._suppressor.review_all(T0 + 3)
        steps = [(step.alert, step.transition.name) for step in core.take_steps()]
        results.append((steps, core.alerts))
    assert results[0] == results[1]
