"""The reference of all settings, from what the sections ask of a file and the titles that each setting has.

`watchfloor settings` prints it; docs/settings.md and docs/settings.zh-CN.md are what it printed, and a test compares.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from watchfloor.settings.findings import key_path
from watchfloor.settings.reader import LANGUAGES, Asked
from watchfloor.settings.site_settings import asked
from watchfloor.settings.titles import TABLES, TITLES

SAMPLE = """
[site]
name = "楚雄州"
region = "532300"
timezone = "Asia/Shanghai"
language = "zh-CN"
data = "data"
inventory = ["assets.csv"]
removal_guard = 10
[redis]
url = "redis+sentinel://:password@10.0.0.5:26379,10.0.0.6:26379/watchfloor"
[journal]
url = "postgresql+asyncpg://watchfloor:password@10.0.0.7:5432/watchfloor"
[history]
keep_raw = "30d"
keep_5m = "400d"
keep_1h = "5y"
[web]
host = "0.0.0.0"
port = 8050
tls_cert = "tls/site.crt"
tls_key = "tls/site.key"
allow_plain_http = false
trusted_proxies = ["127.0.0.1"]
session_hours = 12.0
idle_hours = 2.0
demo = false
[load]
mtta = "10m"
mttr = "4h"
[ingest]
resolve_timeout = "5m"
zabbix_timezone = "UTC"
[credentials.core-v2]
kind = "snmpv2c"
community = "env:COMMUNITY"
[credentials.core-v3]
kind = "snmpv3"
user = "watchfloor"
auth = "sha256"
auth_key = "file:secrets/auth"
priv = "aes128"
priv_key = "file:secrets/priv"
[credentials.database]
kind = "password"
user = "watchfloor"
password = "file:secrets/database"
ca = "file:tls/ca.pem"
"query.backlog" = "SELECT count(*) FROM cases"
[credentials.platform]
kind = "token"
token = "file:secrets/token"
[credentials.plant]
kind = "opcua"
user = "watchfloor"
password = "file:secrets/plant"
policy = "Basic256Sha256"
mode = "SignAndEncrypt"
certificate = "file:tls/client.pem"
key = "file:tls/client.key"
trust = "any"
[defaults.snmp]
interval = "10s"
timeout = "2s"
attempts = 3
retries = 2
concurrency = 200
[collect]
reference = ["icmp://10.0.0.1", "icmp://10.255.0.1"]
[[source]]
id = "cma"
kind = "emergency.cap"
url = "https://alerts.example.cn/atom.xml"
interval = "30s"
timeout = "10s"
heartbeat = "10m"
region = "532300"
mode = "strict"
profile = "cn-12379"
cred = "platform"
[[source]]
id = "log"
kind = "network.syslog"
url = "udp://0.0.0.0:1514"
region = "532300"
cred = "core-v3"
tls_cert = "tls/site.crt"
tls_key = "tls/site.key"
tls_ca = "tls/ca.pem"
level = "warning"
[[source.rule]]
id = "link"
raise = "Interface .* down"
clear = "Interface .* up"
key = "Interface (\\\\S+)"
level = "warning"
lasts = "1h"
severity = "minor"
title = {zh-CN = "接口断开", en = "interface down"}
[[rule]]
id = "link-down"
when = "health == 'down'"
over = "asset"
for = "10s"
recover_for = "10s"
severity = "critical"
title = {zh-CN = "链路中断", en = "link down"}
text = "查看上联光功率"
region = "532323"
[[receiver]]
id = "desk"
url = "file:secrets/desk-url"
severities = ["critical", "major"]
regions = ["532301"]
feeds = ["network"]
kinds = ["router"]
timeout = "5s"
language = "zh-CN"
rate = "20/min"
reserve = 5
to = "13800000000"
direct = true
[receiver.templates]
subject = {zh-CN = "{title}", en = "{title}"}
text = {zh-CN = "{title} {state}", en = "{title} {state}"}
[receiver.sms]
method = "POST"
encoding = "form"
success = "OK"
[receiver.sms.fields]
mobile = "{to}"
[receiver.sms.headers]
X-Key = "env:SMS_KEY"
[[escalation]]
id = "line"
severities = ["critical"]
regions = ["532301"]
feeds = ["network"]
kinds = ["router"]
[[escalation.step]]
after = "10m"
who = ["duty"]
channels = ["desk"]
repeat = "10m"
times = 3
[root_cause]
longest = "1m"
unprobed = "5s"
[outbox]
keep = "90d"
stalled_after = "10m"
[handover]
sign_within = "15m"
severity = "major"
"""
"""A file that says everything once: what it says is each setting's example."""

