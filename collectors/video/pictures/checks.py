"""Checks of pictures: each raises after some samples and clears after two good ones, with a dead band between. Pure.

Some checks compare with a baseline of the camera, by mode (colour, or grey under infrared light). They act once the
baseline is learned, and pause while the mode has just changed. What is raised freezes the baseline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from typing import Literal

import msgspec

from collectors.video.pictures import limits
from collectors.video.pictures.decoding import DecodedPicture
from collectors.video.pictures.statistics import PictureStatistics, mixed
from feeds.snapshots.records import CheckResult

Mode = Literal["colour", "grey"]
GREY = 2.0
"""Chroma below which a picture is grey: infrared light, or a filter that is stuck."""
LEARN = 86_400.0
"""Seconds of learning before checks that need a baseline act."""
LEARNED_SAMPLES = 10
REMEMBERED = 20
"""Good samples of which the baseline is the median."""
SETTLING = 2
"""Samples in a new mode before checks that need a baseline act again."""
CLEAR_AFTER = 2
PLAIN = 0.9
"""Share of flat blocks from which on a picture has no texture to speak of."""
EQUAL_SAMPLES = 5
"""Samples from which a camera's usual share of equal pixels is known."""


class Baseline(msgspec.Struct, kw_only=True):
    """A camera's normal picture in one mode. `since` is when learning began, epoch seconds."""

    since: float
    samples: int = 0
    recent: list[PictureStatistics] = []
    edges: bytes = b""
    equal: list[float] = []

    @property
    def alike(self) -> float:
        """The share of equal pixels from which on two pictures are the same: more than this camera usually has.

        A sensor's noise keeps it low, but encoders and noise reduction remove some of that.
        """
        if len(self.equal) < EQUAL_SAMPLES:
            return 0.8
        return min(max(0.5, median(self.equal) + 0.2), 0.97)

    def of(self, name: str) -> float:
        """The median of a statistic over the recent good samples."""
        return float(median(getattr(statistics, name) for statistics in self.recent))


class PictureState(msgspec.Struct, kw_only=True):
    """The checks' state of one camera. `counts`: consecutive samples for (> 0) or against (< 0) a change, by check."""

    baselines: dict[str, Baseline] = {}
    raised: list[str] = []
    counts: dict[str, int] = {}
    mode: str = ""
    in_mode: int = 0
    pixels: bytes = b""


@dataclass(frozen=True, slots=True)
class Look:
    """A picture and its baseline (None until it is learned). `daylight`: the sun is up.

    `alike` is the share of equal pixels from which on two pictures count as the same.
    """

    picture: DecodedPicture
    now: PictureStatistics
    base: Baseline | None
    daylight: bool
    alike: float


Test = Callable[[Look], bool]


@dataclass(frozen=True, slots=True)
class PictureCheck:
    """A check with hysteresis. `on`: a sample is bad. `off`: it is good. A sample that is neither changes nothing.

    `after` is the number of bad samples that raise it. `learned`: it needs a baseline. `urgent`: a bad sample is
    confirmed at once.
    """

    name: str
    on: Test
    off: Test
    after: int = 2
    learned: bool = False
    urgent: bool = False


def _edges(look: Look) -> float:
    return look.picture.comparison.edges if look.picture.comparison is not None else 1.0


def _base(look: Look, name: str) -> float:
    assert look.base is not None, "only called for checks that need a baseline"
    return look.base.of(name)


def _shifted(look: Look) -> bool:
    compared = look.picture.comparison
    if compared is None:
        return False
    turned = max(abs(compared.dx), abs(compared.dy)) >= 6 and compared.peak >= 0.08
    near = abs(look.now.flat - _base(look, "flat")) < 0.2
    return near and compared.edges < limits.MOVED_EDGES and (turned or compared.edges < 0.4)


def _dead(now: PictureStatistics) -> bool:
    """Two such pictures look alike in any case: black, dark, plain or covered ones."""
    return now.p99 <= limits.DARK_P99 or now.p99 - now.p1 <= 9 or _plain(now)


def _plain(now: PictureStatistics) -> bool:
    """There is hardly any texture, so that the colours say nothing about the mode."""
    return now.deviation < 2 or now.flat >= PLAIN


