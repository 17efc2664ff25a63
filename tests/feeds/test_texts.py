"""The catalogue of texts: areas are merged, and files that contradict each other are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feeds.texts.catalogue import FOLDER, BadCatalogue, catalogue, load


def write(folder: Path, area: str, zh: dict[str, str], en: dict[str, str]) -> None:
    (folder / area).mkdir()
    for language, texts in (("zh-CN", zh), ("en", en)):
        (folder / area / f"{language}.json").write_text(json.dumps(texts), encoding="utf-8")


def test_the_areas_are_merged(tmp_path: Path) -> None:
    write(tmp_path, "alerts", {"alert.open": "未恢复"}, {"alert.open": "open"})
    write(tmp_path, "people", {"duty.now": "当班"}, {"duty.now": "On duty"})
    assert load(tmp_path)["en"] == {"alert.open": "open", "duty.now": "On duty"}


def test_every_area_reaches_the_catalogue() -> None:
    of_files = [key for path in FOLDER.glob("*/en.json") for key in json.loads(path.read_text(encoding="utf-8"))]
    assert sorted(of_files) == sorted(catalogue("en"))
    assert not list(FOLDER.glob("*.json")), "a file of texts outside an area"


def test_keys_of_one_word_in_two_areas_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "alerts", {"duty.a": "x"}, {"duty.a": "x"})
    write(tmp_path, "people", {"duty.b": "x"}, {"duty.b": "x"})
    with pytest.raises(BadCatalogue, match=r"duty.*alerts, people"):
        load(tmp_path)


def test_a_key_of_one_language_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "alerts", {"alert.a": "x", "alert.b": "x"}, {"alert.a": "x"})
    with pytest.raises(BadCatalogue, match=r"alert\.b"):
        load(tmp_path)


def test_an_area_without_one_language_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "alerts", {}, {})
    (tmp_path / "alerts" / "en.json").unlink()
    with pytest.raises(BadCatalogue, match=r"alerts: en\.json is missing"):
        load(tmp_path)


def test_a_key_that_is_repeated_in_a_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "alerts", {"alert.a": "x"}, {"alert.a": "x"})
    (tmp_path / "alerts" / "en.json").write_text('{"alert.a": "x", "alert.a": "y"}', encoding="utf-8")
    with pytest.raises(BadCatalogue, match=r"repeated: alert\.a"):
        load(tmp_path)
