"""What was applied last is what a role starts on while the files are broken, and nothing else is taken for it."""

from __future__ import annotations

import json
import os
import ssl
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from watchfloor.demo.site_files import shipped_text
from watchfloor.settings import applied
from watchfloor.settings.check import check
from watchfloor.settings.inventory import load_inventory
from watchfloor.settings.site_settings import SettingsError, load
from watchfloor.settings.start import settings_to_start

FILE = """\
[site]
name = "楚雄州"
region = "532300"
data = "{data}"
inventory = ["assets.csv"]
[credentials.core]
kind = "snmpv2c"
community = "{community}"
"""
ROWS = "id,name,kind,region\nx1,甲,router,532301\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "assets.csv").write_text(ROWS)
    (tmp_path / "watchfloor.toml").write_text(FILE.format(data="data", community="env:COMMUNITY"))
    return tmp_path / "watchfloor.toml"


@pytest.fixture(autouse=True)
def community(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMUNITY", "s3cret-community")
    monkeypatch.delenv(applied.DATA, raising=False)


def put(config: Path) -> None:
    applied.store(applied.capture(load(config)))


BROKEN = ("[site\n", "", '[site]\nname = 3\ndata = "elsewhere"\n', "\x00")


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_file_is_answered_with_what_was_applied_and_with_why(config: Path, text: str) -> None:
    put(config)
    (config.parent / "assets.csv").write_text("rubbish")
    config.write_text(text if "elsewhere" in text or not text else FILE.format(data="data", community="x") + text)
    start = settings_to_start(config)
    assert (start.settings.site.name, start.settings.path) == ("楚雄州", config)
    assert set(load_inventory(start.settings).assets) == {"x1"}
    assert start.settings.credentials["core"].values == {"community": "s3cret-community"}
    assert "watchfloor.toml" in start.fallback_reason["en"]
    assert "仍在使用" in start.fallback_reason["zh-CN"]


def test_a_file_that_is_gone_counts_as_broken_and_the_data_folder_is_told_by_the_environment(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text(FILE.format(data="far/away", community="env:COMMUNITY"))
    put(config)
    config.unlink()
    with pytest.raises(SettingsError):
        settings_to_start(config)
    monkeypatch.setenv(applied.DATA, str(config.parent / "far" / "away"))
    assert settings_to_start(config).settings.site.name == "楚雄州"


def test_a_first_start_with_a_broken_file_is_refused_with_the_finding(config: Path) -> None:
    config.write_text("[site")
    with pytest.raises(SettingsError, match=r"watchfloor\.toml:1"):
        settings_to_start(config)


def test_an_inventory_that_is_not_there_is_refused_at_a_first_start_and_stands_in_later(config: Path) -> None:
    rows = (config.parent / "assets.csv").read_bytes()
    (config.parent / "assets.csv").unlink()
    with pytest.raises(SettingsError, match=r"assets\.csv"):
        settings_to_start(config)
    (config.parent / "assets.csv").write_bytes(rows)
    put(config)
    (config.parent / "assets.csv").unlink()
    start = settings_to_start(config)
    assert set(load_inventory(start.settings).assets) == {"x1"}
    assert "assets.csv" in start.fallback_reason["en"]


def test_what_is_right_is_started_on_without_a_word(config: Path) -> None:
    put(config)
    config.write_text(FILE.format(data="data", community="env:COMMUNITY").replace("楚雄州", "武定县"))
    start = settings_to_start(config)
    assert (start.settings.site.name, start.fallback_reason) == ("武定县", {})


def test_only_the_owner_reads_it_and_references_stay_references(config: Path) -> None:
    put(config)
    run = config.parent / "data" / "run"
    files = [path for path in run.rglob("*") if path.is_file()]
    assert len(files) == 3
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "s3cret" not in path.read_text()
    (folder,) = run.glob("applied-*")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_newest_replaces_the_one_before_and_the_same_is_not_written_again(config: Path) -> None:
    put(config)
    run = config.parent / "data" / "run"
    (first,) = run.glob("applied-*")
    before = (run / applied.RECORD).stat().st_mtime_ns
    put(config)
    assert (run / applied.RECORD).stat().st_mtime_ns == before
    (config.parent / "assets.csv").write_text(ROWS.replace("甲", "乙"))
    put(config)
    (second,) = run.glob("applied-*")
    assert first != second
    config.write_text("[")
    assert load_inventory(settings_to_start(config).settings).assets["x1"].name == "乙"


@pytest.mark.parametrize("spoil", ["format", "settings", "folder", "nonsense", "content", "path"])
def test_a_copy_that_cannot_be_used_counts_as_none(config: Path, spoil: str) -> None:
    put(config)
    run = config.parent / "data" / "run"
    (folder,) = run.glob("applied-*")
    record = run / applied.RECORD
    if spoil == "content":
        (folder / "settings.toml").write_text(FILE.format(data="data", community="x") + "[later]\nkey = 1\n")
    elif spoil == "folder":
        os.rename(folder, run / "gone")
    else:
        words = {
            "format": ('"format": 1', '"format": 9'),
            "settings": (str(config), "/other.toml"),
            "path": (folder.name, "../../.."),
            "nonsense": ("{", "["),
        }[spoil]
        record.write_text(record.read_text().replace(*words))
    config.write_text("[site")
    with pytest.raises(SettingsError, match=r"watchfloor\.toml:1"):
        settings_to_start(config)


REFERRING = """\
[site]
name = "楚雄州"
region = "532300"
inventory = ["assets.csv"]
[web]
tls_cert = "site.crt"
tls_key = "site.key"
[credentials.core]
kind = "snmpv2c"
community = "file:community"
[[source]]
id = "logs"
kind = "network.syslog"
url = "tls://127.0.0.1:6514"
tls_cert = "site.crt"
tls_key = "site.key"
"""


@pytest.fixture
def referring(tmp_path: Path) -> Path:
    (tmp_path / "assets.csv").write_text(ROWS)
    (tmp_path / "community").write_text("s3cret-community\n")
    certificate = trustme.CA().issue_cert("127.0.0.1")
    (tmp_path / "site.crt").write_bytes(certificate.cert_chain_pems[0].bytes())
    (tmp_path / "site.key").write_bytes(certificate.private_key_pem.bytes())
    (tmp_path / "watchfloor.toml").write_text(REFERRING)
    return tmp_path / "watchfloor.toml"


def remove(path: Path) -> None:
    path.unlink()


def spoil(path: Path) -> None:
    path.write_bytes(b"\xff\x00 rubbish")


def make_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


HARMS = (remove, spoil, make_fifo, make_folder)


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("name", ["site.crt", "site.key", "community"])
def test_a_file_that_the_settings_refer_to_is_replaced_by_the_copy_of_what_was_applied(
    referring: Path, name: str, harm: Callable[[Path], None]
) -> None:
    put(referring)
    at = json.loads((referring.parent / "data" / "run" / applied.RECORD).read_bytes())["at"]
    harm(referring.parent / name)
    began = time.monotonic()
    start = settings_to_start(referring)
    assert time.monotonic() - began < 1
    web = start.settings.web
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(web.tls_cert, web.tls_key)
    assert start.settings.credentials["core"].values == {"community": "s3cret-community"}
    assert at in start.fallback_reason["en"]
    key = {"site.crt": "tls_cert", "site.key": "tls_", "community": "credentials.core.community"}[name]
    assert key in start.fallback_reason["en"]
    for path in (referring.parent / "data" / "run").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


CATALOGUES = """\
[approvals]
items = "items.csv"
departments = "departments.csv"
calendars = "calendars"
"""
CALENDAR = {
    "year": 2027,
    "papers": ["https://example.org"],
    "days": [{"date": "2027-01-01", "isOffDay": True, "name": "元旦"}],
}


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("name", ["items.csv", "departments.csv", "calendars/2027.json", "plans/hazchem.yaml"])
def test_catalogues_calendars_and_plans_are_replaced_by_the_copies_of_what_was_applied(
    config: Path, name: str, harm: Callable[[Path], None]
) -> None:
    site = config.parent
    for folder in ("calendars", "plans"):
        (site / folder).mkdir()
    (site / "items.csv").write_text("code,name\ni1,许可\n")
    (site / "departments.csv").write_text("code,name\nd1,住建局\n")
    (site / "calendars" / "2027.json").write_text(json.dumps(CALENDAR))
    (site / "plans" / "hazchem.yaml").write_text(shipped_text("plans/hazchem.yaml"))
    config.write_text(config.read_text() + CATALOGUES)
    put(config)
    applied_settings = load(config)
    harm(site / name)
    if "/" in name and harm is remove:  # one file of a folder may go: see the removal guard
        left = load(config)
        assert (left.incidents.plans, left.approvals.calendars).count(()) == 1
        return
    start = settings_to_start(config)
    assert start.fallback_reason["en"]
    assert start.settings.approvals == applied_settings.approvals
    assert [calendar.year for calendar in start.settings.approvals.calendars] == [2027]
    assert start.settings.incidents.plans == applied_settings.incidents.plans
    assert start.settings.approvals.assessor().catalogue.departments == {"d1": "住建局"}
    with pytest.raises(SettingsError):
        load(config)


def with_catalogues(config: Path) -> Path:
    """Settings with items, departments, a calendar and a plan, applied. Returns the folder of the copy."""
    site = config.parent
    for folder in ("calendars", "plans"):
        (site / folder).mkdir()
    (site / "items.csv").write_text("code,name\ni1,许可\n")
    (site / "departments.csv").write_text("code,name\nd1,住建局\n")
    (site / "calendars" / "2027.json").write_text(json.dumps(CALENDAR))
    (site / "calendars" / "2028.json").write_text(json.dumps(CALENDAR | {"year": 2028, "days": []}))
    (site / "plans" / "hazchem.yaml").write_text(shipped_text("plans/hazchem.yaml"))
    config.write_text(config.read_text() + CATALOGUES)
    put(config)
    (copy,) = (site / "data" / "run").glob("applied-*")
    return copy


def forget_folders(copy: Path) -> None:
    """Make a copy as a version made it that copied neither calendars nor plans."""
    names = json.loads((copy / "references.json").read_text())
    left = {path: name for path, name in names.items() if "/calendars" not in path and "/plans" not in path}
    (copy / "references.json").write_text(json.dumps(left))


@pytest.mark.parametrize("has_references", [True, False])
def test_a_copy_that_lacks_calendars_and_plans_starts_with_those_that_are_there_and_says_so(
    config: Path, has_references: bool
) -> None:
    copy = with_catalogues(config)
    applied_settings = load(config)
    forget_folders(copy)
    if has_references:
        (config.parent / "items.csv").unlink()
    else:
        (copy / "references.json").unlink()
    spoil(config.parent / "calendars" / "2028.json")
    start = settings_to_start(config)
    assert [calendar.year for calendar in start.settings.approvals.calendars] == [2027]
    assert start.settings.incidents.plans == applied_settings.incidents.plans
    assert "lacks calendars, plans" in start.fallback_reason["en"]
    assert "cannot be used: calendars/2028.json" in start.fallback_reason["en"]
    assert "不含 calendars, plans" in start.fallback_reason["zh-CN"]


def test_an_unusable_plan_that_the_copy_does_not_know_is_left_out(config: Path) -> None:
    forget_folders(with_catalogues(config))
    (config.parent / "plans" / "hazchem.yaml").write_text("plan: [")
    (config.parent / "calendars" / "2028.json").unlink()
    (config.parent / "items.csv").unlink()
    start = settings_to_start(config)
    assert start.settings.incidents.plans == ()
    assert "cannot be used: plans/hazchem.yaml" in start.fallback_reason["en"]


def test_folders_that_were_empty_when_the_settings_were_applied_are_not_called_lacking(config: Path) -> None:
    site = config.parent
    (site / "calendars").mkdir()
    config.write_text(config.read_text() + '[approvals]\ncalendars = "calendars"\n')
    put(config)
    (site / "calendars" / "2027.json").write_text(json.dumps(CALENDAR))
    config.write_text("[site")
    assert "lacks" not in settings_to_start(config).fallback_reason["en"]


def test_a_reference_that_was_renewed_is_read_where_it_is_while_other_files_are_broken(referring: Path) -> None:
    put(referring)
    (referring.parent / "community").write_text("renewed")
    referring.write_text("[site")
    assert settings_to_start(referring).settings.credentials["core"].values == {"community": "renewed"}


def test_a_renewed_reference_is_kept_as_applied(referring: Path) -> None:
    put(referring)
    (referring.parent / "community").write_text("renewed")
    put(referring)
    (referring.parent / "community").unlink()
    assert settings_to_start(referring).settings.credentials["core"].values == {"community": "renewed"}


@pytest.mark.parametrize("name", ["watchfloor.toml", "assets.csv"])
@pytest.mark.parametrize("harm", [make_fifo, make_folder])
def test_a_fifo_or_a_folder_in_place_of_a_file_is_refused_at_once(
    referring: Path, name: str, harm: Callable[[Path], None]
) -> None:
    put(referring)
    harm(referring.parent / name)
    began = time.monotonic()
    start = settings_to_start(referring)
    assert any(finding.error for finding in check(referring))
    assert time.monotonic() - began < 1
    assert set(load_inventory(start.settings).assets) == {"x1"}
    assert start.fallback_reason["en"]


@pytest.mark.parametrize("content", [b"", b"{", b'{"format": 1}', b'{"format": 1, "folder": 7}', b"[1]", None])
def test_a_damaged_record_counts_as_none_and_is_set_aside_when_settings_are_applied(
    config: Path, content: bytes | None
) -> None:
    put(config)
    record = config.parent / "data" / "run" / applied.RECORD
    text = config.read_text()
    record.unlink()
    os.mkfifo(record) if content is None else record.write_bytes(content)
    config.write_text("[site")
    with pytest.raises(SettingsError):
        settings_to_start(config)
    assert os.path.lexists(record)  # whoever only looks renames nothing
    config.write_text(text)
    put(config)
    assert len(list(record.parent.glob(f"{applied.RECORD}.damaged-*"))) == 1
    config.write_text("[site")
    assert settings_to_start(config).fallback_reason
