"""The demo's site: what is shipped, what is written, and what of a person's changes is kept."""

import re
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.rules.rule import compile_rule
from collectors import registry
from feeds.inventory.csv_file import read_csv
from feeds.regions import covers
from watchfloor.demo import demo
from watchfloor.demo.control import DemoError
from watchfloor.demo.demo import default_folder, free_network, prepare
from watchfloor.demo.ports import is_free
from watchfloor.demo.site_files import shipped_text
from watchfloor.settings.check import check
from watchfloor.settings.inventory import load_inventory
from watchfloor.settings.reader import parse_duration
from watchfloor.settings.site_settings import load

FIELD = ("HYD1", "PWR1", "PWR2", "UPS2", "SWC1", "ENV1", "ENV2", "LNK1", "TLS1", "DNS1", "MTA1", "SQL1", "SQL2")
SERVICES = (*(f"JIN{number:02}" for number in range(1, 15)), "SIP1", "RA1")


pytestmark = pytest.mark.usefixtures("demo_networks")


@pytest.fixture
def held() -> Iterator[list[socket.socket]]:
    """Sockets that are closed at the end of the test."""
    sockets: list[socket.socket] = []
    yield sockets
    for server in sockets:
        server.close()


def hold(held: list[socket.socket], host: str) -> None:
    server = socket.socket()
    held.append(server)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((host, demo.DEVICE_PORT))
    server.listen()


def test_the_demo_is_a_site_without_findings(tmp_path: Path) -> None:
    assert check(prepare(tmp_path, 8123, 2.0)) == []


def test_every_node_of_the_plan_is_there_with_a_place_a_basis_and_a_probe_of_its_own(tmp_path: Path) -> None:
    assets = load_inventory(load(prepare(tmp_path))).assets
    recorders = [asset for asset in assets.values() if asset.kind == "nvr"]
    cameras = [asset for asset in assets.values() if asset.kind == "camera"]
    assert (len(recorders), len(cameras)) == (11, 23 + 10 * 2)
    assert len(assets) == 99 + len(FIELD) + len(SERVICES) + len(recorders) + len(cameras) + len(("UP1",))
    assert all(asset.labels["basis"] and asset.labels["layer"] and asset.probes for asset in assets.values())
    assert all(covers("532300", asset.region) for asset in assets.values())
    assert len({(asset.lat, asset.lon) for asset in assets.values()}) == len(assets)
    addresses = [probe for asset in assets.values() for probe in asset.probes]
    assert len(set(addresses)) == len(addresses)
    assert all("://127." in probe or probe.startswith(("heartbeat:", "gb28181:")) for probe in addresses)
    assert [key for key, asset in assets.items() if not asset.parents] == ["P"]
    assert "名称待客户提供" in assets["G28"].labels["basis"]


def test_without_codecs_the_demo_is_a_site_without_cameras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchfloor.demo.demo.importlib.util.find_spec", lambda name: None)
    file = prepare(tmp_path)
    assert not [asset for asset in load_inventory(load(file)).assets.values() if asset.kind in ("camera", "nvr")]
    findings = check(file)
    assert {finding.code for finding in findings} == {"never_true"}, "rules over cameras remain"
    assert not any(finding.error for finding in findings)


def test_the_demo_uses_every_scheme_that_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "_may_ping", lambda: True)
    assets = load_inventory(load(prepare(tmp_path))).assets
    assert set(FIELD) <= set(assets)
    used = {probe.partition(":")[0] for asset in assets.values() for probe in asset.probes}
    assert used == set(registry.known_schemes()) - {"mqtts"}, "mqtts is mqtt over TLS"


def test_where_nobody_may_ping_the_link_is_asked_by_tcp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "_may_ping", lambda: False)
    path = prepare(tmp_path)
    assert check(path) == []
    (probe,) = load_inventory(load(path)).assets["LNK1"].probes
    assert probe.startswith("tcp://127.")
    assert probe.endswith(".11.9:9530")


def test_placeholders_of_the_plan_keep_their_names(tmp_path: Path) -> None:
    assert load_inventory(load(prepare(tmp_path))).assets["G28"].name.startswith("进驻单位28")


def test_the_demo_serves_loopback_only_and_its_rules_compile(tmp_path: Path) -> None:
    settings = load(prepare(tmp_path, 8123))
    assert (settings.web.host, settings.web.port, settings.web.demo) == ("127.0.0.1", 8123, True)
    assert {compile_rule(rule).id for rule in settings.rules} >= {"link-down", "node-degraded", "source-silent"}


