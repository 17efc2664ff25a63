"""The files of a new site: settings with rules, inventory, and an empty duty plan."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from watchfloor.imports.difference import with_rows

SETTINGS, INVENTORY, ROSTER = "watchfloor.toml", "assets.csv", "roster.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteAnswers:
    """What a new site needs to know. `region` is a GB/T 2260 code."""

    name: str
    region: str
    language: str
    host: str
    port: int


_SETTINGS = """\
# {about}
# {all_settings}

[site]
name = {name}
region = {region} # GB/T 2260
language = {language}
timezone = "Asia/Shanghai"
data = "data" # {data}
inventory = ["assets.csv"]

[web]
host = {host} # {other_machines}
port = {port}

# {snmp}
# [credentials.core]
# kind = "snmpv2c"
# community = "file:secrets/community"

# {rules}
[[rule]]
id = "down"
when = "health == 'down'"
for = "30s"
recover_for = "30s"
severity = [
  {{ when = "importance >= 8", severity = "critical" }},
  {{ when = "true", severity = "major" }},
]
title = {{ zh-CN = "不通", en = "Down" }}

[[rule]]
id = "degraded"
when = "health == 'degraded'"
for = "1m"
recover_for = "1m"
severity = "minor"
title = {{ zh-CN = "部分异常", en = "Degraded" }}

# {receivers}
# [[receiver]]
# id = "duty"
# url = "mailto://…"
# severities = ["critical", "major"]
"""
_REMARKS = {
    "zh-CN": {
        "about": "值守台的站点设置。改完先跑 watchfloor check，再跑 watchfloor reload。",
        "all_settings": "全部设置及默认值：watchfloor settings --language zh-CN",
        "data": "程序写的一切都在这里",
        "other_machines": "让别的机器访问：填本机地址，并设 tls_cert 和 tls_key",
        "snmp": "SNMP：去掉注释、填好，然后 watchfloor import devices 清单.xlsx --snmp core",
        "rules": "规则：何时告警。先试再改：watchfloor check",
        "receivers": "通知谁：短信、邮件、企业微信等，见 docs/alerts.md",
    },
    "en": {
        "about": "The settings of this site. After a change: watchfloor check, then watchfloor reload.",
        "all_settings": "All settings with their defaults: watchfloor settings",
        "data": "everything that the program writes",
        "other_machines": "for other machines: an address of this one, with tls_cert and tls_key",
        "snmp": "SNMP: remove the signs, fill this in, then watchfloor import devices LIST.xlsx --snmp core",
        "rules": "Rules: when to raise an alert. Try before you change: watchfloor check",
        "receivers": "Whom to tell: text messages, mail, chat; see docs/alerts.md",
    },
}
"""The comments of the settings file, by language."""
_ROSTER = {"zh-CN": "日期,班次,值班员1,值班员2,带班领导\n", "en": "date,shift,officer1,officer2,leader\n"}


def files(answers: SiteAnswers, rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The text of each file of a new site, by name."""
    settings = _SETTINGS.format(
        name=json.dumps(answers.name, ensure_ascii=False),
        region=json.dumps(answers.region),
        language=json.dumps(answers.language),
        host=json.dumps(answers.host),
        port=answers.port,
        **_REMARKS[answers.language],
    )
    return {SETTINGS: settings, INVENTORY: with_rows("", rows), ROSTER: _ROSTER[answers.language]}
