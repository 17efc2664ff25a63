"""The fold from observations to what is known: health, staleness, lateness, silence."""

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


def seen(metric: str, value: bool | None, at: float, **more: object) -> Observation:
    probe = {"tcp": TCP, "http": HTTP, "heartbeat": CALL}[metric.partition(".")[0]]
    one = Observation(
        asset="a", metric=metric, value=value, observed_at=at, received_at=at, source="s", probe=probe, fresh_for=10.0
    )
    return replace(one, **more)


def projection() -> Projection:
    one = Projection("532300")
    list(one.set_assets({"a": asset()}, 0.0))
    return one


def health(one: Projection) -> Health:
    return one.states["a"].health


def test_an_asset_that_was_never_seen_is_unknown_since_it_came_in() -> None:
    state = projection().states["a"]
    assert (state.health, state.stale_since, state.seen_at) == (Health.UNKNOWN, 0.0, None)


def test_all_probes_failing_is_down_some_is_degraded_none_is_ok() -> None:
    one = projection()
    for tcp, http, expected in (
        (True, True, Health.OK),
        (False, True, Health.DEGRADED),
        (False, False, Health.DOWN),
        (True, False, Health.DEGRADED),
    ):
        now = one.states["a"].since + 1.0
        list(one.observe([seen("tcp.up", tcp, now), seen("http.up", http, now)], now))
        assert health(one) is expected


def test_a_probe_that_cannot_tell_is_no_failure() -> None:
    one = projection()
    list(one.observe([seen("tcp.up", None, 1.0, quality=Quality.BAD)], 1.0))
    assert health(one) is Health.UNKNOWN
    list(one.observe([seen("http.up", False, 2.0)], 2.0))
    assert health(one) is Health.DEGRADED


def test_what_an_isolated_collector_cannot_reach_is_unknown_and_no_failure_of_what_else_answers() -> None:
    one = projection()
    list(one.observe([seen("tcp.up", True, 1.0), seen("http.up", True, 1.0)], 1.0))
    out_of_touch = {"quality": Quality.UNCERTAIN, "source": REFERENCE}
    list(one.observe([seen("tcp.up", None, 2.0, **out_of_touch)], 2.0))
    assert health(one) is Health.OK
    list(one.observe([seen("http.up", None, 2.0, **out_of_touch)], 2.0))
    assert health(one) is Health.UNKNOWN
    list(one.observe([seen("tcp.up", True, 3.0)], 3.0))
    assert health(one) is Health.OK


def test_silence_turns_unknown_at_the_moment_the_value_ceased_to_be_fresh() -> None:
    one = projection()
    list(one.observe([seen("tcp.up", True, 1.0)], 1.0))
    assert not list(one.tick(10.9))
    (change,) = one.tick(20.0)
    assert isinstance(change.after, AssetState)
    assert (change.after.health, change.after.since, change.after.stale_since) == (Health.UNKNOWN, 11.0, 11.0)
    list(one.observe([seen("tcp.up", True, 21.0)], 21.0))
    assert (health(one), one.states["a"].stale_since) == (Health.OK, None)


def test_a_missing_heartbeat_call_is_down_not_unknown() -> None:
    one = projection()
    list(one.observe([seen("heartbeat.up", True, 1.0)], 1.0))
    list(one.tick(12.0))
    assert health(one) is Health.DOWN


def test_one_stale_probe_does_not_hide_what_the_others_say() -> None:
    one = projection()
    list(one.observe([seen("tcp.up", False, 1.0), seen("http.up", True, 8.0)], 8.0))
    assert health(one) is Health.DEGRADED
    list(one.tick(12.0))
    assert health(one) is Health.OK


def test_a_device_whose_clock_runs_ahead_is_no_fresher_for_it() -> None:
    one = projection()
    list(one.observe([seen("tcp.up", True, 5000.0, received_at=1.0)], 1.0))
    list(one.tick(12.0))
    assert health(one) is Health.UNKNOWN


def test_a_clock_set_back_does_not_freeze_the_picture() -> None:
    one = projection()
    list(one.observe([seen("tcp.up", True, 9000.0)], 9000.0))
    list(one.observe([seen("tcp.up", False, 100.0)], 100.0))
    assert health(one) is Health.DOWN


def test_a_reading_goes_when_its_probe_leaves_the_inventory() -> None:
    one = projection()
    list(one.observe([seen("tcp.up", True, 1.0), seen("http.up", False, 1.0)], 1.0))
    list(one.set_assets({"a": asset("a", TCP)}, 2.0))
    assert health(one) is Health.OK
    assert set(one.states["a"].readings) == {"tcp.up"}


def test_an_asset_that_leaves_the_inventory_leaves_the_picture() -> None:
    one = projection()
    gone = [(change.kind, change.after) for change in one.set_assets({}, 1.0)]
    assert gone == [("state", None), ("asset", None)]


def test_a_receipt_time_ahead_of_our_clock_makes_no_reading_fresh_for_longer() -> None:
    one = projection()
    list(one.observe([seen("tcp.up", True, 500.0)], 10.0))
    assert one.states["a"].readings["tcp.up"].fresh_until == 20.0
    list(one.tick(21.0))
    assert health(one) is Health.UNKNOWN


def test_a_source_falls_silent_once_and_comes_back() -> None:
    one = projection()
    beat = Heartbeat(source="cma", kind="emergency.cap", at=1.0, ok=True, every=10.0)
    list(one.beat(beat, 1.0))
    (change,) = one.tick(20.0)
    assert isinstance(change.after, SourceState)
    assert change.after.silent_since == 11.0
    assert not list(one.tick(30.0))
    list(one.beat(dataclasses.replace(beat, at=31.0), 31.0))
    assert one.sources["cma"].silent_since is None


