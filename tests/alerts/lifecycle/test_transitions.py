"""Every transition by name, and what it may not do."""

from __future__ import annotations

import pytest

from alerts.lifecycle import transitions
from feeds.documents.alert import Bookkeeping, alert_of, dump
from feeds.model import Alert, Severity, Transition
from feeds.model.isa_state import isa_state
from tests.alerts.builders import T0, make_alert

IDENTITY = transitions.AlertIdentity(rule="down", subject_kind="asset", subject="r1")


def raising(**more: object) -> transitions.Raise:
    return transitions.Raise(**{"id": "a1", "identity": IDENTITY, "severity": Severity.MAJOR, **more})  # type: ignore[arg-type]


def run(*events: transitions.Event, alert: Alert | None = None) -> tuple[Alert, list[Transition]]:
    """Apply events one second apart, the first at T0."""
    steps = []
    for second, event in enumerate(events):
        alert, step = transitions.apply(alert, event, T0 + second)
        steps.append(step)
    assert alert is not None
    return alert, steps


ACK = transitions.Acknowledge(actor="zhang", comment="查看中")


def test_an_alert_that_nobody_took_stays_open_when_it_clears_and_closes_when_it_is_acknowledged() -> None:
    cleared, _ = run(raising(), transitions.Clear())
    assert (cleared.open, isa_state(cleared), cleared.cleared_at) == (True, "RTNUN", T0 + 1)
    taken, steps = run(ACK, alert=cleared)
    assert (taken.open, isa_state(taken), steps[0].name) == (False, "NORM", "ack")


def test_an_alert_is_not_raised_later_than_now() -> None:
    (ahead, _), (behind, _) = run(raising(raised_at=T0 + 50)), run(raising(raised_at=T0 - 50))
    assert (ahead.raised_at, behind.raised_at) == (T0, T0 - 50)


def test_a_flapping_alert_that_nobody_saw_stays_open_when_it_clears() -> None:
    alert, _ = run(raising(suppressed_by=("flapping",)), transitions.Clear())
    assert (alert.unseen, alert.open, alert.ack) == (True, True, None)
    hidden, _ = run(raising(suppressed_by=("silence:s1",)), transitions.Clear())
    assert (hidden.unseen, hidden.open) == (True, False)


def test_an_acknowledged_alert_closes_when_it_clears() -> None:
    alert, steps = run(raising(), ACK, transitions.Clear())
    assert not alert.open
    assert [step.name for step in steps] == ["raise", "ack", "clear"]


def test_raised_again_while_open_it_is_the_same_alert_with_its_first_time() -> None:
    alert, steps = run(raising(), transitions.Clear(), raising(id="other"))
    assert (alert.id, alert.first_raised_at, alert.since, alert.cleared_at) == ("a1", T0, T0 + 2, None)
    assert steps[-1].name == "reraise"
    assert alert.rev == 3


def test_raised_after_closing_it_is_another_alert_of_the_same_fingerprint() -> None:
    closed, _ = run(raising(), ACK, transitions.Clear())
    new, step = transitions.apply(closed, raising(id="a2"), T0 + 9)
    assert (new.id, new.rev, new.fingerprint, step.name) == ("a2", 1, closed.fingerprint, "raise")


def test_worsening_ends_an_acknowledgement_in_one_step_and_bettering_does_not() -> None:
    taken, _ = run(raising(), ACK)
    worse, steps = run(transitions.Regrade(severity=Severity.CRITICAL), alert=taken)
    assert (worse.ack, worse.severity, steps[0].name) == (None, Severity.CRITICAL, "ack_ended_by_worsening")
    assert len(steps) == 1
    better, steps = run(transitions.Regrade(severity=Severity.MINOR), alert=taken)
    assert (better.acked, steps[0].name) == (True, "severity_down")


def test_worsening_without_an_acknowledgement_is_only_a_higher_severity() -> None:
    _, steps = run(raising(), transitions.Regrade(severity=Severity.CRITICAL))
    assert steps[-1].name == "severity_up"
    assert (steps[-1].before, steps[-1].after) == (
        {"severity": "major"},
        {"severity": "critical", "changed_at": T0 + 1},
    )


