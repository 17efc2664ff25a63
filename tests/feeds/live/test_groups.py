"""Groups of a flood are what one would count among the alerts of the audience's own snapshot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.kinds import KINDS, Audience
from feeds.kinds import group as group_module
from feeds.kinds.group import groups_of
from feeds.live.delta import applied
from feeds.live.mirror import Mirror
from feeds.model import Ack, Alert, Asset, Change, Kind, Severity
from tests.feeds.kinds.strategies import changes

AUDIENCES = (Audience(), Audience(personal=False), Audience("532323"))
STREAM = st.lists(st.one_of([changes(name, KINDS.stored[name].record) for name in ("asset", "alert")]), max_size=12)


def counted(mirror: Mirror, audience: Audience) -> dict[str, dict[str, Any]]:
    """The groups, counted one by one."""
    alerts, assets = mirror.records("alert", audience), mirror.records("asset", audience)
    members: dict[str, list[dict[str, Any]]] = {}
    for alert in alerts.values():
        on_asset = alert["subject_kind"] == "asset" and alert["asset"] in assets
        for group in groups_of(alert, assets[alert["asset"]]["owner"] if on_asset else ""):
            members.setdefault(group, []).append(alert)
    return {
        key: {
            "count": len(of),
            "unacked": sum(not alert["acked"] for alert in of),
            "active": sum(alert["active"] for alert in of),
            "severity": min((Severity(alert["severity"]).rank, alert["severity"]) for alert in of)[1],
            "needs": sorted(alert["need"] for alert in of if alert["need"]),
        }
        for key, of in members.items()
    }


def shortened(record: dict[str, Any]) -> dict[str, Any]:
    needs = sorted(need for need, count in record["needs"].items() for _ in range(count))
    return {name: record[name] for name in ("count", "unacked", "active", "severity")} | {"needs": needs}


@settings(max_examples=30, deadline=None)
@given(STREAM, st.lists(st.booleans(), min_size=12, max_size=12))
def test_groups_are_counted_over_what_the_audience_sees(happened: list[Change], flushes: list[bool]) -> None:
    with patch.object(group_module, "MANY", 1):
        mirror = Mirror()
        views: dict[Audience, dict[str, Any]] = {
            audience: dict(mirror.records("group", audience)) for audience in AUDIENCES
        }
        for change, flush in zip(happened, [*flushes[1:], True], strict=False):
            mirror.apply([change])
            deltas = mirror.flush() if flush else []
            for audience, view in views.items():
                for delta in deltas:
                    if delta.kind.name == "group" and delta.concerns(audience):
                        _take(view, delta.id, delta.new)
                if flush:
                    fresh = mirror.records("group", audience)
                    assert view == fresh
                    if fresh:
                        assert {key: shortened(record) for key, record in fresh.items()} == counted(mirror, audience)


def _take(view: dict[str, Any], key: str, record: dict[str, Any] | None) -> None:
    if record is None:
        view.pop(key, None)
    else:
        view[key] = json.loads(msgspec.json.encode(applied({}, {"set": record})))


def alert(key: str, at: float = 60.0, **more: Any) -> Change:
    fields = {"severity": Severity.MAJOR, "active": True, "rule": "link-down", "asset": "a", "region": "532323"}
    after = Alert(id=key, fingerprint=key, raised_at=at, **{**fields, **more})
    return Change(kind=Kind.ALERT, id=key, after=after, at=at)


def grouped(*happened: Change) -> Mapping[str, dict[str, Any]]:
    mirror = Mirror()
    asset = Asset(id="a", name="a", kind="router", region="532323", owner="州大数据中心")
    mirror.apply([Change(kind=Kind.ASSET, id="a", after=asset, at=1.0), *happened])
    return mirror.records("group", Audience())


def test_a_unit_has_no_group_once_its_asset_is_gone() -> None:
    with patch.object(group_module, "MANY", 1):
        mirror = Mirror()
        mirror.records("group", Audience())
        asset = Asset(id="a", name="a", kind="router", region="532323", owner="州大数据中心")
        mirror.apply([Change(kind=Kind.ASSET, id="a", after=asset, at=1.0), alert("x")])
        mirror.flush()
        assert "unit:州大数据中心" in mirror.records("group", Audience())
        mirror.apply([Change(kind=Kind.ASSET, id="a", after=None, at=2.0)])
        assert "unit:州大数据中心" not in mirror.records("group", Audience())
        assert ("group", "unit:州大数据中心") in [(delta.kind.name, delta.id) for delta in mirror.flush()]
        assert "unit:州大数据中心" not in mirror.records("group", Audience())


def test_few_alerts_are_no_flood() -> None:
    assert grouped(*(alert(f"x{number}", at=3600.0 * number) for number in range(49))) == {}


def test_fifty_that_nobody_has_taken_are_a_flood() -> None:
    groups = grouped(*(alert(f"x{number}", at=3600.0 * number) for number in range(50)))
    assert set(groups) == {"all:", "rule:link-down", "unit:州大数据中心", "region:532323"}
    assert groups["all:"]["count"] == groups["rule:link-down"]["unacked"] == 50


@pytest.mark.parametrize(("spread", "flood"), [(19.0, True), (21.0, False)])
def test_thirty_within_ten_minutes_are_a_flood_though_somebody_has_taken_them(spread: float, flood: bool) -> None:
    ack = Ack(by="网管甲", at=1.0)
    groups = grouped(*(alert(f"x{number}", at=60.0 + spread * number, ack=ack) for number in range(30)))
    assert bool(groups) is flood
    if flood:
        assert sum(groups["all:"]["curve"].values()) == 30


def test_a_cause_has_its_root_and_what_hides_behind_it_and_nothing_else_counts_these() -> None:
    behind = [alert(f"b{number}", suppressed_by=("inhibited:root",)) for number in range(60)]
    others = [alert(f"x{number}") for number in range(49)]
    root = alert("root", affected={"router": 60}, severity=Severity.CRITICAL)
    groups = grouped(root, *behind, *others)
    assert groups["cause:root"]["count"] == 61
    assert groups["cause:root"]["alerts"] == ["root"]
    assert groups["all:"]["count"] == 50
    assert groups["all:"]["needs"] == {"critical": 1}


def test_what_needs_a_person_stays_on_top_worst_and_oldest_first() -> None:
    roots = [alert(f"root{number}", at=600.0 - number, affected={"router": 2}) for number in range(6)]
    critical = alert("worst", at=599.0, severity=Severity.CRITICAL)
    groups = grouped(critical, *roots, *(alert(f"x{number}") for number in range(50)))
    assert groups["all:"]["alerts"] == ["worst", "root5", "root4", "root3", "root2"]
    assert groups["all:"]["needs"] == {"critical": 1, "root": 6}
