"""A change that would remove much of a site's lists waits for a person; an ordinary edit does not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from watchfloor.demo.site_files import shipped_text
from watchfloor.runtime.role_host import load_applicable
from watchfloor.settings import applied, removal_guard
from watchfloor.settings.check import check
from watchfloor.settings.inventory import load_inventory
from watchfloor.settings.removal_guard import RemovalHeld, RemovalHold
from watchfloor.settings.site_settings import load
from watchfloor.settings.start import settings_to_start

HEAD = "id,name,kind,region\n"
SITE = '[site]\nname = "楚雄州"\nregion = "532300"\ninventory = ["assets.csv"]\n{more}'
RECEIVERS = "".join(f'[[receiver]]\nid = "desk{n}"\nurl = "json://127.0.0.1:9/{n}"\n' for n in range(3))


def rows(count: int) -> str:
    return HEAD + "".join(f"x{n:03},甲{n},router,532301\n" for n in range(count))


@pytest.fixture(autouse=True)
def no_data_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(applied.DATA, raising=False)


def site(folder: Path, count: int, more: str = "") -> Path:
    (folder / "assets.csv").write_text(rows(count))
    config = folder / "watchfloor.toml"
    config.write_text(SITE.format(more=more))
    applied.store(applied.capture(load(config)))
    return config


def hold_of(config: Path) -> RemovalHold | None:
    return removal_guard.hold_of(load(config))


@pytest.mark.parametrize("left", ["", HEAD, rows(50)[:120], "rubbish", "id;name;kind;region\nx000;a;b;532301\n"])
def test_an_inventory_that_vanishes_is_held_everywhere_and_applied_when_a_person_accepts_it(
    tmp_path: Path, left: str
) -> None:
    config = site(tmp_path, 50)
    (tmp_path / "assets.csv").write_text(left)
    with pytest.raises(RemovalHeld, match="reload --accept") as caught:
        load_applicable(config)
    assert [finding.code for finding in check(config) if finding.code == removal_guard.CODE] == [removal_guard.CODE]
    started = settings_to_start(config)
    assert len(load_inventory(started.settings).assets) == 50
    assert "变更已暂缓" in started.fallback_reason["zh-CN"]
    assert "the change is held" in started.fallback_reason["en"]
    assert "inventory 50 → " in started.fallback_reason["en"]
    hold = caught.value.hold
    with pytest.raises(RemovalHeld):
        load_applicable(config, accept="another")
    accepted = load_applicable(config, accept=hold.digest)
    applied.store(applied.capture(accepted))
    assert hold_of(config) is None
    assert settings_to_start(config).fallback_reason == {}


def test_what_was_accepted_is_this_removal_and_no_later_one(tmp_path: Path) -> None:
    config = site(tmp_path, 100)
    (tmp_path / "assets.csv").write_text(rows(60))
    seen = hold_of(config)
    assert seen is not None
    (tmp_path / "assets.csv").write_text(rows(10))
    with pytest.raises(RemovalHeld):
        load_applicable(config, accept=seen.digest)


@pytest.mark.parametrize(
    ("before", "after", "held"),
    [
        (50, 30, False),
        (50, 29, True),
        (1000, 900, False),
        (1000, 899, True),
        (30, 15, False),
        (30, 14, True),
        (3, 1, False),
        (3, 0, True),
        (1, 0, False),
        (0, 5, False),
        (20, 400, False),
    ],
)
def test_the_greater_of_ten_percent_and_twenty_rows_may_go_but_not_half_of_a_small_site(
    tmp_path: Path, before: int, after: int, held: bool
) -> None:
    config = site(tmp_path, before)
    (tmp_path / "assets.csv").write_text(rows(after))
    assert (hold_of(config) is not None) is held


def test_the_share_is_a_setting_and_a_hundred_switches_the_guard_off(tmp_path: Path) -> None:
    config = site(tmp_path, 1000)
    (tmp_path / "assets.csv").write_text(rows(700))
    assert hold_of(config) is not None
    config.write_text(SITE.format(more="removal_guard = 40\n"))
    assert hold_of(config) is None
    (tmp_path / "assets.csv").write_text("")
    assert hold_of(config) is not None
    config.write_text(SITE.format(more="removal_guard = 100\n"))
    assert hold_of(config) is None


def test_receivers_that_vanish_with_the_end_of_a_settings_file_are_held(tmp_path: Path) -> None:
    config = site(tmp_path, 5, RECEIVERS)
    config.write_text(SITE.format(more=""))
    hold = hold_of(config)
    assert hold is not None
    assert [(removal.list, removal.removed) for removal in hold.removals] == [("receiver", ("desk0", "desk1", "desk2"))]
    assert hold.public()["lists"][0]["message"]["zh-CN"].startswith("接收方 3 → 0 项")
    config.write_text(SITE.format(more=RECEIVERS.replace("desk0", "desk9")))
    assert hold_of(config) is None


def test_a_first_start_has_nothing_to_compare_with(tmp_path: Path) -> None:
    config = site(tmp_path, 50)
    for path in (tmp_path / "data" / "run").glob("applied.json"):
        path.unlink()
    (tmp_path / "assets.csv").write_text(HEAD)
    assert hold_of(config) is None


CATALOGUES = """\
[approvals]
items = "items.csv"
departments = "departments.csv"
[incidents]
resources = ["resources.csv"]
"""
RESOURCES = "id,kind,name,region,lat,lon\n"


@pytest.mark.parametrize("name", ["items.csv", "departments.csv", "resources.csv", "plans"])
def test_a_catalogue_resources_and_plans_that_vanish_are_held(tmp_path: Path, name: str) -> None:
    (tmp_path / "items.csv").write_text("code,name\n" + "".join(f"i{number},x\n" for number in range(5)))
    (tmp_path / "departments.csv").write_text("code,name\n" + "".join(f"d{number},x\n" for number in range(5)))
    resources = "".join(f"r{number},team,x,532301,25.0,101.5\n" for number in range(5))
    (tmp_path / "resources.csv").write_text(RESOURCES + resources)
    (tmp_path / "plans").mkdir()
    text = shipped_text("plans/hazchem.yaml")
    for plan in ("hazchem", "second"):
        (tmp_path / "plans" / f"{plan}.yaml").write_text(text.replace("id: hazchem", f"id: {plan}", 1))
    config = site(tmp_path, 3, CATALOGUES)
    assert hold_of(config) is None
    accepted = load(config)
    if name == "plans":
        shutil.rmtree(tmp_path / name)
    else:
        (tmp_path / name).write_text((tmp_path / name).read_text().splitlines(keepends=True)[0])
    hold = hold_of(config)
    assert hold is not None
    (removal,) = hold.removals
    guarded = {"items.csv": "item", "departments.csv": "department", "resources.csv": "resource", "plans": "plan"}
    assert (removal.list, removal.after) == (guarded[name], 0)
    assert " → 0, " in removal.phrase("en")
    started = settings_to_start(config)
    assert "the change is held" in started.fallback_reason["en"]
    assert removal_guard.ids(started.settings) == removal_guard.ids(accepted)