def test_an_acknowledgement_expires_together_with_its_comment() -> None:
    limited = transitions.Acknowledge(actor="zhang", comment="一小时内", until=T0 + 3)
    alert, steps = run(raising(), limited, transitions.WentStale(), transitions.AckExpired())
    assert (alert.ack, steps[-1].name, isa_state(alert)) == (None, "ack_expired", "UNACK")
    assert steps[-1].before["ack"]["comment"] == "一小时内"


def test_no_data_keeps_the_alert_as_it_is_and_says_since_when() -> None:
    alert, steps = run(raising(), transitions.WentStale())
    assert (alert.active, alert.stale_since, steps[-1].name) == (True, T0 + 1, "stale")
    alert, steps = run(transitions.WentFresh(), alert=alert)
    assert (alert.stale_since, steps[-1].name) == (None, "fresh")


def test_a_comment_moves_only_the_record_also_when_the_alert_is_closed() -> None:
    closed, _ = run(raising(), ACK, transitions.Clear())
    after, step = transitions.apply(closed, transitions.AddComment(actor="li", comment="光缆已修"), T0 + 60)
    assert (step.name, step.before, step.after, step.comment) == ("comment", {}, {}, "光缆已修")
    assert after.rev == closed.rev + 1


@pytest.mark.parametrize(
    ("before", "event", "code"),
    [
        ((), transitions.Clear(), "no_alert"),
        ((raising(),), raising(), "active"),
        ((raising(),), transitions.Unacknowledge(actor="x"), "not_acked"),
        ((raising(),), transitions.AckExpired(), "not_expired"),
        ((raising(),), transitions.Regrade(severity=Severity.MAJOR), "same_severity"),
        ((raising(),), transitions.WentFresh(), "already_fresh"),
        ((raising(),), transitions.Acknowledge(actor="x", until=T0), "until_past"),
        ((raising(), transitions.Clear()), transitions.Clear(), "not_active"),
        ((raising(), ACK, transitions.Clear()), ACK, "closed"),
    ],
)
def test_what_does_not_fit_is_refused_by_a_stable_code(
    before: tuple[transitions.Event, ...], event: transitions.Event, code: str
) -> None:
    alert = run(*before)[0] if before else None
    with pytest.raises(transitions.NotAllowed, match=f"^{code}$"):
        transitions.apply(alert, event, T0 + 9)


def test_value_and_severity_stay_out_of_the_fingerprint() -> None:
    same = run(raising(severity=Severity.INFO, text="其他", labels={"a": "b"}))[0].fingerprint
    assert same == run(raising())[0].fingerprint == IDENTITY.fingerprint
    others = {
        transitions.AlertIdentity(rule="up", subject_kind="asset", subject="r1").fingerprint,
        transitions.AlertIdentity(rule="down", subject_kind="source", subject="r1").fingerprint,
        transitions.AlertIdentity(rule="down", subject_kind="asset", subject="r2").fingerprint,
        transitions.AlertIdentity(rule="down", subject_kind="asset", subject="r1", labels={"port": "1"}).fingerprint,
    }
    assert len(others | {same}) == 5


def test_what_hides_an_alert_shows_as_its_isa_state() -> None:
    shown = [
        isa_state(make_alert(suppressed_by=by))
        for by in ((), ("shelved",), ("maintenance:m1",), ("inhibited:a9",), ("shelved", "flapping"))
    ]
    assert shown == ["UNACK", "SHLVD", "OOSRV", "DSUPR", "SHLVD"]


def test_the_record_alone_rebuilds_the_alert() -> None:
    alert, steps = run(
        raising(labels={"k": "v"}),
        ACK,
        transitions.Regrade(severity=Severity.CRITICAL),
        transitions.WentStale(),
        transitions.WentFresh(),
        transitions.Clear(),
        raising(),
        transitions.AddComment(actor="li", comment="x"),
    )
    assert (
        transitions.replay([{"seq": s.seq, "before": s.before, "after": s.after, "text": s.text} for s in steps])
        == alert
    )
    assert [step.seq for step in steps] == list(range(1, 9))
    assert alert_of(dump(alert, Bookkeeping())) == alert
