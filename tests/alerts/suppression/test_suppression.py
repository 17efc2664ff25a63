"""Shelf, silences, maintenance and flapping: what is hidden when, by whom, until when, and what is told at its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts.lifecycle.flapping import QUIET, FlappingDetector, share
from alerts.suppression.recurrence import next_edge, open_at
from feeds.documents.suppression import Recurrence
from feeds.model import Outcome
from feeds.model.isa_state import isa_state
from tests.alerts.builders import T0, rule
from tests.alerts.desk import Desk, foreign, probed

SW = probed("sw", region="532301", kind="switch")


def down(desk: Desk, second: float = 0.0) -> None:
    desk.see(second, "sw", "down")


def test_a_shelved_alert_is_put_aside_for_its_time_and_comes_back_untold() -> None:
    desk = Desk(SW)
    down(desk)
    assert desk.order(1, "shelve", "a1", until=T0 + 100).outcome is Outcome.DONE
    alert = desk.alert("sw")
    assert (alert.suppressed_by, isa_state(alert)) == (("shelved",), "SHLVD")
    assert alert.shelf is not None
    assert alert.shelf.until == T0 + 100
    desk.until(101)
    assert desk.names("sw") == [(0, "raise"), (1, "shelve"), (100, "shelf_ended")]
    assert desk.notices == [(0, "sw", "first")]


def test_what_is_shelved_stays_so_through_clearing_and_raising_and_its_end_is_told() -> None:
    desk = Desk(SW)
    down(desk)
    desk.order(1, "ack", "a1")
    desk.order(2, "shelve", "a1", until=T0 + 100)
    desk.see(3, "sw", "ok")
    desk.see(4, "sw", "down")
    assert desk.notices == [(0, "sw", "first"), (3, "sw", "cleared")]
    assert desk.alert("sw").suppressed_by == ("shelved",)
    desk.until(100)
    assert desk.notices[2:] == [(100, "sw", "again")]


def test_an_acknowledged_alert_that_ended_on_the_shelf_is_closed_at_the_shelfs_end() -> None:
    desk = Desk(SW)
    down(desk)
    desk.order(1, "ack", "a1")
    desk.order(2, "shelve", "a1", until=T0 + 100)
    desk.see(3, "sw", "ok")
    assert list(desk.core.alerts) == ["a1"]
    desk.until(100)
    assert desk.core.alerts == {}


@pytest.mark.parametrize(
    ("more", "outcome", "code"),
    [
        ({}, Outcome.INVALID, "bad_until"),
        ({"until": T0 - 1}, Outcome.INVALID, "until_past"),
        ({"until": T0 + 8 * 86400}, Outcome.INVALID, "bad_until"),
        ({"until": T0 + 60, "comment": " "}, Outcome.INVALID, "bad_comment"),
        ({"until": T0 + 60, "role": "viewer"}, Outcome.FORBIDDEN, "role"),
        ({"until": T0 + 60, "region": "532331"}, Outcome.FORBIDDEN, "region"),
    ],
)
def test_a_shelf_without_an_end_or_a_right_is_refused(more: dict[str, Any], outcome: Outcome, code: str) -> None:
    desk = Desk(SW)
    down(desk)
    result = desk.order(1, "shelve", "a1", **more)
    assert (result.outcome, result.detail) == (outcome, code)
    assert desk.order(1, "unshelve", "a1").detail == "not_shelved"
    assert desk.names("sw") == [(0, "raise")]


def test_a_silence_hides_present_and_future_alerts_until_its_end_and_tells_then() -> None:
    desk = Desk(SW, probed("sw2", kind="switch"))
    down(desk)
    created = desk.order(1, "silence", "s1", until=T0 + 50, match={"kinds": ["switch"], "severities": ["critical"]})
    assert created.after is not None
    assert (created.after["by"], created.after["running"], created.after["until"]) == (
        "zhang",
        True,
        "2027-01-15T08:00:50.000Z",
    )
    desk.see(10, "sw2", "down")
    assert desk.shown() == []
    assert isa_state(desk.alert("sw2")) == "DSUPR"
    desk.until(60)
    assert desk.notices == [(0, "sw", "first"), (50, "sw2", "first")]
    assert [note.name for note in desk.core.suppressions.take_notes()] == ["created", "began", "ended"]
    assert len(desk.core.suppressions) == 0


def test_what_began_and_ended_under_a_silence_leaves_nothing_over() -> None:
    desk = Desk(SW)
    desk.order(0, "silence", "s1", until=T0 + 50, match={"rule": "down"})
    down(desk, 1)
    desk.see(2, "sw", "ok")
    assert (desk.notices, desk.core.alerts) == ([], {})


def test_who_was_told_before_a_silence_is_told_of_the_end_during_it() -> None:
    desk = Desk(SW)
    down(desk)
    desk.order(1, "silence", "s1", until=T0 + 50, match={"region": "532300"})
    desk.see(2, "sw", "ok")
    assert desk.notices == [(0, "sw", "first"), (2, "sw", "cleared")]


def test_a_silence_can_be_ended_before_its_time_and_match_labels_of_other_tools() -> None:
    desk = Desk()
    desk.order(0, "silence", "s1", until=T0 + 50, match={"labels": {"team": "web"}})
    desk.report(1, foreign("x", labels={"team": "web"}), foreign("y", labels={"team": "db"}))
    assert desk.shown() == ["y"]
    assert desk.order(2, "unsilence", "s1").outcome is Outcome.DONE
    assert desk.shown() == ["x", "y"]
    assert desk.order(3, "unsilence", "s1").outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize(
    ("action", "args", "outcome", "code"),
    [
        ("silence", {"match": {"rule": "down"}}, Outcome.INVALID, "bad_until"),
        ("silence", {"until": T0 - 5, "match": {"rule": "down"}}, Outcome.INVALID, "until_past"),
        ("silence", {"until": T0 + 9, "match": {}}, Outcome.INVALID, "bad_match"),
        ("silence", {"until": T0 + 9, "match": {"region": "5323"}}, Outcome.INVALID, "bad_match"),
        ("silence", {"until": T0 + 9, "match": {"severities": ["awful"]}}, Outcome.INVALID, "bad_match"),
        ("silence", {"until": T0 + 9, "match": {"rule": "down"}, "comment": ""}, Outcome.INVALID, "bad_comment"),
        ("silence", {"until": T0 + 9, "match": {"rule": "down"}, "region": "532301"}, Outcome.FORBIDDEN, "region"),
        ("silence", {"until": T0 + 9, "match": {"assets": ["sw"]}, "region": "532331"}, Outcome.FORBIDDEN, "region"),
        ("silence", {"until": T0 + 9, "match": {"rule": "down"}, "role": "leader"}, Outcome.FORBIDDEN, "role"),
        ("maintain", {"until": T0 + 9, "match": {"rule": "down"}}, Outcome.INVALID, "bad_match"),
        ("maintain", {"until": T0 + 9, "match": {"assets": ["nobody"]}}, Outcome.INVALID, "unknown_asset"),
        ("maintain", {"until": T0 + 9, "starts": T0 + 9, "match": {"assets": ["sw"]}}, Outcome.INVALID, "bad_starts"),
        (
            "maintain",
            {"until": T0 + 9, "match": {"assets": ["sw"]}, "recurrence": {"start": "25:00", "minutes": 5}},
            Outcome.INVALID,
            "bad_recurrence",
        ),
        (
            "maintain",
            {
                "until": T0 + 9,
                "match": {"assets": ["sw"]},
                "recurrence": {"start": "22:00", "minutes": 5, "zone": "Mars/Base"},
            },
            Outcome.INVALID,
            "bad_recurrence",
        ),
        *(
            (
                "maintain",
                {
                    "until": T0 + 9,
                    "match": {"assets": ["sw"]},
                    "recurrence": {"start": "22:00", "minutes": minutes, "days": days},
                },
                Outcome.INVALID,
                "recurrence_overlap",
            )
            for minutes, days in ((5000, []), (1441, []), (1441, [7, 1]), (2881, [1, 3, 5]), (4321, [1, 4]))
        ),
    ],
)
def test_orders_that_hide_too_much_or_for_ever_are_refused(
    action: str, args: dict[str, Any], outcome: Outcome, code: str
) -> None:
    desk = Desk(SW)
    result = desk.order(0, action, "s1", **args)
    assert (result.outcome, result.detail) == (outcome, code)
    assert len(desk.core.suppressions) == 0


def test_somebody_of_a_region_silences_there_and_only_there() -> None:
    desk = Desk(SW)
    ours = {"until": T0 + 9, "region": "532301"}
    assert desk.order(0, "silence", "s1", match={"assets": ["sw"]}, **ours).outcome is Outcome.DONE
    assert desk.order(0, "silence", "s2", match={"region": "532301"}, **ours).outcome is Outcome.DONE
    assert desk.order(0, "silence", "s2", match={"region": "532301"}, **ours).outcome is Outcome.CONFLICT
    assert desk.order(1, "unsilence", "s1", region="532331").outcome is Outcome.FORBIDDEN


def test_maintenance_takes_entities_out_of_service_for_its_time() -> None:
    desk = Desk(SW)
    desk.order(0, "maintain", "m1", starts=T0 + 10, until=T0 + 100, match={"kinds": ["switch"]})
    desk.see(5, "sw", "ok")
    down(desk, 20)
    assert isa_state(desk.alert("sw")) == "OOSRV"
    desk.until(100)
    assert desk.notices == [(100, "sw", "first")]
    notes = [(note.name, note.at - T0) for note in desk.core.suppressions.take_notes()]
    assert notes == [("created", 0), ("began", 10), ("ended", 100)]


def local(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()


def test_a_weekly_window_opens_in_the_sites_own_time_also_over_midnight() -> None:
    friday = Recurrence(start="22:00", minutes=240, days=(5,))
    span = {"starts": local("2026-11-01 00:00"), "until": local("2027-01-01 00:00")}
    for moment, expected in [
        ("2026-11-20 21:59", False),
        ("2026-11-20 22:00", True),
        ("2026-11-21 01:59", True),
        ("2026-11-21 02:00", False),
        ("2026-11-21 22:30", False),
        ("2027-01-01 22:30", False),
    ]:
        assert open_at(friday, local(moment), **span) is expected, moment
    assert next_edge(friday, local("2026-11-20 22:00"), **span) == local("2026-11-21 02:00")
    assert next_edge(friday, local("2026-11-21 02:00"), **span) == local("2026-11-27 22:00")


def test_a_daily_window_repeats_until_its_last_day_and_every_opening_is_noted() -> None:
    desk = Desk(SW)
    start = datetime.fromtimestamp(T0 + 600, ZoneInfo("Asia/Shanghai")).strftime("%H:%M")
    desk.order(
        0, "maintain", "m1", until=T0 + 3 * 86400, match={"assets": ["sw"]}, recurrence={"start": start, "minutes": 30}
    )
    desk.until(4 * 86400)
    names = [note.name for note in desk.core.suppressions.take_notes()]
    assert names == ["created", "began", "paused", "began", "paused", "began", "paused", "ended"]


@pytest.mark.parametrize(("rests", "last"), [("down", []), ("ok", ["cleared"])])
def test_flapping_is_told_once_and_at_its_end_the_present_state_if_it_is_another_one(
    rests: str, last: list[str]
) -> None:
    desk = Desk(SW)
    for second in range(20):
        desk.see(second, "sw", "down" if second % 2 else "ok")
    assert [(at, why) for at, _, why in desk.notices] == [
        (1, "first"),
        (2, "cleared"),
        (3, "again"),
        (4, "cleared"),
        (5, "again"),
        (6, "flapping"),
    ]
    assert desk.alert("sw").suppressed_by == ("flapping",)
    for second in range(20, 50):
        desk.see(second, "sw", rests)
    assert desk.alert("sw").suppressed_by == ()
    assert desk.names("sw")[-1][1] == "flapping_end"
    assert [why for at, _, why in desk.notices if at >= 20] == last


def test_flapping_ends_also_when_no_result_comes_any_more() -> None:
    desk = Desk(SW)
    for second in range(12):
        desk.see(second, "sw", "down" if second % 2 else "ok")
    desk.until(12 + QUIET)
    assert desk.alert("sw").suppressed_by == ()


def test_the_limits_of_flapping_are_those_of_the_weighted_share() -> None:
    assert share((1 << 20) - 1) == pytest.approx(1.0)
    assert share(1) == pytest.approx(0.06)
    assert share(1 << 19) == pytest.approx(0.04)
    flapping: FlappingDetector[tuple[str, ...]] = FlappingDetector()
    turned = [flapping.take(("k",), bool(number % 2), number) for number in range(8)]
    assert turned.index(True) == 6
    again: FlappingDetector[tuple[str, ...]] = FlappingDetector(flapping.dump())
    assert again.flapping(("k",))
    ended = next(n for n in range(40) if again.take(("k",), True, 100 + n))
    assert share(0b1111111 << ended + 1) < 0.25 or not again.flapping(("k",))


def test_two_reasons_must_both_end_before_anybody_is_told() -> None:
    desk = Desk(SW, rules=(rule(),))
    desk.order(0, "silence", "s1", until=T0 + 50, match={"rule": "down"})
    desk.order(0, "maintain", "m1", until=T0 + 80, match={"assets": ["sw"]})
    down(desk, 1)
    desk.until(79)
    assert (desk.notices, desk.alert("sw").suppressed_by) == ([], ("maintenance:m1",))
    desk.until(80)
    assert desk.notices == [(80, "sw", "first")]


@pytest.mark.parametrize(("minutes", "days"), [(1440, []), (2880, [1, 3, 5]), (4320, [1, 4]), (10080, [2])])
def test_a_window_may_last_until_it_begins_again(minutes: int, days: list[int]) -> None:
    again = {"start": "22:00", "minutes": minutes, "days": days}
    result = Desk(SW).order(0, "maintain", "w1", until=T0 + 9, match={"assets": ["sw"]}, recurrence=again)
    assert result.outcome is Outcome.DONE
