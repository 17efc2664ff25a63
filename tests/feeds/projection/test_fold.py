"""The fold of observations to state: health, staleness, lateness, silence."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from feeds import wire
from feeds.model import REFERENCE, Asset, AssetState, Change, Health, Heartbeat, Observation, Quality, SourceState
from feeds.projection.fold import Projection

TCP, HTTP, CALL = "tcp://127.0.0.1:1", "http://127.0.0.1:2/", "heartbeat:?every=30s"


def asset(key: str = "a", *probes: str) -> Asset:
    return Asset(id=key, name=key, kind="router", region="532301", probes=probes or (TCP, HTTP, CALL))


def seen(metric: str, value: bool | float | None, at: float, **more: object) -> Observation:
    probe = {"tcp": TCP, "http": HTTP, "heartbeat": CALL}.get(metric.partition(".")[0], "")
    observation = Observation(
        asset="a", metric=metric, value=value, observed_at=at, received_at=at, source="s", probe=probe, fresh_for=10.0
    )
    return replace(observation, **more)


def projection() -> Projection:
    result = Projection("532300")
    list(result.set_assets({"a": asset()}, 0.0))
    return result


def health(projected: Projection) -> Health:
    return projected.states["a"].health


def test_an_asset_without_results_is_unknown_since_it_was_added() -> None:
    state = projection().states["a"]
    assert (state.health, state.stale_since, state.seen_at) == (Health.UNKNOWN, 0.0, None)


def test_all_probes_failing_is_down_some_is_degraded_none_is_ok() -> None:
    projected = projection()
    for tcp, http, expected in (
        (True, True, Health.OK),
        (False, True, Health.DEGRADED),
        (False, False, Health.DOWN),
        (True, False, Health.DEGRADED),
    ):
        now = projected.states["a"].since + 1.0
        list(projected.observe([seen("tcp.up", tcp, now), seen("http.up", http, now)], now))
        assert health(projected) is expected


def test_a_value_at_or_above_the_limit_that_came_with_it_is_degraded_while_both_are_fresh() -> None:
    projected = projection()
    for stage, limit, expected in (
        (1.0, 2.0, Health.OK),
        (2.0, 2.0, Health.DEGRADED),
        (3.0, None, Health.OK),
        (None, 2.0, Health.OK),
    ):
        now = projected.states["a"].since + 1.0
        uncertain = Quality.UNCERTAIN
        values = [seen("report.up", True, now), seen("river.stage", stage, now, quality=uncertain)]
        list(projected.observe([*values, seen("river.stage_warning", limit, now, quality=uncertain)], now))
        assert health(projected) is expected, (stage, limit)


def test_a_limit_belongs_to_the_reading_of_its_own_instance() -> None:
    projected = projection()
    stages = [seen("river.stage", 3.0, 1.0, instance="up"), seen("river.stage", 1.0, 1.0, instance="down")]
    list(projected.observe([seen("report.up", True, 1.0), *stages], 1.0))
    list(projected.observe([seen("river.stage_warning", 2.0, 1.0, instance="down")], 1.0))
    assert health(projected) is Health.OK
    list(projected.observe([seen("river.stage_warning", 2.0, 2.0, instance="up")], 2.0))
    assert health(projected) is Health.DEGRADED


def test_a_probe_with_uncertain_quality_is_not_a_failure() -> None:
    projected = projection()
    list(projected.observe([seen("tcp.up", None, 1.0, quality=Quality.BAD)], 1.0))
    assert health(projected) is Health.UNKNOWN
    list(projected.observe([seen("http.up", False, 2.0)], 2.0))
    assert health(projected) is Health.DEGRADED


def test_what_an_isolated_collector_cannot_reach_is_unknown_and_no_failure_of_what_else_answers() -> None:
    projected = projection()
    list(projected.observe([seen("tcp.up", True, 1.0), seen("http.up", True, 1.0)], 1.0))
    out_of_touch = {"quality": Quality.UNCERTAIN, "source": REFERENCE}
    list(projected.observe([seen("tcp.up", None, 2.0, **out_of_touch)], 2.0))
    assert health(projected) is Health.OK
    list(projected.observe([seen("http.up", None, 2.0, **out_of_touch)], 2.0))
    assert health(projected) is Health.UNKNOWN
    list(projected.observe([seen("tcp.up", True, 3.0)], 3.0))
    assert health(projected) is Health.OK


def test_silence_turns_unknown_at_the_moment_the_value_ceased_to_be_fresh() -> None:
    projected = projection()
    list(projected.observe([seen("tcp.up", True, 1.0)], 1.0))
    assert not list(projected.tick(10.9))
    (change,) = projected.tick(20.0)
    assert isinstance(change.after, AssetState)
    assert (change.after.health, change.after.since, change.after.stale_since) == (Health.UNKNOWN, 11.0, 11.0)
    list(projected.observe([seen("tcp.up", True, 21.0)], 21.0))
    assert (health(projected), projected.states["a"].stale_since) == (Health.OK, None)


def test_a_missing_heartbeat_call_is_down_not_unknown() -> None:
    projected = projection()
    list(projected.observe([seen("heartbeat.up", True, 1.0)], 1.0))
    list(projected.tick(12.0))
    assert health(projected) is Health.DOWN


def test_one_stale_probe_does_not_mask_the_others() -> None:
    projected = projection()
    list(projected.observe([seen("tcp.up", False, 1.0), seen("http.up", True, 8.0)], 8.0))
    assert health(projected) is Health.DEGRADED
    list(projected.tick(12.0))
    assert health(projected) is Health.OK


def test_a_device_clock_that_runs_ahead_does_not_extend_validity() -> None:
    projected = projection()
    list(projected.observe([seen("tcp.up", True, 5000.0, received_at=1.0)], 1.0))
    list(projected.tick(12.0))
    assert health(projected) is Health.UNKNOWN


def test_a_clock_set_back_does_not_freeze_the_state() -> None:
    projected = projection()
    list(projected.observe([seen("tcp.up", True, 9000.0)], 9000.0))
    list(projected.observe([seen("tcp.up", False, 100.0)], 100.0))
    assert health(projected) is Health.DOWN


def test_a_reading_goes_when_its_probe_leaves_the_inventory() -> None:
    projected = projection()
    list(projected.observe([seen("tcp.up", True, 1.0), seen("http.up", False, 1.0)], 1.0))
    list(projected.set_assets({"a": asset("a", TCP)}, 2.0))
    assert health(projected) is Health.OK
    assert set(projected.states["a"].readings) == {"tcp.up"}


def test_an_asset_that_leaves_the_inventory_leaves_the_state() -> None:
    projected = projection()
    gone = [(change.kind, change.after) for change in projected.set_assets({}, 1.0)]
    assert gone == [("state", None), ("asset", None)]


def test_a_receipt_time_ahead_of_our_clock_makes_no_reading_fresh_for_longer() -> None:
    projected = projection()
    list(projected.observe([seen("tcp.up", True, 500.0)], 10.0))
    assert projected.states["a"].readings["tcp.up"].fresh_until == 20.0
    list(projected.tick(21.0))
    assert health(projected) is Health.UNKNOWN


def test_a_source_falls_silent_once_and_comes_back() -> None:
    projected = projection()
    beat = Heartbeat(source="cma", kind="emergency.cap", at=1.0, ok=True, every=10.0)
    list(projected.beat(beat, 1.0))
    (change,) = projected.tick(20.0)
    assert isinstance(change.after, SourceState)
    assert change.after.silent_since == 11.0
    assert not list(projected.tick(30.0))
    list(projected.beat(dataclasses.replace(beat, at=31.0), 31.0))
    assert projected.sources["cma"].silent_since is None


def test_a_source_that_is_not_configured_leaves_when_it_falls_silent_and_no_silence_is_reported() -> None:
    projected = projection()
    for name, kind in (("cma", "emergency.cap"), ("kept", "emergency.cap"), ("role.alert", "role")):
        list(projected.beat(Heartbeat(source=name, kind=kind, at=1.0, ok=True, every=10.0), 1.0))
    assert not list(projected.forget_sources({"kept"}, 11.0))
    changes = [*projected.forget_sources({"kept"}, 11.5), *projected.tick(11.5)]
    assert [(change.id, change.after is None) for change in changes] == [
        ("cma", True),
        ("kept", False),
        ("role.alert", False),
    ]
    assert set(projected.sources) == {"kept", "role.alert"}


def test_a_source_that_is_already_silent_leaves_as_soon_as_it_is_not_configured() -> None:
    projected = projection()
    list(projected.beat(Heartbeat(source="cma", kind="emergency.cap", at=1.0, ok=True, every=10.0), 1.0))
    list(projected.tick(20.0))
    (change,) = projected.forget_sources(set(), 5.0)  # also when the clock was set back
    assert (change.id, change.after, change.cause) == ("cma", None, "settings")


def test_a_failing_source_has_the_time_of_its_first_failure() -> None:
    projected = projection()
    beat = Heartbeat(source="cma", kind="emergency.cap", at=1.0, ok=False, every=10.0, error="refused")
    list(projected.beat(beat, 1.0))
    list(projected.beat(dataclasses.replace(beat, at=4.0), 4.0))
    assert projected.sources["cma"].failing_since == 1.0


def test_a_source_that_began_anew_keeps_when_it_last_had_something_new() -> None:
    projected = projection()
    beat = Heartbeat(source="cma", kind="cap", at=1.0, ok=True, every=10.0, valid_at=1.0, new_at=1.0, replay=True)
    list(projected.beat(beat, 1.0))
    assert (projected.sources["cma"].valid_at, projected.sources["cma"].new_at) == (1.0, 1.0)
    list(projected.beat(dataclasses.replace(beat, at=50.0, valid_at=50.0, new_at=50.0), 50.0))
    assert (projected.sources["cma"].valid_at, projected.sources["cma"].new_at) == (50.0, 1.0)
    list(projected.beat(dataclasses.replace(beat, at=60.0, valid_at=60.0, new_at=60.0, replay=False), 60.0))
    list(projected.beat(dataclasses.replace(beat, at=70.0, ok=False, valid_at=None, new_at=None), 70.0))
    assert (projected.sources["cma"].valid_at, projected.sources["cma"].new_at) == (60.0, 60.0)


OBSERVATIONS = st.lists(
    st.builds(
        seen, st.sampled_from(["tcp.up", "http.up", "heartbeat.up"]), st.booleans(), st.integers(1, 60).map(float)
    ),
    max_size=25,
)


@given(OBSERVATIONS, st.data())
def test_duplicates_and_late_ones_change_nothing(feed: list[Observation], data: st.DataObject) -> None:
    once, twice = projection(), projection()
    for observation in feed:
        list(once.observe([observation], 60.0))
        list(twice.observe([observation], 60.0))
        again = data.draw(st.sampled_from(feed))
        if again.observed_at <= observation.observed_at and again.metric == observation.metric:
            list(twice.observe([again], 60.0))
    assert {k: r.observed_at for k, r in once.states["a"].readings.items()} == {
        k: r.observed_at for k, r in twice.states["a"].readings.items()
    }
    assert health(once) is health(twice)


@given(OBSERVATIONS)
def test_the_changes_alone_rebuild_the_state(feed: list[Observation]) -> None:
    projected, built = projection(), {}
    changes: list[Change] = []
    for seen_one in sorted(feed, key=lambda o: o.observed_at):
        changes += projected.tick(seen_one.observed_at)
        changes += projected.observe([seen_one], seen_one.observed_at)
    for change in changes:
        built[change.id] = change.after
    assert built == ({"a": projected.states["a"]} if changes else {})


def test_a_value_that_is_confirmed_stays_fresh_and_keeps_its_own_time() -> None:
    projected = projection()
    first = seen("tcp.level", True, 100.0, received_at=5000.0, confirmed_at=5000.0)
    list(projected.observe([first], 5000.0))
    assert projected.states["a"].readings["tcp.level"].fresh_until == 5010.0
    assert list(projected.observe([first], 5001.0)) == []
    again = replace(first, received_at=5008.0, confirmed_at=5007.0)
    assert len(list(projected.observe([again], 5008.0))) == 1
    reading = projected.states["a"].readings["tcp.level"]
    assert (reading.observed_at, reading.fresh_until, reading.confirmed_at) == (100.0, 5018.0, 5007.0)
    assert list(projected.observe([first], 5009.0)) == []
    ahead = replace(first, observed_at=9000.0, received_at=5010.0, confirmed_at=9000.0)
    list(projected.observe([ahead], 5010.0))
    assert projected.states["a"].readings["tcp.level"].fresh_until == 5020.0


def test_records_of_an_older_version_are_read() -> None:
    """An older version wrote every field; fields with their default are now omitted (decision 25)."""
    reading = {
        "value": 3.5,
        "unit": "",
        "quality": "good",
        "observed_at": 1.0,
        "received_at": 2.0,
        "source": "s",
        "probe": TCP,
        "fresh_until": 9.0,
        "text": "",
    }
    state = {
        "id": "a",
        "region": "532301",
        "health": "ok",
        "since": 1.0,
        "stale_since": None,
        "seen_at": 1.0,
        "readings": {"tcp.ms": reading},
    }
    decoded = wire.decode(wire.encode(state), AssetState)
    assert decoded.readings["tcp.ms"].quality is Quality.GOOD
    assert wire.decode(wire.encode(decoded), AssetState) == decoded
    observation = {
        "asset": "a",
        "metric": "tcp.up",
        "value": True,
        "unit": "",
        "quality": "good",
        "observed_at": 1.0,
        "received_at": 1.0,
        "source": "s",
        "probe": TCP,
        "instance": "",
        "fresh_for": 10.0,
        "text": "",
        "confirmed_at": None,
    }
    for written in (observation, seen("tcp.up", True, 1.0)):
        body = wire.encode_envelope("observation", [written], source="s", sent_at=1.0)
        assert wire.decode_envelope(body)[2] == [seen("tcp.up", True, 1.0)]
