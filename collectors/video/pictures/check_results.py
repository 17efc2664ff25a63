"""Results of the checks of one picture for people: what was measured, the camera's baseline, and the limit. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from collectors.video.pictures import limits
from collectors.video.pictures.checks import CHECKS, SETTLING, Baseline, Judgement, PictureCheck, PictureState
from collectors.video.pictures.decoding import DecodedPicture
from feeds.snapshots.records import CheckResult, CheckState


@dataclass(frozen=True, slots=True)
class Measure:
    """The statistic that is shown for a check. `above`: it is bad from the limit upwards, else below it.

    `limit` is a number, or a function of the statistic's median in the camera's baseline. None: the limit is the
    baseline's share of equal pixels.
    """

    statistic: str
    limit: float | Callable[[float], float] | None
    above: bool


MEASURES: Mapping[str, Measure] = {
    "black": Measure("p99", limits.BLACK_P99, above=False),
    "no-signal": Measure("deviation", limits.NO_SIGNAL_DEVIATION, above=False),
    "frozen": Measure("equal", None, above=True),
    "dark": Measure("p99", limits.DARK_P99, above=False),
    "bright": Measure("p50", limits.BRIGHT_P50, above=True),
    "covered": Measure("flat", limits.covered_flat, above=True),
    "blurred": Measure("detail", limits.blurred_detail, above=False),
    "noisy": Measure("noise", limits.noisy_noise, above=True),
    "tinted": Measure("cast", limits.tinted_cast, above=True),
    "moved": Measure("edges", limits.MOVED_EDGES, above=False),
}
"""The measure of each check. Several checks use more than one statistic: docs/video.md lists them all."""


def check_results(
    state: PictureState, picture: DecodedPicture, judgement: Judgement, ignore: Iterable[str]
) -> tuple[CheckResult, ...]:
    """The result of every check for one sample. `judgement` is that of the sample, `state` the camera's after it."""
    baseline = state.baselines[judgement.mode]
    settled = state.in_mode > SETTLING
    ignored = frozenset(ignore)
    return tuple(_result(check, picture, baseline, _state(check, judgement, settled, ignored)) for check in CHECKS)


def _state(check: PictureCheck, judgement: Judgement, settled: bool, ignored: frozenset[str]) -> CheckState:
    if check.name in ignored:
        return "ignored"
    if check.name in judgement.raised:
        return "raised"
    if check.learned and judgement.learning:
        return "learning"
    return "paused" if check.learned and not settled else "ok"


def _result(check: PictureCheck, picture: DecodedPicture, baseline: Baseline, state: CheckState) -> CheckResult:
    measure = MEASURES[check.name]
    usual: float | None = None
    limit: float | None
    if callable(measure.limit):
        usual = baseline.of(measure.statistic) if baseline.recent else None
        limit = None if usual is None else measure.limit(usual)
    else:
        limit = baseline.alike if measure.limit is None else measure.limit
    return CheckResult(
        name=check.name,
        state=state,
        value=_rounded(_value(picture, measure.statistic)),
        baseline=_rounded(usual),
        limit=_rounded(limit),
        above=measure.above,
    )


def _value(picture: DecodedPicture, statistic: str) -> float | None:
    if statistic == "equal":
        return picture.equal
    if statistic == "edges":
        return picture.comparison.edges if picture.comparison is not None else None
    assert picture.statistics is not None
    return float(getattr(picture.statistics, statistic))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
