"""The reference of all settings, made from the settings that the sections read and their titles.

`watchfloor settings` prints it. docs/settings.md and docs/settings.zh-CN.md are its output; a test compares them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from watchfloor.settings.findings import key_path
from watchfloor.settings.reader import LANGUAGES, SettingSpec
from watchfloor.settings.reference_sample import SAMPLE
from watchfloor.settings.site_settings import setting_specs
from watchfloor.settings.titles import TABLES, TITLES

_ANY = {"credentials": "NAME", "defaults": "SCHEME"}
_LABELS = {
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
class ReferenceEntry:
    """One setting of the reference. `path` is its key path without positions: "rule.for", "credentials.NAME.user"."""

    path: str
    kind: str
    default: Any
    bounds: tuple[str, ...]
    example: str
    title: dict[str, str]

    @property
    def table(self) -> str:
        return self.path.removesuffix('."query.NAME"') if self.path.endswith('"') else self.path.rpartition(".")[0]


def entries() -> list[ReferenceEntry]:
    """Every setting once, in the order of the sections."""
    by_path: dict[str, ReferenceEntry] = {}
    for spec in setting_specs(SAMPLE):
        path = _path(spec)
        if path not in by_path:
            zh, en = TITLES.get(path, ("", ""))
            by_path[path] = ReferenceEntry(
                path=path,
                kind=spec.kind,
                default=spec.default,
                bounds=spec.bounds,
                example=_toml(spec.raw),
                title={"zh-CN": zh, "en": en},
            )
    return list(by_path.values())


def _path(spec: SettingSpec) -> str:
    parts = [part for part in spec.path if not isinstance(part, int)]
    if len(parts) > 1 and str(parts[0]) in _ANY:
        parts[1] = _ANY[str(parts[0])]
    if parts[0] == "credentials" and str(parts[-1]).startswith("query."):
        parts[-1] = "query.NAME"
    if parts[:2] == ["receiver", "sms"] and len(parts) == 4:
        parts[3] = "NAME"
    if parts[-1] in LANGUAGES:  # a text may be written by language
        parts.pop()
    return key_path(tuple(parts))


def _toml(value: Any) -> str:
    """A value as the file writes it, on one line."""
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False)


def markdown(language: str) -> str:
    """The reference as a page with a table for each section."""
    labels = _LABELS[language]
    return "\n".join([labels["head"], *_sections(labels, language)]) + "\n"


def _sections(labels: dict[str, str], language: str) -> Iterator[str]:
    index = LANGUAGES.index(language)
    by_table: dict[str, list[ReferenceEntry]] = {}
    for entry in entries():
        by_table.setdefault(entry.table, []).append(entry)
    for table, table_entries in by_table.items():
        yield f"\n## `{TABLES[table][2]}`\n\n{TABLES[table][index]}\n\n{labels['columns']}\n|---|---|---|---|---|---|"
        yield from (_line(entry, labels, language) for entry in table_entries)


def _line(entry: ReferenceEntry, labels: dict[str, str], language: str) -> str:
    name = entry.path.removeprefix(f"{entry.table}.")
    cells = (f"`{name}`", labels[entry.kind], _default(entry, labels), _bounds(entry, labels), f"`{entry.example}`")
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} | {entry.title[language]} |"


def _default(entry: ReferenceEntry, labels: dict[str, str]) -> str:
    if entry.default is None:
        return labels["required"]
    return labels["none"] if entry.default in ("", []) else f"`{_toml(entry.default)}`"


def _bounds(entry: ReferenceEntry, labels: dict[str, str]) -> str:
    if entry.kind in ("whole", "number", "duration"):
        return f"{entry.bounds[0]} {labels['to']} {entry.bounds[1]}"
    return " ".join(f"`{bound}`" for bound in entry.bounds if bound) if entry.kind == "choice" else ""
