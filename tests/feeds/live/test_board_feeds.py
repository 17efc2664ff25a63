"""Boards count approvals and incidents by feed, county and department."""

from __future__ import annotations

from typing import Any

from feeds.kinds import Audience
from feeds.live.mirror import Mirror
from feeds.model import Change
from feeds.model.approvals import ApprovalBoard
from feeds.model.incidents import Incident


def _cases(lights: dict[str, int], **more: Any) -> Change:
    values: dict[str, Any] = {"id": "housing/532301/permit", "department": "housing", "group": "permit", **more}
    board = ApprovalBoard(
        name="州住建局",
        region="532301",
        open=sum(lights.values()),
        lights=lights,
        steps={},
        paused=0,
        due_today=lights.get("yellow", 0),
        unverified=0,
        as_of=1.0,
        **values,
    )
    return Change(kind="case_board", id=board.id, after=board, at=1.0)


def _incident(**fields: Any) -> Change:
    values = {"id": "532300:20261127-0001", "region": "532301", "phase": "active"} | fields
    incident = Incident(received_at=1.0, created_at=1.0, created_by="li", phase_at=1.0, **values)
    return Change(kind="incident", id=incident.id, after=incident, at=1.0)


def _boards(*changes: Change, audience: Audience | None = None) -> dict[str, dict[str, Any]]:
    mirror = Mirror()
    mirror.apply(list(changes))
    mirror.flush()
    return dict(mirror.records("board", audience or Audience()))


def test_open_permits_count_by_light_for_feed_county_and_department() -> None:
    boards = _boards(_cases({"red": 3, "yellow": 2, "green": 9}))
    assert set(boards) == {"feed:approvals", "place:approvals:532301", "region:532301", "department:housing"}
    for board in boards.values():
        assert board["cases"] == {"red": 3, "yellow": 2, "green": 9}
        assert (board["cases_due_today"], board["light"], board["title"]) == (2, "red", "州住建局")


def test_groups_of_kinds_are_not_added_to_the_permits() -> None:
    assert _boards(_cases({"red": 1}, id="x", group="disclosure")) == {}


def test_a_silent_source_of_cases_turns_what_is_not_red_grey() -> None:
    silent = {"silent_since": 60.0}
    (board,) = (b for key, b in _boards(_cases({"yellow": 1}, **silent)).items() if key == "feed:approvals")
    assert (board["light"], board["worst"]) == ("grey", "unknown")
    assert board["cases_silent_since"] == "1970-01-01T00:01:00.000Z"
    assert _boards(_cases({"red": 1}, **silent))["feed:approvals"]["light"] == "red"


def test_a_department_without_a_late_case_is_green_and_known() -> None:
    board = _boards(_cases({"green": 4}))["department:housing"]
    assert (board["light"], board["worst"]) == ("green", "ok")


def test_real_incidents_in_hand_count_by_grade_and_their_responses_by_level() -> None:
    boards = _boards(_incident(grade="III", response="III"), _incident(id="b"))
    assert set(boards) == {"feed:emergency", "place:emergency:532301", "region:532301"}
    for board in boards.values():
        assert board["incidents"] == {"III": 1, "none": 1}
        assert board["responses"] == {"III": 1}


def test_exercises_and_ended_incidents_count_on_no_board() -> None:
    assert _boards(_incident(mode="exercise"), _incident(id="b", phase="ended")) == {}


def test_a_reader_of_another_county_sees_neither() -> None:
    assert _boards(_cases({"red": 1}), _incident(), audience=Audience("532324")) == {}
