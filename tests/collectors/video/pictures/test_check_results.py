"""Results of the checks for people: value, baseline, limit and state of each."""

from __future__ import annotations

import pytest

from collectors.video.pictures.check_results import MEASURES, check_results
from collectors.video.pictures.checks import LEARNED_SAMPLES, NAMES, Judgement, PictureState, judge
from collectors.video.pictures.decoding import DecodedPicture
from collectors.video.pictures.statistics import EDGE_HEIGHT, EDGE_WIDTH, Comparison, PictureStatistics
from feeds.snapshots.records import CheckResult

SCENE = {
    "p1": 10.0,
    "p50": 110.0,
    "p99": 220.0,
    "deviation": 40.0,
    "bright": 0.0,
    "flat": 0.1,
    "detail": 0.8,
    "laplacian": 300.0,
    "noise": 1.0,
    "cast": 4.0,
    "chroma": 14.0,
}


def picture(**values: float) -> DecodedPicture:
    fields = {name: SCENE.get(name, 0.0) for name in PictureStatistics.__struct_fields__} | values
    compared = Comparison(edges=0.9, dx=0, dy=0, peak=0.5)
    return DecodedPicture(
        statistics=PictureStatistics(**fields),
        comparison=compared,
        equal=0.3,
        edges=bytes(EDGE_HEIGHT * EDGE_WIDTH),
        pixels=b"p",
    )


def learned(ignore: tuple[str, ...] = ()) -> tuple[PictureState, Judgement]:
    """The state of a camera whose baseline is learned, and the last judgement."""
    state = PictureState()
    for sample in range(LEARNED_SAMPLES + 2):
        judgement = judge(state, picture(), float(sample), learn=1.0, ignore=ignore)
    return state, judgement


def by_name(results: tuple[CheckResult, ...]) -> dict[str, CheckResult]:
    return {result.name: result for result in results}


def test_every_check_has_a_measure_and_they_come_in_the_order_of_the_checks() -> None:
    state, judgement = learned()
    assert set(MEASURES) == set(NAMES)
    assert tuple(result.name for result in check_results(state, picture(), judgement, ())) == NAMES


def test_a_raised_check_shows_its_value_beyond_the_limit_that_follows_from_the_baseline() -> None:
    state, _ = learned()
    blurred = picture(detail=0.5, laplacian=10.0)
    for sample in range(3):
        judgement = judge(state, blurred, 100.0 + sample, learn=1.0)
    result = by_name(check_results(state, blurred, judgement, ()))["blurred"]
    assert (result.state, result.value, result.baseline, result.above) == ("raised", 0.5, 0.8, False)
    assert result.limit == pytest.approx(0.62)


def test_before_a_baseline_is_learned_its_checks_are_learning_and_the_others_act() -> None:
    state = PictureState()
    judgement = judge(state, picture(), 0.0)
    results = by_name(check_results(state, picture(), judgement, ()))
    assert (results["covered"].state, results["black"].state) == ("learning", "ok")
    assert (results["black"].value, results["black"].limit) == (220.0, 32)


def test_an_ignored_check_says_so() -> None:
    state, judgement = learned(ignore=("moved",))
    assert by_name(check_results(state, picture(), judgement, ("moved",)))["moved"].state == "ignored"
