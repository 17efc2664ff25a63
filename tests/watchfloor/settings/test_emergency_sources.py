"""Each example of docs/emergency-sources.md loads as a settings file, and its answer is mapped without a problem."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from collectors.emergency.http.feed import MappedFeed
from collectors.settings import SourceSettings
from feeds.mapped.rows import NoRows, document_of, rows_of
from feeds.model import Quality
from watchfloor.settings.site_settings import read_text

DOCUMENT = Path(__file__).parents[3] / "docs" / "emergency-sources.md"
EXAMPLES = re.findall(
    r"## (.*?)\n.*?```toml\n(.*?)```(?:\n```(?:json|xml)\n(.*?)```)?", DOCUMENT.read_text(), re.DOTALL
)
SITE = '[site]\nname = "x"\nregion = "532300"\ntimezone = "Asia/Shanghai"\ninventory = []\n'


def source(text: str, folder: Path) -> SourceSettings:
    draft = read_text(SITE + text, folder / "watchfloor.toml")
    assert draft.settings is not None
    assert [finding for finding in draft.findings if finding.error and finding.where.key.startswith("source")] == []
    (source_settings,) = draft.settings.sources
    return source_settings


@pytest.mark.parametrize(("title", "settings", "body"), EXAMPLES, ids=[title for title, *_ in EXAMPLES])
async def test_the_example_loads_and_maps_its_answer(title: str, settings: str, body: str, tmp_path: Path) -> None:
    source_settings = source(settings, tmp_path)
    if source_settings.mapped is None:
        assert not body, "a source that is not mapped has no answer to map"
        return
    feed = MappedFeed(source_settings, None)
    document = document_of(body.encode(), source_settings.mapped.form)
    try:
        rows = rows_of(document, source_settings.mapped.items)
    except NoRows:
        rows = rows_of(document, "")
    items, problems = feed.items(rows, 1_795_831_300.0)
    assert items
    assert problems == []
    for _, item in items:
        if isinstance(item, list):
            assert {observation.quality for observation in item} <= {Quality.GOOD, Quality.BAD}
        else:
            assert getattr(item, "problems", ()) == ()
            assert getattr(getattr(item, "warning", None), "findings", ()) == ()
    await feed.close()


def test_every_system_of_the_plans_has_its_example() -> None:
    text = DOCUMENT.read_text()
    for word in (
        "110",
        "119",
        "120",
        "122",
        "12345",
        "防汛",
        "气象",
        "地震",
        "人防",
        "海洋",
        "环境",
        "安全生产",
        "森林防火",
    ):
        assert word in text
    assert len(EXAMPLES) == text.count("```toml")


async def test_the_demos_emergency_sources_map_what_its_systems_answer(tmp_path: Path) -> None:
    import json

    from collectors.sim.emergency import ReportSystem, StationSystem
    from watchfloor.demo.site_files import shipped_text

    draft = read_text(shipped_text("watchfloor.toml"), tmp_path / "watchfloor.toml")
    assert draft.settings is not None
    sources = {each.id: each for each in draft.settings.sources if each.mapped is not None}
    assert set(sources) == {"110", "119", "120", "122", "hydro"}
    for id, each in sources.items():
        feed = MappedFeed(each, None)
        station = {"rows": [{"stcd": "HYD1", "tm": "2026-11-28 10:00:00", "z": StationSystem(0.0).level(), "wrz": 1}]}
        answer = station if id == "hydro" else {"data": ReportSystem(id, 1_795_831_000.0).rows()}
        rows = rows_of(document_of(json.dumps(answer).encode(), "json"), each.mapped.items if each.mapped else "")
        items, problems = feed.items(rows, 1_795_831_300.0)
        assert problems == []
        assert [problem for _, item in items for problem in getattr(item, "problems", ())] == []
        await feed.close()
