"""A source that names what it hangs on: a core that fails is one root, and no lost source stands beside it."""

from __future__ import annotations

import pytest

from feeds.model import Severity
from feeds.model.isa_state import INHIBITED
from tests.alerts.builders import T0, rule, source
from tests.alerts.desk import Desk, probed

RULES = (
    rule(hold=4.0, severity=Severity.CRITICAL),
    rule(id="source-lost", over="source", when="failing || silent", hold=2.0, severity=Severity.MAJOR),
)


@pytest.fixture
def desk() -> Desk:
    """A core, a switch behind it, and a feed that comes through the core."""
    site = Desk(probed("core"), probed("sw", "core"), rules=RULES)
    for id in ("core", "sw"):
        site.see(0, id, "ok")
    site.fold(0, source("cma", parents=("core",)))
    return site


def lost(desk: Desk, second: float, *parents: str) -> None:
    desk.fold(second, source("cma", ok=False, failing_since=T0 + second, parents=parents or ("core",)))


def test_a_source_behind_a_failed_core_is_part_of_that_failure_whichever_is_known_first(desk: Desk) -> None:
    lost(desk, 10)
    desk.until(13)
    held = desk.alert("cma", "source-lost")
    assert (held.suppressed_by, held.hold is not None) == (("held",), True)
    desk.see(14, "core", "down")
    desk.until(30)
    root = desk.alert("core")
    assert desk.alert("cma", "source-lost").suppressed_by == (f"{INHIBITED}{root.id}",)
    assert "cma" not in [asset for _, asset, _ in desk.notices]
    assert desk.alert("core").affected == {"router": 1, "source": 1}


def test_a_source_that_fails_after_its_core_is_suppressed_from_the_start(desk: Desk) -> None:
    desk.see(10, "core", "down")
    desk.until(20)
    lost(desk, 21)
    desk.until(40)
    assert desk.alert("cma", "source-lost").suppressed_by == (f"{INHIBITED}{desk.alert('core').id}",)
    desk.see(50, "core", "ok")
    desk.until(60)
    assert desk.alert("cma", "source-lost").suppressed_by == ()
    assert "cma" in [asset for _, asset, _ in desk.notices]


def test_a_source_is_told_at_once_when_a_newer_result_shows_that_its_core_works(desk: Desk) -> None:
    lost(desk, 10)
    desk.until(13)
    assert desk.alert("cma", "source-lost").suppressed_by == ("held",)
    desk.see(14, "core", "ok")
    assert desk.alert("cma", "source-lost").suppressed_by == ()
    assert [asset for _, asset, _ in desk.notices] == ["cma"]


def test_a_source_whose_core_nobody_hears_of_is_told_when_the_hold_ends(desk: Desk) -> None:
    lost(desk, 10)
    desk.until(90)
    assert desk.alert("cma", "source-lost").suppressed_by == ()
    assert [asset for _, asset, _ in desk.notices] == ["cma"]


def test_a_source_that_hangs_on_nothing_is_told_at_once(desk: Desk) -> None:
    desk.fold(5, source("usgs", ok=False, failing_since=T0 + 5))
    desk.until(8)
    assert desk.alert("usgs", "source-lost").suppressed_by == ()


def test_a_source_that_names_other_parents_after_a_reload_is_looked_at_anew(desk: Desk) -> None:
    desk.see(10, "core", "down")
    desk.until(20)
    lost(desk, 21)
    desk.until(30)
    desk.fold(31, source("cma", ok=False, failing_since=T0 + 21))
    desk.until(32)
    assert desk.alert("cma", "source-lost").suppressed_by == ()
