"""One search: by words, pinyin and initials, each to those who may see it, and bounded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.records import search as search_module
from api.records.search import SearchIndex, SearchText, search
from feeds.model import Asset, Change, Kind
from tests.api.conftest import A, B, World, a_warning, problem
from tests.patience import PATIENCE


@pytest.fixture
def named(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(search_module, "PATIENCE", PATIENCE)  # loading the library takes a busy machine a while
    world.pages = [("/", "nav.duty"), ("/network", "nav.network"), ("/admin", "nav.admin")]
    assets = [
        Asset(id="dc-1", name="州数据中心核心交换机", kind="switch", region=A, probes=("icmp://10.9.8.7",)),
        Asset(id="cq-1", name="重庆路摄像机", kind="camera", region=B),
    ]
    world.pump.mirror.apply([Change(kind=Kind.ASSET, id=asset.id, after=asset, at=1.0) for asset in assets])
    return world


async def matched_records(
    world: World, query: str, role: str = "duty", region: str = "", **more: Any
) -> list[tuple[str, str, str]]:
    async with world.signed_in(role, region) as client:
        answer = await client.get("/api/v1/search", params={"q": query, **more})
        assert answer.status_code == 200, answer.text
        return [(item["kind"], item["id"], item["matched"]) for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("query", "by"),
    [
        ("dc-1", "words"),
        ("核心交换", "words"),
        ("10.9.8.7", "words"),
        ("ShuJuZhongXin", "pinyin"),
        ("sjzxhxjhj", "initials"),
    ],
)
async def test_an_asset_is_found_by_id_name_address_pinyin_and_initials(named: World, query: str, by: str) -> None:
    assert ("asset", "dc-1", by) in await matched_records(named, query)


async def test_a_reading_follows_the_word_and_not_the_character(named: World) -> None:
    assert await matched_records(named, "chongqinglu") == [("asset", "cq-1", "pinyin")]


async def test_a_county_finds_nothing_of_another(named: World) -> None:
    assert await matched_records(named, "chongqing", "duty", A) == []


async def test_an_exercise_is_not_found(named: World) -> None:
    drill = replace(a_warning("drill", A, "演练暴雨"), status="Exercise")
    real = a_warning("real", A, "真实暴雨")
    named.pump.mirror.apply([Change(kind=Kind.WARNING, id=each.id, after=each, at=1.0) for each in (drill, real)])
    assert [id for _, id, _ in await matched_records(named, "暴雨")] == [real.id]


async def test_pages_are_found_and_the_administration_by_those_who_may_open_it(named: World) -> None:
    assert ("page", "/network", "words") in await matched_records(named, "网络")


async def test_the_administration_is_no_page_for_a_leader(named: World) -> None:
    assert await matched_records(named, "guanli", "leader", kind="page") == []


async def test_kinds_narrow_the_search_and_unknown_ones_are_refused(named: World) -> None:
    async with named.signed_in("duty") as client:
        answer = await client.get("/api/v1/search?q=a&kind=alert")
        assert {item["kind"] for item in answer.json()["items"]} == {"alert"}
        problem(await client.get("/api/v1/search?q=a&kind=rubbish"), 422, "invalid")
        problem(await client.get("/api/v1/search?q="), 422, "invalid")


async def test_the_best_match_comes_first_and_the_answer_is_bounded() -> None:
    searchable = [
        (SearchText((f"x{number}",), (name,)), name) for number, name in enumerate(("大姚县姚安路", "姚安", "姚安县"))
    ]
    index = SearchIndex()
    assert await index.learn(searchable)
    assert await search(index, searchable, "姚安", 2, limit=5.0) == ([("姚安", "words"), ("姚安县", "words")], True)


async def test_a_search_ends_at_its_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "PART", 10)
    searchable = [(SearchText((f"x{number}",), ()), number) for number in range(100)]
    answers, more = await search(SearchIndex(), searchable, "x", 50, limit=0.0)
    assert (len(answers), more) == (10, True)