def test_port_zero_becomes_one_that_is_free(tmp_path: Path) -> None:
    port = load(prepare(tmp_path, 0)).web.port
    assert port > 0
    assert is_free("127.0.0.1", port)


def test_a_second_start_gives_the_same_files(tmp_path: Path) -> None:
    first = prepare(tmp_path, 8123).read_text(encoding="utf-8")
    assert prepare(tmp_path, 8123).read_text(encoding="utf-8") == first


def test_a_persons_changes_are_kept_while_port_and_network_follow(tmp_path: Path, held: list[socket.socket]) -> None:
    path = prepare(tmp_path, 8123)
    network = load_inventory(load(path)).assets["P"].probes[0].split(".")[1]
    with (tmp_path / "assets.csv").open("a", encoding="utf-8") as rows:
        rows.write("mine,我的服务,service,532300,,,,,,,,tcp://127.0.0.1:9\n")
    path.write_text(path.read_text(encoding="utf-8").replace('"4s"', '"6s"'), encoding="utf-8")
    hold(held, f"127.{network}.0.1")
    settings = load(prepare(tmp_path, 8456))
    assets = load_inventory(settings).assets
    assert assets["mine"].probes == ("tcp://127.0.0.1:9",)
    assert assets["P"].probes[0].split(".")[1] != network
    assert settings.web.port == 8456
    assert settings.rules[0].hold == 6.0
    assert assets["mine"] == load_inventory(load(prepare(tmp_path, 8456))).assets["mine"]


def test_a_real_site_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "watchfloor.toml").write_text("[site]\n", encoding="utf-8")
    with pytest.raises(DemoError, match="no demo"):
        prepare(tmp_path)
    assert (tmp_path / "watchfloor.toml").read_text(encoding="utf-8") == "[site]\n"


def test_a_taken_network_is_passed_over(held: list[socket.socket]) -> None:
    network = free_network()
    hold(held, f"127.{network}.0.1")
    assert free_network(network) != network


@pytest.mark.parametrize(("port", "speed"), [(65536, 1.0), (-1, 1.0), (8050, 0.0)])
def test_ports_and_speeds_that_cannot_be_are_refused(tmp_path: Path, port: int, speed: float) -> None:
    with pytest.raises(DemoError):
        prepare(tmp_path, port, speed)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_is_here_or_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WATCHFLOOR_DEMO", raising=False)
    assert default_folder() == tmp_path / ".watchfloor-demo"
    monkeypatch.setenv("WATCHFLOOR_DEMO", str(tmp_path / "other"))
    assert default_folder() == tmp_path / "other"


def test_the_shipped_settings_are_a_working_example(tmp_path: Path) -> None:
    tables = (demo.ASSETS, demo.FIELD, demo.SERVICES, demo.CAMERAS, demo.ITEMS, demo.DEPARTMENTS, demo.RESOURCES)
    for name in (demo.SETTINGS, *tables, demo.PLAN, demo.SCENARIOS):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(shipped_text(name), encoding="utf-8")
    assert check(tmp_path / demo.SETTINGS) == []
    assert read_csv(tmp_path / demo.ASSETS)[1] == []


def test_scenarios_name_what_is_there_in_order_and_mend_what_they_break(tmp_path: Path) -> None:
    settings = load(prepare(tmp_path))
    ids = {*load_inventory(settings).assets, *(source.id for source in settings.sources), "HYD1-flood"}
    scenarios = tomllib.loads(shipped_text(demo.SCENARIOS))
    assert {"uplink", "county", "source", "tour"} <= set(scenarios)
    for scenario in scenarios.values():
        assert set(scenario["title"]) == {"zh-CN", "en"}
        times = [parse_duration(step["at"]) for step in scenario["step"]]
        assert None not in times
        assert times == sorted(time for time in times if time is not None)
        broken: set[str] = set()
        for step in scenario["step"]:
            broken |= set(step.get("break", ()))
            broken -= set(step.get("mend", ()))
            assert broken <= ids
        assert broken == set()


def test_no_two_devices_of_the_demo_listen_at_one_address() -> None:
    listens: dict[str, str] = {}
    for file in sorted(Path(demo.__file__).with_name("site").glob("*.csv")):
        for line in file.read_text(encoding="utf-8").splitlines()[1:]:
            for address in set(re.findall(r"(?:rtsp|https?|tcp)://([\d.]+:\d+)", line)):
                assert listens.setdefault(address, line.partition(",")[0]) == line.partition(",")[0], address
