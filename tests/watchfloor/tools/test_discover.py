"""`watchfloor discover lldp` against SNMP agents: differences are proposed, and the inventory is not changed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from pysnmp.proto.api import v2c

from collectors.errors import Misconfigured
from collectors.network import lldp_table
from tests.collectors.network.snmp_agent import serving
from watchfloor import cli
from watchfloor.settings.inventory import load_inventory
from watchfloor.settings.site_settings import Settings, load
from watchfloor.tools import discover

R = lldp_table.REMOTE


def hears(*neighbours: tuple[str, str]) -> dict[str, object]:
    """The LLDP remote table of a device whose neighbours (name, management address) are on ports 1, 2, …"""
    table: dict[str, object] = {}
    for port, (name, address) in enumerate(neighbours, 1):
        index = f"100.{port}.1"
        table |= {
            f"{R}.4.{index}": v2c.Integer32(4),
            f"{R}.5.{index}": v2c.OctetString(bytes([2, 0, 0, 0, 0, port])),
            f"{R}.6.{index}": v2c.Integer32(5),
            f"{R}.7.{index}": v2c.OctetString(b"uplink"),
            f"{R}.9.{index}": v2c.OctetString(name.encode()),
            f"{R}.12.{index}": v2c.OctetString(b"\x20"),
            f"{lldp_table.LOCAL_PORT_DESCRIPTION}.{port}": v2c.OctetString(b"Gi0/%d" % port),
        }
        if address:
            table[f"{lldp_table.REMOTE_ADDRESS}.{index}.1.4.{address}"] = v2c.Integer32(2)
    return table


def site(folder: Path, rows: str, ports: dict[str, int]) -> Settings:
    """Inventory rows with {name} for the SNMP port of each agent."""
    text = "id,name,kind,region,parents,probes\n" + rows.format(**ports)
    (folder / "assets.csv").write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    (folder / "watchfloor.toml").write_text(
        '[site]\nname = "x"\nregion = "532300"\ninventory = ["assets.csv"]\n[credentials.c]\nkind = "snmpv2c"\n'
        'community = "public"\n'
    )
    return load(folder / "watchfloor.toml")


ROWS = """core,核心,router,532300,,snmp://127.0.0.1:{core}?cred=c
agg,"汇聚, 一",switch,532300,core,snmp://127.0.0.1:{agg}?cred=c
acc,接入,switch,532301,,snmp://127.0.0.1:{acc}?cred=c
"""


async def test_new_links_and_devices_are_proposed_without_changing_the_inventory(tmp_path: Path) -> None:
    async with (
        serving(hears(("agg", ""))) as core,
        serving(hears(("core", ""), ("acc", ""), ("=new-7", "10.9.0.7"))) as agg,
        serving(hears(("agg", ""))) as acc,
    ):
        settings = site(tmp_path, ROWS, {"core": core.port, "agg": agg.port, "acc": acc.port})
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        result = await discover.survey(settings)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert result.parents == (("acc", "agg"),)  # the end that is nearer to the root is the parent
    text = discover.render(result, "en")
    assert "+ new uplink  acc → agg" in text
    assert "+ new device  new-7  switch  532300  under agg Gi0/3  probes icmp://10.9.0.7" in text
    assert "The inventory was not changed" in text
    assert "新上联  acc → agg" in discover.render(result, "zh-CN")
    body = json.loads(discover.as_json(result))
    assert body["parents"] == [{"asset": "acc", "parent": "agg"}]
    assert [asset["id"] for asset in body["assets"]] == ["new-7"]
    assert not result.clean

    diff = discover.patch(result, settings)
    assert [line[0] for line in diff.splitlines() if not line.startswith(("---", "+++", "@@"))].count("-") == 1
    assert "=new" not in diff
    (tmp_path / "change.diff").write_bytes(diff.encode())
    command = ["patch", "-p0", "--binary", "-i", "change.diff"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    fresh = load_inventory(load(tmp_path / "watchfloor.toml"))
    assert not [finding for finding in fresh.findings if finding.error]
    assert fresh.assets["acc"].parents == ("agg",)
    assert fresh.assets["new-7"].parents == ("agg",)


async def test_a_device_that_does_not_answer_is_reported_and_the_others_are_queried(tmp_path: Path) -> None:
    async with serving(hears(("core", ""))) as agg:
        settings = site(tmp_path, ROWS, {"core": 1, "agg": agg.port, "acc": 1})
        result = await discover.survey(settings)
    assert set(result.failed) == {"core", "acc"}
    assert "! 未应答  core  拒绝连接" in discover.render(result, "zh-CN")
    assert result.proposal.empty


async def test_an_asset_that_is_not_in_the_inventory_is_a_usage_error(tmp_path: Path) -> None:
    settings = site(tmp_path, ROWS, {"core": 1, "agg": 1, "acc": 1})
    with pytest.raises(Misconfigured, match="'nobody' is not in the inventory"):
        await discover.survey(settings, ["nobody"])


def test_the_command_prints_the_differences_and_returns_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site(tmp_path, ROWS, {"core": 1, "agg": 1, "acc": 1})
    assert cli.main(["discover", "lldp", "core", "-c", str(tmp_path / "watchfloor.toml")]) == 1
    assert "core" in capsys.readouterr().out
    assert cli.main(["discover", "lldp", "x", "-c", str(tmp_path / "watchfloor.toml")]) == 1
    assert "不在清单中" in capsys.readouterr().err
