"""The leader's bands: what is grave in which order, what waits, and never calmer than is known."""

from __future__ import annotations

from typing import Any

from api.leader.completeness import completeness
from api.leader.matters import WAIT, doing, matters, soon
from api.leader.picture import LeaderPicture
from api.leader.waiting import DAY, waiting
from feeds import wire
from feeds.kinds import ALERT, INCIDENT, OBLIGATION, WARNING, Audience
from feeds.live.mirror import Mirror
from feeds.model import Asset, AssetState, Change, Health, Kind, SourceState
from feeds.model.incidents import GradeProposal, Incident, IncidentFigure, Obligation
from feeds.model.incidents import Response as RunningResponse
from tests.api.conftest import NOW, A, a_warning, an_alert

Record = dict[str, Any]
AGES = {"collect": 0.2, "project": 0.1, "alert": 0.1, "command": 0.1}


def incident(key: str, **fields: Any) -> Record:
    values: Record = {"region": A, "received_at": NOW - 600, "phase": "active"} | fields
    base: Record = {"created_at": NOW, "created_by": "li", "phase_at": NOW}
    return INCIDENT.view(Incident(id=key, **base | values))


def warning(colour: str, **fields: Any) -> Record:
    record = WARNING.view(a_warning(colour, A, f"{colour}预警"))
    return record | {"colour": colour, "state": "active"} | fields


def alert(key: str, ago: float, **fields: Any) -> Record:
    return ALERT.view(an_alert(key, "a-sw", A, raised_at=NOW - ago, **fields))


def picture(*records: Record, role: str = "leader", **more: Any) -> LeaderPicture:
    kinds: dict[str, dict[str, Record]] = {"incident": {}, "warning": {}, "alert": {}, "obligation": {}}
    for record in records:
        kind = (
            "obligation"
            if "policy" in record
            else "incident"
            if "phase" in record
            else "alert"
            if "rule" in record
            else "warning"
        )
        kinds[kind][record["id"]] = record
    values: Record = {"sources": {}, "boards": {}, "ages": AGES} | more
    return LeaderPicture(
        at=NOW,
        role=role,
        region="",
        alerts=kinds["alert"],
        warnings=kinds["warning"],
        incidents=kinds["incident"],
        obligations=kinds["obligation"],
        **values,
    )


def whole(*changes: Change) -> LeaderPicture:
    """A picture in which every feed has a source that speaks, with the boards that follow from it."""
    mirror = Mirror()
    sources = [SourceState(id=f"s-{feed}", kind=f"{feed}.x", region=A) for feed in ("video", "approvals", "emergency")]
    first = [Change(kind="source", id=source.id, after=source, at=NOW) for source in sources]
    asset = Asset(id="a", name="a", kind="switch", region=A)
    state = AssetState(id="a", region=A, health=Health.OK, seen_at=NOW)
    first += [
        Change(kind=Kind.ASSET, id="a", after=asset, at=NOW),
        Change(kind=Kind.STATE, id="a", after=state, at=NOW),
    ]
    mirror.apply([*first, *changes])
    mirror.flush()
    return picture(sources=mirror.records("source", Audience()), boards=mirror.records("board", Audience()))


def order(seen: LeaderPicture) -> list[str]:
    return [matter["id"] for matter in matters(seen)]


def test_matters_stand_in_the_order_of_response_grade_red_alert_orange_then_the_rest() -> None:
    red, orange = warning("red"), warning("orange")
    seen = picture(
        incident("plain"),
        orange,
        alert("late", WAIT),
        red,
        incident("grade-2", grade="II"),
        incident("response-3", grade="IV", response="III"),
        incident("response-1", response="I"),
    )
    assert order(seen) == ["response-1", "response-3", "grade-2", red["id"], "late", orange["id"], "plain"]
    assert [matter["serious"] for matter in matters(seen)] == [True, True, True, True, True, False, False]


def test_of_equal_matters_more_people_officially_hurt_come_first_then_the_newer() -> None:
    def hurt(key: str, n: int, official: bool, ago: float) -> Record:
        figure = IncidentFigure(value=n, source="卫健委", official=official, valid_at=NOW)
        return incident(key, grade="III", figures={"grave": figure}, received_at=NOW - ago)

    seen = picture(hurt("rumour", 90, False, 10), hurt("ten", 10, True, 900), hurt("newer", 0, True, 5))
    assert order(seen) == ["ten", "newer", "rumour"]


