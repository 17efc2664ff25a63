"""The preview of an import for people and for scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence

from feeds.findings import Finding, InFile, line_of_text
from watchfloor.imports.rows import ImportedRows

_TEXTS = {
    "zh-CN": {
        "tail": "读到 {read} 台：新增 {new}，已在清单中 {present}，未导入 {left}",
        "preview": "以上是预览，{file} 未改动。写入：加 --write",
        "written": "已写入 {file}。运行中的站点：watchfloor reload",
        "nothing": "没有可新增的设备，{file} 未改动",
    },
    "en": {
        "tail": "{read} devices read: new {new}, in the inventory already {present}, left out {left}",
        "preview": "This is a preview, {file} is unchanged. To write it, add --write",
        "written": "{file} is written. On a running site: watchfloor reload",
        "nothing": "There is nothing to add, {file} is unchanged",
    },
}


def render(
    rows: ImportedRows, findings: Sequence[Finding[InFile]], *, difference: str, file: str, written: bool, language: str
) -> str:
    """The difference, one line for each finding, and the totals."""
    texts = _TEXTS["zh-CN" if language.startswith("zh") else "en"]
    left = sum(finding.error for finding in findings)
    counts = {"new": len(rows.rows), "present": len(rows.present), "left": left}
    tail = texts["tail"].format(read=sum(counts.values()), **counts)
    state = "nothing" if not rows.rows else "written" if written else "preview"
    lines = [line_of_text(finding, language) for finding in findings]
    return "\n".join(filter(None, (difference.rstrip("\n"), *lines, tail, texts[state].format(file=file))))


def as_json(rows: ImportedRows, findings: Sequence[Finding[InFile]], *, difference: str, written: bool) -> str:
    """An object with `rows` (new ones), `present` (ids), `findings`, `difference` and `written`."""
    return json.dumps(
        {
            "rows": list(rows.rows),
            "present": list(rows.present),
            "findings": [finding.record("value", "message", "mend", "error") for finding in findings],
            "difference": difference,
            "written": written,
        },
        ensure_ascii=False,
        indent=2,
    )
