"""Exports of Zabbix hosts: one set of hosts in the three forms, with the words of 5.0 and of 7.0."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from watchfloor.imports.device import ImportedList
from watchfloor.imports.reading import devices_of

HOSTS: list[dict[str, Any]] = [
    {
        "host": "core-sw-1",
        "name": "州中心核心交换机",
        "groups": [{"name": "网络设备"}],
        "templates": [{"name": "Cisco IOS SNMP"}],
        "interfaces": [{"type": "SNMP", "ip": "10.1.1.1", "port": "161", "interface_ref": "if1"}],
        "items": [
            {"name": "Ping", "type": "SIMPLE", "key": "icmpping"},
            {"name": "CPU", "type": "SNMP_AGENT", "key": "system.cpu"},
        ],
        "inventory": {"location_lat": "25.04", "location_lon": "101.54"},
    },
    {
        "host": "oa",
        "name": "OA系统",
        "groups": [{"name": "Linux servers"}],
        "interfaces": [{"useip": "NO", "dns": "oa.cxz.gov.cn", "ip": "127.0.0.1", "interface_ref": "if1"}],
        "items": [{"name": "SSH", "type": "SIMPLE", "key": "net.tcp.service[ssh,,2222]"}],
        "httptests": [{"name": "登录页", "steps": [{"name": "首页", "url": "https://oa.cxz.gov.cn/login?x=1"}]}],
    },
    {"host": "old", "name": "停用的", "status": "DISABLED", "interfaces": [{"ip": "10.1.1.9"}]},
]


def as_xml(version: str) -> bytes:
    def element(name: str, value: Any) -> str:
        if isinstance(value, list):
            inner = "".join(element(name.removesuffix("s"), item) for item in value)
        elif isinstance(value, dict):
            inner = "".join(element(key, item) for key, item in value.items())
        else:
            inner = str(value)
        return f"<{name}>{inner}</{name}>"

    body = f"<version>{version}</version>{element('hosts', HOSTS)}"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<zabbix_export>{body}</zabbix_export>'.encode()


def as_mapping(version: str) -> dict[str, Any]:
    return {"zabbix_export": {"version": version, "host_groups": [{"name": "网络设备"}], "hosts": HOSTS}}


FORMS = {
    "xml of 5.0": as_xml("5.0"),
    "xml of 7.0": as_xml("7.0"),
    "yaml of 6.0": yaml.safe_dump(as_mapping("6.0"), allow_unicode=True).encode(),
    "json of 7.0": json.dumps(as_mapping("7.0")).encode(),
}


@pytest.fixture(params=sorted(FORMS))
def export(request: pytest.FixtureRequest) -> ImportedList:
    return devices_of(FORMS[request.param], "zbx_export_hosts")


def test_hosts_are_read_alike_in_each_form(export: ImportedList) -> None:
    switch, oa = export.devices
    assert (switch.id, switch.name, switch.addresses, switch.snmp) == (
        "core-sw-1",
        "州中心核心交换机",
        ("10.1.1.1",),
        True,
    )
    assert switch.probes == ("icmp://10.1.1.1",)
    assert (switch.lat, switch.lon) == ("25.04", "101.54")
    assert oa.addresses == ("oa.cxz.gov.cn",)
    assert oa.probes == ("tcp://oa.cxz.gov.cn:2222", "https://oa.cxz.gov.cn/login")


def test_what_is_not_taken_over_is_said(export: ImportedList) -> None:
    assert [(finding.code, finding.value) for finding in export.findings] == [
        ("disabled", "停用的"),
        ("items_ignored", "SNMP_AGENT 1"),
    ]


def test_the_numbers_of_older_exports_mean_the_same() -> None:
    host = {"host": "a", "status": "0", "interfaces": [{"type": "2", "useip": "1", "ip": "10.1.1.2", "dns": "a.b"}]}
    disabled = {"host": "b", "status": "1", "interfaces": [{"ip": "10.1.1.3"}]}
    read = devices_of(json.dumps({"zabbix_export": {"version": "4.0", "hosts": [host, disabled]}}).encode(), "x")
    assert [(device.name, device.addresses, device.snmp) for device in read.devices] == [("a", ("10.1.1.2",), True)]