def test_a_critical_alert_counts_from_five_minutes_and_is_announced_before() -> None:
    seen = picture(alert("new", WAIT - 1), alert("old", WAIT), alert("taken", 900, active=False))
    assert order(seen) == ["old"]
    assert [matter["id"] for matter in soon(seen)] == ["new"]


def test_exercises_are_no_matters_and_nothing_waits_because_of_them() -> None:
    seen = picture(incident("x", mode="exercise", grade="I", response="I"), incident("real", grade="IV"))
    assert order(seen) == ["real"]
    assert [item["id"] for item in waiting(seen)] == ["real"]


def test_a_graded_incident_without_response_waits_with_what_confirming_would_do() -> None:
    proposal = GradeProposal(grade="III")
    (item,) = waiting(picture(incident("i", title="液氨泄漏", grade_proposal=proposal), due("i", NOW + 60)))
    assert (item["kind"], item["order"], item["rev"]) == ("respond", "respond", 1)
    assert item["values"] == {"level": "III", "matters": "液氨泄漏", "expected_end": wire.iso(NOW + DAY)}
    assert item["reports"] == ["i/seen-A/1"]


def test_what_waits_is_what_the_asker_may_order() -> None:
    assert waiting(picture(incident("i", grade="III"), role="viewer")) == []
    assert waiting(picture(incident("i", grade="III", response="III"))) == []


def test_a_response_past_its_expected_end_waits_to_be_ended() -> None:
    running = RunningResponse(
        level="III", matters="泄漏", measures="疏散", expected_end=NOW - 60, by="li", started_at=NOW - 900
    )
    (item,) = waiting(picture(incident("i", grade="III", response="III", responses=(running,))))
    assert (item["kind"], item["due"]) == ("end-response", wire.iso(NOW - 60))


def due(key: str, at: float | None, state: str = "pending") -> Record:
    report = Obligation(
        id=f"{key}/seen-A/1",
        incident=key,
        mode="real",
        region=A,
        grade="III",
        step="first",
        sender="prefecture",
        recipient="province",
        channel="phone",
        policy="seen-A",
        source="s",
        starts_at=NOW,
        due_at=at,
        state=state,
        created_at=NOW,
    )
    return OBLIGATION.view(report)


def test_doing_names_the_next_report_and_how_many_are_late() -> None:
    seen = picture(incident("i", grade="III"), due("i", NOW - 60, "late"))
    (action,) = doing(seen, matters(seen))
    assert (action["due"], action["late"], action["commander"]) == (1, 1, "")
    assert action["next"]["due_at"] == wire.iso(NOW - 60)


def test_the_picture_is_whole_only_while_everything_speaks() -> None:
    assert completeness(whole())["ok"]


def test_a_silent_source_a_dead_role_and_a_feed_without_records_are_blind_by_name() -> None:
    silent = SourceState(id="yaoan", kind="emergency.cap", region=A, silent_since=NOW - 60)
    answer = completeness(whole(Change(kind="source", id="yaoan", after=silent, at=NOW)))
    assert not answer["ok"]
    assert [(each["kind"], each["id"]) for each in answer["blind"]] == [("source", "yaoan")]
    assert (answer["sources_ok"], answer["sources"], answer["oldest"]) == (3, 4, wire.iso(NOW - 60))
    assert [county["blind"] for county in answer["counties"]] == [True]
    stopped = completeness(picture(ages={"alert": 9.0, "project": None}))
    assert {each["id"] for each in stopped["blind"] if each["kind"] == "role"} == {"alert", "project"}
    assert {each["id"] for each in stopped["blind"] if each["kind"] == "feed"} == {
        "network",
        "video",
        "approvals",
        "emergency",
    }


def test_an_unknown_asset_alone_makes_the_picture_incomplete() -> None:
    unseen = AssetState(id="a", region=A, health=Health.UNKNOWN, stale_since=NOW - 30)
    answer = completeness(whole(Change(kind=Kind.STATE, id="a", after=unseen, at=NOW)))
    assert (answer["ok"], answer["unknown"], answer["oldest"]) == (False, 1, wire.iso(NOW - 30))
