"""The readings that the projector derives from a camera's ladder, as timelines over the fold."""

from __future__ import annotations

from feeds.model import Asset, Health, Observation, Quality, Value
from feeds.projection.fold import Projection

RTSP, GB = "rtsp://10.0.0.1/1", "gb28181://53230100001320000001"
CAMERA = Asset(id="c", name="c", kind="camera", region="532301", probes=(RTSP, GB))


class Timeline:
    """One camera in a projection. `observe` folds what is read at a time, `at` lets time pass."""

    def __init__(self) -> None:
        self.projection = Projection("532300")
        list(self.projection.set_assets({"c": CAMERA}, 0.0))

    def observe(self, now: float, fresh_for: float = 60.0, **values: Value) -> None:
        observations = [
            Observation(
                asset="c",
                metric=name.replace("_", ".", 1),
                value=value,
                quality=Quality.GOOD if value is not None else Quality.UNCERTAIN,
                observed_at=now,
                received_at=now,
                source="gb" if name.startswith("gb") else "video.rtsp",
                probe=GB if name.startswith("gb") else RTSP,
                fresh_for=fresh_for,
                text=f"{name} at {now:g}",
            )
            for name, value in values.items()
        ]
        list(self.projection.observe(observations, now))

    def at(self, now: float) -> None:
        list(self.projection.tick(now))

    @property
    def health(self) -> Health:
        return self.projection.states["c"].health

    def value(self, key: str) -> Value:
        return self.projection.states["c"].readings[key].value


def test_level_failing_rung_and_rungs_are_readings() -> None:
    camera = Timeline()
    camera.observe(10.0, rtsp_up=True, rtsp_described=True, rtsp_frames=False)
    assert (camera.health, camera.value("camera.level"), camera.value("camera.fails")) == ("degraded", 2, "frames")
    readings = camera.projection.states["c"].readings
    assert readings["camera.fails"].text == "rtsp_frames at 10"
    assert [readings[f"camera.rung[{name}]"].value for name in ("path", "signalling", "described", "frames")] == [
        "ok",
        "ok",
        "ok",
        "failed",
    ]
    assert "camera.rung[picture]" not in readings
    assert readings["camera.rung[frames]"].text == "rtsp.frames: rtsp_frames at 10"


def test_a_rung_that_expires_changes_the_level_by_time_alone() -> None:
    camera = Timeline()
    camera.observe(0.5, fresh_for=600, rtsp_up=True)
    camera.observe(1.0, fresh_for=60, rtsp_frames=False)
    camera.at(60.9)
    assert camera.value("camera.fails") == "frames"
    camera.at(61.0)
    assert (camera.value("camera.fails"), camera.value("camera.level"), camera.health) == ("", 1, "ok")
    assert camera.value("camera.rung[frames]") == "unknown"
    camera.at(600.5)
    assert (camera.health, camera.projection.states["c"].stale_since) == ("unknown", 600.5)


def test_a_source_that_fell_silent_is_the_only_source_of_what_it_observed() -> None:
    """The alert engine asks which sources observe an asset: derived readings must not look like another witness."""
    camera = Timeline()
    camera.observe(0.1, gb28181_up=True, gb28181_described=True)
    assert {reading.source for reading in camera.projection.states["c"].readings.values()} == {"gb"}


def test_what_did_not_change_is_the_same_reading() -> None:
    """The projector joins two envelopes of one poll when the second only adds."""
    camera = Timeline()
    camera.observe(0.1, fresh_for=60, rtsp_up=True, rtsp_described=True)
    before = camera.projection.states["c"].readings["camera.rung[path]"]
    camera.observe(0.6, fresh_for=90, gb28181_clock=True)
    assert camera.projection.states["c"].readings["camera.rung[path]"] is before


def test_a_probe_that_is_removed_takes_its_rungs_along() -> None:
    camera = Timeline()
    camera.observe(0.1, rtsp_frames=True)
    moved = Asset(id="c", name="c", kind="camera", region="532301", probes=(GB,))
    list(camera.projection.set_assets({"c": moved}, 1.0))
    assert (camera.health, dict(camera.projection.states["c"].readings)) == ("unknown", {})
    camera.observe(2.0, gb28181_up=True)
    other = Asset(id="c", name="c", kind="nvr", region="532301", probes=(GB,))
    list(camera.projection.set_assets({"c": other}, 3.0))
    assert (camera.health, list(camera.projection.states["c"].readings)) == ("ok", ["gb28181.up"])
