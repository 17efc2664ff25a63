"""What a role says of itself with its beats."""

from __future__ import annotations

from feeds.bus import Bus
from feeds.engine.vitals import Vitals
from feeds.role_status import RoleStatus


async def test_trouble_and_figures_of_every_part_go_out_with_the_beat(bus: Bus) -> None:
    status = RoleStatus()
    problem = ["rule x does not run"]
    status.settings_trouble = "the file cannot be used"
    status.add_condition(lambda: problem[0])
    status.add_condition(lambda: "")
    status.figures["standbys"] = 2.0
    vitals = Vitals(status)
    await bus.beat("alert", 1.0, vitals.read(), vitals.trouble)
    beat = (await bus.beats())["alert"]
    assert beat.words == "the file cannot be used rule x does not run"
    assert beat.stats["standbys"] == 2.0
    problem[0] = ""
    assert status.trouble == "the file cannot be used"


def test_a_role_that_is_built_anew_is_not_asked_by_the_one_before() -> None:
    status = RoleStatus()
    status.add_condition(lambda: "old")
    status.clear_conditions()
    assert status.trouble == ""
