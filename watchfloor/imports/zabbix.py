"""Hosts of a Zabbix export (XML, YAML or JSON of 5.0 to 7.x) as devices. Pure.

Interfaces become addresses, simple checks (`icmpping`, `net.tcp.service[…]`) and web scenarios become probes. Agent
items, SNMP items, triggers and macros are counted and not taken over.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from lxml import etree

from feeds.findings import Finding, InFile
from watchfloor.imports.addresses import addresses_of, shown_host, web_address
from watchfloor.imports.device import ImportedDevice, ImportedList
from watchfloor.imports.texts import remark

FORM = "zabbix"
_KEY = re.compile(r"([\w.]+)(?:\[(.*)\])?")
_SERVICES = {
    "http": 80,
    "https": 443,
    "ssh": 22,
    "ftp": 21,
    "smtp": 25,
    "imap": 143,
    "pop": 110,
    "ldap": 389,
    "telnet": 23,
}
_SNMP = ("SNMP", "SNMP_AGENT", "2")
_DISABLED = ("DISABLED", "1")
_PLAIN_LISTS = ("hosts", "groups", "templates", "interfaces", "items", "httptests", "steps", "tags")


def is_export(raw: bytes) -> bool:
    """True when the beginning of a file is that of a Zabbix export."""
    return b"zabbix_export" in raw[:400]


def read_export(raw: bytes, file: str) -> ImportedList:
    """The hosts of an export. Raises ValueError for a file that is broken."""
    export = _document(raw).get("zabbix_export")
    if not isinstance(export, Mapping):
        raise ValueError("no zabbix_export")
    devices: list[ImportedDevice] = []
    findings: list[Finding[InFile]] = []
    ignored: Counter[str] = Counter()
    for number, host in enumerate(_items(export, "hosts"), 1):
        where = InFile(file, 0, f"hosts[{number}]")
        name = _text(host, "name") or _text(host, "host")
        if _text(host, "status") in _DISABLED:
            findings.append(remark("disabled", where, name))
            continue
        devices.append(_device(host, name, where, ignored))
    if ignored:
        listed = "、".join(f"{kind} {count}" for kind, count in ignored.most_common(8))
        findings.append(remark("items_ignored", InFile(file), listed))
    return ImportedList(form=FORM, devices=tuple(devices), findings=tuple(findings))


def _document(raw: bytes) -> Mapping[str, Any]:
    """The export as mappings and lists, whichever form it has. Raises ValueError."""
    text = raw.lstrip(b"\xef\xbb\xbf \t\r\n")
    try:
        if text.startswith(b"<"):
            root = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
            return {etree.QName(root).localname: _plain(root)}
        document = json.loads(text) if text.startswith(b"{") else yaml.safe_load(raw)
    except (etree.XMLSyntaxError, yaml.YAMLError) as error:
        raise ValueError(str(error)) from error
    return document if isinstance(document, Mapping) else {}


def _plain(element: Any) -> Any:
    """An element of the XML form as the JSON form writes it: lists of equal children are lists."""
    children = [child for child in element if isinstance(child.tag, str)]
    if not children:
        return element.text or ""
    if etree.QName(element).localname in _PLAIN_LISTS:
        return [_plain(child) for child in children]
    return {etree.QName(child).localname: _plain(child) for child in children}


def _items(mapping: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    items = mapping.get(name)
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def _text(mapping: Mapping[str, Any], name: str) -> str:
    value = mapping.get(name)
    return "" if value is None or isinstance(value, list | Mapping) else str(value).strip()


def _device(host: Mapping[str, Any], name: str, where: InFile, ignored: Counter[str]) -> ImportedDevice:
    interfaces = _items(host, "interfaces")
    hosts = tuple(dict.fromkeys(address for interface in interfaces for address in _address(interface)))
    inventory = host.get("inventory")
    facts = inventory if isinstance(inventory, Mapping) else {}
    templates = [_text(template, "name") for template in _items(host, "templates")]
    groups = [_text(group, "name") for group in _items(host, "groups")]
    urls = tuple(_web(host))
    probes = tuple(dict.fromkeys((*_checks(host, hosts, ignored), *urls)))
    tags = {_text(tag, "tag"): _text(tag, "value") for tag in _items(host, "tags")}
    return ImportedDevice(
        where=where,
        name=name,
        id=_text(host, "host"),
        addresses=hosts,
        probes=probes,
        owner="",
        lat=_text(facts, "location_lat"),
        lon=_text(facts, "location_lon"),
        snmp=any(_text(interface, "type") in _SNMP for interface in interfaces),
        labels={key: value for key, value in tags.items() if key and not re.search(r"[;=]", key + value)},
        hints=tuple(filter(None, (*templates, *groups, _text(facts, "type"), _text(facts, "location")))),
    )


def _address(interface: Mapping[str, Any]) -> tuple[str, ...]:
    by_ip = _text(interface, "useip") not in ("NO", "0")
    texts = ("ip", "dns") if by_ip else ("dns", "ip")
    for name in texts:
        hosts, _, _ = addresses_of(_text(interface, name))
        if hosts:
            return hosts
    return ()


def _web(host: Mapping[str, Any]) -> Iterator[str]:
    for scenario in _items(host, "httptests"):
        for step in _items(scenario, "steps")[:1]:
            if url := web_address(_text(step, "url")):
                yield url


def _checks(host: Mapping[str, Any], hosts: Sequence[str], ignored: Counter[str]) -> Iterator[str]:
    for item in _items(host, "items"):
        match = _KEY.match(_text(item, "key"))
        name = match[1] if match else ""
        arguments = [part.strip(' "') for part in (match[2] or "").split(",")] if match else []
        if name.startswith("icmpping"):
            yield from (f"icmp://{shown_host(address)}" for address in addresses_of(arguments[0])[0] or hosts)
        elif name.startswith(("net.tcp.service", "net.tcp.port")) and (probe := _tcp(name, arguments, hosts)):
            yield probe
        else:
            ignored[_text(item, "type") or "ZABBIX_PASSIVE"] += 1


def _tcp(name: str, arguments: Sequence[str], hosts: Sequence[str]) -> str:
    """The probe of `net.tcp.service[service,<ip>,<port>]` or `net.tcp.port[<ip>,port]`, "" when it cannot be read."""
    if name.startswith("net.tcp.port"):
        service, address, port = "tcp", (*arguments, "")[0], (*arguments, "", "")[1]
    else:
        service, address, port = (*arguments, "", "", "")[:3]
    host = next(iter(addresses_of(address)[0] or hosts), "")
    number = int(port) if port.isascii() and port.isdigit() else _SERVICES.get(service, 0)
    if not host or not 0 < number < 65536:
        return ""
    scheme = service if service in ("http", "https") else "tcp"
    return f"{scheme}://{shown_host(host)}:{number}"
