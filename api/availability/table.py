"""Availability as CSV, for a spreadsheet: UTF-8 with BOM, and no cell that a spreadsheet would calculate."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from api.availability.rows import AvailabilityRow
from feeds.spreadsheets import plain_cell

HEADS = {
    "zh-CN": {
        "asset": "资产",
        "unit": "单位",
        "region": "区域",
        "kind": "类别",
        "month": "月份",
        "name": "名称",
        "assets": "资产数",
        "availability": "可用率",
        "of_known": "已知时段可用率",
        "coverage": "数据覆盖率",
        "up": "正常（秒）",
        "degraded": "其中降级（秒）",
        "down": "中断（秒）",
        "unknown": "未知（秒）",
        "maintenance": "维护（秒）",
    },
    "en": {
        "asset": "Asset",
        "unit": "Unit",
        "region": "Region",
        "kind": "Kind",
        "month": "Month",
        "name": "Name",
        "assets": "Assets",
        "availability": "Availability",
        "of_known": "Availability of what is known",
        "coverage": "Coverage",
        "up": "Up (s)",
        "degraded": "Degraded, of it (s)",
        "down": "Down (s)",
        "unknown": "Unknown (s)",
        "maintenance": "Maintenance (s)",
    },
}
SECONDS = ("up", "degraded", "down", "unknown", "maintenance")
SHARES = ("availability", "of_known", "coverage")


def as_csv(by: Sequence[str], rows: Iterable[AvailabilityRow], language: str) -> bytes:
    """One line a row under a line of heads in that language."""
    heads = HEADS[language]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([heads[name] for name in (*by, "name", "assets", *SHARES, *SECONDS)])
    for row in rows:
        public = row.public(by)
        texts = [plain_cell(text) for text in (*row.key, row.name)]
        shares = ["" if public[name] is None else public[name] for name in SHARES]
        writer.writerow([*texts, public["assets"], *shares, *(public["seconds"][name] for name in SECONDS)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()
