"""The profile files: every one can be read, means what it says, and finds its devices."""

from __future__ import annotations

import pytest

from collectors.contract import Measurement
from collectors.network.snmp import profile as snmp_profiles
from collectors.network.snmp.profile import BadProfile, Metric, parse
from collectors.network.snmp.rates import Counters
from collectors.network.snmp.readings import readings
from collectors.network.snmp.session import Raw
from collectors.network.snmp.tables import cell_of, text


def read(metric: Metric, *raw: Raw) -> list[Measurement]:
    cell = cell_of(metric)
    return list(readings(cell, dict(zip(cell.oids, raw, strict=True)), Counters(), 0.0))


@pytest.mark.parametrize("name", snmp_profiles.names())
def test_every_profile_can_be_read_in_both_languages(name: str) -> None:
    profile = snmp_profiles.load(name)
    assert set(profile.title) == {"zh-CN", "en"}
    assert all(column.oid for table in profile.tables for column in table.columns)


@pytest.mark.parametrize(
    ("sys_object_id", "metrics"),
    [
        ("1.3.6.1.4.1.2011.2.23.276", {"fan.state", "cpu.util", "mem.util", "if.in_bps"}),
        ("1.3.6.1.4.1.25506.1.578", {"env.temperature", "cpu.util", "if.in_bps"}),
        ("1.3.6.1.4.1.4881.1.1.10.1.41", {"mem.util", "cpu.util", "if.in_bps"}),
        ("1.3.6.1.4.1.9.1.516", {"power.state", "cpu.util", "if.in_bps"}),
        ("1.3.6.1.4.1.14331.1.4", {"firewall.sessions", "if.in_bps"}),
        ("1.3.6.1.4.1.99999", {"if.in_bps"}),
        ("", {"if.in_bps"}),
    ],
)
@pytest.mark.parametrize("name", ["auto", "switch"])
def test_a_device_gets_its_makers_readings(name: str, sys_object_id: str, metrics: set[str]) -> None:
    profile = snmp_profiles.for_device(name, sys_object_id)
    columns = {measurement.metric for measurement in profile.scalars} | {
        measurement.metric for table in profile.tables for measurement in table.columns
    }
    assert metrics <= columns


def test_a_longer_object_id_is_no_prefix_of_a_neighbour() -> None:
    assert snmp_profiles.for_device("auto", "1.3.6.1.4.1.99.1").tables == snmp_profiles.load("generic").tables


def test_a_table_of_the_same_id_replaces_what_was_extended() -> None:
    columns = {
        measurement.metric: measurement
        for table in snmp_profiles.load("ups-huawei").tables
        for measurement in table.columns
    }
    assert columns["ups.input_voltage"].scale == 0.1


@pytest.mark.parametrize(
    "wrong",
    [
        "no toml at all [",
        "title = {en='x'}\nsurprise = 1",
        "title = {en='x'}\n[[scalar]]\nmetric='a.b'\noid='1.3'\nkind='colour'",
        "title = {en='x'}\n[[scalar]]\nmetric='a.up'\noid='1.3'",
        "title = {en='x'}\n[[scalar]]\nmetric='a.b'\noid='iso.3'",
        "title = {en='x'}\n[[scalar]]\nmetric='a.b'\noid='1.3'\ncolour='red'",
        "title = {en='x'}\nextends = ['nosuch']",
    ],
)
def test_a_wrong_profile_names_its_file(wrong: str) -> None:
    with pytest.raises(BadProfile, match=r"profiles/mine\.toml"):
        parse("mine", wrong)


def test_readings_mean_what_the_device_said() -> None:
    assert read(Metric(metric="a.b", oid="1.0", scale=0.1), 5385)[0].value == 538.5
    assert read(Metric(metric="a.b", oid="1.0", unknown=(-1,)), -1) == []
    assert read(Metric(metric="a.b", oid="1.0", kind="number"), b"52 PERCENT")[0].value == 52
    assert read(Metric(metric="a.b", oid="1.0", kind="words", words={2: "normal"}), 2)[0].value == "normal"
    assert read(Metric(metric="a.b", oid="1.0", kind="words", words={2: "normal"}), 9)[0].value == "9"
    assert read(Metric(metric="a.b", oid="1.0", of="2.0"), 1, 4)[0].value == 25
    assert read(Metric(metric="a.b", oid="1.0", of="2.0"), 1, 0) == []
    assert read(Metric(metric="a.b", oid="1.0", rest="2.0"), 1, 3)[0].value == 25
    assert read(Metric(metric="a.b", oid="1.0"), b"text") == []
    assert read(Metric(metric="a.b", oid="1.0", kind="counter32"), -5) == []


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("楚雄".encode(), "楚雄"),
        ("楚雄".encode("gb18030"), "楚雄"),
        (b"a\x00b\r\n", "a b"),
        (b"x[1]", "x(1)"),
        (b"\xff" * 4, "����"[:4]),
        (b"y" * 500, "y" * 96),
        (None, ""),
        ("1.3.6", "1.3.6"),
    ],
)
def test_names_are_fit_to_be_shown(raw: Raw, shown: str) -> None:
    assert text(raw) == shown
