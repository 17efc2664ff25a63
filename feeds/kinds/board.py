"""Boards: counts, worst state and ages by region, unit, kind and feed. Made by each web worker, for each audience."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from feeds.cameras.status import CameraGroup
from feeds.kinds.asset import VIDEO
from feeds.kinds.audience import Audience, Record
from feeds.kinds.board_feeds import case_share, case_values, incident_share
from feeds.kinds.counted import NOTHING, CountedKind, CountPair, Everybody, Share, Traits, by_group
from feeds.kinds.filters import Exact, Words
from feeds.kinds.source import FEEDS
from feeds.model import Health, Kind
from feeds.model.times import Time
from feeds.regions import covers

Grouping = Literal["region", "unit", "kind", "feed", "place", "department"]
GROUPINGS: tuple[Grouping, ...] = ("region", "unit", "kind", "feed", "place", "department")
Light = Literal["red", "yellow", "green", "grey", ""]
UNCOLOURED = "none"
"""The colour of a warning that was issued without one."""
_OK, _UNKNOWN = str(Health.OK), str(Health.UNKNOWN)
_WORST = tuple(str(health) for health in sorted(Health, key=lambda health: health.rank) if health is not Health.OK)
_HEALTHS = tuple(str(health) for health in Health)
CAMERA_GROUPS = tuple(str(group) for group in CameraGroup)
_SUBJECT_FEEDS = {
    Kind.WARNING: "emergency",
    Kind.RECEIPT: "emergency",
    Kind.INCIDENT: "emergency",
    Kind.OBLIGATION: "emergency",
    Kind.CASE: "approvals",
}
_SOURCES = ("ok", "failing", "silent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Counts of what one audience sees of a region (a county's code), a unit (owner), a kind of asset or a feed.

    A board by `place` counts one feed in one county; its key is `{feed}:{county}`. A board by `department` counts the
    open cases of a department of approvals.

    `health` counts the assets, `cut` those of them that a root alert explains. `alerts` counts the active alerts that
    nothing hides by severity, `unacked` those of them that nobody has taken, `warnings` the actual warnings in force by
    colour (`none`: without one), `sources` the sources of data by whether they are heard of (`ok`, `failing`,
    `silent`). `cameras` counts the cameras by group (feeds.cameras.status); `cameras_since` says since when, to the
    minute, the health of one of each group but `ok` has lasted longest. `worst` is `unknown` where nothing is worse and
    something is not known. `stale_since`: since when the oldest missing data is missing. `seen_at`: when the asset that
    was heard of least recently was heard of, down to the minute. `roots` counts the active alerts that nothing hides
    and that explain others.

    `cases` counts the open permits by light and `light` is the worst of them: `grey` where a source of cases is silent
    and nothing is red, "" where no department reports. `cases_silent_since`: up to when the quietest source has told
    everything. `incidents` counts the real incidents in hand by grade (`none`: not graded), `responses` the responses
    that run by level. `title` is the name of the department, on its board.
    """

    id: str
    by: Grouping
    key: str
    worst: Health
    total: int
    health: dict[str, int]
    cut: int
    alerts: dict[str, int]
    unacked: int
    warnings: dict[str, int]
    sources: dict[str, int]
    cameras: dict[str, int]
    cameras_since: dict[str, Time]
    stale: int
    stale_since: Time | None
    seen_at: Time | None
    roots: int
    cases: dict[str, int]
    cases_due_today: int
    cases_silent_since: Time | None
    light: Light
    incidents: dict[str, int]
    responses: dict[str, int]
    title: str


def _share(kind: str, record: Record, asset: Record | None, audience: Audience) -> Share:
    """The boards on which a record counts, and as what."""
    match kind:
        case Kind.ASSET:
            return _places(record), _asset_pairs(record)
        case Kind.ALERT:
            return _alert_share(record, asset)
        case Kind.WARNING:
            return _warning_share(record, audience)
        case Kind.CASE_BOARD:
            return case_share(record)
        case Kind.INCIDENT:
            return incident_share(record)
    return _source_share(record)


def _places(asset: Record) -> tuple[str, ...]:
    """The boards on which an asset counts; that of its region comes first."""
    owner = (f"unit:{asset['owner']}",) if asset["owner"] else ()
    county = asset["region"][:6]
    feed = "video" if asset["kind"] in VIDEO else "network"
    return (f"region:{county}", *owner, f"kind:{asset['kind']}", f"feed:{feed}", f"place:{feed}:{county}")


def _asset_pairs(asset: Record) -> tuple[CountPair, ...]:
    pairs = [("health", str(asset["health"]))]
    if asset["seen_at"]:
        pairs.append(("seen", f"{asset['seen_at'][:16]}:00.000Z"))
    if asset["stale_since"]:
        pairs.append(("stale", asset["stale_since"]))
    if asset["cut_by"]:
        pairs.append(("cut", ""))
    if asset["camera"] is not None:
        pairs += _camera_pairs(asset["camera"]["group"], asset["since"])
    return tuple(pairs)


