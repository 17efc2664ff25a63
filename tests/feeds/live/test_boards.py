"""Boards are what one would count in the audience's own snapshot, whatever happens and whenever one asks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.kinds import KINDS, Audience
from feeds.live.mirror import Mirror, patched
from feeds.model import Asset, AssetState, Change, Health, Kind
from feeds.regions import covers
from tests import patience
from tests.feeds.kinds.strategies import changes

AUDIENCES = (Audience(), Audience(personal=False), Audience("532323"), Audience("532324", person="网管甲"))
COUNTED = ("asset", "state", "root_cause", "alert", "warning", "source")
STREAM = st.lists(st.one_of([changes(name, KINDS.stored[name].record) for name in COUNTED]), max_size=14)
Snapshot = dict[str, Any]
EMPTY: dict[str, Any] = {
    "cases": {},
    "cases_due_today": 0,
    "cases_silent_since": None,
    "light": "",
    "incidents": {},
    "responses": {},
    "title": "",
}
"""The fields of boards without cases and incidents."""


def snapshot(mirror: Mirror, audience: Audience) -> Snapshot:
    read: Snapshot = json.loads(msgspec.json.encode(mirror.snapshot(audience)))
    return read


def groups(kind: str, record: dict[str, Any], assets: dict[str, Any], region_seen: str) -> list[str]:
    """The boards on which a record of a snapshot counts."""
    if kind == "warning":
        seen = {region[:6] for region in record["regions"] if covers(region_seen, region)}
        return [*(f"{by}:{region}" for region in seen for by in ("region", "place:emergency")), "feed:emergency"]
    subject = assets.get(record["asset"]) if kind == "alert" and record["subject_kind"] == "asset" else record
    region = [f"region:{record['region'][:6]}"] if record["region"] else []
    if kind == "source":
        return [*region, *place(feed(record["kind"].partition(".")[0]), record)]
    if kind == "alert" and record["subject_kind"] != "asset":
        return [*region, *place("emergency" if record["subject_kind"] == "warning" else "network", record)]
    if subject is None:
        return [*region, *place("network", record)]
    unit = [f"unit:{subject['owner']}"] if subject["owner"] else []
    video = subject["kind"] in ("camera", "nvr", "platform")
    return [*region, *unit, f"kind:{subject['kind']}", *place("video" if video else "network", subject)]


def place(feed_name: str, record: dict[str, Any]) -> list[str]:
    """The boards of a feed, and of the feed in the record's county."""
    return [f"feed:{feed_name}", *([f"place:{feed_name}:{record['region'][:6]}"] if record["region"] else [])]


def feed(name: str) -> str:
    return name if name in ("network", "video", "approvals", "emergency") else "network"


def counted(seen: Snapshot, region: str) -> dict[str, Any]:
    """The boards of a snapshot, counted one by one."""
    in_force = [each for each in seen["warning"].values() if (each["state"], each["status"]) == ("active", "Actual")]
    kinds = {"asset": seen["asset"].values(), "alert": shown(seen), "source": data_sources(seen), "warning": in_force}
    members: dict[str, dict[str, list[Any]]] = {}
    for kind, records in kinds.items():
        for record in records:
            for key in groups(kind, record, seen["asset"], region):
                members.setdefault(key, {name: [] for name in kinds})[kind].append(record)
    return {
        key: counts(key, of["asset"], of["alert"], [heard(source) for source in of["source"]], of["warning"])
        for key, of in members.items()
    }


def counts(key: str, assets: list[Any], alerts: list[Any], sources: list[str], warnings: list[Any]) -> dict[str, Any]:
    health = {state: sum(asset["health"] == state for asset in assets) for state in Health}
    blind = any(state != "ok" for state in sources) or not (assets or sources)
    worst = next((state for state in ("down", "degraded", "unknown") if health[Health(state)]), "ok")
    severities = [alert["severity"] for alert in alerts]
    stale = [asset["stale_since"] for asset in assets if asset["stale_since"]]
    minutes = [asset["seen_at"][:17] + "00.000Z" for asset in assets if asset["seen_at"]]
    return {
        "id": key,
        "by": key.partition(":")[0],
        "key": key.partition(":")[2],
        "worst": "unknown" if worst == "ok" and blind else worst,
        "total": len(assets),
        "health": health,
        "alerts": {severity: severities.count(severity) for severity in severities},
        "cut": sum(bool(asset["cut_by"]) for asset in assets),
        "unacked": sum(not alert["acked"] for alert in alerts),
        "warnings": dict(Counter(warning["colour"] or "none" for warning in warnings)),
        "sources": {state: sources.count(state) for state in ("ok", "failing", "silent")},
        "cameras": dict(Counter(asset["camera"]["group"] for asset in assets if asset["camera"])),
        "cameras_since": _longest(assets),
        "stale": len(stale),
        "stale_since": min(stale, default=None),
        "seen_at": min(minutes, default=None),
        "roots": sum(bool(alert["affected"]) for alert in alerts),
        **EMPTY,
    }


