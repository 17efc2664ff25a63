"""What people may order beside a single alert: silences and maintenance windows. Checks without I/O.

Refusals name their reason by a stable code in `Result.detail`: late, role, region, unknown_asset, not_found,
ended, until_past, bad_until, bad_comment, bad_match, bad_starts, bad_recurrence, recurrence_overlap,
exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from alerts.lifecycle.operator_actions import FAR, ROLES, Refused, comment_of, moment_of
from alerts.suppression import recurrence as calendar
from alerts.suppression.recurrence import LONGEST
from alerts.suppression.silences import SILENCE, WINDOW, Match, Suppression, Suppressions
from feeds.documents.suppression import Recurrence
from feeds.model import Asset, Command, Outcome
from feeds.regions import covers, is_code

ACTIONS = {"silence": SILENCE, "unsilence": SILENCE, "maintain": WINDOW, "unmaintain": WINDOW}
_ENDS = frozenset(("unsilence", "unmaintain"))


def carry_out(known: Suppressions, assets: Mapping[str, Asset], command: Command, at: float, now: float) -> Suppression:
    """The suppression after the command, or Refused. `at` is the step's time, `now` the wall's."""
    if now > command.valid_until:
        raise Refused(Outcome.LATE, "late")
    if command.role not in ROLES:
        raise Refused(Outcome.FORBIDDEN, "role")
    if command.action in _ENDS:
        one = known.get(command.subject)
        if one is None or one.kind != ACTIONS[command.action]:
            raise Refused(Outcome.NOT_FOUND, "not_found")
        _within(command, one.match, assets)
        return known.end(one, command.actor, comment_of(command), command.id, at)
    made = _made(command, at, now)
    _within(command, made.match, assets)
    if known.get(made.id) is not None:
        raise Refused(Outcome.CONFLICT, "exists")
    return known.create(made, command.id, at)


def _made(command: Command, at: float, now: float) -> Suppression:
    comment = comment_of(command)
    if not comment:
        raise Refused(Outcome.INVALID, "bad_comment")
    kind, starts, until = ACTIONS[command.action], moment_of(command.args, "starts"), moment_of(command.args, "until")
    recurrence = _recurrence(command.args.get("recurrence"))
    if until is None or until > now + (FAR if kind == SILENCE or recurrence is None else 5 * FAR):
        raise Refused(Outcome.INVALID, "bad_until")
    if until <= now:
        raise Refused(Outcome.INVALID, "until_past")
    first = max(at, starts) if starts is not None else at
    if first >= until:
        raise Refused(Outcome.INVALID, "bad_starts")
    if kind == SILENCE and recurrence is not None:
        raise Refused(Outcome.INVALID, "bad_recurrence")
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


def _match(given: Any, kind: str) -> Match:
    try:
        match = msgspec.convert(given or {}, Match)
    except msgspec.ValidationError as error:
        raise Refused(Outcome.INVALID, "bad_match") from error
    entities = replace(match, rule="", severities=(), labels={})
    if match.empty or (match.region and not is_code(match.region)) or (kind == WINDOW and match != entities):
        raise Refused(Outcome.INVALID, "bad_match")
    return match


def _recurrence(given: Any) -> Recurrence | None:
    if given is None:
        return None
    try:
        one = msgspec.convert(given, Recurrence)
        hour, colon, minute = one.start.partition(":")
        clock = bool(colon) and len(one.start) == 5 and 0 <= int(hour) < 24 and 0 <= int(minute) < 60
        calendar.zone(one.zone)
    except (msgspec.ValidationError, ValueError, KeyError, OSError) as error:
        raise Refused(Outcome.INVALID, "bad_recurrence") from error
    if not clock or not 1 <= one.minutes <= LONGEST or not all(1 <= day <= 7 for day in one.days):
        raise Refused(Outcome.INVALID, "bad_recurrence")
    if one.minutes > calendar.period(one):
        raise Refused(Outcome.INVALID, "recurrence_overlap")
    return replace(one, days=tuple(sorted(set(one.days))))


def _within(command: Command, match: Match, assets: Mapping[str, Asset]) -> None:
    """Nobody hides what lies outside the own region: each asset, or the whole region that is meant."""
    if command.action == "maintain" and not all(id in assets for id in match.assets):
        raise Refused(Outcome.INVALID, "unknown_asset")
    if not command.actor_region or (match.region and covers(command.actor_region, match.region)):
        return
    named = [assets.get(id) for id in match.assets]
    if not named or not all(one is not None and covers(command.actor_region, one.region) for one in named):
        raise Refused(Outcome.FORBIDDEN, "region")
