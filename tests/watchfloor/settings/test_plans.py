"""The folder `plans/` of a site: read with the settings, told by `watchfloor check`."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.findings import InFile
from watchfloor.demo.site_files import shipped_text
from watchfloor.settings.check import check, render
from watchfloor.settings.site_settings import SettingsError, load, read_text

SETTINGS = '[site]\nname = "楚雄州"\nregion = "532300"\ninventory = ["assets.csv"]\n'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "assets.csv").write_text("id,name,kind,region\ncore,核心,router,532300\n", encoding="utf-8")
    (tmp_path / "plans").mkdir()
    path = tmp_path / "watchfloor.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    return path


def _plan(site: Path, text: str, name: str = "hazchem.yaml") -> Path:
    path = site.parent / "plans" / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_plans_of_the_folder_are_part_of_the_settings(site: Path) -> None:
    _plan(site, shipped_text("plans/hazchem.yaml"))
    _plan(site, "no plan", "notes.txt")
    assert check(site) == []
    assert [file.name for file in load(site).incidents.plans] == ["plans/hazchem.yaml"]


def test_check_tells_the_file_the_line_the_key_the_value_and_the_mend(site: Path) -> None:
    _plan(site, shipped_text("plans/hazchem.yaml").replace('due: "+15m"', 'due: "+0m"'))
    (finding,) = check(site)
    assert finding.where == InFile("plans/hazchem.yaml", 29, "levels.III.tasks[2].due")
    assert render([finding], "en").startswith("plans/hazchem.yaml:29: levels.III.tasks[2].due = +0m: a deadline of ")
    assert "To mend: write a duration above zero" in render([finding], "en")


def test_settings_with_a_wrong_plan_are_not_used(site: Path) -> None:
    _plan(site, "id: [")
    with pytest.raises(SettingsError):
        load(site)


def test_two_files_with_one_id_are_told(site: Path) -> None:
    text = shipped_text("plans/hazchem.yaml")
    _plan(site, text, "hazchem.yaml")
    _plan(site, text, "hazchem.yml")
    (finding,) = check(site)
    assert (finding.code, finding.where.file) == ("plan_id_twice", "plans/hazchem.yml")


def test_what_was_applied_before_has_the_plans_of_then(site: Path, tmp_path: Path) -> None:
    path = _plan(site, shipped_text("plans/hazchem.yaml"))
    copy = tmp_path / "reference-0"
    copy.write_bytes(path.read_bytes())
    path.write_text("id: [", encoding="utf-8")
    draft = read_text(SETTINGS, site, {path: copy})
    assert draft.settings is not None
    assert [file.name for file in draft.settings.incidents.plans] == ["plans/hazchem.yaml"]
    path.unlink()
    assert load(site).incidents.plans == ()


def test_a_file_that_is_not_utf_8_is_told(site: Path) -> None:
    (site.parent / "plans" / "hazchem.yaml").write_bytes("id: 危化".encode("gb18030"))
    assert [finding.code for finding in check(site)] == ["plan_encoding"]
