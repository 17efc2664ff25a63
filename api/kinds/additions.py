"""What a detail says beside the record: per kind a type, for OpenAPI, and a function that asks for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from api.dependencies import Dependencies
from api.principal import Principal
from api.records import alerts, asset_events, briefs, incidents, notifications, receipts, tasks, warnings
from api.records.suppression_scopes import SuppressionOption, options
from feeds.kinds import Record
from feeds.model import Kind

Moment = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]


@dataclass(frozen=True, slots=True)
class Additions:
    """Fields of a detail that do not stand in the record."""

    type: type[Any]
    ask: Callable[[Dependencies, Principal, Record], Awaitable[dict[str, Any]]]


class TransitionRecord(msgspec.Struct):
    """One named step in an alert's life. `explanation` is the text in words of people, by language."""

    seq: int | None
    name: str
    at: Moment
    actor: str
    comment: str
    command: str
    text: str
    explanation: dict[str, str]
    before: dict[str, Any]
    after: dict[str, Any]


class AlertAdditions(msgspec.Struct):
    """An alert's life, who was told of it, the alerts hidden behind it, and the ways to put it aside now.

    Of a life of more than a thousand steps the newest are shown; `more_transitions` says how many are older.
    """

    transitions: list[TransitionRecord]
    more_transitions: int
    notices: list[dict[str, Any]]
    escalation: dict[str, Any] | None
    behind: list[str]
    suppressions: list[SuppressionOption]


async def _of_alert(deps: Dependencies, principal: Principal, record: Record) -> dict[str, Any]:
    key = record["id"]
    transitions = await alerts.transitions(deps, key, personal=principal.personal)
    notices = await notifications.notices(deps, principal, key) if principal.personal else []
    escalation = await notifications.escalation(deps, principal, key) if principal.personal else None
    alerts_seen = deps.pump.mirror.records(Kind.ALERT, principal.audience)
    assets_seen = deps.pump.mirror.records(Kind.ASSET, principal.audience)
    behind = sorted(alert["id"] for alert in alerts_seen.values() if alert["cut_by"] == key)
    older = max(0, transitions[0]["seq"] - 1) if transitions and transitions[0]["seq"] else 0
    return {
        "transitions": transitions,
        "more_transitions": older,
        "notices": notices,
        "escalation": escalation,
        "behind": behind,
        "suppressions": msgspec.to_builtins(options(record, alerts_seen, assets_seen)),
    }


ADDITIONS: Mapping[str, Additions] = {
    Kind.ALERT: Additions(AlertAdditions, _of_alert),
    Kind.ASSET: Additions(asset_events.AssetAdditions, asset_events.additions),
    Kind.WARNING: Additions(warnings.WarningAdditions, warnings.additions),
    Kind.RECEIPT: Additions(receipts.ReceiptAdditions, receipts.additions),
    Kind.BRIEF: Additions(briefs.BriefAdditions, briefs.additions),
    Kind.INCIDENT: Additions(incidents.IncidentAdditions, incidents.additions),
    Kind.TASK: Additions(tasks.TaskAdditions, tasks.additions),
}
