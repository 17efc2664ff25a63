"""Valid settings that have no effect are remarks of `check`."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchfloor.settings.check import check

SITE = '[site]\nname = "楚雄州"\nregion = "532300"\ninventory = ["assets.csv"]\n'
ASSETS = "id,name,kind,region,probes\ncore,核心,router,532300,tcp://127.0.0.1:80\n"
MAPPED = '[[source]]\nid = "m"\nkind = "emergency.http"\nurl = "http://127.0.0.1:1/x"\n'
SYSLOG = '[[source]]\nid = "log"\nkind = "network.syslog"\nurl = "udp://127.0.0.1:1514"\n[[source.rule]]\nid = "door"\n'
GB = (
    '[credentials.cameras]\nkind = "password"\nuser = "{}"\npassword = "p"\n'
    '[[source]]\nid = "gb"\nkind = "video.gb28181"\ncred = "cameras"\n'
    'url = "sip://53230000002000000001@127.0.0.1:5060"\n'
)
RECEIVER = '[[receiver]]\nid = "desk"\nurl = "json://127.0.0.1:9/"\nkinds = {}\n'
POLICY = (
    '[[receiver]]\nid = "desk"\nurl = "json://127.0.0.1:9/"\n'
    '[[escalation]]\nid = "p"\nkinds = {}\n[[escalation.step]]\nwho = ["duty"]\nchannels = ["desk"]\n'
)


def remarks(folder: Path, settings: str) -> list[tuple[str, str, str, bool]]:
    (folder / "assets.csv").write_text(ASSETS, encoding="utf-8")
    (folder / "watchfloor.toml").write_text(SITE + settings, encoding="utf-8")
    findings = check(folder / "watchfloor.toml")
    return [(finding.code, finding.where.key, finding.value, finding.error) for finding in findings]


@pytest.mark.parametrize(
    ("settings", "code", "key", "value"),
    [
        (RECEIVER.format('["router", "ruoter"]'), "kind_unused", "receiver[1].kinds", '"ruoter"'),
        (POLICY.format('["camera"]'), "kind_unused", "escalation[1].kinds", '"camera"'),
        (MAPPED + '[source.map]\nid = "/a"\nat = "/b"\n', "map_required", "source[1].map", '"text"'),
        (
            MAPPED + 'gives = "observation"\n[source.map]\nasset = "/a"\nat = "/b"\nvalue = "/c"\n',
            "map_required",
            "source[1].map",
            '"metric"',
        ),
        (SYSLOG + "raise = 'door (?P<prt>x)'\n", "group_unused", "source[1].rule[1].raise", '"prt"'),
        (
            SYSLOG + "raise = 'door (?P<part>x)'\nclear = ['y', '(?P<Part>x)']\n",
            "group_unused",
            "source[1].rule[1].clear",
            '"Part"',
        ),
        (GB.format("5323010000118000000"), "device_id_form", "source[1].cred", '"cameras"'),
    ],
)
def test_a_setting_without_effect_is_remarked_on(
    tmp_path: Path, settings: str, code: str, key: str, value: str
) -> None:
    assert remarks(tmp_path, settings) == [(code, key, value, False)]


@pytest.mark.parametrize(
    "settings",
    [
        RECEIVER.format('["router", "warning", "source", "region"]'),
        POLICY.format("[]"),
        MAPPED + '[source.map]\nid = "/a"\nat = "/b"\ntext = "/c"\n',
        MAPPED + 'gives = "observation"\nmetric = "river.level"\n[source.map]\nasset = "/a"\nat = "/b"\nvalue = "/c"\n',
        SYSLOG + "raise = '(?:door|gate) (?P<part>x)'\n",
        GB.format("*"),
        GB.format("53230100001180000001"),
    ],
)
def test_a_setting_with_effect_is_not(tmp_path: Path, settings: str) -> None:
    assert remarks(tmp_path, settings) == []


def test_a_target_that_a_mapped_source_does_not_have_is_an_error(tmp_path: Path) -> None:
    settings = MAPPED + '[source.map]\nid = "/a"\nat = "/b"\ntext = "/c"\nadress = "/d"\n'
    ((code, _, _, error),) = remarks(tmp_path, settings)
    assert (code, error) == ("source", True)
