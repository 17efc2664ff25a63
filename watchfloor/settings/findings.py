"""Findings of a site's settings file, and the notation of keys and values in them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from feeds.findings import Finding, InFile, filled, line_of_text
from feeds.inventory.texts import nearest
from watchfloor.settings.lines import KeyPath
from watchfloor.settings.texts import TEXTS, proposal

_HIDING = {
    "zh-CN": "静默和检修在告警页设置，或用 POST /api/v1/silences、/api/v1/maintenance。",
    "en": "silences and maintenance stand on the page /alerts, or POST /api/v1/silences and /api/v1/maintenance. ",
}
_PEOPLE = {
    "zh-CN": "值班表在管理页导入，或用 PUT /api/v1/roster。",
    "en": "the roster is imported on the page /admin, or by PUT /api/v1/roster. ",
}
_ELSEWHERE = {
    **dict.fromkeys(("silence", "silences", "maintenance"), _HIDING),
    **dict.fromkeys(("roster", "person", "shift"), _PEOPLE),
    "profiles": {
        "zh-CN": "SNMP 模板是设置文件旁的 profiles/名称.toml。",
        "en": "SNMP profiles are files profiles/NAME.toml beside this one. ",
    },
    "defaults.opc": {
        "zh-CN": '协议名带点时要加引号，如 [defaults."opc.tcp"]。',
        "en": 'a scheme with a dot is quoted: [defaults."opc.tcp"]. ',
    },
}
"""What people look for in the settings file and what stands elsewhere, by key and language."""
_QUERY = {
    "zh-CN": '语句的名称要加引号："query.NAME" = "SELECT …"。',
    "en": 'the name of a statement is quoted: "query.NAME" = "SELECT …". ',
}


class SettingsError(Exception):
    """The settings cannot be used. `findings` is all that is wrong, in the order of the file."""

    def __init__(self, findings: Iterable[Finding[InFile]]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(line_of_text(finding, "en") for finding in self.findings))


def make(
    code: str,
    *,
    file: str,
    line: int = 0,
    key: str = "",
    value: str = "",
    near: str = "",
    error: bool = True,
    **arguments: object,
) -> Finding[InFile]:
    """A finding of the settings. `arguments` fill its sentences, `near` is a word to propose."""
    wrong_zh, wrong_en, mend_zh, mend_en = TEXTS[code]
    hint = _QUERY if key.startswith("credentials.") and key.endswith(".query") else _ELSEWHERE.get(key, proposal(near))
    values = {**arguments, "key": key, "value": value, "near": hint}
    return Finding(
        code=code,
        where=InFile(file, line, key),
        value=value,
        message=filled((wrong_zh, wrong_en), values),
        mend=filled((mend_zh, mend_en), values),
        error=error,
    )


def key_path(path: KeyPath) -> str:
    """A key path as people write it, tables counted from 1: `rule[2].for`, `defaults."snmp v3".interval`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            plain = part.replace("-", "").replace("_", "").isalnum() and part.isascii()
            text += ("." if text else "") + (part if plain else json.dumps(part, ensure_ascii=False))
    return text


def shown(value: Any) -> str:
    """A value as a finding shows it, of at most 80 characters."""
    if isinstance(value, dict):
        return "{…}"
    try:
        text = json.dumps(value, ensure_ascii=False)
    except TypeError:  # TOML's dates and times
        text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def propose(word: str, allowed: Iterable[str]) -> dict[str, str]:
    """Arguments of a sentence that proposes the allowed word nearest to `word` and lists all allowed words."""
    options = list(allowed)
    return {"near": nearest(word, options), "known": ", ".join(options)}
