"""Views straight from stored bytes are those that are made by way of the record, and counts by traits are the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds import wire
from feeds.bus.entries import readable
from feeds.kinds import ALERT, ALL, ASSET, BOARD, GROUP, RecordKind
from feeds.kinds.counted import CountedKind
from feeds.live.tally import CountTally
from feeds.model import Alert, Asset, AssetState
from tests import patience
from tests.feeds.kinds.strategies import IDS, records
from tests.feeds.kinds.test_every_kind import AUDIENCES

PACKED = [kind for kind in ALL if kind.packed_view is not None]


@pytest.mark.parametrize("kind", PACKED, ids=lambda kind: str(kind.name))
def test_a_view_of_bytes_is_the_view_of_the_record(kind: RecordKind[Any]) -> None:
    @settings(max_examples=patience.examples(100), deadline=None)
    @given(records(kind.record))
    def check(record: Any) -> None:
        raw = wire.encode(record)
        shown = readable(kind.name, {b"a": raw}, views=True)["a"]
        assert type(shown) is dict
        assert shown == kind.view(record)
        assert msgspec.json.encode(shown) == msgspec.json.encode(kind.view(record))

    check()


ALERT_RECORD = Alert(id="a", fingerprint="f", rule="r", asset="x", severity="major", active=True, raised_at=5.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["first_raised_at", "changed_at", "count", "labels", "shelf"])
def test_an_alert_of_a_version_that_lacked_a_field_is_shown_with_its_default(name: str) -> None:
    fields = msgspec.to_builtins(ALERT_RECORD)
    del fields[name]
    assert readable("alert", {b"a": wire.encode(fields)}, views=True) == {"a": ALERT.view(ALERT_RECORD)}


def test_an_alert_whose_times_were_not_filled_in_is_shown_with_them() -> None:
    fields = msgspec.to_builtins(ALERT_RECORD) | {"first_raised_at": 0.0, "changed_at": 0.0}
    assert readable("alert", {b"a": wire.encode(fields)}, views=True) == {"a": ALERT.view(ALERT_RECORD)}


@pytest.mark.parametrize("raw", [b"\xc1", b"", wire.encode({"id": 7}), wire.encode([1])])
def test_bytes_that_are_no_alert_count_as_not_there(raw: bytes) -> None:
    rows = {b"a": raw, b"b": wire.encode(ALERT_RECORD)}
    assert list(readable("alert", rows, views=True)) == ["b"]


def tallied(kind: CountedKind[Any], audience: Any, stored: dict[str, dict[str, Any]]) -> dict[str, Any]:
    tally = CountTally(kind, audience, "1-1")
    for _ in tally.counting(stored):
        pass
    return tally.records


def shown(kind: RecordKind[Any], alerts: Iterable[Any]) -> dict[str, Any]:
    return {str(number): kind.view(alert) | {"id": str(number)} for number, alert in enumerate(alerts)}


@pytest.mark.parametrize("kind", [BOARD, GROUP], ids=lambda kind: str(kind.name))
def test_counts_by_traits_are_those_of_each_record(kind: CountedKind[Any]) -> None:
    slow = replace(kind, traits={}, present=None)
    quick = replace(kind, present=None)
    rows = [records(Asset, id=st.just(id)) for id in IDS]

    @settings(max_examples=patience.examples(60), deadline=None)
    @given(st.lists(records(Alert, raised_at=st.sampled_from((1.0, 2.0, 90.0))), max_size=12), st.tuples(*rows))
    def check(alerts: list[Alert], assets: tuple[Asset, ...]) -> None:
        part = ASSET.records()
        states = {row.id: AssetState(id=row.id, region=row.region, health="ok") for row in assets}  # type: ignore[arg-type]
        part.reset({"asset": {row.id: row for row in assets}, "state": states})
        part.catch_up()
        stored: dict[str, dict[str, Any]] = {name: {} for name in kind.over}
        stored |= {"asset": part.records, "alert": shown(ALERT, alerts)}
        for audience in AUDIENCES:
            assert tallied(quick, audience, stored) == tallied(slow, audience, stored)

    check()
