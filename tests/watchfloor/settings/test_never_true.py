"""Rules that can never be true, found before they run."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from alerts.settings import RuleSettings
from collectors.settings import SourceSettings
from feeds.model import Asset
from watchfloor.settings.never_true import InventoryNames, NeverTrue

ASSETS = {
    asset.id: asset
    for asset in (
        Asset(
            id="sw1",
            name="甲",
            kind="switch",
            region="532300",
            labels={"tier": "core"},
            probes=("icmp://10.0.0.1", "modbus://10.0.0.2/1?hr=0&metric=river.level"),
        ),
    )
}
SYSLOG = SourceSettings(id="log", kind="network.syslog", url="udp://0.0.0.0:1514")


def remarks(rule: RuleSettings, assets: Mapping[str, Asset], sources: tuple[SourceSettings, ...]) -> list[NeverTrue]:
    return list(InventoryNames(assets, sources).remarks(rule))


def remarks_in_english(when: str, *sources: SourceSettings) -> list[str]:
    return [each.en for each in remarks(RuleSettings(id="r", when=when), ASSETS, tuple(sources))]


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ('m["modbus.up"] == 0', 'write m["modbus.up"] == false'),
        ('1.0 == m["icmp.up"]', 'write m["icmp.up"] == true'),
        ('kind == "swtich"', "did you mean 'switch'"),
        ('labels["layer"] != "core"', "the label 'layer'"),
        ('health == "down" && region == "532301"', "the region '532301'"),
        ('m["tcp.connect_ms"] > 200.0', "the reading 'tcp.connect_ms'"),
        ('age(m["voltage"]) > 60.0', "the reading 'voltage'"),
        ('m["icmp.rtt"] > 200.0', "did you mean 'icmp.rtt_ms'"),
        ('m["icmp.up"] == "down"', 'write m["icmp.up"] == false'),
        ('m["icmp.up"] != "down"', 'write m["icmp.up"] == true'),
        ('m["icmp.rtt_ms"] == "high"', "icmp.rtt_ms is a number"),
        ('m["icmp.loss"] == true', "icmp.loss is a number"),
        ('"icmp.rtt" in m', "did you mean 'icmp.rtt_ms'"),
        ('kind in ["switch", "ruoter"]', "the kind 'ruoter'"),
        ('labels["tier"] == "cor"', "did you mean 'core'"),
        ('labels.tier in ["acces"]', "the value 'acces'"),
        ('"layer" in labels', "the label 'layer'"),
        ('count(region, "camra", "down") > 2', "the kind 'camra'"),
        ('health_of("core9") == "down"', "the id 'core9'"),
        ('health_of("sw1") == "dead"', "ever 'dead'"),
        ('name == "乙"', "the name '乙'"),
    ],
)
def test_a_rule_that_can_never_be_true_is_remarked_on(when: str, words: str) -> None:
    [remark] = remarks_in_english(when)
    assert words in remark


@pytest.mark.parametrize(
    "when",
    [
        'kind == "switch" && m["icmp.rtt_ms"] > 200.0',
        'm["icmp.up"] == false',
        'labels["tier"] == "core"',
        'm["river.level"] > 5.0',
        'kind != "router"',
        'm["icmp.rtt_ms"] > -1.0 && m["icmp.loss"] > 5.0',
        'count(region, "", "down") > 2',
        'health_of("sw1") == "down"',
        'labels["tier"] != "access"',
        '"icmp.jitter_ms" in m',
        'm["modbus.ms"] > 5.0',
    ],
)
def test_a_rule_that_may_be_true_is_left_alone(when: str) -> None:
    assert remarks_in_english(when) == []


def test_readings_of_a_listener_are_known() -> None:
    assert remarks_in_english('m["syslog.config"] == "changed"') != []
    assert remarks_in_english('m["syslog.config"] == "changed"', SYSLOG) == []


AGENT = {
    "r": Asset(id="r", name="r", kind="router", region="532300", labels={"tier": "core"}, probes=("snmp://10.0.0.1",))
}


@pytest.mark.parametrize(
    ("when", "each", "words"),
    [
        ("m['cpu.utl'] > 80.0", "", "did you mean 'cpu.util'"),
        ("m['if.admin[GE0/0/1]'] == 'up'", "", "the reading 'if.admin'"),
        ("m['if.oper'] == 'down'", "if.opr", "did you mean 'if.oper'"),
        ("labels.teir == 'core'", "", "did you mean 'tier'"),
        ("m['if.oper[GE0/0/1]'] == 2", "", "if.oper[GE0/0/1] is a text"),
        ("m['if.oper'] == 'broken'", "if.oper", "it is one of: "),
        ("m['cpu.util'] == 'high'", "", "cpu.util is a number"),
        ("m['snmp.rebooted'] == 1", "", 'write m["snmp.rebooted"] == true'),
    ],
)
def test_a_reading_that_no_snmp_profile_gives_is_remarked_on(when: str, each: str, words: str) -> None:
    [remark] = remarks(RuleSettings(id="r", when=when, each=each), AGENT, ())
    assert words in remark.en


@pytest.mark.parametrize(
    "when", ["m['if.in_util[GE0/0/1]'] > 90.0", "m['cpu.util'] > 80.0", "m['snmp.rebooted']", "labels.tier == 'core'"]
)
def test_readings_of_every_snmp_profile_are_known(when: str) -> None:
    assert list(remarks(RuleSettings(id="r", when=when), AGENT, ())) == []


def test_a_video_source_gives_readings_of_cameras_alone() -> None:
    source = SourceSettings(id="gb", kind="video.gb28181", url="sip://53230000002000000001@0.0.0.0:5060")
    rules = [RuleSettings(id="r", when=f"m['{metric}'] == 'up'") for metric in ("if.admin", "gb28181.alarm")]
    assert [len(list(remarks(rule, AGENT, (source,)))) for rule in rules] == [1, 0]


def test_a_site_with_a_mapped_source_may_have_any_reading() -> None:
    source = SourceSettings(id="hydro", kind="emergency.http", url="http://10.5.3.3/rivers")
    assert list(remarks(RuleSettings(id="r", when='m["anything.else"] > 1.0'), AGENT, (source,))) == []


def test_grades_are_looked_at_too() -> None:
    from alerts.settings import SeverityGrade
    from feeds.model import Severity

    grade = SeverityGrade(when='kind == "nothing"', severity=Severity.CRITICAL)
    rule = RuleSettings(id="r", when='health == "down"', grades=(grade,))
    assert [each.en for each in remarks(rule, ASSETS, ())] == ["no asset of the inventory is of the kind 'nothing'"]
