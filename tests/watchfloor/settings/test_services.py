"""The example of docs/services.md as it stands there: `check` likes it, and each rule says what it is for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alerts.core.core import AlertCore
from alerts.rules.rule import compile_rule
from alerts.rules.subjects import Subjects
from feeds.model import Kind
from tests.alerts.builders import T0, change, counting_ids, reading, state
from watchfloor.demo.site_files import shipped_text
from watchfloor.settings.check import check
from watchfloor.settings.inventory import load_inventory
from watchfloor.settings.site_settings import Settings, load

DOC = Path(__file__).parents[3] / "docs" / "services.md"
NAMED = (
    *("公文交换", "办公自动化", "公共邮件", "视频会议", "政府门户", "视频点播", "IP电话", "公务员培训"),
    *("六大资源库", "十四金", "CA / RA", "异地备份"),
)


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    text = DOC.read_text(encoding="utf-8")
    for name, fence in (("watchfloor.toml", "toml"), ("services.csv", "csv")):
        (block,) = re.findall(rf"```{fence}\n(.*?)```", text, re.DOTALL)
        (tmp_path / name).write_text(block, encoding="utf-8")
    assert check(tmp_path / "watchfloor.toml") == []
    return load(tmp_path / "watchfloor.toml")


@pytest.mark.parametrize(
    ("asset", "health", "readings", "rules"),
    [
        ("phone", "down", {}, ["service-down"]),
        ("gwjh", "degraded", {}, ["service-degraded"]),
        ("people", "ok", {"data.age": 1500.0}, ["data-stale"]),
        ("jinhong", "ok", {"data.age": 1500.0}, ["data-stale"]),
        ("jinhong", "ok", {"data.age": 60.0}, []),
        ("ca", "ok", {"tls.days_left": 20.0}, ["certificate-expiring"]),
        ("ca", "ok", {"tls.days_left": 90.0}, []),
        ("offsite", "down", {}, ["backup-late"]),
        ("portal", "ok", {}, []),
    ],
)
def test_each_rule_of_the_example_says_what_it_is_for(
    site: Settings, asset: str, health: str, readings: dict[str, float], rules: list[str]
) -> None:
    compiled = {rule.id: compile_rule(rule) for rule in site.rules}
    core = AlertCore(compiled, subjects=Subjects({Kind.ASSET: load_inventory(site).assets}), make_id=counting_ids())
    for second in range(0, 1201, 60):
        fresh = {
            name.replace(".", "_", 1): reading(value, at=T0 + second, fresh_for=600) for name, value in readings.items()
        }
        core.fold(change(state(asset, health, **fresh), T0 + second), T0 + second)
        core.advance(T0 + second)
    assert [step.alert.rule for step in core.take_steps() if step.transition.name == "raise"] == rules


def test_the_demo_has_every_service_that_the_document_says_it_has() -> None:
    table = re.findall(r"^\| (.+?) \| (.+?) \|", DOC.read_text(encoding="utf-8"), re.MULTILINE)
    rows = {service: re.findall(r"`([A-Z]+\d*)`", where) for service, where in table}
    assert all(any(name in service for service in rows) for name in NAMED)
    shipped = "".join(shipped_text(name) for name in ("assets.csv", "field.csv", "services.csv"))
    ids = {line.partition(",")[0] for line in shipped.splitlines()}
    named = {id for where in rows.values() for id in where}
    assert named
    assert named <= ids