def _longest(assets: list[Any]) -> dict[str, str]:
    since: dict[str, str] = {}
    for asset in assets:
        if asset["camera"] and asset["since"] and (group := asset["camera"]["group"]) != "ok":
            minute = asset["since"][:17] + "00.000Z"
            since[group] = min(since.get(group, minute), minute)
    return since


def shown(seen: Snapshot) -> list[dict[str, Any]]:
    return [alert for alert in seen["alert"].values() if alert["active"] and not alert["suppressed_by"]]


def data_sources(seen: Snapshot) -> list[dict[str, Any]]:
    return [source for source in seen["source"].values() if source["kind"] != "role"]


def heard(source: dict[str, Any]) -> str:
    if source["silent_since"]:
        return "silent"
    return "ok" if source["ok"] and not source["failing_since"] else "failing"


@settings(max_examples=patience.examples(40), deadline=None)
@given(STREAM, st.lists(st.sampled_from(("flush", "ask", "")), min_size=14, max_size=14))
def test_boards_are_counted_over_what_the_audience_sees(happen: list[Change], steps: Iterable[str]) -> None:
    mirror = Mirror()
    for change, step in zip(happen, steps, strict=False):
        mirror.apply([change])
        if step == "flush":
            mirror.flush()
        if step:
            for audience in AUDIENCES:
                seen = snapshot(mirror, audience)
                assert seen["board"] == counted(seen, audience.region)


@settings(max_examples=patience.examples(40), deadline=None)
@given(STREAM, st.integers(0, 5), st.lists(st.booleans(), min_size=14, max_size=14))
def test_a_snapshot_of_boards_and_its_patches_are_fresh_boards(
    happen: list[Change], join: int, flushes: list[bool]
) -> None:
    mirror = Mirror()
    mirror.apply(happen[:join])
    mirror.flush()
    views = {audience: snapshot(mirror, audience)["board"] for audience in AUDIENCES}
    for change, flush in zip(happen[join:], [*flushes[1:], True], strict=False):
        mirror.apply([change])
        deltas = mirror.flush() if flush else []
        for audience, view in views.items():
            for item in (delta.item(audience) for delta in deltas if delta.kind.name == "board"):
                if item is not None and item.get("gone"):
                    del view[item["id"]]
                elif item is not None:
                    patch = json.loads(msgspec.json.encode(item))
                    view[patch["id"]] = patched(view.get(patch["id"], {}), patch["set"])
            if flush:
                assert view == snapshot(mirror, audience)["board"]


def test_a_poll_within_the_minute_changes_no_board() -> None:
    mirror = Mirror()
    asset = Asset(id="a", name="a", kind="router", region="532323")
    mirror.apply([Change(kind=Kind.ASSET, id="a", after=asset, at=1.0), _seen(61.0)])
    mirror.flush()
    assert mirror.records("board", Audience())["kind:router"]["seen_at"] == "1970-01-01T00:01:00.000Z"
    mirror.apply([_seen(75.0)])
    assert [delta.kind.name for delta in mirror.flush()] == ["asset"]
    mirror.apply([_seen(121.0)])
    assert [delta.id for delta in mirror.flush() if delta.kind.name == "board"] == [
        "feed:network",
        "kind:router",
        "place:network:532323",
        "region:532323",
    ]


def _seen(at: float) -> Change:
    state = AssetState(id="a", region="532323", health=Health.OK, seen_at=at)
    return Change(kind=Kind.STATE, id="a", after=state, at=at)


def test_counting_in_turns_takes_in_what_is_flushed_meanwhile() -> None:
    mirror, county = Mirror(), Audience("532323")
    mirror.apply([_asset("a"), _asset("b"), _seen(61.0)])
    mirror.flush()
    counting = mirror.catching_up(county, 1)
    next(counting)
    mirror.apply([_asset("c"), _seen(121.0)])
    assert not [delta for delta in mirror.flush() if delta.kind.name == "board" and delta.concerns(county)]
    mirror.apply([_asset("d")])
    for _ in counting:
        pass
    assert mirror.records("board", county)["kind:router"]["total"] == 4
    new_boards = {
        delta.id: delta.new for delta in mirror.flush() if delta.concerns(county) and delta.kind.name == "board"
    }
    board = new_boards["kind:router"]
    assert board is not None
    assert (board["total"], board["seen_at"]) == (4, "1970-01-01T00:02:00.000Z")


def test_counting_that_was_broken_off_begins_anew() -> None:
    mirror, county = Mirror(), Audience("532323")
    mirror.apply([_asset("a"), _asset("b")])
    mirror.flush()
    counting = mirror.catching_up(county, 1)
    next(counting)
    counting.close()
    assert mirror.records("board", county)["kind:router"]["total"] == 2


def _asset(key: str) -> Change:
    return Change(kind=Kind.ASSET, id=key, after=Asset(id=key, name=key, kind="router", region="532323"), at=1.0)
