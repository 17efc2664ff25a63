"""Every check of pictures on clips that are really encoded: a fault begins and ends; weather and lights are none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import lru_cache

import numpy as np
import pytest

from collectors.sim.cameras import clips, scenes
from collectors.sim.cameras.scenes import Picture
from collectors.video.pictures.checks import Judgement, PictureState, edges_of, judge
from collectors.video.pictures.decoding import DecodedPicture, DecodingRequest, decoded
from collectors.video.pictures.readings import WORDS
from collectors.video.pictures.stage import PictureStage
from collectors.video.rtsp.rtp import START_CODE

pytest.importorskip("av")

LEARNING, HELD = 14, 4
"""Samples of the normal scene, and of the fault. Samples are 300 s apart."""


def keys(pictures: Iterable[Picture], codec: str = "H264", bitrate: int = 0) -> list[bytes]:
    """Encode pictures, each as a group of its own: its key frame in Annex B form."""
    clip = clips.encode(pictures, codec=codec, group=1, bitrate=bitrate)
    return [b"".join(START_CODE + unit for unit in clip.units[number]) for number in clip.keys]


def live(picture: Picture, count: int, seed: int = 7, noise: float = 1.5) -> list[Picture]:
    random = np.random.default_rng(seed)
    return [scenes.live(picture, random, noise) for _ in range(count)]


@lru_cache(maxsize=4)
def learned_frames(codec: str) -> tuple[bytes, ...]:
    return tuple(keys(live(scenes.street(3), LEARNING), codec))


class Camera:
    """One camera whose samples are judged, 300 s apart at noon."""

    def __init__(self, codec: str = "H264") -> None:
        self.codec = codec
        self.state = PictureState()
        self.at = 1_795_000_000.0
        self.daylight = True

    def see(self, frames: Iterable[bytes]) -> list[Judgement]:
        return [
            judge(self.state, self.decode(frame), self._next(), daylight=self.daylight, learn=0) for frame in frames
        ]

    def decode(self, frame: bytes) -> DecodedPicture:
        baseline, before = edges_of(self.state), self.state.pixels
        picture = decoded(
            DecodingRequest(codec=self.codec, frame=frame, baseline=baseline, before=before, picture=False)
        )
        assert picture.problem == ""
        return picture

    def _next(self) -> float:
        self.at += 300.0
        return self.at


def faults(judgements: Iterable[Judgement]) -> list[str]:
    return [",".join(judgement.raised) for judgement in judgements]


CASES: list[tuple[str, Callable[[Picture], Picture], str, int]] = [
    ("black", scenes.black, "H264", 2),
    ("black", scenes.black, "H265", 2),
    ("no-signal", scenes.no_signal, "H264", 2),
    ("dark", scenes.dark, "H264", 3),
    ("bright", lambda picture: np.clip(picture * 0.1 + 235, 0, 255).astype(np.uint8), "H264", 3),
    ("covered", scenes.covered, "H264", 2),
    ("covered", scenes.covered, "H265", 2),
    ("blurred", scenes.blurred, "H264", 3),
    ("blurred", scenes.blurred, "H265", 3),
    ("noisy", scenes.noisy, "H264", 3),
    ("tinted", scenes.tinted, "H264", 3),
    ("moved", scenes.moved, "H264", 3),
]


@pytest.mark.parametrize(("name", "fault", "codec", "after"), CASES, ids=[f"{case[0]}-{case[2]}" for case in CASES])
def test_a_fault_is_named_after_its_samples_and_clears_after_two_good_ones(
    name: str, fault: Callable[[Picture], Picture], codec: str, after: int
) -> None:
    camera = Camera(codec)
    assert not any(faults(camera.see(learned_frames(codec))))
    broken = keys(live(fault(scenes.street(3)), HELD, seed=8, noise=0.5), codec)
    held = faults(camera.see(broken))
    assert name not in held[after - 2].split(","), held
    assert all(name in seen.split(",") for seen in held[after - 1 :]), held
    mended = faults(camera.see(keys(live(scenes.street(3), 3, seed=9), codec)))
    assert name in mended[0].split(",")
    assert mended[1:] == ["", ""]


@pytest.mark.parametrize(("codec", "bitrate"), [("H264", 0), ("H264", 400_000), ("H265", 0)])
def test_a_frozen_picture_is_told_from_a_still_scene(codec: str, bitrate: int) -> None:
    camera = Camera(codec)
    still = keys(live(scenes.street(5), 6, noise=0.5), codec, bitrate)
    assert not any(faults(camera.see(still))), "a live sensor has noise, even in an empty corridor"
    frozen = [still[-1]] * 3
    held = camera.see(frozen)
    assert faults(held) == ["", "frozen", "frozen"]
    assert held[0].suspected, "the first is confirmed at once"
    assert faults(camera.see(keys(live(scenes.street(5), 3, seed=11), codec, bitrate)))[1:] == ["", ""]


def test_a_frozen_picture_under_a_ticking_clock_is_frozen() -> None:
    def ticking(number: int) -> Picture:
        picture = scenes.street(6).copy()
        picture[8:30, 20:200] = 20
        for digit in range(6):
            picture[10:28, 25 + digit * 28 : 25 + digit * 28 + 4 + (number * (digit + 3)) % 20] = 240
        return picture

    camera = Camera()
    camera.see(keys(live(ticking(0), 7)))
    seen = faults(camera.see(keys([ticking(number) for number in range(6)])))
    assert (seen[:2], seen[-1]) == (["", ""], "frozen")


NEGATIVES: list[tuple[str, Callable[[Picture], Picture]]] = [
    ("heavy fog", scenes.fog),
    ("dusk", lambda picture: (picture * 0.6).astype(np.uint8)),
    ("headlights", lambda picture: _headlights(picture)),
    ("snowfall", lambda picture: _snowfall(picture)),
    ("sodium light", lambda picture: np.clip(picture * np.array((1.05, 0.97, 0.88)), 0, 255).astype(np.uint8)),
]


def _headlights(picture: Picture) -> Picture:
    changed = picture.astype(np.float64)
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
    for column in (220, 300):
        glow = 220 * np.exp(-((rows - 220) ** 2 + (columns - column) ** 2) / 2000)
        changed += glow[:, :, None]
    return np.clip(changed, 0, 255).astype(np.uint8)


def _snowfall(picture: Picture) -> Picture:
    random, changed = np.random.default_rng(4), picture.copy()
    for row, column in zip(random.integers(0, 355, 300), random.integers(0, 635, 300), strict=True):
        changed[row : row + 3, column : column + 3] = 245
    return changed


@pytest.mark.parametrize(("name", "weather"), NEGATIVES, ids=[case[0] for case in NEGATIVES])
def test_weather_and_lights_are_no_fault(name: str, weather: Callable[[Picture], Picture]) -> None:
    """Worked example 11, second half, and the negative set."""
    camera = Camera()
    camera.see(learned_frames("H264"))
    assert not any(faults(camera.see(keys(live(weather(scenes.street(3)), HELD, seed=8))))), name


def test_the_switch_to_infrared_and_back_is_no_fault() -> None:
    """Worked example 11, first half: two evenings."""
    camera = Camera()
    camera.see(learned_frames("H264"))
    camera.daylight = False
    night = keys(live(scenes.infrared(scenes.street(3)), LEARNING, seed=8))
    assert not any(faults(camera.see(night)))
    assert not any(faults(camera.see(learned_frames("H264")[:4])))
    assert not any(faults(camera.see(night[:4])))
    assert {mode: baseline.samples >= LEARNING for mode, baseline in camera.state.baselines.items()} == {
        "colour": True,
        "grey": True,
    }


def test_an_unlit_night_is_dark_by_day_only_and_never_black() -> None:
    camera = Camera()
    camera.daylight = False
    night = keys(live(scenes.dark(scenes.street(3)), 4, seed=8))
    assert not any(faults(camera.see(night)))


def test_while_a_camera_is_learned_only_checks_without_a_baseline_act() -> None:
    """Worked example 12, second half."""
    camera = Camera()
    (learning,) = camera.see(learned_frames("H264")[:1])
    assert learning.learning
    assert not any(faults(camera.see(keys(live(scenes.covered(scenes.street(3)), 3, noise=0.5)))))
    assert faults(camera.see(keys([scenes.black(scenes.street(3))] * 2))) == ["", "black"]


def test_a_raised_fault_does_not_become_the_baseline() -> None:
    camera = Camera()
    camera.see(learned_frames("H264"))
    samples = camera.state.baselines["colour"].samples
    camera.see(keys(live(scenes.covered(scenes.street(3)), 6, noise=0.5)))
    assert camera.state.baselines["colour"].samples == samples


@pytest.mark.parametrize(
    "frame",
    [b"", b"rubbish" * 100, START_CODE + bytes(range(256)) * 20, START_CODE + b"\x67" + b"\xff" * 400],
    ids=["nothing", "rubbish", "numbers", "a parameter set of ones"],
)
def test_a_frame_that_cannot_be_decoded_has_a_reason_and_no_statistics(frame: bytes) -> None:
    picture = decoded(DecodingRequest(codec="H264", frame=frame))
    assert picture.statistics is None
    assert picture.problem


async def test_the_stage_decodes_in_a_process_and_keeps_baselines(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    stage = PictureStage(folder, workers=1)
    try:
        good = await stage.check("c", "H264", learned_frames("H264")[0], 1_795_000_000.0, learn=0)
        assert good is not None
        assert (good[0].width, good[0].height, good[1].raised) == (640, 360, ())
        assert await stage.check("c", "H264", b"rubbish", 1_795_000_300.0, learn=0) is None
        assert await stage.check("c", "SVAC", b"", 1_795_000_600.0, learn=0) is None
        assert (stage.decoded, stage.failed) == (1, 1)
    finally:
        await stage.close()
    again = PictureStage(folder, workers=1)
    assert again._state("c").baselines["colour"].samples == 1
    await again.close()
    await asyncio.sleep(0)


def test_every_check_has_its_words() -> None:
    from collectors.video.pictures.checks import NAMES

    assert set(NAMES) == set(WORDS)
