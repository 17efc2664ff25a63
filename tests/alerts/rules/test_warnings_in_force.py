"""Warnings that touch assets: by position where there is one, by region where there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from alerts.rules.rule import RuleError, compile_rule
from feeds.model import Area, Asset, EmergencyWarning, Kind
from tests.alerts.builders import T0, asset, change, core, gone, names, rule, source

CORNERS = [[101.0, 25.0], [102.0, 25.0], [102.0, 26.0], [101.0, 26.0], [101.0, 25.0]]
SQUARE = {"type": "Polygon", "coordinates": [CORNERS]}
IN, OUT = asset("in", lat=25.5, lon=101.5), asset("out", lat=24.0, lon=101.5)
NOWHERE, FAR = asset("nowhere", region="532301"), asset("far", region="532323")
RAIN = rule(id="rain", when='warned("orange", "暴雨")', severity="minor")
MANY = rule(id="many", over="warning", when='state == "active" && touches("router") >= 2')


def warning(id: str = "w", **more: Any) -> EmergencyWarning:
    area = Area(geometry=SQUARE, regions=("532301",))
    fixed = {
        "status": "Actual",
        "state": "active",
        "colour": "red",
        "event": "暴雨",
        "headline": "暴雨红色预警",
        "areas": (area,),
        "regions": ("532301",),
    }
    return EmergencyWarning(
        id=id, source="cma", msg_type="Alert", sender="s", identifier=id, sent=T0, received_at=T0, **fixed | more
    )


def play(
    *steps: tuple[float, Any], assets: tuple[Asset, ...] = (IN, OUT, NOWHERE, FAR), warnings_read: bool = True
) -> Any:
    alert_core = core(RAIN, MANY, assets=assets)
    if warnings_read:
        alert_core.fold(change(source("role.command", kind="role"), T0 - 1), T0 - 1)
    for second, record in steps:
        alert_core.fold(
            record if not isinstance(record, EmergencyWarning) else change(record, T0 + second), T0 + second
        )
    alert_core.advance(T0 + 60)
    return alert_core


def notices_of(desk: Any) -> list[tuple[float, str, str]]:
    steps = desk.take_steps()
    return [(at, step.alert.asset, name) for (at, name), step in zip(names(steps), steps, strict=True)]


def test_each_asset_in_the_area_has_its_alert_while_the_warning_is_in_force() -> None:
    alert_core = play((0, warning()), (10, warning(state="expired")))
    assert sorted(notices_of(alert_core)) == [
        (1, "in", "raise"),
        (1, "nowhere", "raise"),
        (11, "in", "clear"),
        (11, "nowhere", "clear"),
    ]


def test_the_evidence_names_the_warning() -> None:
    alert_core = play((0, warning()))
    assert {step.transition.text for step in alert_core.take_steps()} == {"warning=暴雨红色预警"}


@pytest.mark.parametrize(
    "more",
    [
        {"status": "Exercise"},
        {"status": "Test"},
        {"state": "pending"},
        {"colour": "yellow"},
        {"event": "大风", "headline": ""},
        {"colour": "", "severity": "Moderate"},
        {"colour": "", "severity": ""},
    ],
)
def test_an_exercise_a_lower_level_or_another_event_touches_nobody(more: dict[str, Any]) -> None:
    assert notices_of(play((0, warning(**more)))) == []


def test_a_warning_without_a_colour_counts_by_its_severity_and_one_without_a_shape_by_its_regions() -> None:
    shapeless = (Area(geometry=None, regions=("532300",)),)
    alert_core = play((0, warning(colour="", severity="Severe", areas=shapeless)))
    assert {asset for _, asset, _ in notices_of(alert_core)} == {"in", "out", "nowhere", "far"}


def test_another_area_another_place_and_the_end_of_either_are_seen() -> None:
    empty = (Area(geometry=None, regions=()),)
    alert_core = play(
        (0, warning()),
        (5, warning(areas=empty)),
        (10, warning()),
        (20, change(replace(IN, lat=20.0), T0 + 20)),
        (30, gone(Kind.WARNING, "w", T0 + 30)),
        assets=(IN,),
    )
    assert notices_of(alert_core) == [
        (1, "in", "raise"),
        (6, "in", "clear"),
        (11, "in", "reraise"),
        (20, "in", "clear"),
    ]


def test_two_warnings_are_one_condition_that_ends_with_the_last() -> None:
    alert_core = play(
        (0, warning("a")),
        (5, warning("b")),
        (10, gone(Kind.WARNING, "a", T0 + 10)),
        (20, gone(Kind.WARNING, "b", T0 + 20)),
        assets=(IN,),
    )
    assert notices_of(alert_core) == [(1, "in", "raise"), (21, "in", "clear")]


def test_while_nobody_knows_the_warnings_nothing_is_a_recovery_and_nothing_is_raised() -> None:
    alert_core = play((0, warning()), assets=(IN,), warnings_read=False)
    assert notices_of(alert_core) == []
    alert_core.fold(change(source("role.command", kind="role"), T0 + 70), T0 + 70)
    alert_core.advance(T0 + 80)
    assert notices_of(alert_core) == [(71, "in", "raise")]
    # Redis is lost: the asset is back before the warnings are.
    again = core(RAIN, MANY, assets=(IN,), alerts=list(alert_core.alerts.values()))
    again.start_from_snapshot(T0 + 90)
    again.fold(change(replace(IN, name="x"), T0 + 91), T0 + 91)
    again.advance(T0 + 200)
    again.fold(change(warning(), T0 + 210), T0 + 210)
    again.fold(change(source("role.command", kind="role"), T0 + 211), T0 + 211)
    again.advance(T0 + 220)
    assert notices_of(again) == [(90, "in", "stale"), (212, "in", "fresh")]


def test_a_warning_may_be_judged_by_what_lies_in_its_area() -> None:
    few, enough = {"router": 1, "camera": 9}, {"router": 2}
    alert_core = play((0, warning(colour="blue", affected=few)), (5, warning(colour="blue", affected=enough)))
    assert notices_of(alert_core) == [(5, "w", "raise")]


@pytest.mark.parametrize(
    ("over", "when"),
    [
        ("asset", 'warned("purple", "")'),
        ("asset", 'warned("red")'),
        ("source", 'warned("red", "")'),
        ("asset", 'touches("camera") > 1'),
        ("warning", 'touches("camera", 1) > 1'),
        ("warning", "touches()"),
    ],
)
def test_what_cannot_be_asked_is_refused(over: str, when: str) -> None:
    with pytest.raises(RuleError):
        compile_rule(rule(over=over, when=when))
