"""The same storm over HTTP into Watchfloor and into real Alertmanagers. Debian: prometheus-alertmanager."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import alertmanager, storm, storm_figures
from bench.storm_alerts import PARENTS


@pytest.mark.skipif(alertmanager.installed() is None, reason=storm.ABSENT)
async def test_where_an_alertmanager_must_choose_between_late_and_leaking_we_need_not(tmp_path: Path) -> None:
    command = "--alerts 300 --assets 30 --seconds 6 --late 2 --hold 60 --beside"
    result = await storm.play(args := storm.options(command.split()), tmp_path)
    assert storm_figures.whole(result, args), result
    assert result["messages"] == PARENTS + 1
    patient, hasty = result["beside"]
    assert (patient["messages"], patient["children_in_messages"]) == (PARENTS + 1, 0)
    assert patient["unrelated_told_after_s"] > 4
    assert hasty["children_in_messages"] > 0
