"""What is wrong with a site's files: where it stands, its value, and how to mend it, in both languages."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from feeds.inventory.texts import nearest, sentence
from watchfloor.settings.lines import Place
from watchfloor.settings.texts import TEXTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One remark. `line` counts from 1, 0 is the whole file; `key` is a setting's path or an inventory's column.

    `message` and `mend` are sentences by language ("zh-CN", "en"). `error` False: it works,
    but a person should know.
    """

    code: str
    file: str
    line: int = 0
    key: str = ""
    value: str = ""
    message: dict[str, str] = field(default_factory=dict)
    mend: dict[str, str] = field(default_factory=dict)
    error: bool = True

    def say(self, language: str) -> str:
        """The whole finding as one line, "zh-CN" or "en"."""
        return sentence(
            language,
            file=self.file,
            line=self.line,
            key=self.key,
            value=self.value,
            message=self.message,
            mend=self.mend,
        )


class SettingsError(Exception):
    """The settings cannot be used; `findings` holds everything that is wrong, in the order of the file."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(finding.say("en") for finding in self.findings))


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
) -> Finding:
    """A finding with its texts; an argument that is a dict by language goes in by language."""
    wrong_zh, wrong_en, mend_zh, mend_en = TEXTS[code]
    said: dict[str, dict[str, str]] = {"message": {}, "mend": {}}
    for language, wrong, mend in (("zh-CN", wrong_zh, mend_zh), ("en", wrong_en, mend_en)):
        values: dict[str, object] = {
            name: argument[language] if isinstance(argument, dict) else argument for name, argument in arguments.items()
        }
        values["near"] = near and {"zh-CN": f"是否应为“{near}”？", "en": f'did you mean "{near}"? '}[language]
        said["message"][language] = wrong.format(key=key, value=value, **values)
        said["mend"][language] = mend.format(key=key, value=value, **values)
    return Finding(code=code, file=file, line=line, key=key, value=value, error=error, **said)


def key_path(place: Place) -> str:
    """A place as people write it; tables of one name count from 1: `rule[2].for`, `defaults."snmp v3".interval`."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            plain = part.replace("-", "").replace("_", "").isalnum() and part.isascii()
            text += ("." if text else "") + (part if plain else json.dumps(part, ensure_ascii=False))
    return text


def shown(value: Any) -> str:
    """A value as a finding may show it, shortened."""
    if isinstance(value, dict):
        return "{…}"
    try:
        text = json.dumps(value, ensure_ascii=False)
    except TypeError:  # TOML's dates and times
        text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def propose(word: str, known: Iterable[str]) -> dict[str, str]:
    """The arguments of a text that names the nearest known word and then all of them."""
    options = list(known)
    return {"near": nearest(word, options), "known": ", ".join(options)}
