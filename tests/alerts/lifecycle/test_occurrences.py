"""The beginnings of an alert: of its first occurrence, of the present one, and of its last change."""

from __future__ import annotations

import msgspec

from alerts.lifecycle import transitions
from feeds.documents.alert import Bookkeeping, alert_of, dump, read_one
from feeds.model import Alert
from tests.alerts.builders import T0
from tests.alerts.lifecycle.test_transitions import ACK, raising, run


def beginnings(alert: Alert) -> tuple[float, float, float, int]:
    """First occurrence, present occurrence, last change (seconds after T0), and the count."""
    return alert.first_raised_at - T0, alert.raised_at - T0, alert.changed_at - T0, alert.count


def test_an_alert_of_one_occurrence_has_one_beginning() -> None:
    alert, _ = run(raising(raised_at=T0 - 50))
    assert beginnings(alert) == (-50, -50, 0, 1)


def test_each_occurrence_has_its_own_beginning() -> None:
    alert, steps = run(raising(), transitions.Clear(), raising(), transitions.Clear(), raising())
    assert beginnings(alert) == (0, 4, 4, 3)
    assert (steps[-1].before["raised_at"], steps[-1].after["raised_at"]) == (T0 + 2, T0 + 4)


def test_a_cleared_alert_keeps_the_beginning_of_its_last_occurrence() -> None:
    alert, _ = run(raising(), transitions.Clear(), raising(), transitions.Clear())
    assert beginnings(alert) == (0, 2, 3, 2)


def test_another_tools_beginning_of_an_occurrence_is_not_before_the_end_of_the_last() -> None:
    cleared, _ = run(raising(raised_at=T0 - 100), transitions.Clear())
    again, _ = transitions.apply(cleared, raising(raised_at=T0 - 100), T0 + 60)
    assert beginnings(again) == (-100, 1, 60, 2)
    later, _ = transitions.apply(cleared, raising(raised_at=T0 + 40), T0 + 60)
    assert later.raised_at == T0 + 40


def test_an_acknowledgement_changes_the_alert_and_begins_nothing() -> None:
    alert, _ = run(raising(), ACK)
    assert beginnings(alert) == (0, 0, 1, 1)


def test_repeats_are_counted_on_the_same_occurrence() -> None:
    alert, steps = run(raising(repeats=2), transitions.Repeat(times=497))
    assert beginnings(alert) == (0, 0, 1, 500)
    assert (steps[-1].name, steps[-1].after["count"]) == ("repeated", 500)


def old(alert: Alert, **more: object) -> dict[str, object]:
    """The document of a version that knew one beginning only."""
    body = dump(alert, Bookkeeping())
    for name in ("first_raised_at", "changed_at", "count"):
        del body[name]
    return body | more


def test_an_earlier_versions_document_is_read_with_the_beginning_of_the_present_occurrence() -> None:
    alert, _ = run(raising(), transitions.Clear(), raising())
    body = old(alert, raised_at=T0)
    for read in (alert_of(body), read_one(msgspec.json.encode(body)).alert):
        assert beginnings(read) == (0, 2, 2, 2)


def test_an_earlier_versions_document_of_one_occurrence_keeps_its_beginning() -> None:
    alert, _ = run(raising())
    assert beginnings(alert_of(old(alert))) == (0, 0, 0, 1)
    foreign = old(run(raising(raised_at=T0 - 50))[0], foreign={"lease": 0.0, "at": T0, "faces": []})
    assert beginnings(alert_of(foreign)) == (-50, -50, 0, 1)


def test_the_new_fields_survive_the_document() -> None:
    alert, _ = run(raising(), transitions.Clear(), raising(), transitions.Repeat(times=3))
    assert read_one(msgspec.json.encode(dump(alert, Bookkeeping()))).alert == alert
