"""The record that is kept of each camera (一机一档): its fields, where they are, and what is missing. Pure.

Columns vary by province; these are the ones that national acceptance asks for. Passwords are no field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

Record = Mapping[str, Any]
OUT_OF_USE = frozenset(("停用", "拆除"))
"""Words of the field `status` with which a camera is in no figure."""
PERSONAL = ("contact", "phone")
"""Fields about a person: blank for those who may not see personal data."""
_GB = "gb28181://"
_DIRECTIONS = frozenset(("东", "南", "西", "北", "东南", "东北", "西南", "西北", "全向"))
_DATE = re.compile(r"(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})")
_MAC = re.compile(r"([0-9A-Fa-f]{2}[:-]?){5}[0-9A-Fa-f]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveField:
    """One field. `zh` is its column in a file, `also` are other names of it. `own`: it is a column of the inventory.

    All others are labels of the asset by the field's name. `valid` says whether a text that is not empty can be.
    """

    name: str
    zh: str
    en: str
    required: bool = False
    also: tuple[str, ...] = ()
    own: bool = False
    valid: Callable[[str], bool] = bool


def _between(low: float, high: float) -> Callable[[str], bool]:
    def valid(text: str) -> bool:
        try:
            return low <= float(text) <= high
        except ValueError:
            return False

    return valid


def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    try:
        return match is not None and date(*map(int, match.groups())).year > 1990
    except ValueError:
        return False


def _is_direction(text: str) -> bool:
    return text.removesuffix("向") in _DIRECTIONS or _between(0, 360)(text.removesuffix("°"))


def _matching(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


FIELDS = (
    ArchiveField(name="code", zh="设备编码", en="Device id", required=True, own=True, valid=_matching(r"\d{20}")),
    ArchiveField(name="name", zh="设备名称", en="Name", required=True, also=("名称", "点位名称"), own=True),
    ArchiveField(
        name="region",
        zh="行政区划",
        en="Region",
        required=True,
        also=("行政区域",),
        own=True,
        valid=_matching(r"\d{6,9}"),
    ),
    ArchiveField(
        name="point_type",
        zh="点位类型",
        en="Class of point",
        required=True,
        also=("监控点位类型",),
        valid=_matching("[1239]|[一二三]类.*|[123]类.*|其他.*"),
    ),
    ArchiveField(name="maker", zh="设备厂商", en="Maker", required=True, also=("厂商",)),
    ArchiveField(name="model", zh="设备型号", en="Model", also=("型号",)),
    ArchiveField(name="camera_type", zh="摄像机类型", en="Type of camera", required=True),
    ArchiveField(name="functions", zh="摄像机功能类型", en="Functions", also=("功能类型",)),
    ArchiveField(name="light", zh="补光属性", en="Supplementary light", also=("补光",)),
    ArchiveField(name="encoding", zh="视频编码格式", en="Encoding", also=("编码格式",)),
    ArchiveField(name="resolution", zh="分辨率", en="Resolution"),
    ArchiveField(name="address", zh="安装地址", en="Address", required=True, also=("地址",)),
    ArchiveField(name="lon", zh="经度", en="Longitude", required=True, own=True, valid=_between(73, 136)),
    ArchiveField(name="lat", zh="纬度", en="Latitude", required=True, own=True, valid=_between(3, 54)),
    ArchiveField(
        name="indoor",
        zh="室内外",
        en="Indoors or outdoors",
        required=True,
        also=("安装位置",),
        valid=_matching("[12]|室内|室外"),
    ),
    ArchiveField(
        name="azimuth",
        zh="监控方位",
        en="Direction",
        required=True,
        also=("方位", "摄像机监控方位"),
        valid=_is_direction,
    ),
    ArchiveField(name="height", zh="安装高度", en="Height (m)", valid=_between(0, 300)),
    ArchiveField(name="pole", zh="杆号", en="Pole"),
    ArchiveField(name="view_angle", zh="水平视角", en="Horizontal angle (°)", valid=_between(1, 360)),
    ArchiveField(name="view_range", zh="可视距离", en="Range (m)", valid=_between(1, 20_000)),
    ArchiveField(name="connection", zh="联网属性", en="Connection"),
    ArchiveField(name="network", zh="接入网络", en="Network", required=True),
    ArchiveField(
        name="ip",
        zh="IP地址",
        en="IP address",
        required=True,
        also=("IPv4地址", "IP"),
        valid=_matching(r"[0-9A-Fa-f.:]{3,45}"),
    ),
    ArchiveField(
        name="mac", zh="MAC地址", en="MAC address", also=("MAC",), valid=lambda text: bool(_MAC.fullmatch(text))
    ),
    ArchiveField(name="channel", zh="通道号", en="Channel"),
    ArchiveField(name="owner", zh="管理单位", en="Unit", required=True, own=True),
    ArchiveField(name="contact", zh="管理单位联系人", en="Contact", required=True, also=("联系人",)),
    ArchiveField(
        name="phone",
        zh="管理单位联系电话",
        en="Telephone",
        required=True,
        also=("联系电话", "联系方式", "电话"),
        valid=_matching(r"[+0-9 ()*、,，-]{5,40}"),
    ),
    ArchiveField(name="builder", zh="承建单位", en="Builder"),
    ArchiveField(name="maintainer", zh="维护单位", en="Maintained by"),
    ArchiveField(name="installed", zh="安装时间", en="Installed", required=True, valid=_is_date),
    ArchiveField(name="in_use", zh="启用时间", en="In use since", also=("投入使用时间",), valid=_is_date),
    ArchiveField(
        name="record_days",
        zh="录像保存天数",
        en="Days recorded",
        required=True,
        also=("录像保存时间",),
        valid=_between(1, 3650),
    ),
    ArchiveField(
        name="status",
        zh="设备状态",
        en="State",
        required=True,
        also=("使用状态",),
        valid=_matching("在用|停用|拆除|维修|[1-4]"),
    ),
    ArchiveField(name="common_name", zh="俗称", en="Common name"),
    ArchiveField(name="police", zh="辖区公安机关", en="Police"),
    ArchiveField(name="industry", zh="所属部门/行业", en="Department", also=("所属部门", "行业")),
)
BY_NAME: Mapping[str, ArchiveField] = {field.name: field for field in FIELDS}


def value_of(asset: Record, field: ArchiveField) -> str:
    """The text that the inventory has for a field, "" for none."""
    if field.name == "code":
        return next((probe[len(_GB) :].partition("?")[0] for probe in asset["probes"] if probe.startswith(_GB)), "")
    if field.own:
        value = asset[field.name]
        return "" if value is None else str(value)
    labels = asset["labels"] or {}
    return str(labels.get(field.name) or (_host(asset) if field.name == "ip" else ""))


def _host(asset: Record) -> str:
    """The host of the camera's own stream or of its ONVIF service."""
    for probe in asset["probes"]:
        scheme, _, rest = probe.partition("://")
        if scheme in ("rtsp", "onvif"):
            return str(re.split("[:/?]", rest.rpartition("@")[2] if "@" in rest else rest, maxsplit=1)[0])
    return ""


def faults_of(asset: Record) -> dict[str, str]:
    """The fields that keep a record from being complete: "missing", or "invalid" for a value that cannot be."""
    faults = {}
    for field in FIELDS:
        value = value_of(asset, field)
        if field.required and not value:
            faults[field.name] = "missing"
        elif value and not field.valid(value):
            faults[field.name] = "invalid"
    return faults


def is_in_use(labels: Mapping[str, str] | None) -> bool:
    """False for a camera that is out of use or taken away: it is in no figure."""
    return (labels or {}).get("status", "") not in OUT_OF_USE
