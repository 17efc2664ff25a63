"""Device lists as people keep them: titles, merged cells, any order and language of the header, full-width signs."""

from __future__ import annotations

import pytest

from feeds.spreadsheets import read_sheets
from tests.watchfloor.imports.workbooks import inventory_of_fifty, workbook
from watchfloor.imports.columns import field_of
from watchfloor.imports.device import ImportedList
from watchfloor.imports.reading import devices_of
from watchfloor.imports.table import read_table


def read(raw: bytes) -> ImportedList:
    return read_table(read_sheets(raw), "list")


def csv(text: str, encoding: str = "utf-8") -> ImportedList:
    return read(text.encode(encoding))


def test_a_titled_workbook_with_merged_counties_gives_every_device_once() -> None:
    imported = read(inventory_of_fifty("10.9", 8443))
    assert len(imported.devices) == 50
    assert {device.region for device in imported.devices[5:10]} == {"禄丰市"}
    second = imported.devices[1]
    assert (second.name, second.addresses, second.ports) == ("政府办公室接入交换机", ("10.9.1.2",), (8443,))
    assert second.where.line == 5
    assert [finding.code for finding in imported.findings] == ["columns_ignored"]
    assert imported.findings[0].value == "备注"


@pytest.mark.parametrize(
    ("cell", "field"),
    [
        ("ＩＰ 地址（内网）", "address"),
        ("服务器管理IP地址", "address"),
        ("设备名称*", "name"),
        ("所属县（市）", "region"),
        ("Host Name", "name"),
        ("IP Address", "address"),
        ("使用单位", "owner"),
        ("端口号", "port"),
        ("团体字", "secret"),
        ("保修期", ""),
    ],
)
def test_a_header_word_is_known_by_its_meaning(cell: str, field: str) -> None:
    assert field_of(cell) == field


def test_columns_stand_in_any_order_in_english_too() -> None:
    imported = csv("Location,IP,Department,Hostname\nRoom 2,10.1.1.1,Finance,core-sw\n")
    device = imported.devices[0]
    assert (device.name, device.addresses, device.owner) == ("core-sw", ("10.1.1.1",), "Finance")
    assert device.labels == {"place": "Room 2"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_is_read_in_each_encoding_and_with_each_separator(encoding: str, separator: str) -> None:
    lines = [["名称", "IP地址", "端口"], ["门户", "10.1.1.1", "443"]]
    imported = csv("\n".join(separator.join(line) for line in lines), encoding)
    assert [(device.name, device.ports) for device in imported.devices] == [("门户", (443,))]


def test_several_addresses_ports_and_masks_are_taken_apart() -> None:
    device = csv("名称,IP地址,端口\n核心,10.1.1.1/24、10。1。1。2：8080,80；443\n").devices[0]
    assert device.addresses == ("10.1.1.1", "10.1.1.2")
    assert device.ports == (8080, 80, 443)


@pytest.mark.parametrize("address", ["10.1.1.300", "10.1.1", "10.1.1.1-20", "机房", "10.1.1.1:99999"])
def test_what_is_no_address_is_named(address: str) -> None:
    imported = csv(f"名称,IP地址\n甲,{address}\n")
    assert [(finding.code, finding.value, finding.where.line) for finding in imported.findings] == [
        ("address_form", address, 2)
    ]
    assert imported.devices[0].addresses == ()


def test_repeated_headers_headings_and_sums_are_no_devices() -> None:
    text = "名称,IP地址\n一、路由器,一、路由器\n甲,10.1.1.1\n名称,IP地址\n乙,10.1.1.2\n合计,2\n备注：略,\n"
    assert [device.name for device in csv(text).devices] == ["甲", "乙"]


def test_secrets_are_left_behind_and_named() -> None:
    imported = csv("名称,IP地址,团体字\n甲,10.1.1.1,s3cret\n")
    assert [finding.code for finding in imported.findings] == ["secret_column"]
    assert "s3cret" not in repr(imported)


def test_a_sheet_without_a_header_is_named() -> None:
    assert [finding.code for finding in read(workbook([["甲", "乙"], ["1", "2"]])).findings] == ["no_header"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old_excel"),
        (b"PK\x03\x04 not a zip", "broken"),
        (b"<html><table><tr><td>x</td></tr></table>", "form_unknown"),
        (b'{"devices": []}', "form_unknown"),
        (bytes(range(128, 255)) * 3, "encoding"),
        (b"<?xml version='1.0'?><zabbix_export><hosts>", "broken"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(raw: bytes, code: str) -> None:
    imported = devices_of(raw, "x")
    assert [(finding.code, finding.error) for finding in imported.findings] == [(code, True)]
    assert all(
        imported.findings[0].message[language] and imported.findings[0].mend[language] for language in ("zh-CN", "en")
    )
