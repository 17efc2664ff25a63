"""What people may do to an alert, and what they are told when they may not."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.model import Ack, Outcome
from tests.alerts.builders import T0, change, command, core, make_alert, state

NOW = T0 + 1


def fired() -> Any:
    alert_core = core()
    alert_core.fold(change(state("r1", "down"), T0), T0)
    alert_core.take_steps()
    return alert_core


def test_done_answers_with_the_public_record_as_it_is_then() -> None:
    args = {"comment": " 已派单 ", "until": T0 + 600, "estimated_restoration": T0 + 300}
    result = fired().command(command("ack", "a1", NOW, args=args, expected_rev=1), NOW)
    assert result.outcome is Outcome.DONE
    assert result.after["acked"] is True
    assert result.after["state"] == "ACKED"
    assert result.after["rev"] == 2
    assert result.after["ack"]["by"] == "zhang"
    assert result.after["ack"]["comment"] == "已派单"
    assert result.after["ack"]["until"] == "2027-01-15T08:10:00.000Z"


def test_unack_is_the_undo_of_ack() -> None:
    alert = fired()
    before = alert.alerts["a1"]
    alert.command(command("ack", "a1", NOW), NOW)
    assert alert.command(command("unack", "a1", NOW, id="c2"), NOW).outcome is Outcome.DONE
    assert alert.alerts["a1"].ack is None
    assert alert.alerts["a1"].rev == before.rev + 2


@pytest.mark.parametrize(
    ("more", "outcome", "code"),
    [
        ({"action": "dance"}, Outcome.INVALID, "unknown_action"),
        ({"role": "viewer"}, Outcome.FORBIDDEN, "role"),
        ({"role": "leader"}, Outcome.FORBIDDEN, "role"),
        ({"role": "auditor"}, Outcome.FORBIDDEN, "role"),
        ({"subject": "nobody"}, Outcome.NOT_FOUND, "no_alert"),
        ({"actor_region": "532323"}, Outcome.FORBIDDEN, "region"),
        ({"expected_rev": 7}, Outcome.CONFLICT, "rev"),
        ({"action": "unack"}, Outcome.CONFLICT, "not_acked"),
        ({"args": {"until": T0}}, Outcome.INVALID, "until_past"),
        ({"args": {"until": T0 + 1e9}}, Outcome.INVALID, "bad_until"),
        ({"args": {"until": "soon"}}, Outcome.INVALID, "bad_until"),
        ({"args": {"until": True}}, Outcome.INVALID, "bad_until"),
        ({"args": {"estimated_restoration": float("nan")}}, Outcome.INVALID, "bad_estimated_restoration"),
        ({"args": {"estimated_restoration": NOW - 1}}, Outcome.INVALID, "bad_estimated_restoration"),
        ({"args": {"estimated_restoration": NOW + 367 * 86400}}, Outcome.INVALID, "bad_estimated_restoration"),
        ({"args": {"comment": 5}}, Outcome.INVALID, "bad_comment"),
        ({"args": {"comment": "x" * 2001}}, Outcome.INVALID, "bad_comment"),
        ({"action": "comment", "args": {"comment": " "}}, Outcome.INVALID, "bad_comment"),
    ],
)
def test_refused_with_a_stable_code_and_nothing_changed(more: dict[str, Any], outcome: Outcome, code: str) -> None:
    alert = fired()
    wish = {"action": "ack", "alert": "a1", "at": NOW, **more}
    wish["alert"] = wish.pop("subject", wish["alert"])
    result = alert.command(command(**wish), NOW)
    assert (result.outcome, result.detail) == (outcome, code)
    assert (result.after is not None) == (outcome is Outcome.CONFLICT)
    assert alert.take_steps() == []


@pytest.mark.parametrize("region", ["", "530000", "532300", "532301"])
@pytest.mark.parametrize("role", ["duty", "operator", "admin"])
def test_who_may_acknowledge(role: str, region: str) -> None:
    wish = command("ack", "a1", NOW, role=role, actor_region=region)
    assert fired().command(wish, NOW).outcome is Outcome.DONE


def test_a_closed_alert_takes_a_comment_but_no_acknowledgement() -> None:
    alert = fired()
    closed = make_alert(id="old", active=False, cleared_at=T0, ack=Ack(by="li", at=T0))
    result = alert.command(command("ack", "old", NOW), NOW, closed)
    assert (result.outcome, result.detail) == (Outcome.CONFLICT, "closed")
    assert alert.command(command("comment", "old", NOW), NOW, closed).outcome is Outcome.DONE
    assert [step.transition.name for step in alert.take_steps()] == ["comment"]
    assert list(alert.alerts) == ["a1"]