CHECKS: tuple[PictureCheck, ...] = (
    PictureCheck(
        "black",
        lambda look: look.now.p99 <= limits.BLACK_P99 and look.now.p99 - look.now.p1 <= 6,
        lambda look: look.now.p99 > 40 or look.now.p99 - look.now.p1 > 9,
        urgent=True,
    ),
    PictureCheck(
        "no-signal",
        lambda look: look.now.deviation < limits.NO_SIGNAL_DEVIATION and look.now.cast > 40,
        lambda look: look.now.deviation >= 3 or look.now.cast <= 30,
        urgent=True,
    ),
    PictureCheck(
        "frozen",
        lambda look: look.picture.equal is not None and look.picture.equal >= look.alike and not _dead(look.now),
        lambda look: look.picture.equal is not None and look.picture.equal < look.alike - 0.05,
        urgent=True,
    ),
    PictureCheck(
        "dark",
        lambda look: look.daylight and look.now.p99 <= limits.DARK_P99 and look.now.p99 - look.now.p1 > 9,
        lambda look: not look.daylight or look.now.p99 > 80,
        after=3,
    ),
    PictureCheck(
        "bright",
        lambda look: look.now.p50 >= limits.BRIGHT_P50 or look.now.bright >= 0.5,
        lambda look: look.now.p50 < 220 and look.now.bright < 0.4,
        after=3,
    ),
    PictureCheck(
        "covered",
        lambda look: (
            look.now.p99 > limits.DARK_P99
            and look.now.flat >= limits.covered_flat(_base(look, "flat"))
            and _edges(look) < 0.25
            and look.now.deviation >= 2
        ),
        lambda look: _edges(look) > 0.45,
        learned=True,
        urgent=True,
    ),
    PictureCheck(
        "blurred",
        lambda look: (
            look.now.detail < limits.blurred_detail(_base(look, "detail"))
            and look.now.laplacian < 0.25 * _base(look, "laplacian")
            and look.now.flat < 0.95
        ),
        lambda look: look.now.detail > _base(look, "detail") - 0.12,
        after=3,
        learned=True,
    ),
    PictureCheck(
        "noisy",
        lambda look: look.now.noise > limits.noisy_noise(_base(look, "noise")),
        lambda look: look.now.noise < 2 * _base(look, "noise") or look.now.noise < 4,
        after=3,
        learned=True,
    ),
    PictureCheck(
        "tinted",
        lambda look: look.now.cast >= limits.tinted_cast(_base(look, "cast")),
        lambda look: look.now.cast < _base(look, "cast") + 8,
        after=3,
        learned=True,
    ),
    PictureCheck("moved", _shifted, lambda look: _edges(look) > limits.MOVED_EDGES, after=3, learned=True),
)
"""Every check, the most certain first: a picture is named by the first that is raised."""
NAMES = tuple(check.name for check in CHECKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The raised checks after a sample. `suspected`: a check waits for its confirmation.

    `learning`: no baseline yet, so that only checks without one act. `results` are for people (check_results.py).
    """

    raised: tuple[str, ...]
    suspected: bool
    learning: bool
    mode: str
    results: tuple[CheckResult, ...] = ()


def judge(
    state: PictureState,
    picture: DecodedPicture,
    now: float,
    *,
    daylight: bool = True,
    learn: float = LEARN,
    ignore: Iterable[str] = (),
) -> Judgement:
    """Judge one picture and update the state. `now` is in epoch seconds, `learn` the seconds of learning."""
    assert picture.statistics is not None
    statistics = picture.statistics
    mode: Mode = "grey" if statistics.chroma < GREY else "colour"
    plain = _plain(statistics)
    if mode != state.mode and not plain:
        state.mode, state.in_mode = mode, 0
    state.in_mode += not plain
    baseline = state.baselines.setdefault(state.mode or mode, Baseline(since=now))
    learned = baseline.samples >= LEARNED_SAMPLES and now - baseline.since >= learn
    look = Look(picture, statistics, baseline if learned else None, daylight, baseline.alike)
    settled = learned and state.in_mode > SETTLING
    bad, suspected = False, False
    for check in CHECKS:
        if check.name in ignore or (check.learned and not settled):
            continue
        if check.on(look):
            bad = True
            suspected |= check.urgent and check.name not in state.raised
            _count(state, check, bad=True)
        elif check.off(look):
            _count(state, check, bad=False)
    if not bad and not state.raised and statistics.deviation >= 2:
        _learn(baseline, picture, statistics)
    state.pixels = picture.pixels
    raised = tuple(name for name in NAMES if name in state.raised and name not in ignore)
    return Judgement(raised=raised, suspected=suspected, learning=not learned, mode=state.mode or mode)


def _count(state: PictureState, check: PictureCheck, *, bad: bool) -> None:
    count = state.counts.get(check.name, 0)
    count = max(count, 0) + 1 if bad else min(count, 0) - 1
    if bad and count >= check.after and check.name not in state.raised:
        state.raised.append(check.name)
    if not bad and -count >= CLEAR_AFTER and check.name in state.raised:
        state.raised.remove(check.name)
    state.counts[check.name] = max(min(count, 100), -100)


def _learn(baseline: Baseline, picture: DecodedPicture, statistics: PictureStatistics) -> None:
    baseline.samples += 1
    baseline.recent = [*baseline.recent[-REMEMBERED + 1 :], statistics]
    share = max(1 / baseline.samples, 1 / REMEMBERED)
    if picture.equal is not None:
        baseline.equal = [*baseline.equal[-REMEMBERED + 1 :], picture.equal]
    baseline.edges = mixed(baseline.edges, picture.edges, share) if baseline.edges else picture.edges


def edges_of(state: PictureState) -> bytes:
    """The edge map that the next picture is compared with, b"" before anything is learned."""
    baseline = state.baselines.get(state.mode)
    return baseline.edges if baseline is not None else b""
