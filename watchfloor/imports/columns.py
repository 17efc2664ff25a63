"""Columns of people's device lists: which header word means which field, and which row is the header. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from feeds.spreadsheets import Sheet, SheetRow

WORDS: Mapping[str, tuple[str, ...]] = {
    "id": ("编号", "资产编号", "设备编号", "编码", "资产编码", "设备编码", "id", "assetid", "assettag", "deviceid"),
    "name": (
        *(
            "名称",
            "设备名称",
            "资产名称",
            "主机名",
            "主机名称",
            "设备名",
            "系统名称",
            "应用名称",
            "站点名称",
            "点位名称",
        ),
        *("name", "devicename", "hostname", "host", "assetname", "displayname"),
    ),
    "address": (
        *(
            "ip",
            "ip地址",
            "管理ip",
            "管理地址",
            "管理ip地址",
            "设备ip",
            "主机ip",
            "ipv4",
            "ipv4地址",
            "内网ip",
            "ip段",
            "网络地址",
        ),
        *("address", "ipaddress", "managementip", "mgmtip", "hostaddress"),
    ),
    "port": ("端口", "端口号", "服务端口", "监听端口", "port", "ports", "tcpport"),
    "url": ("网址", "url", "访问地址", "系统地址", "域名", "链接地址", "web地址", "website", "domain"),
    "protocol": (
        "协议",
        "监测方式",
        "监控方式",
        "探测方式",
        "监控协议",
        "采集方式",
        "protocol",
        "check",
        "probe",
        "monitor",
    ),
    "kind": (
        "类型",
        "设备类型",
        "资产类型",
        "类别",
        "设备类别",
        "资产类别",
        "种类",
        "分类",
        "type",
        "kind",
        "category",
        "devicetype",
    ),
    "region": (
        *(
            "区县",
            "县市",
            "县区",
            "市县",
            "所属县市",
            "所属区县",
            "行政区划",
            "区划代码",
            "行政区划代码",
            "所属区域",
            "区域",
            "地区",
        ),
        *("region", "county", "area", "district", "city"),
    ),
    "owner": (
        *(
            "单位",
            "部门",
            "使用单位",
            "使用部门",
            "所属单位",
            "所属部门",
            "归属单位",
            "责任单位",
            "管理单位",
            "单位名称",
            "建设单位",
        ),
        *("unit", "owner", "department", "organization", "organisation"),
    ),
    "place": (
        "位置",
        "安装位置",
        "机房",
        "所在机房",
        "存放地点",
        "安装地点",
        "地点",
        "地址",
        "location",
        "room",
        "place",
    ),
    "model": ("型号", "品牌型号", "设备型号", "品牌", "厂商", "厂家", "model", "brand", "vendor"),
    "lat": ("纬度", "lat", "latitude"),
    "lon": ("经度", "lon", "lng", "longitude"),
    "parents": ("上联", "上联设备", "上级设备", "上级", "上行设备", "parent", "parents", "uplink"),
    "importance": ("重要性", "重要程度", "重要级别", "importance", "priority"),
    "secret": ("团体字", "团体名", "读团体字", "snmp团体名", "community", "snmpcommunity", "密码", "口令", "password"),
    "number": ("序号", "no", "#", "seq"),
}
"""Header words by field, as `header_word` writes them. `secret` columns are never read, `number` ones need not be."""
_FIELDS = {word: field for field, words in WORDS.items() for word in words}
_ENDS = ("ip地址", "地址", "名称", "端口", "类型", "单位", "部门")
_BRACKETS = re.compile(r"[(\[【<].*?[)\]】>]")
_SIGNS = re.compile(r"[\s_\-*:：/、.。]+")
SEARCHED_ROWS = 40
LEAST = 2
"""Fields that a header names at least."""
LONGEST_WORD = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetColumns:
    """The header of a sheet: its line, the field of each known column by its index, and the words of the others."""

    line: int
    fields: Mapping[int, str]
    unknown: tuple[str, ...]
    secret: tuple[str, ...]


def header_word(cell: str) -> str:
    """A header cell without case, width, blanks, signs and remarks in brackets: "ＩＰ 地址（内网）*" is "ip地址"."""
    return _SIGNS.sub("", _BRACKETS.sub("", _folded(cell)))


def _folded(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).casefold()


def field_of(cell: str) -> str:
    """The field that a header cell names, "" for none. A longer word counts by its end: 服务器管理IP地址.

    Brackets hold a remark (内网), or a part of the word: 县（市）.
    """
    whole = re.sub(r"[()\[\]【】<>]", "", _SIGNS.sub("", _folded(cell)))
    word = header_word(cell)
    for form in (whole, word):
        if form in _FIELDS:
            return _FIELDS[form]
    if len(word) > LONGEST_WORD:
        return ""
    return next((_FIELDS[end] for end in _ENDS if word.endswith(end)), "")


def columns_of(sheet: Sheet) -> SheetColumns | None:
    """The header of a sheet: of the first rows the one that names most fields. None when none names two and a name
    or an address."""
    best: SheetColumns | None = None
    for row in sheet.rows[:SEARCHED_ROWS]:
        columns = _columns(row)
        names = set(columns.fields.values())
        most = len(set(best.fields.values())) if best is not None else LEAST - 1
        if len(names) > most and names & {"name", "address", "url"}:
            best = columns
    return best


def _columns(row: SheetRow) -> SheetColumns:
    fields: dict[int, str] = {}
    unknown, secret = [], []
    for index, cell in enumerate(row.cells):
        field = field_of(cell)
        if field == "secret":
            secret.append(cell)
        elif field == "place" and header_word(cell) == "地址" and "address" not in map(field_of, row.cells):
            fields[index] = "address"
        elif not field or (field in fields.values() and field not in ("address", "place", "model")):
            # Of several columns with one meaning the first counts; addresses, places and models add up.
            unknown += [cell] if cell and field != "number" else []
        elif field != "number":
            fields[index] = field
    return SheetColumns(line=row.line, fields=fields, unknown=tuple(dict.fromkeys(unknown)), secret=tuple(secret))


def is_header(row: Sequence[str], columns: SheetColumns) -> bool:
    """True for a row that repeats the header, as printed pages do, or that is its second line."""
    named = sum(field_of(row[index]) == field for index, field in columns.fields.items() if index < len(row))
    return named >= LEAST
