"""Figures of cameras: unknown improves nothing, and what is not checked lowers the coverage."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.cameras.figures import camera_figures


def camera(
    region: str = "532301", owner: str = "unit", fails: str = "", conflict: str = "", **rungs: str
) -> dict[str, Any]:
    readings = {f"camera.rung[{rung}]": {"value": state} for rung, state in rungs.items()}
    readings |= {"camera.fails": {"value": fails}, "camera.conflict": {"value": conflict}}
    record = {"kind": "camera", "region": region, "owner": owner, "labels": {}, "readings": readings}
    return record | {"name": "cam", "lat": None, "lon": None, "probes": ()}


FINE = {"path": "ok", "signalling": "ok", "described": "ok", "frames": "ok", "picture": "ok"}


def test_all_is_well() -> None:
    figures = camera_figures([camera(**FINE), camera(**FINE)], "region")[""]
    assert (figures.online.value, figures.usable.value, figures.usable.coverage) == (1.0, 1.0, 1.0)
    assert (figures.clock.value, figures.clock.coverage) == (None, 0.0)


def test_unknown_is_not_on_line_and_is_counted_apart() -> None:
    figures = camera_figures([camera(**FINE), camera(signalling="unknown"), camera()], "region")[""]
    assert (figures.online.good, figures.online.of, figures.online.unknown) == (1, 3, 2)


def test_a_camera_without_picture_checks_lowers_the_coverage_and_not_the_figure() -> None:
    unchecked = {rung: state for rung, state in FINE.items() if rung != "picture"}
    figures = camera_figures([camera(**FINE), camera(**unchecked)], "region")[""]
    assert (figures.usable.value, figures.usable.coverage) == (1.0, 0.5)
    assert (figures.picture.value, figures.picture.of) == (1.0, 1)


@pytest.mark.parametrize("rung", ["signalling", "described", "frames", "picture"])
def test_any_failed_rung_makes_a_camera_unusable_and_is_named(rung: str) -> None:
    broken = camera(fails=rung, **{**FINE, rung: "failed"})
    figures = camera_figures([camera(**FINE), broken], "region")[""]
    assert (figures.usable.good, figures.usable.of, figures.failing) == (1, 2, {rung: 1})


def test_a_contradiction_counts_against_consistency_only() -> None:
    figures = camera_figures([camera(conflict="false-online", **FINE)], "region")[""]
    assert (figures.consistent.good, figures.consistent.of, figures.online.value) == (0, 1, 1.0)


def test_groups_add_up_and_other_assets_are_left_out() -> None:
    records = [camera("532301"), camera("532302"), camera("532302"), {**camera(), "kind": "nvr"}]
    groups = camera_figures(records, "region")
    assert {key: group.online.total for key, group in groups.items()} == {"": 3, "532301": 1, "532302": 2}
    assert set(camera_figures(records, "unit")) == {"", "unit"}
    assert set(camera_figures(records, "maker")) == {"", "?"}
