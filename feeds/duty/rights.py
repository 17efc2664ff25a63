"""Who may change whom: one line for each verb that changes people, for the API and the engines alike. Pure.

`PEOPLE_RIGHTS` is the whole of it: the roles that may use the verb, and which regions of the people concerned the
actor's own region must cover. docs/people.md shows the same table, and a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from feeds.regions import covers


class Reach(StrEnum):
    """How far a verb reaches. SITE: only actors without a region. REGION: everybody concerned lies in the actor's."""

    SITE = "site"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class PeopleRight:
    """One verb's line."""

    verb: str
    roles: frozenset[str]
    reach: Reach


ADMIN = frozenset({"admin"})
ON_DUTY = frozenset({"admin", "duty", "operator"})

_LINES = (
    PeopleRight("account_add", ADMIN, Reach.REGION),
    PeopleRight("account_change", ADMIN, Reach.REGION),
    PeopleRight("account_remove", ADMIN, Reach.REGION),
    PeopleRight("token_add", ADMIN, Reach.REGION),
    PeopleRight("token_revoke", ADMIN, Reach.REGION),
    PeopleRight("roster_put", ADMIN, Reach.SITE),
    PeopleRight("roster_undo", ADMIN, Reach.SITE),
    PeopleRight("roster_substitute", ON_DUTY, Reach.REGION),
    PeopleRight("roster_substitute_leader", ADMIN, Reach.REGION),
    PeopleRight("receivers_put", ADMIN, Reach.SITE),
    PeopleRight("receivers_undo", ADMIN, Reach.SITE),
    PeopleRight("receiver_test", ADMIN, Reach.SITE),
    PeopleRight("escalations_put", ADMIN, Reach.SITE),
    PeopleRight("escalations_undo", ADMIN, Reach.SITE),
    PeopleRight("handover_give", ON_DUTY, Reach.REGION),
    PeopleRight("handover_accept", ON_DUTY, Reach.REGION),
)
PEOPLE_RIGHTS = {line.verb: line for line in _LINES}


def refusal(verb: str, role: str, region: str, *concerned: str) -> str:
    """ "" when somebody of that role and region may use the verb on people of the regions concerned.

    Else the reason: "role", or "region". KeyError for a verb without a line.
    """
    line = PEOPLE_RIGHTS[verb]
    if role not in line.roles:
        return "role"
    if line.reach is Reach.SITE:
        return "region" if region else ""
    return "" if all(covers(region, other) for other in concerned) else "region"
