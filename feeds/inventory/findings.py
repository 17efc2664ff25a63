"""One row of the inventory as text, and the findings on rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feeds.findings import Finding, InFile, filled
from feeds.inventory.texts import TEXTS, proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryRow:
    """One row of text. `line` counts from 1 with the header as line 1 (in a GeoPackage: the feature number)."""

    file: str
    line: int
    values: Mapping[str, str]

    @property
    def place(self) -> str:
        """The row's position for findings: "assets.csv:7"."""
        return f"{self.file}:{self.line}"


def finding(
    code: str,
    file: str,
    *,
    line: int = 0,
    column: str = "",
    value: str = "",
    error: bool = True,
    arguments: Mapping[str, str | int] | None = None,
) -> Finding[InFile]:
    """A finding of the inventory. `arguments` fill its sentences; of them, `near` is a suggested correction."""
    values: dict[str, object] = {"column": column, "value": value, **(arguments or {})}
    values["near"] = proposal(str(values.get("near", "")))
    wrong_zh, wrong_en, mend_zh, mend_en = TEXTS[code]
    return Finding(
        code=code,
        where=InFile(file, line, column),
        value=value,
        message=filled((wrong_zh, wrong_en), values),
        mend=filled((mend_zh, mend_en), values),
        error=error,
    )
