"""Permissions for the verbs that change people, for the API and the engines. Pure functions.

`PEOPLE_RIGHTS` has one `PeopleRight` for each verb: the roles that may use it, and its scope. docs/people.md shows the
table, and a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from feeds.regions import covers


class RightScope(StrEnum):
    """The scope of a verb.

    SITE allows only actors without a region. REGION requires that the actor's region covers all persons concerned.
    """

    SITE = "site"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class PeopleRight:
    """The roles that may use a verb, and the scope `reach` in which they may use it."""

    verb: str
    roles: frozenset[str]
    reach: RightScope


ADMIN = frozenset({"admin"})
OF_ACCOUNTS = frozenset({"admin", "security"})
"""Where powers are separated, the right to accounts (api.principal) leaves `security` alone."""
ON_DUTY = frozenset({"admin", "duty", "operator"})

_LINES = (
    PeopleRight("account_add", OF_ACCOUNTS, RightScope.REGION),
    PeopleRight("account_change", OF_ACCOUNTS, RightScope.REGION),
    PeopleRight("account_remove", OF_ACCOUNTS, RightScope.REGION),
    PeopleRight("token_add", OF_ACCOUNTS, RightScope.REGION),
    PeopleRight("token_revoke", OF_ACCOUNTS, RightScope.REGION),
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
    """ "" when an actor of the role and region may use the verb on persons of the regions `concerned`.

    Otherwise returns the reason "role" or "region". Raises KeyError for an unknown verb.
    """
    line = PEOPLE_RIGHTS[verb]
    if role not in line.roles:
        return "role"
    if line.reach is RightScope.SITE:
        return "region" if region else ""
    return "" if all(covers(region, person_region) for person_region in concerned) else "region"
