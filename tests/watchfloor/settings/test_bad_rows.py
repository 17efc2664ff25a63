"""A bad row of the inventory stops no reload, and the log names it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from watchfloor.runtime.role_host import load_applicable

SITE = '[site]\nname = "x"\nregion = "532300"\ninventory = ["assets.csv"]\n'
HEAD = "id,name,kind,region,lat,lon,parents,redundancy_group,owner,importance,labels,probes\n"


def test_a_bad_row_is_left_out_and_named_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "watchfloor.toml").write_text(SITE, encoding="utf-8")
    rows = "a,A,router,532300,25.0,101.5,,,,1,,\nb,B,router,532300,250.0,101.5,,,,1,,\n"
    (tmp_path / "assets.csv").write_text(HEAD + rows, encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        load_applicable(tmp_path / "watchfloor.toml")
    (record,) = caplog.records
    assert record.getMessage().startswith("inventory: 1 bad rows are left out: assets.csv:3")
    caplog.clear()
    (tmp_path / "assets.csv").write_text(HEAD + rows.replace("250.0", "25.0"), encoding="utf-8")
    load_applicable(tmp_path / "watchfloor.toml")
    assert not caplog.records
