"""Results of the checks of one picture for people: what was measured, the camera's baseline, and the limit. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from collectors.video.pictures.checks import CHECKS, SETTLING, Baseline, Judgement, PictureCheck, PictureState
from collectors.video.pictures.decoding import DecodedPicture
from feeds.snapshots.records import CheckResult, CheckState


@dataclass(frozen=True, slots=True)
class Measure:
    """The statistic that tells most about a check. `above`: it is bad from the limit upwards, else below it.

    `limit` is a number, or follows from the camera's baseline of that statistic. `learned`: it has a baseline.
    """

    statistic: str
    limit: Callable[[float], float]
    above: bool
    learned: bool = False


MEASURES: Mapping[str, Measure] = {
    "black": Measure("p99", lambda base: 32, above=False),
    "no-signal": Measure("deviation", lambda base: 2, above=False),
    "frozen": Measure("equal", lambda base: base, above=True),
    "dark": Measure("p99", lambda base: 64, above=False),
    "bright": Measure("p50", lambda base: 235, above=True),
    "covered": Measure("flat", lambda base: min(0.95, base + 0.4), above=True, learned=True),
    "blurred": Measure("detail", lambda base: base - 0.18, above=False, learned=True),
    "noisy": Measure("noise", lambda base: max(6.0, 3 * base), above=True, learned=True),
    "tinted": Measure("cast", lambda base: max(20.0, base + 15), above=True, learned=True),
    "moved": Measure("edges", lambda base: 0.6, above=False),
}
"""The measure of each check. Several checks look at more than one statistic: docs/video.md has them all."""


def check_results(
    state: PictureState, picture: DecodedPicture, judgement: Judgement, ignore: Iterable[str]
) -> tuple[CheckResult, ...]:
    """The results of the sample that `judgement` is about. `state` is that of the camera after it."""
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
    base = baseline.of(measure.statistic) if measure.learned and baseline.recent else None
    reference = base if base is not None else baseline.alike
    limit = None if measure.learned and base is None else measure.limit(reference)
    return CheckResult(
        name=check.name,
        state=state,
        value=_rounded(_value(picture, measure.statistic)),
        baseline=_rounded(base),
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
