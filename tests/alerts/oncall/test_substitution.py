"""Who may put whom in whose place: the alert engine's word, for every role and region."""

from __future__ import annotations

from itertools import product

import pytest

from alerts.oncall.directory import ACTIONS
from api.principal import Role
from feeds.bus import Bus
from feeds.duty.rights import PEOPLE_RIGHTS
from feeds.journal import Journal
from feeds.model import Outcome
from tests.alerts.builders import command
from tests.alerts.rig import Rig
from tests.alerts.rosters import roster

COUNTY, NEIGHBOUR = "532301", "532302"
PERSONS = [
    {"id": "site-leader", "name": "州领导", "phone": "1"},
    {"id": "site-officer", "name": "州值班", "phone": "2"},
    {"id": "ours", "name": "本县", "phone": "3", "region": COUNTY},
    {"id": "ours-too", "name": "本县二", "phone": "4", "region": COUNTY},
    {"id": "theirs", "name": "邻县", "phone": "5", "region": NEIGHBOUR},
    {"id": "our-leader", "name": "本县领导", "phone": "6", "region": COUNTY},
]
TEAMS = {
    "day": {"officers": ["site-officer", "ours", "theirs"], "leader": "site-leader"},
    "night": {"officers": ["ours"], "leader": "our-leader"},
}
ROSTER = roster(
    persons=PERSONS,
    patterns=[{"shift": shift, "first": "2020-01-01", "teams": [team]} for shift, team in TEAMS.items()],
)


@pytest.fixture
async def rig(bus: Bus, journal: Journal) -> Rig:
    rig = Rig(bus, journal)
    await rig.start()
    await rig.order("roster_put", 0, doc=ROSTER)
    return rig


async def swap(rig: Rig, role: str, region: str, person: str, substitute: str, shift: str = "day") -> Outcome:
    args = {"date": "2026-11-22", "shift": shift, "person": person, "substitute": substitute, "reason": "病"}
    id = f"{role}{region}{person}{substitute}{shift}"
    await rig.send(command("roster_substitute", "roster", rig.now, id=id, role=role, actor_region=region, args=args))
    await rig.step()
    return (await rig.answers())[-1].outcome


async def test_a_countys_officer_does_not_replace_the_sites_leader(rig: Rig) -> None:
    assert await swap(rig, "duty", COUNTY, "site-leader", "ours") is Outcome.FORBIDDEN
    assert rig.engine.people.roster.substitutes == ()


async def test_every_role_and_region_on_officers_and_leaders(rig: Rig) -> None:
    regions = {person["id"]: person.get("region", "") for person in PERSONS}
    swaps = [
        ("day", "site-officer", "ours"),
        ("day", "ours", "ours-too"),
        ("day", "ours", "theirs"),
        ("day", "theirs", "ours"),
        ("day", "site-leader", "site-officer"),
        ("night", "our-leader", "ours-too"),
    ]
    for role, region, (shift, person, substitute) in product(Role, ("", COUNTY), swaps):
        roles = {"admin"} if person.endswith("leader") else {"admin", "duty", "operator"}
        inside = not region or {regions[person], regions[substitute]} == {region}
        expected = Outcome.DONE if role in roles and inside else Outcome.FORBIDDEN
        assert await swap(rig, role, region, person, substitute, shift) is expected, (role, region, person, substitute)


async def test_who_does_not_have_the_shift_is_not_replaced(rig: Rig) -> None:
    assert await swap(rig, "duty", "", "site-officer", "ours", "night") is Outcome.INVALID


def test_every_command_about_people_has_its_line_in_the_table() -> None:
    assert set(ACTIONS) <= set(PEOPLE_RIGHTS)
