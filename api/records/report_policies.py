"""Reporting policies as answers: every shipped row, the rows of the site itself, and what waits for confirmation."""

from __future__ import annotations

from typing import Any

from api.records.incidents import policy_row
from feeds import wire
from feeds.incidents.policies import profiles, reporting_policies
from feeds.incidents.site_policies import SitePolicies


def shown(policies: SitePolicies) -> dict[str, Any]:
    """The shipped rows, then those of the site that are in force; who put them in force, and the proposal."""
    waiting = policies.proposed
    return {
        "items": [policy_row(row) for row in (*reporting_policies(), *(policies.rows or ()))],
        "profiles": list(profiles()),
        "rev": policies.rev,
        "own": policies.rows is not None,
        "by": policies.by,
        "confirmed_by": policies.confirmed_by,
        "confirmed_at": wire.iso(policies.confirmed_at),
        "proposed": None
        if waiting is None
        else {
            "rows": None if waiting.rows is None else [policy_row(row) for row in waiting.rows],
            "by": waiting.by,
            "at": wire.iso(waiting.at),
            "reason": waiting.reason,
        },
    }
