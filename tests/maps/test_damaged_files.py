"""Damaged map files of the installation: no layer and no figure by road, and words that say so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from maps import files, layers, roads

DAMAGES = {"empty": b"", "cut": None, "garbage": b"\x00\xff\xfe", "other": b"a,b\n1,2\n"}


@pytest.fixture(params=DAMAGES, autouse=True)
def damaged(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every map file is damaged for the duration of a test."""
    whole, text = files.raw, DAMAGES[request.param]

    def raw(name: str) -> bytes:
        return whole(name)[: len(whole(name)) // 2 - 1] if text is None and name != roads.NODES else text or b""

    monkeypatch.setattr(files, "raw", raw)
    monkeypatch.setattr(files, "_damaged", set())
    for cached in (roads.road_network, layers._whole):
        cached.cache_clear()
    yield
    for cached in (roads.road_network, layers._whole):
        cached.cache_clear()


def test_without_the_skeleton_every_way_is_by_line() -> None:
    network = roads.road_network()
    (near, far) = network.distances(25.0, 101.5, [25.1, 25.2], [101.6, 101.7])
    assert (near.road_m, near.quality, far.road_m) == (None, "none", None)
    assert near.order < far.order
    assert network.cut_by([{"type": "Point", "coordinates": [101.5, 25.0]}]) == frozenset()
    assert "road_" in files.words("en")


def test_a_damaged_layer_is_not_served_and_is_named() -> None:
    assert files.words("zh-CN") == ""
    assert layers.layer("roads") is None
    assert "roads.geojson" in files.words("zh-CN")
