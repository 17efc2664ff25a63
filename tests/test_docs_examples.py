"""Every example of settings and inventory in the documents is loaded as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from collectors.network.snmp import profile as snmp_profiles
from collectors.network.snmp import profile_readings
from watchfloor.settings.check import check_files
from watchfloor.settings.site_settings import read_text

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
SITE = '[site]\nname = "x"\nregion = "532300"\n'
ELSEWHERE = {"reference_file", "reference_env", "path_missing"}
"""Codes of findings about what an example names and does not show: files and variables."""
OTHER_FILES = {"[relay]": "relay.toml", "# profiles/": "a profile", "[facts]": "a profile"}
"""What begins an example of a file that is no site's settings; each has a test of its own."""
COLUMNS = "id,name,kind,region"


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.S | re.M)


def settings_examples() -> list[tuple[str, str]]:
    return [
        (f"{page.name}-{number}", block)
        for page in sorted(DOCS.glob("*.md"))
        for number, block in enumerate(blocks(page, "toml"), 1)
        if not any(mark in block for mark in OTHER_FILES)
    ]


def whole(block: str) -> str:
    """The example as a settings file: with a site, a source or the credentials around it where it shows a part."""
    if block.startswith("[source.table"):
        block = f'[[source]]\nid = "hall"\nkind = "approvals.rest"\nurl = "https://10.2.3.4/api"\n{block}'
    if block.startswith("[[source.rule]]"):
        block = f'[[source]]\nid = "log"\nkind = "network.syslog"\nurl = "udp://0.0.0.0:1514"\n{block}'
    return block if "[site]" in block else SITE + block


EXAMPLES = settings_examples()


@pytest.mark.parametrize(("name", "block"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_every_example_of_settings_loads(name: str, block: str, tmp_path: Path) -> None:
    findings = read_text(whole(block), tmp_path / "watchfloor.toml").findings
    assert [str(finding) for finding in findings if finding.error and finding.code not in ELSEWHERE] == []


def test_the_worked_site_has_no_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = DOCS / "worked-site.md"
    [settings], [rows] = blocks(page, "toml"), blocks(page, "csv")
    for name in re.findall(r'"env:(\w+)"', settings):
        monkeypatch.setenv(name, "a value")
    for name in re.findall(r'"file:([^"]+)"', settings):
        secret = tmp_path / name
        secret.parent.mkdir(exist_ok=True)
        secret.touch(mode=0o600)
        secret.write_text("a secret of its own\n", encoding="utf-8")
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    [pump] = [block for block in blocks(DOCS / "snmp.md", "toml") if block.startswith("# profiles/pump.toml")]
    (profiles / "pump.toml").write_text(pump, encoding="utf-8")
    (tmp_path / "assets.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "watchfloor.toml").write_text(settings, encoding="utf-8")
    try:
        assert [str(finding) for finding in check_files(tmp_path / "watchfloor.toml")] == []
    finally:
        snmp_profiles.use_site(tmp_path / "none")


def test_the_worked_site_has_every_kind_of_probe_that_a_row_may_name_and_its_own_words() -> None:
    text = (DOCS / "worked-site.md").read_text(encoding="utf-8")
    for word in ("snmp://", "opc.tcp://", "modbus://", "mqtt://", "sql+mysql://", "gb28181://", "onvif://", "$share/"):
        assert word in text


def test_every_reading_of_a_shipped_snmp_profile_is_documented() -> None:
    text = (DOCS / "snmp.md").read_text(encoding="utf-8")
    assert [metric for metric in sorted(profile_readings.types()) if f"`{metric}" not in text] == []