def _camera_pairs(group: str, since: str | None) -> list[CountPair]:
    pairs = [("cameras", group)]
    if since and group != CameraGroup.OK:
        pairs.append((f"since {group}", f"{since[:16]}:00.000Z"))
    return pairs


def _alert_share(alert: Record, asset: Record | None) -> Share:
    if not alert["active"] or alert["suppressed_by"]:
        return NOTHING
    pairs = [("alerts", str(alert["severity"]))]
    if not alert["acked"]:
        pairs.append(("unacked", ""))
    if alert["affected"]:
        pairs.append(("roots", ""))
    if alert["subject_kind"] == Kind.ASSET and asset is not None:
        return (*_county(alert["region"]), *_places(asset)[1:]), tuple(pairs)
    feed = _SUBJECT_FEEDS.get(alert["subject_kind"], "network")
    return (*_county(alert["region"]), *_place(feed, alert["region"])), tuple(pairs)


def _alert_trait(values: Sequence[Any], asset: Record | None) -> Hashable:
    subject_kind, _, active, suppressed_by, region, severity, ack, affected = values
    if not active or suppressed_by:
        return None
    where = (asset["region"], asset["owner"], asset["kind"]) if asset is not None else subject_kind
    return region, severity, ack is None, bool(affected), where


_ALERT_TRAITS = Traits(("active", "suppressed_by", "region", "severity", "ack", "affected"), _alert_trait)


def _warning_share(warning: Record, audience: Audience) -> Share:
    """A warning counts in each county that the audience sees, and in what it covers as a whole."""
    if warning["state"] != "active" or warning["status"] != "Actual":
        return NOTHING
    counties = {region[:6] for region in warning["regions"] if covers(audience.region, region)}
    boards = [f"{by}:{county}" for county in sorted(counties) for by in ("region", "place:emergency")]
    return (*boards, "feed:emergency"), (("warnings", warning["colour"] or UNCOLOURED),)


def _source_share(source: Record) -> Share:
    if source["is_role"]:
        return NOTHING
    kind = source["kind"].partition(".")[0]
    feed = kind if kind in FEEDS else "network"
    return (*_county(source["region"]), *_place(feed, source["region"])), (("sources", source["state"]),)


def _county(region: str) -> tuple[str, ...]:
    """The board of the county, or of what lies above the counties."""
    return (f"region:{region[:6]}",) if region else ()


def _place(feed: str, region: str) -> tuple[str, ...]:
    """The boards of a feed and, where there is a region, of the feed in that county."""
    return (f"feed:{feed}", *((f"place:{feed}:{region[:6]}",) if region else ()))


def _board(id: str, counts: Counter[CountPair]) -> Record:
    """The board of these counts, in its public form: a `Board` would be taken apart again at every change."""
    by, _, name = id.partition(":")
    values = by_group(counts)
    states, heard, stale, seen_at = (values.get(group, {}) for group in ("health", "sources", "stale", "seen"))
    unheard = "failing" in heard or "silent" in heard
    untold = "cases silent" in values and not states
    blind = unheard or untold or not (states or heard or "departments" in values)
    return {
        "id": id,
        "by": by,
        "key": name,
        "worst": next((state for state in _WORST if state in states), _UNKNOWN if blind else _OK),
        "total": sum(states.values()),
        "health": {state: states.get(state, 0) for state in _HEALTHS},
        "cut": counts.get(("cut", ""), 0),
        "alerts": values.get("alerts", {}),
        "unacked": counts.get(("unacked", ""), 0),
        "warnings": values.get("warnings", {}),
        "sources": {state: heard.get(state, 0) for state in _SOURCES},
        "cameras": values.get("cameras", {}),
        "cameras_since": {
            group: min(values[f"since {group}"]) for group in CAMERA_GROUPS if f"since {group}" in values
        },
        "stale": sum(stale.values()),
        "stale_since": min(stale, default=None),
        "seen_at": min(seen_at, default=None),
        "roots": counts.get(("roots", ""), 0),
        **case_values(values, "silent" in heard),
    }


BOARD = CountedKind(
    name="board",
    plural="boards",
    record=Board,
    writer="web",
    visible=Everybody(),
    filters=(Words(name="by", words=GROUPINGS), Exact(name="key"), Words(name="worst", words=tuple(Health))),
    slashes=True,
    over=(Kind.ASSET, Kind.ALERT, Kind.WARNING, Kind.SOURCE, Kind.CASE_BOARD, Kind.INCIDENT),
    share=_share,
    count=_board,
    traits={Kind.ALERT: _ALERT_TRAITS},
)
