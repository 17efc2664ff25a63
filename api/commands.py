"""What a person asks of the alert engine: sent, waited for, and what a refusal means over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from api.dependencies import Deps
from api.http.problems import Problem
from api.principal import Principal
from feeds.engine.commands import Unanswered
from feeds.model import Command, Outcome, Result

ENGINE, TIMEOUT = "alert", 5.0


async def ask(
    given: Deps,
    who: Principal,
    action: str,
    subject: str,
    args: Mapping[str, Any],
    *,
    comment: str = "",
    rev: int | None = None,
    timeout: float = TIMEOUT,
) -> Result:
    """The engine's word, `timeout` seconds at most; Problem `unanswered` when it says nothing in that time.

    Problem `journal-lost` while the journal takes no rows.

    `rev`: the state that the wish was made from; None when that does not matter.
    """
    if given.stores.journal.lost:  # no engine could keep it
        raise Problem("journal-lost")
    at = given.clock()
    command = Command(
        id=uuid.uuid4().hex,
        action=action,
        subject=subject,
        actor=who.name,
        role=who.role,
        actor_region=who.region,
        at=at,
        valid_until=at + timeout,
        reason=comment,
        expected_rev=rev,
        args=dict(args),
    )
    try:
        return await given.commands.submit(command, engine=ENGINE, timeout=timeout)
    except Unanswered as error:
        raise Problem("unanswered" if await given.stores.journal.usable() else "journal-lost") from error


def refusal(result: Result, current: Any = None) -> Problem | None:
    """The problem of what was not done, with the `current` state when it had moved on.

    None for what was done, and for an invalid wish: only who made it knows how to tell what is wrong with it.
    """
    match result.outcome:
        case Outcome.NOT_FOUND:
            return Problem("not-found")
        case Outcome.CONFLICT:
            return Problem("conflict", code=result.detail, current=current)
        case Outcome.FORBIDDEN:
            return Problem("outside-region" if result.detail == "region" else "forbidden")
        case Outcome.LATE:
            return Problem("unanswered")
    return None
