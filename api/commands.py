"""Commands to engines, and the HTTP problems of their refusals."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from typing import Any

from api.dependencies import Dependencies
from api.http.idempotency import order_id
from api.http.problems import Problem
from api.principal import Principal, Role
from feeds.engine.commands import Unanswered
from feeds.journal import JournalLost
from feeds.model import Command, Outcome, Result

log = logging.getLogger(__name__)

ENGINE, TIMEOUT = "alert", 5.0
GRACE = 1.0
"""Seconds by which the answer is awaited beyond the time in which an engine may begin a command, for its writing."""


async def ask(
    deps: Dependencies,
    principal: Principal,
    action: str,
    subject: str,
    args: Mapping[str, Any],
    *,
    comment: str = "",
    rev: int | None = None,
    timeout: float = TIMEOUT,
    engine: str = ENGINE,
    acting_for: str = "",
) -> Result:
    """The engine's result. Raises a Problem without one: the engine may begin the command within `timeout` seconds.

    Problem `recorded`: it was carried out, and its result has not come. `journal-lost`: it was not carried out, because
    the journal takes no rows. `unanswered`: neither is known.

    `acting_for`: the leader whose order it is, given by a deputy.
    `rev`: the revision that the command was made from; None when that does not matter.
    """
    if deps.stores.journal.lost:  # no engine could keep it
        raise Problem("journal-lost")
    at = deps.clock()
    command = Command(
        id=order_id(principal.name, action, subject, acting_for),
        action=action,
        subject=subject,
        actor=principal.name,
        role=Role.LEADER if acting_for else principal.role,
        actor_region=principal.region,
        at=at,
        valid_until=at + timeout,
        reason=comment,
        expected_rev=rev,
        args=dict(args),
        acting_for=acting_for,
    )
    try:
        result = await deps.commands.submit(command, engine=engine, timeout=timeout + GRACE)
    except Unanswered as error:
        raise Problem(await _became_of(deps, command)) from error
    await _record(deps, command, result)
    return result


async def _became_of(deps: Dependencies, command: Command) -> str:
    """The problem that says what is known of a command without a result."""
    try:
        if await deps.journal.command_entry(command.id) is not None:
            return "recorded"
    except JournalLost:
        return "unanswered"
    begun = deps.clock() <= command.valid_until
    return "unanswered" if begun or await deps.stores.journal.usable() else "journal-lost"


async def inquire(deps: Dependencies, principal: Principal, action: str, subject: str, *, engine: str) -> Result:
    """Ask an engine for something that it only tells: nothing changes, and nothing is written to the audit.

    Raises Problem `unanswered` after TIMEOUT seconds.
    """
    at = deps.clock()
    command = Command(
        id=uuid.uuid4().hex,
        action=action,
        subject=subject,
        actor=principal.name,
        role=principal.role,
        actor_region=principal.region,
        at=at,
        valid_until=at + TIMEOUT,
    )
    try:
        return await deps.commands.submit(command, engine=engine, timeout=TIMEOUT)
    except Unanswered as error:
        raise Problem("unanswered") from error


async def _record(deps: Dependencies, command: Command, result: Result) -> None:
    """Write who asked for the command from where, and its outcome. The engine's own entries carry the command's id."""
    deputy = {"acting_for": command.acting_for} if command.acting_for else {}
    body = {"command": command.id, "action": command.action, "result": str(result.outcome), "detail": result.detail}
    try:
        async with deps.journal.begin() as tx:
            await tx.append(
                kind="audit",
                name="command",
                subject=command.subject,
                at=deps.clock(),
                actor=command.actor,
                reason=command.reason,
                body=body | {"region": command.actor_region} | deputy,
            )
    except JournalLost as error:  # it was carried out, and the engine has journaled it
        log.warning("the audit entry of command %s could not be written: %s", command.id, error)


def refusal(result: Result, current: Any = None) -> Problem | None:
    """The problem of a result; a conflict carries the `current` state.

    None for a command that was done, and for an invalid one: its route knows how to report the errors.
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
