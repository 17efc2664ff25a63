"""The ten worked rules of docs/rules.md, as they stand there, each on a timeline: file and interface alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alerts.core.core import AlertCore
from alerts.rulebook.forms import form, read
from alerts.rules.rule import CompiledRule, compile_rule
from alerts.rules.subjects import Subjects
from feeds.model import Area, EmergencyWarning, Kind
from tests.alerts.builders import T0, asset, change, counting_ids, names, reading, source, state
from watchfloor.settings.site_settings import load

DOC = Path(__file__).parents[3] / "docs" / "rules.md"
ASSETS = (
    asset("r1", importance=3, labels={"layer": "core"}),
    asset("r2", importance=1),
    asset("web", kind="service"),
    asset("fw", kind="firewall"),
    asset("uplink-a"),
    asset("uplink-b"),
    *(asset(f"c{number}", kind="camera") for number in range(4)),
    asset("gauge", kind="gauge"),
    asset("hall", kind="site", lat=25.5, lon=101.5),
    asset("shed", kind="site", lat=20.0, lon=101.5),
)


@pytest.fixture(scope="module", params=["file", "api"])
def rules(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, CompiledRule]:
    """By id, as the settings file gives them, or as the interface takes the same fields."""
    block = max(re.findall(r"```toml\n(.*?)```", DOC.read_text(), re.S), key=lambda block: block.count("[[rule]]"))
    file = tmp_path_factory.mktemp("site") / "watchfloor.toml"
    file.write_text(f'[site]\nname = "x"\nregion = "532300"\n{block}')
    settings = load(file)
    if request.param == "file":
        return {rule_settings.id: compile_rule(rule_settings) for rule_settings in settings.rules}
    read_rules = [read(form(rule_settings), settings.sample) for rule_settings in settings.rules]
    assert [compiled.settings for compiled in read_rules] == list(settings.rules)
    return {compiled.id: compiled for compiled in read_rules}


class Line:
    """One rule alone on a board; `see` says what is known at which second."""

    def __init__(self, rule: CompiledRule) -> None:
        records = {Kind.ASSET: {member.id: member for member in ASSETS}}
        self.core = AlertCore({rule.id: rule}, subjects=Subjects(records), make_id=counting_ids())

    def see(self, second: float, id: str, health: str = "ok", **readings: float) -> None:
        fresh = {key: reading(value, at=T0 + second, fresh_for=600) for key, value in readings.items()}
        self.fold(second, state(id, health, **fresh))

    def fold(self, second: float, record: Any) -> None:
        self.core.fold(change(record, T0 + second), T0 + second)

    def steps(self, until: float) -> list[tuple[float, str, str]]:
        self.core.advance(T0 + until)
        steps = self.core.take_steps()
        return [(at, step.alert.asset, name) for (at, name), step in zip(names(steps), steps, strict=True)]


def link_down(line: Line) -> list[tuple[float, str, str]]:
    for second, health in ((0, "down"), (5, "ok"), (10, "down"), (30, "unknown"), (40, "ok"), (45, "down"), (50, "ok")):
        line.see(second, "r1", health)
    return line.steps(100)


def degraded(line: Line) -> list[tuple[float, str, str]]:
    for second, health in ((0, "degraded"), (100, "ok")):
        line.see(second, "r1", health)
    return line.steps(200)


def no_data(line: Line) -> list[tuple[float, str, str]]:
    for id in ("r1", "r2"):
        line.see(0, id, "unknown")
        line.see(300, id, "ok")
    return line.steps(600)


def slow_backbone(line: Line) -> list[tuple[float, str, str]]:
    for minute, ms in enumerate((210.0, 210.0, 170.0, 170.0, 140.0, 140.0, 170.0)):
        for id in ("r1", "r2"):
            line.see(60.0 * minute, id, tcp_connect_ms=ms)
    return line.steps(500)


def slow_service(line: Line) -> list[tuple[float, str, str]]:
    line.see(0, "web", http_ms=4000.0, tcp_connect_ms=900.0)
    line.see(100, "web", http_ms=4000.0, tcp_connect_ms=20.0)
    line.see(200, "web", http_ms=100.0, tcp_connect_ms=20.0)
    return line.steps(400)


def cut_off(line: Line) -> list[tuple[float, str, str]]:
    for second, id, health in (
        (0, "uplink-a", "down"),
        (1, "uplink-b", "ok"),
        (50, "uplink-b", "down"),
        (90, "uplink-a", "ok"),
    ):
        line.see(second, id, health)
    return line.steps(200)


def cameras_down(line: Line) -> list[tuple[float, str, str]]:
    for second, id, health in (
        (0, "c0", "down"),
        (0, "c1", "down"),
        (10, "c2", "down"),
        (60, "c2", "ok"),
        (120, "c1", "ok"),
    ):
        line.see(second, id, health)
    return line.steps(300)


def rising(line: Line) -> list[tuple[float, str, str]]:
    for second in range(0, 1200, 60):
        line.see(second, "gauge", river_level=2.0 + 0.002 * min(second, 600))
    return line.steps(1200)


def source_lost(line: Line) -> list[tuple[float, str, str]]:
    for second, more in ((0, {}), (10, {"silent_since": T0 + 10}), (40, {}), (60, {"dead_letters": 101})):
        line.fold(second, source("cma", **more))
    return line.steps(200)


def site_warned(line: Line) -> list[tuple[float, str, str]]:
    corners = [[101.0, 25.0], [102.0, 25.0], [102.0, 26.0], [101.0, 26.0], [101.0, 25.0]]
    area = Area(geometry={"type": "Polygon", "coordinates": [corners]}, regions=("532301",))
    warning = EmergencyWarning(
        id="w",
        source="cma",
        status="Actual",
        msg_type="Alert",
        sender="s",
        identifier="w",
        sent=T0,
        received_at=T0,
        state="active",
        colour="yellow",
        areas=(area,),
        regions=("532301",),
    )
    line.fold(0, source("role.command", kind="role"))
    line.fold(0, warning)
    line.fold(10, replace(warning, colour="orange"))
    line.fold(60, replace(warning, colour="orange", state="cancelled"))
    return line.steps(120)


LINES: dict[str, tuple[Callable[[Line], Any], list[tuple[float, str, str]]]] = {
    "link-down": (link_down, [(20, "r1", "raise"), (30, "r1", "stale"), (40, "r1", "fresh"), (60, "r1", "clear")]),
    "degraded": (degraded, [(30, "r1", "raise"), (130, "r1", "clear")]),
    "no-data": (no_data, [(120, "r1", "raise"), (420, "r1", "clear")]),
    "slow-backbone": (slow_backbone, [(60, "r1", "raise"), (300, "r1", "clear")]),
    "slow-service": (slow_service, [(160, "web", "raise"), (260, "web", "clear")]),
    "cut-off": (cut_off, [(56, "fw", "raise"), (101, "fw", "clear")]),
    "cameras-down": (cameras_down, [(41, "532301", "raise"), (151, "532301", "clear")]),
    "rising": (rising, [(180, "gauge", "raise"), (790, "gauge", "clear")]),
    "source-lost": (source_lost, [(15, "cma", "raise"), (45, "cma", "clear"), (65, "cma", "reraise")]),
    "site-warned": (site_warned, [(11, "hall", "raise"), (71, "hall", "clear")]),
}


def test_each_of_the_ten_has_a_timeline(rules: dict[str, CompiledRule]) -> None:
    assert list(rules) == list(LINES)


@pytest.mark.parametrize("id", LINES)
def test_a_worked_rule_on_its_timeline(rules: dict[str, CompiledRule], id: str) -> None:
    play, expected = LINES[id]
    assert play(Line(rules[id])) == expected
