"""Findings of a site's settings file, and the notation of keys and values in them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from feeds.findings import Finding, InFile, filled, line_of_text
from feeds.inventory.texts import nearest
from watchfloor.settings.lines import KeyPath
from watchfloor.settings.texts import TEXTS, proposal


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
    values = {**arguments, "key": key, "value": value, "near": proposal(near)}
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
