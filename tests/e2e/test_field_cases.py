"""The recorded field inputs of the shared samples, each through `collect --once` or `check`, against its result.

Rows that need a whole site or a peer that is installed are named with the tests that hold them.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from collectors.once import collect_once
from feeds.model import Observation, Value
from tests.ports import free_port
from tests.shared_samples import SAMPLES
from watchfloor.settings import check
from watchfloor.settings.inventory import load_inventory
from watchfloor.settings.site_settings import load

FOLDER = SAMPLES / "field-cases"
ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the shared samples are not on this machine")
Readings = Mapping[str, Observation]
STARTS = 30.0
"""Seconds for a server to begin."""


@dataclass(frozen=True, slots=True)
class Case:
    """A server of the samples (its file and arguments), the probe of it, and what the readings must be."""

    server: str
    arguments: str
    probe: str
    holds: Callable[[Readings], bool]

    def __str__(self) -> str:
        return f"{self.server} {self.arguments}".strip()


def values(**expected: Value) -> Callable[[Readings], bool]:
    """Readings of these values; "__" stands for the dot of a metric."""
    return lambda readings: all(readings[name.replace("__", ".")].value == value for name, value in expected.items())


def words(metric: str, value: Value, *parts: str) -> Callable[[Readings], bool]:
    """A reading of this value whose text has all parts."""
    return lambda readings: readings[metric].value == value and all(part in readings[metric].text for part in parts)


def members(*names: str) -> Callable[[Readings], bool]:
    """Interfaces of exactly these names."""
    return lambda readings: {each.instance for each in readings.values() if each.metric == "if.oper"} == set(names)


UP = values(http__up=True, http__status=200)
NO_VALUE = words("x.y", None, "no value")
LENIENT = "bigheader barecr wsheader badtoken dupcl clte crvalue lfonly noreason dataclose gbkheader gbkreason fold"
HTTP = (
    *(Case("http_server.py", name, "http://{}/", UP) for name in LENIENT.split()),
    Case("http_server.py", "gzip", "http://{}/?contains=healthy", values(http__up=True, http__contains=True)),
    Case("http_server.py", "cookie", "http://{}/?redirects=3&contains=healthy", values(http__contains=True)),
    Case("http_server.py", "locgbk", "http://{}/?redirects=3", UP),
    Case("http_server.py", "icy", "http://{}/", words("http.up", False, "does not speak HTTP")),
)
NAMES = (
    *(
        Case("dns_server.py", name, "dns://{}/a.example", values(dns__up=True, dns__answer="10.1.2.3"))
        for name in ("formerr", "notimp", "formerr12", "case", "cname")
    ),
    Case("dns_server.py", "aaaa", "dns://{}/a.example?type=AAAA&expect=2001:0DB8:0::1", values(dns__up=True)),
)
MAIL = (
    Case("smtp_server.py", "gbk", "smtp://{}", values(smtp__up=True, smtp__banner="楚雄州邮件系统 ready")),
    Case("smtp_server.py", "gbkno", "smtp://{}", words("smtp.up", False, "发信IP被禁止")),
    *(
        Case("smtp_server.py", name, "smtp://{}", values(smtp__up=True))
        for name in ("multi", "lf", "stars", "heloonly")
    ),
)
CERTIFICATES = tuple(
    Case("tls_server.py", f"{FOLDER}/tls_{name}.pem", "https://{}/?verify=no", values(http__odd_certificate=True))
    for name in ("dup", "ver", "sangbk")
)
REGISTERS = (
    Case("round2/modbus_device.py", "", "modbus://{}/3?hr=10:int16&nodata=0x8000&metric=x.y", NO_VALUE),
    Case("round2/modbus_device.py", "", "modbus://{}/3?hr=11&nodata=0xFFFF,0x8000&metric=x.y", NO_VALUE),
    Case("round2/modbus_device.py", "", "modbus://{}/3?hr=12:uint32&nodata=0xFFFFFFFF&metric=x.y", NO_VALUE),
    Case("round2/modbus_device.py", "", "modbus://{}/3?hr=14:int32&nodata=0x80000000&metric=x.y", NO_VALUE),
    Case(
        "round2/modbus_device.py", "", "modbus://{}/3?hr=20&metric=x.y", words("modbus.up", False, "unit 1", "unit 3")
    ),
    Case("round2/modbus_device.py", "", "modbus://{}/3?hr=30&metric=x.y", values(x__y=215)),
)
SESSIONS = (
    Case("round2/opcua_limit.py", "0", "opc.tcp://{}", words("opcua.up", None, "no session")),
    Case("round2/opcua_limit.py", "1", "opc.tcp://{}", values(opcua__up=True)),
)
CASES = (*HTTP, *NAMES, *MAIL, *CERTIFICATES, *REGISTERS, *SESSIONS)


async def listening(port: int, server: subprocess.Popen[bytes], *, datagrams: bool) -> None:
    """Wait until a server of the samples has its port."""
    async with asyncio.timeout(STARTS):
        while True:
            assert server.poll() is None
            table = Path("/proc/net/udp" if datagrams else "/proc/net/tcp").read_text()
            state = "07" if datagrams else "0A"
            if re.search(rf":{port:04X} [0-9A-F]+:[0-9A-F]+ {state}", table):
                return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_probe_of_a_recorded_server_gives_what_is_expected(case: Case) -> None:
    port = free_port()
    order = [case.arguments, str(port)] if not case.server.startswith("round2/opcua") else [str(port), case.arguments]
    command = [sys.executable, str(FOLDER / case.server), *filter(None, order)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        await listening(port, server, datagrams=case.server == "dns_server.py")
        attempt = await collect_once(case.probe.format(f"127.0.0.1:{port}"), 10.0, {})
    finally:
        server.kill()
        server.wait()
    readings = {observation.metric: observation for observation in attempt.observations}
    assert case.holds(readings), readings


SITE = '[site]\nname = "楚雄州"\nregion = "532300"\ninventory = ["{}"]\n'


def checked(folder: Path, inventory: str, rules: str = "", language: str = "en") -> str:
    """What `check` prints of a site with an inventory of the samples."""
    shutil.copy(FOLDER / "round2" / inventory, folder)
    (folder / "watchfloor.toml").write_text(SITE.format(inventory) + rules, encoding="utf-8")
    return check.render(check.check(folder / "watchfloor.toml"), language)


def test_check_remarks_each_rule_that_can_never_be_true(tmp_path: Path) -> None:
    rules = (FOLDER / "round2" / "rules_never_true.toml").read_text(encoding="utf-8")
    printed = checked(tmp_path, "inventory_nbsp.csv", rules)
    for part in ("modbus.up", "swtich", "layer"):
        assert part in printed, printed


def test_full_width_signs_separate_and_what_is_no_place_is_told(tmp_path: Path) -> None:
    printed = checked(tmp_path, "inventory_fullwidth.csv")
    assets = load_inventory(load(tmp_path / "watchfloor.toml")).assets
    assert assets["c"].parents == ("a", "b")
    assert assets["c"].labels == {"ip": "10.0.0.3", "layer": "core"}
    assert assets["c"].probes == ("icmp://10.0.0.3", "tcp://10.0.0.3:22")
    assert "inventory_fullwidth.csv:6" in printed


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # pyogrio's, of the file
def test_a_layer_of_an_unknown_coordinate_system_is_told(tmp_path: Path) -> None:
    assert "坐标系" in checked(tmp_path, "inventory_unknown_crs.gpkg", language="zh-CN")


ELSEWHERE = {
    "syslog_lines.txt": "tests/collectors/network/test_syslog_field.py",
    "syslog_tcp_nul.py": "tests/collectors/network/test_syslog_field.py",
    "cap_allclear_update.xml": "tests/feeds/cap/test_colour.py",
    "any page that is no feed": "tests/collectors/emergency/test_cap_feed.py",
    "a gzip CAP document": "tests/collectors/emergency/test_cap_feed.py",
    "a 32-bit storage size": "tests/collectors/network/test_snmp_field.py",
    "snmp_agent_cases.py": "tests/collectors/network/test_snmp_field.py",
    "mqtt_cases.sh": "tests/collectors/network/test_values_field.py",
    "$share": "tests/collectors/network/test_values_field.py",
    "pg_replica.sh": "tests/peers/test_database_accounts.py",
    "mariadb_ed25519.sql": "tests/peers/test_database_accounts.py",
    "cloudevents_headers.sh": "tests/api/test_ingest_field.py",
    "grafana_nodata.py": "tests/api/test_ingest_field.py",
    "lldp_agent.py": "tests/collectors/network/test_lldp_field.py",
    "roster_import.py": "tests/api/test_people.py",
    "inventory_fullwidth.csv": "tests/e2e/test_field_cases.py",
    "rules_never_true.toml": "tests/e2e/test_field_cases.py",
}
"""Inputs that are no server for one probe, with the tests of their class."""


def test_every_recorded_input_has_a_test() -> None:
    rows = [
        match[1]
        for file in (FOLDER / "EXPECTED.md", FOLDER / "round2" / "EXPECTED.md")
        for match in re.finditer(r"^(?:\| |- )(.+)", file.read_text(encoding="utf-8"), re.MULTILINE)
        if not match[1].startswith(("input |", "---"))
    ]
    named = {case.server.rpartition("/")[2] for case in CASES} | set(ELSEWHERE)
    assert [row for row in rows if not any(row.startswith(name) for name in named)] == []
    assert [path for path in ELSEWHERE.values() if not (ROOT / path).is_file()] == []