_ANY = {"credentials": "NAME", "defaults": "SCHEME"}
_WORDS = {
    "zh-CN": {
        "head": "# 设置一览\n\n由 `watchfloor settings --language zh-CN` 生成，请勿手改。说明与用法见"
        '[设置与清单](configuration.md)（英文）。\n时长写成 `"150ms"`、`"10s"`、`"2m"`、`"1h"`、`"1d"`；'
        '“密”表示可写引用 `"env:名"` 或 `"file:路径"`。\n',
        "columns": "| 设置 | 类型 | 默认 | 范围 | 示例 | 说明 |",
        "required": "必填",
        "none": "无",
        "to": "至",
        "text": "文字",
        "flag": "是否",
        "whole": "整数",
        "number": "数",
        "duration": "时长",
        "choice": "选一",
        "texts": "多项文字",
        "region": "区划代码",
        "id": "编号",
        "secret": "文字（密）",
        "path": "路径",
    },
    "en": {
        "head": "# Reference of all settings\n\nMade by `watchfloor settings`; do not edit it. What they are for: "
        '[settings and inventory](configuration.md).\nDurations are `"150ms"`, `"10s"`, `"2m"`, '
        '`"1h"`, `"1d"`; a secret may be a reference, `"env:NAME"` or `"file:path"`.\n',
        "columns": "| setting | type | default | bounds | example | |",
        "required": "required",
        "none": "none",
        "to": "to",
        "text": "text",
        "flag": "yes or no",
        "whole": "whole number",
        "number": "number",
        "duration": "duration",
        "choice": "one of",
        "texts": "texts",
        "region": "region code",
        "id": "id",
        "secret": "secret text",
        "path": "path",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One setting of the reference. `path` is its name without positions: "rule.for", "credentials.NAME.user"."""

    path: str
    kind: str
    default: Any
    bounds: tuple[str, ...]
    example: str
    title: dict[str, str]

    @property
    def table(self) -> str:
        return self.path.removesuffix('."query.NAME"') if self.path.endswith('"') else self.path.rpartition(".")[0]


def entries() -> list[Entry]:
    """Every setting that any section reads, in the order of the sections, each once."""
    found: dict[str, Entry] = {}
    for one in asked(SAMPLE):
        path = _path(one)
        if path not in found:
            zh, en = TITLES.get(path, ("", ""))
            found[path] = Entry(
                path=path,
                kind=one.kind,
                default=one.default,
                bounds=one.bounds,
                example=_toml(one.raw),
                title={"zh-CN": zh, "en": en},
            )
    return list(found.values())


def _path(one: Asked) -> str:
    parts = [part for part in one.place if not isinstance(part, int)]
    if len(parts) > 1 and str(parts[0]) in _ANY:
        parts[1] = _ANY[str(parts[0])]
    if parts[0] == "credentials" and str(parts[-1]).startswith("query."):
        parts[-1] = "query.NAME"
    if parts[:2] == ["receiver", "sms"] and len(parts) == 4:
        parts[3] = "NAME"
    if parts[-1] in LANGUAGES:  # one text, or one a language
        parts.pop()
    return key_path(tuple(parts))


def _toml(value: Any) -> str:
    """A value as the file writes it, on one line."""
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False)


def markdown(language: str) -> str:
    """The reference as a page, a table a section."""
    words = _WORDS[language]
    return "\n".join([words["head"], *_sections(words, language)]) + "\n"


def _sections(words: dict[str, str], language: str) -> Iterator[str]:
    place = LANGUAGES.index(language)
    by_table: dict[str, list[Entry]] = {}
    for one in entries():
        by_table.setdefault(one.table, []).append(one)
    for table, some in by_table.items():
        yield f"\n## `{TABLES[table][2]}`\n\n{TABLES[table][place]}\n\n{words['columns']}\n|---|---|---|---|---|---|"
        yield from (_line(one, words, language) for one in some)


def _line(one: Entry, words: dict[str, str], language: str) -> str:
    name = one.path.removeprefix(f"{one.table}.")
    cells = (f"`{name}`", words[one.kind], _default(one, words), _bounds(one, words), f"`{one.example}`")
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} | {one.title[language]} |"


def _default(one: Entry, words: dict[str, str]) -> str:
    if one.default is None:
        return words["required"]
    return words["none"] if one.default in ("", []) else f"`{_toml(one.default)}`"


def _bounds(one: Entry, words: dict[str, str]) -> str:
    if one.kind in ("whole", "number", "duration"):
        return f"{one.bounds[0]} {words['to']} {one.bounds[1]}"
    return " ".join(f"`{bound}`" for bound in one.bounds if bound) if one.kind == "choice" else ""
