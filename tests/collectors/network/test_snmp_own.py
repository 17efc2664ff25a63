"""A site's own SNMP objects and profiles: files beside its settings, and objects named by an address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pysnmp.proto.api import v2c

from collectors.errors import Misconfigured
from collectors.network.snmp import profile as snmp_profiles
from collectors.network.snmp.probe import OBJECT_ID, UPTIME, SnmpPoller
from tests.collectors.network.loopback import ask, closing, target_of
from tests.collectors.network.snmp_agent import serving
from tests.collectors.network.test_snmp import keys
from watchfloor.settings.site_settings import read

BATTERY = "1.3.6.1.4.1.318.1.1.1.2.2.1.0"
PUMP = """
title = { zh-CN = "泵站控制器", en = "pump controller" }
extends = ["system"]

[[scalar]]
metric = "pump.pressure"
oid = "1.3.6.1.4.1.99999.1.1.0"
scale = 0.01
unit = "MPa"

[[table]]
id = "pumps"
label = ["1.3.6.1.4.1.99999.2.1.2"]
[[table.column]]
metric = "pump.state"
oid = "1.3.6.1.4.1.99999.2.1.3"
kind = "words"
words = { 1 = "running", 2 = "stopped", 3 = "fault" }
"""
SITE = '[site]\nname = "楚雄州"\nregion = "532300"\ninventory = []\n'
VALUES = {
    UPTIME: v2c.TimeTicks(500_000),
    OBJECT_ID: v2c.ObjectIdentifier("1.3.6.1.4.1.99999.1"),
    BATTERY: v2c.Gauge32(874),
    "1.3.6.1.4.1.99999.1.1.0": v2c.Gauge32(62),
    "1.3.6.1.4.1.99999.2.1.2.1": v2c.OctetString("一号泵".encode()),
    "1.3.6.1.4.1.99999.2.1.3.1": v2c.Integer32(3),
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "watchfloor.toml").write_text(SITE, encoding="utf-8")
    yield tmp_path
    snmp_profiles.use_site(tmp_path / "none")


def codes(site: Path) -> list[tuple[str, bool]]:
    return [(finding.code, finding.error) for finding in read(site / "watchfloor.toml").findings]


async def test_a_sites_own_profile_is_read_from_beside_its_settings(site: Path) -> None:
    (site / "profiles" / "pump.toml").write_text(PUMP, encoding="utf-8")
    assert codes(site) == []
    async with serving(VALUES) as agent, closing(SnmpPoller()) as poller:
        target = target_of(f"snmp://127.0.0.1:{agent.port}?profile=pump")
        SnmpPoller.validate(target)
        values = keys(await poller.poll(target))
    assert values["pump.pressure"] == pytest.approx(0.62)
    assert values["pump.state[一号泵]"] == "fault"


async def test_an_address_may_name_one_object() -> None:
    async with serving(VALUES) as agent, closing(SnmpPoller()) as poller:
        query = f"oid=.{BATTERY}&metric=ups.battery&scale=0.1&unit=%25"
        answer = await ask(poller, target_of(f"snmp://127.0.0.1:{agent.port}?{query}"))
    assert answer["ups.battery"].value == pytest.approx(87.4)
    assert answer["ups.battery"].unit == "%"


@pytest.mark.parametrize(
    ("text", "excerpt"),
    [
        (PUMP.replace("oid = ", "old = "), "old"),
        (PUMP.replace("words", "wrods"), "wrods"),
        (PUMP.replace('extends = ["system"]', 'extends = ["pump"]'), "circle"),
        (PUMP.replace('extends = ["system"]', 'extends = ["swich"]'), "swich"),
        ("title = ", "profiles/pump.toml"),
        (PUMP.replace("title =", "titel ="), "lacks title"),
        (PUMP.replace('id = "pumps"', ""), "lacks id"),
        (PUMP.replace('extends = ["system"]', 'extends = "system"'), 'extends = ["system"]'),
        (PUMP.replace('metric = "pump.pressure"', 'name = "pump.pressure"'), "unknown key 'name'; known: metric, oid"),
        (PUMP.replace("1.3.6.1.4.1.99999.1.1.0", "pumpPressure.0"), "snmpwalk -On"),
        (PUMP.replace("pump.state", "pump.up"), ".up"),
    ],
)
def test_check_finds_a_profile_that_cannot_be_used(site: Path, text: str, excerpt: str) -> None:
    (site / "profiles" / "pump.toml").write_text(text, encoding="utf-8")
    (finding,) = read(site / "watchfloor.toml").findings
    assert (finding.code, finding.error) == ("profile", True)
    assert excerpt in finding.message["en"]
    assert "pump" not in snmp_profiles.names()


def test_an_oid_is_taken_as_snmpwalk_prints_it() -> None:
    dotted = PUMP.replace('oid = "1.', 'oid = ".1.')
    assert dotted != PUMP
    assert snmp_profiles.parse("pump", dotted) == snmp_profiles.parse("pump", PUMP)


def test_the_name_of_a_shipped_profile_is_taken(site: Path) -> None:
    (site / "profiles" / "switch.toml").write_text(PUMP, encoding="utf-8")
    assert codes(site) == [("profile", True)]
    assert snmp_profiles.load("switch").title["en"] != "pump controller"


@pytest.mark.parametrize(
    ("query", "excerpt"),
    [
        ("oid=1.3.6.1.4.x&metric=a.b", "no OIDs"),
        ("oid=1.3.6.1.4.1", "family.name"),
        ("oid=1.3.6.1.4.1&metric=battery", "family.name"),
        ("oid=1.3.6.1.4.1&metric=a.b&as=float", "kind"),
        ("oid=1.3.6.1.4.1&metric=a.b&scale=x", "x"),
        ("metric=a.b", "needs oid"),
    ],
)
def test_an_object_that_cannot_be_asked_for_is_refused(query: str, excerpt: str) -> None:
    with pytest.raises(Misconfigured, match=excerpt):
        SnmpPoller.validate(target_of(f"snmp://10.0.0.1?{query}"))


def test_the_documents_show_this_profile() -> None:
    text = (Path(__file__).parents[3] / "docs" / "snmp.md").read_text(encoding="utf-8")
    shown = text.partition("# profiles/pump.toml\n")[2].partition("```")[0]
    documented, tested = snmp_profiles.parse("pump", shown), snmp_profiles.parse("pump", PUMP)
    assert documented.scalars == tested.scalars
    assert [table.columns for table in documented.tables] == [table.columns for table in tested.tables]
