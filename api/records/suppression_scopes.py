"""What a silence or a maintenance window takes: the ways to put one alert aside, and counts for a match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from feeds.documents.suppression import Match
from feeds.kinds import Record
from feeds.model import Kind, Severity

Records = Mapping[str, Record]


class SuppressionOption(msgspec.Struct):
    """A way to put an alert aside now.

    `scope`: the alert alone, its rule on its subject (`here`), everything on its subject, or its rule in its region.
    `match` is what the silence or the window has to be made with, null for the shelf.
    """

    action: Literal["shelve", "silence", "maintain"]
    scope: Literal["alert", "here", "subject", "region"]
    match: dict[str, Any] | None
    count: Annotated[int, msgspec.Meta(description="How many open alerts it would hide now")]


def options(alert: Record, alerts: Records, assets: Records) -> list[SuppressionOption]:
    """The ways to put an alert aside, the narrowest first; none once it is closed. `alerts` are the open ones by id."""
    if not (alert["active"] or not alert["acked"] or alert["shelf"]):
        return []
    subject, rule = {"assets": [alert["asset"]]}, {"rule": alert["rule"]}
    ways: list[tuple[Literal["silence", "maintain"], Literal["here", "subject", "region"], dict[str, Any]]] = [
        ("silence", "here", subject | rule),
        ("silence", "subject", subject),
    ]
    if alert["region"]:
        ways.append(("silence", "region", {"region": alert["region"]} | rule))
    if alert["subject_kind"] == Kind.ASSET:
        ways.append(("maintain", "subject", subject))
    shelf = [] if alert["shelf"] else [SuppressionOption(action="shelve", scope="alert", match=None, count=1)]
    return shelf + [
        SuppressionOption(action=action, scope=scope, match=match, count=_count(match, alerts, assets))
        for action, scope, match in ways
    ]


def counts(match: dict[str, Any], alerts: Records, assets: Records) -> dict[str, Any]:
    """How many of these assets and open alerts a match takes."""
    takes = _match(match)
    covered = [
        asset["id"]
        for asset in assets.values()
        if takes.takes_asset(asset["id"], asset["region"], asset["kind"], asset["owner"])
    ]
    return {"match": match, "assets": len(covered), "alerts": _count(match, alerts, assets)}


def _match(match: dict[str, Any]) -> Match:
    return msgspec.convert(match, Match)


def _count(match: dict[str, Any], alerts: Records, assets: Records) -> int:
    takes = _match(match)
    # Of hundreds of thousands of alerts most fail at a comparison.
    own, rule = set(takes.assets), takes.rule
    candidates = [
        alert for alert in alerts.values() if (not own or alert["asset"] in own) and (not rule or alert["rule"] == rule)
    ]
    return sum(_takes(takes, alert, assets.get(alert["asset"])) for alert in candidates)


def _takes(match: Match, alert: Record, asset: Record | None) -> bool:
    kind, owner = (asset["kind"], asset["owner"]) if asset is not None else ("", "")
    on_asset = match.takes_asset(alert["asset"], alert["region"], kind, owner)
    return on_asset and match.takes_rule(alert["rule"], Severity(alert["severity"]), alert["labels"])
