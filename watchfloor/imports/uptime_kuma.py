"""Monitors of an Uptime Kuma backup (JSON of 1.x) as devices. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from feeds.findings import Finding, InFile
from watchfloor.imports.addresses import addresses_of, shown_host, web_address
from watchfloor.imports.device import ImportedDevice, ImportedList
from watchfloor.imports.texts import remark

FORM = "uptime-kuma"
_ANY = ["200-299"]


def is_backup(raw: bytes) -> bool:
    """True when a file seems to be a backup of Uptime Kuma."""
    return raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"monitorList"' in raw


def read_backup(raw: bytes, file: str) -> ImportedList:
    """The monitors of a backup. Raises ValueError for a file that is broken."""
    document = json.loads(raw.decode("utf-8-sig"))
    monitors = document.get("monitorList") if isinstance(document, dict) else None
    if isinstance(monitors, dict):
        monitors = list(monitors.values())
    if not isinstance(monitors, list):
        raise ValueError("no monitorList")
    devices: list[ImportedDevice] = []
    findings: list[Finding[InFile]] = []
    groups = {monitor["id"]: _text(monitor, "name") for monitor in monitors if _is_group(monitor)}
    for number, monitor in enumerate(monitors, 1):
        if not isinstance(monitor, dict) or _is_group(monitor):
            continue
        where = InFile(file, 0, f"monitorList[{number}]")
        name = _text(monitor, "name")
        if monitor.get("active") in (False, 0):
            findings.append(remark("disabled", where, name))
            continue
        device, wrong = _device(monitor, name, where, groups)
        findings += wrong
        devices += [device] if device is not None else []
    return ImportedList(form=FORM, devices=tuple(devices), findings=tuple(findings))


def _is_group(monitor: Any) -> bool:
    return isinstance(monitor, dict) and monitor.get("type") == "group" and "id" in monitor


def _text(monitor: Mapping[str, Any], name: str) -> str:
    value = monitor.get(name)
    return "" if value is None or isinstance(value, list | dict) else str(value).strip()


def _device(
    monitor: Mapping[str, Any], name: str, where: InFile, groups: Mapping[Any, str]
) -> tuple[ImportedDevice | None, list[Finding[InFile]]]:
    kind = _text(monitor, "type")
    probe = _probe(kind, monitor)
    if not probe:
        return None, [remark("not_supported", where, name, error=True, what=kind)]
    findings = []
    if _text(monitor, "basic_auth_user") or _text(monitor, "authMethod"):
        findings.append(remark("credential_needed", where, name))
    hosts, _, _ = addresses_of(_text(monitor, "hostname"))
    tags = monitor.get("tags")
    labelled = [tag for tag in tags if isinstance(tag, dict)] if isinstance(tags, list) else []
    hints = [groups.get(monitor.get("parent"), ""), *(_text(tag, "value") or _text(tag, "name") for tag in labelled)]
    device = ImportedDevice(
        where=where,
        name=name,
        id=f"kuma-{_text(monitor, 'id')}" if _text(monitor, "id") else "",
        addresses=hosts,
        probes=(probe,),
        kind="service" if probe.startswith("http") else "",
        hints=tuple(filter(None, (*hints, _text(monitor, "description")))),
    )
    return device, findings


def _probe(kind: str, monitor: Mapping[str, Any]) -> str:
    """The probe of a monitor, "" for a type that nothing here checks."""
    hosts, _, _ = addresses_of(_text(monitor, "hostname"))
    host = shown_host(hosts[0]) if hosts else ""
    port = _text(monitor, "port")
    port = port if port.isdigit() and 0 < int(port) < 65536 else ""
    if kind in ("http", "keyword", "json-query"):
        return _web(kind, monitor)
    if kind == "ping" and host:
        return f"icmp://{host}"
    if kind == "port" and host and port:
        return f"tcp://{host}:{port}"
    if kind == "dns" and host:
        server, _, _ = addresses_of(_text(monitor, "dns_resolve_server"))
        record = _text(monitor, "dns_resolve_type") or "A"
        return f"dns://{shown_host(server[0])}/{hosts[0]}?type={quote(record)}" if server else ""
    if kind == "push":
        seconds = _text(monitor, "interval")
        return f"heartbeat:?every={seconds}s" if seconds.isdigit() and 0 < int(seconds) <= 31 * 86400 else ""
    return ""


def _web(kind: str, monitor: Mapping[str, Any]) -> str:
    url = web_address(_text(monitor, "url"))
    if not url:
        return ""
    parameters = []
    expected = _statuses(monitor.get("accepted_statuscodes"))
    if expected:
        parameters.append(f"expect={expected}")
    if kind == "keyword" and monitor.get("invertKeyword") in (None, False, 0):
        parameters.append(f"contains={quote(_text(monitor, 'keyword'))}")
    if kind == "json-query" and _text(monitor, "jsonPath"):
        path, value = _text(monitor, "jsonPath"), _text(monitor, "expectedValue")
        parameters += [f"json={quote(path)}", f"json_expect={quote(value)}"]
    if monitor.get("ignoreTls") in (True, 1):
        parameters.append("verify=no")
    return f"{url}?{'&'.join(parameters)}" if parameters else url


def _statuses(codes: Any) -> str:
    """Accepted statuses in the form of `expect=`: 2xx and 200; "" when they are the usual or cannot be told so."""
    if not isinstance(codes, Sequence) or isinstance(codes, str) or list(codes) == _ANY:
        return ""
    shown = []
    for code in map(str, codes):
        whole = code[0] if len(code) == 7 and code[1:] == f"00-{code[0]}99" else ""
        if not whole and not (code.isdigit() and len(code) == 3):
            return ""
        shown.append(f"{whole}xx" if whole else code)
    return ",".join(shown)
