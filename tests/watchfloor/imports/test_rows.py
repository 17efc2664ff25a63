"""Imported devices as rows: ids, kinds, regions, units, probes, duplicates, and what the inventory has already."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.settings import Credential
from feeds.findings import InFile
from feeds.model import Asset
from watchfloor.imports.device import ImportedDevice
from watchfloor.imports.rows import ImportedRows, ImportSite, rows_of

SITE = ImportSite(region="532300")
LINES = iter(range(2, 10_000))


def device(name: str, address: str = "", **fields: Any) -> ImportedDevice:
    addresses = (address,) if address else ()
    return ImportedDevice(where=InFile("list.xlsx", next(LINES)), name=name, addresses=addresses, **fields)


def codes(rows: ImportedRows) -> list[str]:
    return [finding.code for finding in rows.findings]


@pytest.mark.parametrize(
    ("name", "kind", "region", "owner"),
    [
        ("武定县公安局核心交换机", "switch", "532329", "武定县公安局"),
        ("楚雄州政府办公室防火墙", "firewall", "532300", "楚雄州政府办公室"),
        ("双柏出口路由器", "router", "532322", ""),
        ("州水务局水位站", "gauge", "532300", "州水务局"),
        ("大姚县金碧镇摄像头", "camera", "532326101", ""),
        ("XX业务服务器", "server", "532300", ""),
    ],
)
def test_kind_region_and_unit_are_guessed_from_the_name(name: str, kind: str, region: str, owner: str) -> None:
    (row,) = rows_of([device(name, "10.1.1.1")], SITE).rows
    assert (row["kind"], row["region"], row["owner"]) == (kind, region, owner)


def test_what_cannot_be_guessed_is_one_finding_that_names_the_devices() -> None:
    rows = rows_of([device(f"甲{number}", f"10.1.1.{number}") for number in range(1, 8)], SITE)
    by_code = {finding.code: finding for finding in rows.findings}
    assert set(by_code) == {"region_unknown", "kind_unknown", "owner_unknown"}
    assert "7 台" in by_code["kind_unknown"].message["zh-CN"]
    assert "甲5…" in by_code["kind_unknown"].message["zh-CN"]
    assert {(row["kind"], row["region"]) for row in rows.rows} == {("server", "532300")}


@pytest.mark.parametrize(
    ("fields", "probes"),
    [
        ({}, "icmp://10.1.1.1"),
        ({"ports": (22, 80)}, "tcp://10.1.1.1:22 tcp://10.1.1.1:80"),
        ({"ports": (8080,), "protocol": "HTTP"}, "http://10.1.1.1:8080"),
        ({"protocol": "https"}, "https://10.1.1.1:443"),
        ({"protocol": "ping+TCP", "ports": (22,)}, "icmp://10.1.1.1 tcp://10.1.1.1:22"),
        ({"protocol": "RTSP"}, "tcp://10.1.1.1:554"),
        ({"protocol": "SNMPv2c"}, "icmp://10.1.1.1"),
        ({"urls": ("http://oa.cn/",)}, "http://oa.cn/"),
    ],
)
def test_probes_fit_what_the_list_says(fields: dict[str, Any], probes: str) -> None:
    (row,) = rows_of([device("州财政局服务器", "10.1.1.1", **fields)], SITE).rows
    assert row["probes"] == probes


def test_snmp_needs_a_credential_and_says_so() -> None:
    speaking = [device("州财政局交换机", "10.1.1.1", snmp=True)]
    assert codes(rows_of(speaking, SITE)) == ["snmp_credential"]
    core = Credential(name="core", kind="snmpv2c", values={"community": "x"})
    rows = rows_of(speaking, ImportSite(region="532300", credentials={"core": core}, snmp="core"))
    assert rows.rows[0]["probes"] == "icmp://10.1.1.1 snmp://10.1.1.1?cred=core"
    assert rows.findings == ()


def test_a_device_that_stands_twice_is_named_with_its_first_place() -> None:
    first, second = device("州财政局交换机", "10.1.1.1"), device("州财政局汇聚", "10.1.1.1")
    rows = rows_of([first, second], SITE)
    assert len(rows.rows) == 1
    (finding,) = rows.findings
    assert (finding.code, finding.error, finding.value) == ("duplicate", True, "州财政局汇聚")
    assert f"list.xlsx:{first.where.line}" in finding.message["zh-CN"]


def test_two_services_of_one_address_have_ids_of_their_own() -> None:
    rows = rows_of(
        [device("州财政局门户", "10.1.1.1", ports=(80,)), device("州财政局OA系统", "10.1.1.1", ports=(8080,))], SITE
    )
    assert [row["id"] for row in rows.rows] == ["10.1.1.1", "10.1.1.1-8080"]
    assert codes(rows) == ["id_twice"]


def test_what_the_inventory_watches_already_is_counted_and_not_added() -> None:
    asset = Asset(id="C", name="州核心", kind="router", region="532300", probes=("icmp://10.1.1.1",))
    rows = rows_of([device("州核心", "10.1.1.1"), device("核心路由", "10.1.1.1", ports=(22,))], site_with(asset))
    assert rows.present == ("C",)
    assert [row["probes"] for row in rows.rows] == ["tcp://10.1.1.1:22"]


def site_with(asset: Asset) -> ImportSite:
    return ImportSite(region="532300", assets={asset.id: asset})


def test_uplinks_are_found_by_name_address_or_id_and_others_named() -> None:
    core = device("州中心路由器", "10.1.1.1", id="CORE")
    below = [
        device("州财政局交换机", "10.1.1.2", parents=("州中心路由器",)),
        device("州公安局交换机", "10.1.1.3", parents=("10.1.1.1", "没有的")),
    ]
    rows = rows_of([core, *below], SITE)
    assert [row["parents"] for row in rows.rows] == ["", "CORE", "CORE"]
    assert [(finding.code, finding.value) for finding in rows.findings if finding.code == "parent_unknown"] == [
        ("parent_unknown", "没有的")
    ]


def test_a_name_that_a_spreadsheet_takes_for_a_formula_loses_its_sign() -> None:
    (row,) = rows_of([device("=cmd|' /C calc'!A0", "10.1.1.1")], SITE).rows
    assert not row["name"].startswith("=")


def test_a_device_without_an_address_is_left_out_and_named() -> None:
    rows = rows_of([device("州财政局交换机")], SITE)
    assert rows.rows == ()
    assert [(finding.code, finding.error) for finding in rows.findings] == [("no_address", True)]


def test_a_row_that_the_inventory_would_refuse_is_left_out_with_its_words() -> None:
    rows = rows_of([device("州财政局门户", "10.1.1.1", probes=("tcp://10.1.1.1:0",))], SITE)
    assert rows.rows == ()
    assert codes(rows)[-1] == "refused" or "refused" in codes(rows)


def test_a_region_outside_the_site_is_named() -> None:
    rows = rows_of([device("昆明节点", "10.1.1.1", region="530102")], SITE)
    assert rows.rows[0]["region"] == "532300"
    assert "region_outside" in codes(rows)
