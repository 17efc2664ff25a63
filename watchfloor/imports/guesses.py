"""Kind, region and unit of a device from its words, and its probes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from maps.place_names import region_named
from watchfloor.imports.addresses import HOST_PORTS, shown_host, tcp_probes
from watchfloor.imports.device import ImportedDevice

KIND_WORDS: Mapping[str, tuple[str, ...]] = {
    "camera": ("摄像机", "摄像头", "球机", "枪机", "监控点", "camera", "ipc"),
    "nvr": ("录像机", "nvr", "dvr"),
    "firewall": ("防火墙", "firewall", "网闸", "ips", "waf", "vpn", "安全网关", "堡垒机"),
    "router": ("路由器", "路由", "router", "出口网关"),
    "switch": ("交换机", "switch", "汇聚", "接入层", "核心层"),
    "database": ("数据库", "资源库", "database", "oracle", "mysql", "postgres", "sqlserver", "redis", "mongodb"),
    "backup": ("备份", "backup"),
    "ups": ("ups", "不间断电源"),
    "sensor": ("传感器", "温湿度", "动环", "sensor"),
    "gauge": ("水位", "水文", "雨量", "gauge"),
    "pump": ("水泵", "泵站", "pump"),
    "link": ("专线", "链路", "光缆", "线路", "link"),
    "server": ("服务器", "主机", "虚拟机", "server", "linux", "windows", "esxi", "vmware", "存储"),
    "platform": ("平台", "platform"),
    "service": ("系统", "网站", "门户", "应用", "service", "website", "web", "http", "oa", "邮件", "邮箱", "app"),
    "site": ("节点", "站点", "机房", "基站", "site"),
}
"""Words of each kind. An earlier kind wins, so that 交换机管理系统 is a switch only by a column that says so."""
DEFAULT_KIND = "server"
_ASCII_WORD = re.compile(r"[a-z]+")
_UNIT = re.compile(
    r"[\u4e00-\u9fff]{1,14}?(?:委员会|管理局|分局|局|政府办公室|办公室|政府|法院|检察院|(?:服务|管理|信息|网络|指挥|数据|调度|监测)中心|"
    r"医院|学校|中学|小学|大学|派出所|司法所|管理站|公司|大队|支队|消防救援站|委)"
)
CHECKS: Mapping[str, str] = {
    "ping": "icmp",
    "icmp": "icmp",
    "tcp": "tcp",
    "端口": "tcp",
    "http": "http",
    "https": "https",
    "网页": "http",
    "web": "http",
    "snmp": "snmp",
    "rtsp": "rtsp",
}


def kind_of(device: ImportedDevice) -> str:
    """The kind that its column, else its name, else its hints say; "" when none does."""
    for text in (device.kind, device.name, *device.hints):
        if kind := _kind(text):
            return kind
    if device.urls:
        return "service"
    return ""


def _kind(text: str) -> str:
    folded = text.casefold()
    latin = set(_ASCII_WORD.findall(folded))
    for kind, words in KIND_WORDS.items():
        if folded == kind or any(word in latin if word.isascii() else word in folded for word in words):
            return kind
    return ""


def region_of(device: ImportedDevice, within: str) -> str:
    """The region inside the site's that the column, the unit, the name or a hint says; "" when none does."""
    for text in (device.region, device.owner, device.name, *device.hints):
        if text and (code := region_named(text, within)):
            return code
    return ""


def owner_of(device: ImportedDevice, units: Iterable[str] = ()) -> str:
    """The unit of its column; else a unit of the site that the name or a hint says; else the name's own beginning."""
    if device.owner:
        return device.owner
    texts = (device.name, *device.hints)
    named = max((unit for unit in units if any(unit in text for text in texts)), key=len, default="")
    if named:
        return named
    match = _UNIT.match(device.name)
    return match[0] if match else ""


def checks_of(device: ImportedDevice) -> tuple[str, ...]:
    """The schemes that its column of checks names, in their order."""
    words = re.split(r"[^a-z\u4e00-\u9fff]+", re.sub(r"v[123]c?\b", "", device.protocol.casefold()))
    return tuple(dict.fromkeys(CHECKS[word] for word in words if word in CHECKS))


def speaks_snmp(device: ImportedDevice) -> bool:
    """True when the list says that the device speaks SNMP."""
    return device.snmp or "snmp" in checks_of(device)


def probes_of(device: ImportedDevice, snmp: str = "") -> tuple[str, ...]:
    """The probes of a device. `snmp` is the name of a credential for those that speak SNMP, "" for none.

    Whole probes and web addresses are taken as they are; ports become tcp:// (http:// where the check says so); an
    address without any of them is pinged.
    """
    checks = checks_of(device)
    probes = [*device.probes, *device.urls]
    if not device.probes:
        probes += _by_ports(device, checks)
    if speaks_snmp(device) and snmp:
        probes += [f"snmp://{shown_host(host)}?cred={snmp}" for host in device.addresses]
    if "icmp" in checks or not probes or (speaks_snmp(device) and not device.ports and not device.urls):
        probes = [*(f"icmp://{shown_host(host)}" for host in device.addresses), *probes]
    return tuple(dict.fromkeys(probes))


def _by_ports(device: ImportedDevice, checks: Sequence[str]) -> list[str]:
    web = next((scheme for scheme in checks if scheme in HOST_PORTS), "")
    hosts = [shown_host(host) for host in device.addresses]
    if web and not device.urls:
        return [f"{web}://{host}:{port}" for host in hosts for port in device.ports or (HOST_PORTS[web],)]
    if "rtsp" in checks:
        return [f"tcp://{host}:{port}" for host in hosts for port in device.ports or (554,)]
    return list(tcp_probes(device.addresses, device.ports))
