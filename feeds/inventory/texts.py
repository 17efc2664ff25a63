"""Texts of the inventory's findings: the error and its remedy for each code, in Chinese and English.

Each entry is (error zh, error en, remedy zh, remedy en). Texts are fixed templates; content of a file is only inserted
as an argument.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

TEXTS: dict[str, tuple[str, str, str, str]] = {
    "file_missing": (
        "找不到资产文件",
        "the inventory file does not exist",
        "核对 [site] inventory 中的文件名(相对于设置文件)",
        "check the name in [site] inventory (it is relative to the settings file)",
    ),
    "file_unreadable": (
        "资产文件无法读取:{detail}",
        "the inventory file cannot be read: {detail}",
        "让运行值守台的用户可以读取该文件",
        "let the user that runs Watchfloor read the file",
    ),
    "encoding_gb18030": (
        "文件不是 UTF-8,已按 gb18030 读取",
        "the file is not UTF-8; it was read as gb18030",
        "在表格软件中另存为“CSV UTF-8”",
        'save it as "CSV UTF-8" in the spreadsheet program',
    ),
    "encoding_unknown": (
        "文件既不是 UTF-8,也不是 gb18030",
        "the file is neither UTF-8 nor gb18030",
        "在表格软件中另存为“CSV UTF-8”",
        'save it as "CSV UTF-8" in the spreadsheet program',
    ),
    "separator_wrong": (
        "列之间似乎不是用逗号分隔的",
        "the columns do not seem to be separated by commas",
        "另存为逗号分隔的 CSV",
        "save it as CSV separated by commas",
    ),
    "header_missing": (
        "表头缺少列 {column}",
        "the header lacks the column {column}",
        "第一行写列名:{columns}",
        "name the columns in the first row: {columns}",
    ),
    "header_twice": ("列 {column} 出现两次", "the column {column} stands twice", "只保留一列", "keep one of them"),
    "column_unknown": (
        "不认识列“{value}”,未读取",
        'the column "{value}" is unknown and was not read',
        "{near}列名只能是:{columns}",
        "{near}the columns are: {columns}",
    ),
    "csv_broken": (
        "CSV 格式错误:{detail}",
        "this is not CSV: {detail}",
        "检查这一行的引号",
        "look at the quotes of this row",
    ),
    "cells_too_many": (
        "这一行的格数多于表头",
        "the row has more cells than the header",
        "含有逗号的内容要加双引号",
        "put double quotes around a value that contains a comma",
    ),
    "empty": ("{column} 为空", "{column} is empty", "填写 {column}", "fill in {column}"),
    "id_form": (
        "编号含有空白或 ; / \\ ? # %,或超过 128 个字符",
        "the id contains white space or one of ; / \\ ? # %, or is longer than 128 characters",
        "换用字母、数字、汉字以及 . _ - :",
        "use letters, digits, and . _ - : only",
    ),
    "id_twice": (
        "编号与 {first} 重复",
        "the id is already used at {first}",
        "换一个编号,或删去其中一行",
        "give it another id, or delete one of the two rows",
    ),
    "region_form": (
        "不是行政区划代码",
        "this is not a region code",
        "写 GB/T 2260 的 6 位代码(或 9、12 位),例如 532301",
        "write the 6-digit code of GB/T 2260 (or 9 or 12 digits), such as 532301",
    ),
    "number_form": (
        "{column} 不是数字",
        "{column} is not a number",
        "写十进制数,例如 25.04399",
        "write a decimal number, such as 25.04399",
    ),
    "importance_form": (
        "importance 不是 0 到 100 的整数",
        "importance is not a whole number from 0 to 100",
        "写 0 到 100 的整数,或留空(0)",
        "write a whole number from 0 to 100, or leave it empty (0)",
    ),
    "amount_range": (
        "{column} 不是 0 到 10 亿之间的数",
        "{column} is not a number from 0 to 1,000,000,000",
        "写数量,不带单位",
        "write the amount without its unit",
    ),
    "day_form": ("{column} 不是日期", "{column} is not a day", "写成 2026-11-27", "write it as 2026-11-27"),
    "word_unknown": (
        "{column} 没有这个值",
        "{column} has no such value",
        "{near}可用:{words}",
        "{near}use one of: {words}",
    ),
    "crs_unknown": (
        "文件的坐标系无法识别,其中的坐标一概不用",
        "the coordinate system of the file is not known: none of its positions is used",
        "在 GIS 中为图层指定坐标系(如 EPSG:4490)后重新导出;GCJ-02 坐标须先纠偏",
        "assign the layer its coordinate system (such as EPSG:4490) and export it again; correct GCJ-02 first",
    ),
    "coordinate_half": (
        "只有经纬度之一:缺少 {column}",
        "only one of lat and lon is given: {column} is empty",
        "经度、纬度都写,或都留空",
        "give both lat and lon, or neither",
    ),
    "coordinate_range": (
        "{column} 超出 {low} 到 {high} 度",
        "{column} is outside {low} to {high} degrees",
        "写 EPSG:4326 的十进制度",
        "write decimal degrees of EPSG:4326",
    ),
    "coordinate_swapped": (
        "经度和纬度似乎写反了",
        "lat and lon seem to be swapped",
        "lat 写纬度 {lat},lon 写经度 {lon}",
        "write lat = {lat} and lon = {lon}",
    ),
    "coordinate_zero": (
        "坐标 0,0 视为没有坐标",
        "the coordinates 0,0 are taken for none",
        "写真实坐标,或把 lat、lon 都留空",
        "write the real coordinates, or leave lat and lon empty",
    ),
    "label_form": (
        "标签不是 名=值 的形式",
        "a label is not of the form name=value",
        "写成 layer=core;room=A2",
        "write it like layer=core;room=A2",
    ),
    "label_comma": (
        "这个标签的值里还有一个 名=值",
        "the value of this label holds another name=value",
        "多个标签用分号隔开，例如 layer=core;room=A2",
        "divide labels by semicolons, like layer=core;room=A2",
    ),
    "label_twice": ("标签“{name}”出现两次", 'the label "{name}" stands twice', "只保留一个", "keep one of them"),
    "parent_unknown": (
        "上级“{value}”不在资产中;该资产已保留,这个上级已去掉",
        'the parent "{value}" is not in the inventory; the asset is kept without it',
        "{near}改正编号,或补上这个上级",
        "{near}correct the id, or add the parent",
    ),
    "parent_refused": (
        "上级“{value}”所在的行 {first} 未被接受;该资产已保留,这个上级已去掉",
        'the row of the parent "{value}", {first}, was refused; the asset is kept without it',
        "先改正 {first}",
        "mend {first} first",
    ),
    "parent_cycle": (
        "上级成环:{cycle};这些资产已保留,环上的上级已去掉",
        "the parents run in a circle: {cycle}; the assets are kept without these parents",
        "从环上去掉一个上级",
        "take one parent out of the circle",
    ),
    "redundancy_alone": (
        "冗余组“{value}”只有一个成员，不起作用",
        'the redundancy group "{value}" has one member and protects nothing',
        "给互为备份的上级写同一个组名，或去掉它",
        "give the same group to the parents that stand in for one another, or take it out",
    ),
    "redundancy_unused": (
        "冗余组“{value}”有 {members} 个成员，但没有资产同时以其中两个为上级",
        'nothing has two of the {members} members of the redundancy group "{value}" as parents',
        "在受保护的资产的 parents 中写上这些成员",
        "list the members in parents of the asset that they protect",
    ),
    "redundancy_side": (
        "冗余组“{value}”写在了下级上：应写在互为备份的上级上",
        'the redundancy group "{value}" stands on the child: the parents that stand in for one another carry it',
        "把组名移到各上级的 redundancy_group",
        "move the group to redundancy_group of each parent",
    ),
    "probe_form": (
        "探测地址不是有效的 URI:{detail}",
        "the probe is not a URI: {detail}",
        "写成 tcp://10.0.0.1:443;URI 内的特殊字符用 % 编码",
        "write it like tcp://10.0.0.1:443; percent-encode what is special inside it",
    ),
    "probe_no_scheme": (
        "探测没有写明协议",
        "the probe does not say its protocol",
        "写成 icmp://10.0.0.1 或 tcp://10.0.0.1:443；探测之间以空格分开，探测内的空格写 %20",
        "write icmp://10.0.0.1 or tcp://10.0.0.1:443; blanks divide probes, a blank within one is %20",
    ),
    "probe_scheme": (
        "没有能探测“{scheme}”的采集器",
        'no collector probes "{scheme}"',
        "{near}可用:{schemes}",
        "{near}there are: {schemes}",
    ),
    "probe_rules": (
        "{value} 不符合该协议的要求",
        "{value} is not what its protocol wants",
        "改正后可用 watchfloor collect --once URI 试一次",
        "correct it, and try it with: watchfloor collect --once URI",
    ),
    "probe_twice": (
        "同一个探测地址写了两次,只保留一个",
        "the same probe stands twice; one is kept",
        "删去多余的一个",
        "delete one of them",
    ),
    "probe_secret": (
        "探测地址里写有密码或令牌,凡能看到该资产的人都能看到它",
        "the probe's address holds a secret, which everybody sees who sees the asset",
        "把它放进 [credentials.名称]，在地址里写 cred=名称",
        "put it into [credentials.NAME] and write cred=NAME in the address",
    ),
}


def nearest(word: str, candidates: Iterable[str]) -> str:
    """The candidate most similar to `word`, or ""."""
    options = {option.casefold(): option for option in candidates}
    close = difflib.get_close_matches(word.casefold(), list(options), n=1, cutoff=0.6)
    return options[close[0]] if close else ""


_ALSO_CALLED = {
    **dict.fromkeys(("ping", "ip"), "icmp"),
    **dict.fromkeys(("mysql", "mariadb", "sql+mariadb"), "sql+mysql"),
    **dict.fromkeys(("postgres", "pgsql", "sql+postgres"), "sql+postgresql"),
    **dict.fromkeys(("opcua", "opc", "opc.ua"), "opc.tcp"),
    **dict.fromkeys(("modbustcp", "modbus+tcp", "modbus.tcp"), "modbus"),
    **dict.fromkeys(("ssl", "cert", "certificate"), "tls"),
    **dict.fromkeys(("mail", "smtps"), "smtp"),
    **dict.fromkeys(("gb", "gbt28181", "gb-28181"), "gb28181"),
    **dict.fromkeys(("snmpv2c", "snmpv3", "snmp2c"), "snmp"),
}
"""Schemes by the words that people and other tools have for them."""


def nearest_scheme(word: str, schemes: Iterable[str]) -> str:
    """The scheme that a word most likely means, or ""."""
    options = tuple(schemes)
    meant = _ALSO_CALLED.get(word, "")
    return meant if meant in options else nearest(word, options)


def proposal(word: str) -> dict[str, str]:
    """The question that suggests a word, by language; "" for no word."""
    return {"zh-CN": f"是否应为“{word}”?" if word else "", "en": f'did you mean "{word}"? ' if word else ""}
