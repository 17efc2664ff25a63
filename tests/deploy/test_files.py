"""What lies in deploy/ is in order by itself: locks, licences, sample sites, secrets, units."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from watchfloor.settings.check import check

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
sys.path.insert(0, str(ROOT / "scripts"))
import licences  # noqa: E402
import locks  # noqa: E402

SITES = {"site", "compose/site"}


def test_every_shipped_package_and_script_is_listed_with_a_licence() -> None:
    listed = dict(re.findall(r"^\| (\S+) \| [^|]+ \| ([^|]+) \|", (DEPLOY / "LICENCES.md").read_text("utf-8"), re.M))
    shipped = {row[0] for row in licences.packages()} | {row[0] for row in licences.scripts()}
    assert shipped <= listed.keys(), "run `make licences`"
    assert all(listed[name].strip() for name in shipped)


def test_a_pin_is_taken_by_the_pythons_that_its_marker_names() -> None:
    old = locks.Pin(name="numpy", version="2.4", marker="python_full_version < '3.12'", hashes=())
    assert [old.needed_on(python, "aarch64") for python in ("3.11", "3.12", "3.13")] == [True, False, False]
    windows = locks.Pin(name="colorama", version="0.4", marker="sys_platform == 'win32'", hashes=())
    assert not windows.needed_on("3.11", "x86_64")
    # Debian 12 has Python 3.11.2: what an early patch release needs goes along.
    early = locks.Pin(name="async-timeout", version="5", marker="python_full_version < '3.11.3'", hashes=())
    assert early.needed_on("3.11", "x86_64")


@pytest.mark.parametrize("lock", ["requirements.lock", "deploy/requirements-pip.lock", "deploy/requirements-lint.lock"])
def test_a_lock_pins_everything_by_hash_and_names_no_registry(lock: str) -> None:
    assert all(pin.hashes for pin in locks.read(ROOT / lock))
    assert "://" not in (ROOT / lock).read_text("utf-8")


def test_the_version_stands_in_one_place() -> None:
    assert "version" in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for name in ("package.json", "package-lock.json"):
        package = json.loads((ROOT / name).read_text("utf-8"))
        assert "version" not in package
        assert "version" not in package.get("packages", {}).get("", {})


def test_the_sample_site_has_no_finding() -> None:
    assert check(DEPLOY / "site" / "watchfloor.toml") == []


def test_the_compose_site_reads_its_secrets_from_where_compose_lays_them(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    make = [sys.executable, str(DEPLOY / "compose" / "make_secrets.py"), "--to", str(secrets)]
    subprocess.run(make, check=True, capture_output=True)
    first = {path.name: path.read_text() for path in secrets.iterdir()}
    subprocess.run(make, check=True, capture_output=True)
    assert first == {path.name: path.read_text() for path in secrets.iterdir()}, "a second run changes no password"
    text = (DEPLOY / "compose" / "site" / "watchfloor.toml").read_text("utf-8")
    site = tmp_path / "watchfloor.toml"
    site.write_text(text.replace("file:/run/secrets/", f"file:{secrets}/"), "utf-8")
    (tmp_path / "assets.csv").write_bytes((DEPLOY / "compose" / "site" / "assets.csv").read_bytes())
    # The driver is a dependency of the site's choice of store, not of its settings.
    assert [finding for finding in check(site) if finding.error and finding.code != "driver"] == []
    named = set(re.findall(r'"file:/run/secrets/([\w-]+)"', text))
    compose = (DEPLOY / "compose.yaml").read_text("utf-8")
    assert named <= first.keys()
    assert set(re.findall(r"file: \./compose/secrets/([\w-]+)", compose)) == first.keys()


def test_the_sample_sites_differ_only_in_their_stores_and_server() -> None:
    single_host, compose = (
        tomllib.loads((DEPLOY / site / "watchfloor.toml").read_text("utf-8")) for site in sorted(SITES)
    )
    assert single_host["rule"] == compose["rule"]
    # The page is another machine to the container that asks for it.
    alone, spread = ((DEPLOY / site / "assets.csv").read_text("utf-8") for site in ("site", "compose/site"))
    assert spread == alone.replace("http://127.0.0.1:8050/", "http://web:8050/")


def test_the_units_differ_only_in_what_they_start() -> None:
    def lines(name: str) -> list[str]:
        text = (DEPLOY / "systemd" / name).read_text("utf-8")
        return [line for line in text.splitlines() if not line.startswith(("#", "ExecStart=", "Description="))]

    role = lines("watchfloor-role@.service")
    role.remove("WatchdogSec=120")  # the roles of a whole site are watched by its supervisor
    assert lines("watchfloor.service") == role
    # What takes messages from a network of its own pings nothing, and reads its settings once.
    whole_site, relay = set(lines("watchfloor.service")), set(lines("watchfloor-relay.service"))
    changed = {"CapabilityBoundingSet=", "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX"}
    assert relay - whole_site == changed | {"After=network-online.target"}
    names = {line.partition("=")[0] for line in relay - whole_site}
    assert {line.partition("=")[0] for line in whole_site - relay} == names | {"ExecReload", "AmbientCapabilities"}


def test_every_role_has_a_container() -> None:
    from feeds.roles import NAMES

    compose = (DEPLOY / "compose.yaml").read_text("utf-8")
    assert set(re.findall(r'command: \["role", "(\w+)"', compose)) == set(NAMES)
