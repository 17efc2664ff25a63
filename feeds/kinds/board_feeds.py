"""What approvals and incidents count for on boards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from feeds.kinds.audience import Record
from feeds.kinds.counted import NOTHING, CountPair, Share
from feeds.model.incidents import OPEN_PHASES

PERMITS = "permit"
"""The group of kinds of case that boards count. Groups are never added together."""
NONE = "none"
"""The grade of an incident that nobody has graded."""
_LIGHTS: tuple[Literal["red", "yellow", "green", "grey"], ...] = ("red", "yellow", "green", "grey")


def case_share(board: Record) -> Share:
    """The boards on which the open cases of a department in a region count. A pair stands once for each case."""
    if board["group"] != PERMITS:
        return NOTHING
    region = board["region"][:6]
    places = (f"region:{region}", f"place:approvals:{region}") if region else ()
    pairs: list[CountPair] = [("departments", board["name"])]
    for light, count in board["lights"].items():
        pairs += [("cases", light)] * count
    pairs += [("due today", "")] * board["due_today"]
    if board["silent_since"]:
        pairs.append(("cases silent", board["silent_since"]))
    return (*places, "feed:approvals", f"department:{board['department']}"), tuple(pairs)


def incident_share(incident: Record) -> Share:
    """The boards on which a real incident in hand counts. One without a region counts for the feed alone."""
    if incident["mode"] != "real" or incident["phase"] not in OPEN_PHASES:
        return NOTHING
    region = incident["region"][:6]
    places = (f"region:{region}", f"place:emergency:{region}") if region else ()
    pairs = [("incidents", incident["grade"] or NONE)]
    if incident["response"]:
        pairs.append(("responses", incident["response"]))
    return (*places, "feed:emergency"), tuple(pairs)


def case_values(values: Mapping[str, dict[str, int]], blind: bool) -> dict[str, Any]:
    """The fields of a board that approvals and incidents give. `values` are its counts by field.

    `blind`: a source of the board is not heard of.
    """
    cases, silent = values.get("cases", {}), values.get("cases silent", {})
    counted = bool(cases) or "departments" in values
    return {
        "cases": cases,
        "cases_due_today": values.get("due today", {}).get("", 0),
        "cases_silent_since": min(silent, default=None),
        "light": light_of(cases, bool(silent) or blind) if counted else "",
        "incidents": values.get("incidents", {}),
        "responses": values.get("responses", {}),
        "title": min(values.get("departments", {}), default=""),
    }


def light_of(cases: Mapping[str, int], silent: bool) -> Literal["red", "yellow", "green", "grey"]:
    """The light of cases counted by light.

    Red stays red. Anything milder is grey while a source is silent, because it may have turned red since.
    """
    if cases.get("red"):
        return "red"
    if silent:
        return "grey"
    return next((light for light in _LIGHTS if cases.get(light)), "green")
