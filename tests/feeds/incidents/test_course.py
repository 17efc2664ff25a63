"""The course of an incident: which phases it has behind it, when it entered them, and where it left the line."""

from __future__ import annotations

from feeds.incidents.phases import course_of


def drawn(phase: str, before: str = "", **entered: str) -> list[tuple[str, str | None, str]]:
    return [(point.phase, point.at, point.state) for point in course_of(phase, before, entered)]


def test_a_phase_that_was_skipped_has_no_time() -> None:
    assert drawn("active", "received", open="14:20")[:4] == [
        ("received", None, "past"),
        ("verifying", None, "past"),
        ("active", "14:20", "present"),
        ("ended", None, "ahead"),
    ]


def test_what_was_entered_again_has_its_last_time_and_what_lies_ahead_none() -> None:
    points = drawn("active", "ended", verify="14:19", open="14:20", end="19:40", reopen="20:05")
    assert [point for point in points if point[1]] == [("verifying", "14:19", "past"), ("active", "20:05", "present")]


def test_an_incident_that_left_its_course_ends_where_it_left() -> None:
    assert drawn("false", "verifying", verify="14:19", **{"false": "14:30"}) == [
        ("received", None, "past"),
        ("verifying", "14:19", "past"),
        ("false", "14:30", "present"),
    ]
    assert [point[0] for point in drawn("merged", "received")] == ["received", "merged"]
