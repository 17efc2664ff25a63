"""The table of rights over people (feeds.duty.rights), checked for a principal."""

from __future__ import annotations

from api.http.problems import Problem
from api.principal import Principal
from feeds.duty.rights import refusal


def check(principal: Principal, verb: str, *concerned: str) -> None:
    """Raise Problem `forbidden` (role) or `outside-region` for a verb on people of regions without the right to it."""
    reason = refusal(verb, principal.role, principal.region, *concerned)
    if reason:
        raise Problem("outside-region" if reason == "region" else "forbidden")
