"""Deputies (代理): a duty officer who acts for a leader on leave gives the orders that only a leader may give.

The roster names the deputy of each leave. Orders go on record with both names: who gave it, and for whom.
"""

from __future__ import annotations

from datetime import datetime

from api.dependencies import Dependencies
from api.principal import Principal, Role
from api.records.people import roster_version
from feeds.duty.deputies import represented
from feeds.duty.roster import zone
from feeds.regions import covers


async def leader_on_leave(deps: Dependencies, principal: Principal) -> str:
    """The account of the leader for whom a duty officer acts today, "" for nobody.

    It has to be the account of a leader, in force, whose region covers that of the deputy.
    """
    if principal.role != Role.DUTY or principal.via not in ("session", "demo"):
        return ""
    roster = (await roster_version(deps)).doc
    if not any(leave.deputy for leave in roster.leave):
        return ""
    today = datetime.fromtimestamp(deps.clock(), zone(deps.site.timezone)).date()
    for person in represented(roster, principal.name, today):
        doc = await deps.journal.doc("account", person.account) if person.account else None
        account = doc.body if doc is not None else {}
        in_force = account.get("role") == Role.LEADER and not account.get("disabled")
        if in_force and covers(str(account.get("region", "")), principal.region):
            return person.account
    return ""
