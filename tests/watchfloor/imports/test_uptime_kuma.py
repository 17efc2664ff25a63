"""Backups of Uptime Kuma: each type of monitor has a probe that asks the same, or is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collectors import registry
from watchfloor.imports.device import ImportedList
from watchfloor.imports.reading import devices_of


def backup(*monitors: dict[str, Any]) -> ImportedList:
    document = {"version": "1.23.13", "notificationList": [], "monitorList": list(monitors)}
    return devices_of(json.dumps(document).encode(), "backup.json")


@pytest.mark.parametrize(
    ("monitor", "probe"),
    [
        (
            {"type": "http", "url": "https://oa.cxz.gov.cn/", "accepted_statuscodes": ["200-299"]},
            "https://oa.cxz.gov.cn/",
        ),
        (
            {"type": "http", "url": "http://10.1.1.1:8080/a b", "accepted_statuscodes": ["200", "300-399"]},
            "http://10.1.1.1:8080/a%20b?expect=200,3xx",
        ),
        (
            {"type": "keyword", "url": "http://10.1.1.1", "keyword": "楚雄", "ignoreTls": True},
            "http://10.1.1.1?contains=%E6%A5%9A%E9%9B%84&verify=no",
        ),
        ({"type": "ping", "hostname": "10.1.1.1"}, "icmp://10.1.1.1"),
        ({"type": "port", "hostname": "10.1.1.1", "port": 1521}, "tcp://10.1.1.1:1521"),
        (
            {"type": "dns", "hostname": "oa.cxz.gov.cn", "dns_resolve_server": "10.1.1.53", "dns_resolve_type": "A"},
            "dns://10.1.1.53/oa.cxz.gov.cn?type=A",
        ),
        ({"type": "push", "interval": 60}, "heartbeat:?every=60s"),
    ],
)
def test_a_monitor_has_a_probe_that_its_collector_accepts(monitor: dict[str, Any], probe: str) -> None:
    read = backup({"id": 7, "name": "甲", "active": True} | monitor)
    assert [(device.id, device.probes) for device in read.devices] == [("kuma-7", (probe,))]
    registry.target_of(probe)
    assert read.findings == ()


def test_what_has_no_probe_is_named_with_its_type() -> None:
    read = backup({"id": 1, "name": "容器", "type": "docker", "active": 1})
    assert read.devices == ()
    assert [(finding.code, finding.value, finding.error) for finding in read.findings] == [
        ("not_supported", "容器", True)
    ]
    assert "docker" in read.findings[0].message["en"]


def test_groups_are_hints_and_paused_monitors_are_left_out() -> None:
    read = backup(
        {"id": 1, "name": "武定县", "type": "group", "active": 1},
        {"id": 2, "name": "网关", "type": "ping", "hostname": "10.1.1.1", "parent": 1, "active": 1},
        {"id": 3, "name": "旧的", "type": "ping", "hostname": "10.1.1.2", "active": 0},
    )
    assert [(device.name, device.hints) for device in read.devices] == [("网关", ("武定县",))]
    assert [finding.code for finding in read.findings] == ["disabled"]


def test_passwords_are_not_taken_over() -> None:
    read = backup(
        {
            "id": 1,
            "name": "甲",
            "type": "http",
            "url": "http://10.1.1.1",
            "basic_auth_user": "u",
            "basic_auth_pass": "s3cret",
        }
    )
    assert [finding.code for finding in read.findings] == ["credential_needed"]
    assert "s3cret" not in repr(read)