def test_a_source_that_is_not_configured_leaves_when_it_falls_silent_and_no_silence_is_reported() -> None:
    one = projection()
    for name, kind in (("cma", "emergency.cap"), ("kept", "emergency.cap"), ("role.alert", "role")):
        list(one.beat(Heartbeat(source=name, kind=kind, at=1.0, ok=True, every=10.0), 1.0))
    assert not list(one.forget_sources({"kept"}, 11.0))
    changes = [*one.forget_sources({"kept"}, 11.5), *one.tick(11.5)]
    assert [(change.id, change.after is None) for change in changes] == [
        ("cma", True),
        ("kept", False),
        ("role.alert", False),
    ]
    assert set(one.sources) == {"kept", "role.alert"}


def test_a_source_that_is_already_silent_leaves_as_soon_as_it_is_not_configured() -> None:
    one = projection()
    list(one.beat(Heartbeat(source="cma", kind="emergency.cap", at=1.0, ok=True, every=10.0), 1.0))
    list(one.tick(20.0))
    (change,) = one.forget_sources(set(), 5.0)  # also when the clock was set back
    assert (change.id, change.after, change.cause) == ("cma", None, "settings")


def test_a_failing_source_says_since_when() -> None:
    one = projection()
    beat = Heartbeat(source="cma", kind="emergency.cap", at=1.0, ok=False, every=10.0, error="refused")
    list(one.beat(beat, 1.0))
    list(one.beat(dataclasses.replace(beat, at=4.0), 4.0))
    assert one.sources["cma"].failing_since == 1.0


def test_a_source_that_began_anew_keeps_when_it_last_had_something_new() -> None:
    one = projection()
    beat = Heartbeat(source="cma", kind="cap", at=1.0, ok=True, every=10.0, valid_at=1.0, new_at=1.0, replay=True)
    list(one.beat(beat, 1.0))
    assert (one.sources["cma"].valid_at, one.sources["cma"].new_at) == (1.0, 1.0)
    list(one.beat(dataclasses.replace(beat, at=50.0, valid_at=50.0, new_at=50.0), 50.0))
    assert (one.sources["cma"].valid_at, one.sources["cma"].new_at) == (50.0, 1.0)
    list(one.beat(dataclasses.replace(beat, at=60.0, valid_at=60.0, new_at=60.0, replay=False), 60.0))
    list(one.beat(dataclasses.replace(beat, at=70.0, ok=False, valid_at=None, new_at=None), 70.0))
    assert (one.sources["cma"].valid_at, one.sources["cma"].new_at) == (60.0, 60.0)


OBSERVATIONS = st.lists(
    st.builds(
        seen, st.sampled_from(["tcp.up", "http.up", "heartbeat.up"]), st.booleans(), st.integers(1, 60).map(float)
    ),
    max_size=25,
)


@given(OBSERVATIONS, st.data())
def test_duplicates_and_late_ones_change_nothing(feed: list[Observation], data: st.DataObject) -> None:
    once, twice = projection(), projection()
    for one in feed:
        list(once.observe([one], 60.0))
        list(twice.observe([one], 60.0))
        again = data.draw(st.sampled_from(feed))
        if again.observed_at <= one.observed_at and again.metric == one.metric:
            list(twice.observe([again], 60.0))
    assert {k: r.observed_at for k, r in once.states["a"].readings.items()} == {
        k: r.observed_at for k, r in twice.states["a"].readings.items()
    }
    assert health(once) is health(twice)


@given(OBSERVATIONS)
def test_the_changes_alone_rebuild_the_state(feed: list[Observation]) -> None:
    one, built = projection(), {}
    changes: list[Change] = []
    for seen_one in sorted(feed, key=lambda o: o.observed_at):
        changes += one.tick(seen_one.observed_at)
        changes += one.observe([seen_one], seen_one.observed_at)
    for change in changes:
        built[change.id] = change.after
    assert built == ({"a": one.states["a"]} if changes else {})


def test_a_value_that_is_confirmed_stays_fresh_and_keeps_its_own_time() -> None:
    one = projection()
    first = seen("tcp.level", True, 100.0, received_at=5000.0, confirmed_at=5000.0)
    list(one.observe([first], 5000.0))
    assert one.states["a"].readings["tcp.level"].fresh_until == 5010.0
    assert list(one.observe([first], 5001.0)) == []
    again = replace(first, received_at=5008.0, confirmed_at=5007.0)
    assert len(list(one.observe([again], 5008.0))) == 1
    reading = one.states["a"].readings["tcp.level"]
    assert (reading.observed_at, reading.fresh_until) == (100.0, 5018.0)
    assert list(one.observe([first], 5009.0)) == []
    ahead = replace(first, observed_at=9000.0, received_at=5010.0, confirmed_at=9000.0)
    list(one.observe([ahead], 5010.0))
    assert one.states["a"].readings["tcp.level"].fresh_until == 5020.0


def test_what_an_older_version_wrote_is_read_as_it_is() -> None:
    """It wrote every field; now one that has its default is left out (decision 25)."""
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
    found = wire.decode(wire.encode(state), AssetState)
    assert found.readings["tcp.ms"].quality is Quality.GOOD
    assert wire.decode(wire.encode(found), AssetState) == found
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
