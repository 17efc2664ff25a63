"""The table of rights over people, for every role and region."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from api.principal import Role, TokenScope
from feeds.duty.rights import PEOPLE_RIGHTS, RightScope, refusal

DOCS = Path(__file__).parents[3] / "docs" / "people.md"
SITE, PREFECTURE, COUNTY, NEIGHBOUR = "", "532300", "532301", "532302"
REGIONS = (SITE, PREFECTURE, COUNTY, NEIGHBOUR)
WITHIN = {SITE: {*REGIONS}, PREFECTURE: {PREFECTURE, COUNTY, NEIGHBOUR}, COUNTY: {COUNTY}, NEIGHBOUR: {NEIGHBOUR}}
BY_OFFICERS = {"roster_substitute", "handover_give", "handover_accept"}
WHOLE_SITE = {
    "roster_put",
    "roster_undo",
    "receivers_put",
    "receivers_undo",
    "receiver_test",
    "escalations_put",
    "escalations_undo",
}


@pytest.mark.parametrize("verb", PEOPLE_RIGHTS)
def test_every_verb_for_every_principal(verb: str) -> None:
    roles = {"admin", "duty", "operator"} if verb in BY_OFFICERS else {"admin"}
    if verb.startswith(("account_", "token_")):
        roles.add("security")
    for role, region, concerned in product([*Role, *TokenScope, "", "root"], REGIONS, REGIONS):
        if role not in roles:
            expected = "role"
        elif verb in WHOLE_SITE:
            expected = "region" if region else ""
        else:
            expected = "" if concerned in WITHIN[region] else "region"
        assert refusal(verb, role, region, concerned) == expected, (verb, role, region, concerned)


def test_one_person_outside_the_region_is_enough_to_refuse() -> None:
    assert refusal("roster_substitute", "duty", COUNTY, COUNTY, NEIGHBOUR) == "region"


def test_a_verb_without_a_line_is_an_error() -> None:
    with pytest.raises(KeyError):
        refusal("account_bless", "admin", "")


def test_the_documentation_shows_the_table() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([a-z ]+) \| (site|region) \|$", DOCS.read_text("utf-8"), re.MULTILINE)
    shown = {verb: (frozenset(roles.split()), RightScope(reach)) for verb, roles, reach in rows}
    assert shown == {line.verb: (line.roles, line.reach) for line in PEOPLE_RIGHTS.values()}
