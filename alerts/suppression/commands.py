"""Commands that create and end silences and maintenance windows. Checks without I/O.

A refusal carries a stable code in `Result.detail`: late, role, region, unknown_asset, not_found,
ended, until_past, bad_until, bad_comment, bad_match, bad_starts, bad_recurrence, recurrence_overlap,
exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from alerts.lifecycle.operator_actions import FAR, ROLES, ActionRefused, comment_of, moment_of
from alerts.suppression import recurrence as calendar
from alerts.suppression.recurrence import LONGEST
from alerts.suppression.silences import SILENCE, WINDOW, Match, Suppression, Suppressions
from feeds.documents.suppression import Recurrence
from feeds.model import Asset, Command, Outcome
from feeds.regions import covers, is_code

ACTIONS = {"silence": SILENCE, "unsilence": SILENCE, "maintain": WINDOW, "unmaintain": WINDOW}
_ENDS = frozenset(("unsilence", "unmaintain"))


def carry_out(
    suppressions: Suppressions, assets: Mapping[str, Asset], command: Command, at: float, now: float
) -> Suppression:
    """Carry the command out and return the suppression after it; raises ActionRefused.

    `at` is the time of the step in epoch seconds. `now` is the wall clock's.
    """
    if command.role not in ROLES:
        raise ActionRefused(Outcome.FORBIDDEN, "role")
    if command.action in _ENDS:
        suppression = suppressions.get(command.subject)
        if suppression is None or suppression.kind != ACTIONS[command.action]:
            raise ActionRefused(Outcome.NOT_FOUND, "not_found")
        _within(command, suppression.match, assets)
        return suppressions.end(suppression, command.actor, comment_of(command), command.id, at)
    suppression = _new_suppression(command, at, now)
    _within(command, suppression.match, assets)
    if suppressions.get(suppression.id) is not None:
        raise ActionRefused(Outcome.CONFLICT, "exists")
    return suppressions.create(suppression, command.id, at)


def _new_suppression(command: Command, at: float, now: float) -> Suppression:
    comment = comment_of(command)
    if not comment:
        raise ActionRefused(Outcome.INVALID, "bad_comment")
    kind, starts, until = ACTIONS[command.action], moment_of(command.args, "starts"), moment_of(command.args, "until")
    recurrence = _recurrence(command.args.get("recurrence"))
    if until is None or until > now + (FAR if kind == SILENCE or recurrence is None else 5 * FAR):
        raise ActionRefused(Outcome.INVALID, "bad_until")
    if until <= now:
        raise ActionRefused(Outcome.INVALID, "until_past")
    first = max(at, starts) if starts is not None else at
    if first >= until:
        raise ActionRefused(Outcome.INVALID, "bad_starts")
    if kind == SILENCE and recurrence is not None:
        raise ActionRefused(Outcome.INVALID, "bad_recurrence")
    match = _match(command.args.get("match"), kind)
    return Suppression(
        id=command.subject,
        kind=kind,
        by=command.actor,
        at=at,
        comment=comment,
        match=match,
        starts=first,
        until=until,
        recurrence=recurrence,
    )


def _match(argument: Any, kind: str) -> Match:
    try:
        match = msgspec.convert(argument or {}, Match)
    except msgspec.ValidationError as error:
        raise ActionRefused(Outcome.INVALID, "bad_match") from error
    entities = replace(match, rule="", severities=(), labels={})
    if match.empty or (match.region and not is_code(match.region)) or (kind == WINDOW and match != entities):
        raise ActionRefused(Outcome.INVALID, "bad_match")
    return match


def _recurrence(argument: Any) -> Recurrence | None:
    if argument is None:
        return None
    try:
        recurrence = msgspec.convert(argument, Recurrence)
        hour, colon, minute = recurrence.start.partition(":")
        clock = bool(colon) and len(recurrence.start) == 5 and 0 <= int(hour) < 24 and 0 <= int(minute) < 60
        calendar.zone(recurrence.zone)
    except (msgspec.ValidationError, ValueError, KeyError, OSError) as error:
        raise ActionRefused(Outcome.INVALID, "bad_recurrence") from error
    if not clock or not 1 <= recurrence.minutes <= LONGEST or not all(1 <= day <= 7 for day in recurrence.days):
        raise ActionRefused(Outcome.INVALID, "bad_recurrence")
    if recurrence.minutes > calendar.period(recurrence):
        raise ActionRefused(Outcome.INVALID, "recurrence_overlap")
    return replace(recurrence, days=tuple(sorted(set(recurrence.days))))


def _within(command: Command, match: Match, assets: Mapping[str, Asset]) -> None:
    """Refuse to hide anything outside the actor's own region: every named asset, or the whole named region."""
    if command.action == "maintain" and not all(id in assets for id in match.assets):
        raise ActionRefused(Outcome.INVALID, "unknown_asset")
    if not command.actor_region or (match.region and covers(command.actor_region, match.region)):
        return
    named = [assets.get(id) for id in match.assets]
    if not named or not all(asset is not None and covers(command.actor_region, asset.region) for asset in named):
        raise ActionRefused(Outcome.FORBIDDEN, "region")
