"""Records that are unmade are asked, counted and changed as those that are made."""

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
from feeds.kinds import ALERT, ALL, ASSET, BOARD, CAMPAIGN, GROUP, RecordKind
from feeds.kinds.counted import CountedKind
from feeds.kinds.records import KindRecords
from feeds.live.tally import CountTally, RowsByKind
from feeds.model import Alert, Asset, AssetState, Change
from tests import patience
from tests.feeds.kinds.strategies import IDS, records
from tests.feeds.kinds.test_every_kind import AUDIENCES

ALERT_RECORD = Alert(id="a", fingerprint="f", rule="r", asset="x", severity="major", active=True, raised_at=5.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "kind", [kind for kind in ALL if kind.stored and kind is not ASSET], ids=lambda kind: kind.name
)
def test_each_field_of_an_unmade_record_is_that_of_its_view(kind: RecordKind[Any]) -> None:
    @settings(max_examples=patience.examples(50), deadline=None)
    @given(records(kind.record))
    def check(record: Any) -> None:
        view = kind.view(record)
        assert {name: kind.fields_of(record)[name] for name in view} == view
        assert dict(kind.fields_of(record)) == view

    check()


def test_a_record_that_masks_what_is_stored_is_asked_for_its_public_fields_only() -> None:
    assert not CAMPAIGN.stored_fields
    assert {"id", "raised_at"} <= ALERT.stored_fields.keys()


def test_a_field_that_a_record_does_not_have_is_an_error() -> None:
    with pytest.raises(KeyError):
        ALERT.fields_of(ALERT_RECORD)["colour"]


@pytest.mark.parametrize("name", ["first_raised_at", "changed_at", "count", "labels", "shelf"])
def test_an_alert_of_a_version_that_lacked_a_field_is_shown_with_its_default(name: str) -> None:
    fields = msgspec.to_builtins(ALERT_RECORD)
    del fields[name]
    assert readable("alert", {b"a": wire.encode(fields)}) == {"a": ALERT_RECORD}


@pytest.mark.parametrize("raw", [b"\xc1", b"", wire.encode({"id": 7}), wire.encode([1])])
def test_bytes_that_are_no_alert_count_as_not_there(raw: bytes) -> None:
    rows = {b"a": raw, b"b": wire.encode(ALERT_RECORD)}
    assert list(readable("alert", rows)) == ["b"]


def part_of(*alerts: Alert) -> KindRecords:
    part = ALERT.records()
    part.reset({"alert": {alert.id: alert for alert in alerts}})
    return part


def test_records_are_made_a_few_at_a_time_and_are_then_plain() -> None:
    part = part_of(*(msgspec.structs.replace(ALERT_RECORD, id=id) for id in "abc"))
    assert type(part.records) is not dict
    assert part.make(2)
    assert [type(row) is dict for row in part.rows.values()] == [True, True, False]
    assert part.records["c"] == ALERT.view(msgspec.structs.replace(ALERT_RECORD, id="c"))
    assert not part.make(2)
    assert type(part.records) is dict


def test_a_change_of_an_unmade_record_knows_what_it_was() -> None:
    part = part_of(ALERT_RECORD)
    after = msgspec.structs.replace(ALERT_RECORD, rev=2)
    part.takers()["alert"](Change(kind="alert", id="a", after=after, at=6.0))
    assert part.touched == {"a": ALERT.view(ALERT_RECORD)}
    assert not part.make(10)
    assert part.records == {"a": ALERT.view(after)}


def test_a_copy_of_records_does_not_follow_later_changes() -> None:
    part = part_of(ALERT_RECORD)
    copied = part.copy()
    part.takers()["alert"](Change(kind="alert", id="a", after=None, at=6.0))
    assert dict(copied) == {"a": ALERT.view(ALERT_RECORD)}
    assert (list(part.records), "a" in part.records, part.records.get("a")) == ([], False, None)


def tallied(kind: CountedKind[Any], audience: Any, stored: RowsByKind) -> dict[str, Any]:
    tally = CountTally(kind, audience, "1-1")
    for _ in tally.counting(stored):
        pass
    return tally.records


def as_public(alerts: Iterable[Alert]) -> dict[str, Any]:
    return {alert.id: ALERT.view(alert) for alert in alerts}


def as_stored(alerts: Iterable[Alert]) -> dict[str, Any]:
    return {alert.id: alert for alert in alerts}


@pytest.mark.parametrize("kind", [BOARD, GROUP], ids=lambda kind: str(kind.name))
def test_counts_by_traits_are_those_of_each_record(kind: CountedKind[Any]) -> None:
    slow = replace(kind, traits={}, present=None)
    quick = replace(kind, present=None)
    rows = [records(Asset, id=st.just(id)) for id in IDS]

    @settings(max_examples=patience.examples(60), deadline=None)
    @given(
        st.lists(records(Alert, raised_at=st.sampled_from((1.0, 2.0, 59.9996, 60.0, 90.0))), max_size=12),
        st.tuples(*rows),
    )
    def check(alerts: list[Alert], assets: tuple[Asset, ...]) -> None:
        part = ASSET.records()
        states = {row.id: AssetState(id=row.id, region=row.region, health="ok") for row in assets}  # type: ignore[arg-type]
        part.reset({"asset": {row.id: row for row in assets}, "state": states})
        part.catch_up()
        stored: dict[str, dict[str, Any]] = {name: {} for name in kind.over}
        numbered = [msgspec.structs.replace(alert, id=str(number)) for number, alert in enumerate(alerts)]
        half = len(numbered) // 2
        forms = (as_public(numbered), as_stored(numbered), as_public(numbered[:half]) | as_stored(numbered[half:]))
        for audience in AUDIENCES:
            expected = tallied(slow, audience, stored | {"asset": part.records, "alert": forms[0]})
            for alerts_by_id in forms:
                rows = stored | {"asset": part.records, "alert": alerts_by_id}
                assert tallied(quick, audience, rows) == tallied(slow, audience, rows) == expected

    check()
