"""Rights over people: one line for each verb that changes people, for the API and the engines. Pure functions.

Each line of `PEOPLE_RIGHTS` has the roles that may use the verb, and the regions of the persons concerned that the
actor's own region must cover. docs/people.md shows the same table, and a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from feeds.regions import covers


class RightScope(StrEnum):
    """The scope of a verb. SITE: only actors without a region. REGION: all persons are in the actor's region."""

    SITE = "site"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class PeopleRight:
    """The rights of one verb."""

    verb: str
    roles: frozenset[str]
    reach: RightScope


ADMIN = frozenset({"admin"})
ON_DUTY = frozenset({"admin", "duty", "operator"})

_LINES = (
    PeopleRight("account_add", ADMIN, RightScope.REGION),
    PeopleRight("account_change", ADMIN, RightScope.REGION),
    PeopleRight("account_remove", ADMIN, RightScope.REGION),
    PeopleRight("token_add", ADMIN, RightScope.REGION),
    PeopleRight("token_revoke", ADMIN, RightScope.REGION),
    PeopleRight("roster_put", ADMIN, RightScope.SITE),
    PeopleRight("roster_undo", ADMIN, RightScope.SITE),
    PeopleRight("roster_substitute", ON_DUTY, RightScope.REGION),
    PeopleRight("roster_substitute_leader", ADMIN, RightScope.REGION),
    PeopleRight("receivers_put", ADMIN, RightScope.SITE),
    PeopleRight("receivers_undo", ADMIN, RightScope.SITE),
    PeopleRight("receiver_test", ADMIN, RightScope.SITE),
    PeopleRight("escalations_put", ADMIN, RightScope.SITE),
    PeopleRight("escalations_undo", ADMIN, RightScope.SITE),
    PeopleRight("handover_give", ON_DUTY, RightScope.REGION),
    PeopleRight("handover_accept", ON_DUTY, RightScope.REGION),
)
PEOPLE_RIGHTS = {line.verb: line for line in _LINES}


def refusal(verb: str, role: str, region: str, *concerned: str) -> str:
    """ "" when an actor of that role and region may use the verb on people of the regions concerned.

    Otherwise the reason: "role" or "region". Raises KeyError for a verb without a line.
    """
    line = PEOPLE_RIGHTS[verb]
    if role not in line.roles:
        return "role"
    if line.reach is RightScope.SITE:
        return "region" if region else ""
    return "" if all(covers(region, person_region) for person_region in concerned) else "region"
