"""The table of rights over people (feeds.duty.rights), asked for somebody who is signed in."""

from __future__ import annotations

from api.http.problems import Problem
from api.principal import Principal
from feeds.duty.rights import refusal


def check(principal: Principal, verb: str, *concerned: str) -> None:
    """Raises Problem `forbidden` (role) or `outside-region` when he may not use the verb on people of those regions."""
    reason = refusal(verb, principal.role, principal.region, *concerned)
    if reason:
        raise Problem("outside-region" if reason == "region" else "forbidden")
