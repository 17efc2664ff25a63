"""`[history]`: how long what was collected is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.findings import line_of_text
from feeds.history import HistorySettings
from watchfloor.settings.reader import parse_duration, spell
from watchfloor.settings.site_settings import load, read

DAY = 86400.0


def written(folder: Path, text: str) -> Path:
    path = folder / "watchfloor.toml"
    path.write_text(f'[site]\nname = "楚雄州"\nregion = "532300"\n[history]\n{text}', encoding="utf-8")
    return path


def test_it_may_be_left_out_or_said(tmp_path: Path) -> None:
    assert load(written(tmp_path, "")).history == HistorySettings()
    history = load(written(tmp_path, 'keep_raw = "7d"\nkeep_5m = "1y"\nkeep_1h = "10y"\n')).history
    assert history == HistorySettings(keep_raw=7 * DAY, keep_5m=365 * DAY, keep_1h=3650 * DAY)


@pytest.mark.parametrize(
    ("text", "code", "key"),
    [
        ('keep_raw = "500d"', "keep_order", "history.keep_raw"),
        ('keep_5m = "6y"', "keep_order", "history.keep_5m"),
        ('keep_raw = "1h"', "duration_range", "history.keep_raw"),
        ('keep_raw = "a year"', "duration_form", "history.keep_raw"),
        ('keep = "1d"', "unknown_key", "history.keep"),
    ],
)
def test_what_makes_no_sense_is_told(tmp_path: Path, text: str, code: str, key: str) -> None:
    (finding,) = read(written(tmp_path, text)).findings
    assert (finding.code, finding.where.key, finding.where.line) == (code, key, 5)
    assert line_of_text(finding, "zh-CN") != line_of_text(finding, "en")


def test_years_are_durations() -> None:
    assert parse_duration("5y") == 5 * 365 * DAY
    assert parse_duration("1.5y") is None
    assert spell(365 * DAY) == "365d"
