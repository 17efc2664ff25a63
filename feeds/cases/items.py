"""The catalogue of items (事项): limits, margins and fees by version, and the departments by code."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from io import StringIO

import msgspec

from feeds.cases.words import KIND_WORDS, CaseKind
from feeds.mapping.expressions import identifier
from feeds.workdays.clock import LimitUnit, Margin

UNITS = {
    "": LimitUnit.WORKING,
    "工作日": LimitUnit.WORKING,
    "自然日": LimitUnit.NATURAL,
    "连续日": LimitUnit.CALENDAR,
    "分钟": LimitUnit.MINUTES,
    "小时": LimitUnit.MINUTES,
    **{unit.value: unit for unit in LimitUnit},
}


class CatalogueRefused(ValueError):
    """A file of items or departments cannot be used; the text names the line and the column."""


class ApprovalItem(msgspec.Struct, frozen=True, kw_only=True):
    """One version of an item, valid for cases whose day 0 lies in [valid_from, valid_to].

    `promised` and `statutory` are in `unit` (None: not known). `extension_days` may be added at most.
    `fee` is the standard in fen (None: not known, 0: free). `delivery_days` are those from the decision to the
    delivery, `least_minutes` those that handling takes at least.
    """

    code: str
    name: str = ""
    department: str = ""
    kind: CaseKind = "promise"
    promised: int | None = None
    statutory: int | None = None
    unit: LimitUnit = LimitUnit.WORKING
    margin_days: int = 1
    margin_share: float = 0.0
    extension_days: int = 10
    delivery_days: int = 10
    fee: int | None = None
    online_required: bool = False
    least_minutes: int = 10
    valid_from: str = ""
    valid_to: str = ""

    @property
    def margin(self) -> Margin:
        """Margin before the limit at which the light turns yellow."""
        return Margin(days=self.margin_days, share=self.margin_share)


class ItemCatalogue:
    """Items by code, each with its versions; departments by code."""

    def __init__(self, items: Iterable[ApprovalItem] = (), departments: Mapping[str, str] | None = None) -> None:
        self._versions: dict[str, list[ApprovalItem]] = defaultdict(list)
        for item in items:
            self._versions[item.code].append(item)
        for versions in self._versions.values():
            versions.sort(key=lambda item: item.valid_from, reverse=True)
        self.departments = dict(departments or {})

    def __len__(self) -> int:
        return len(self._versions)

    def departments_of(self, kinds: Collection[str]) -> list[str]:
        """The departments that have an item of one of these kinds, and a name."""
        items = (item for versions in self._versions.values() for item in versions if item.kind in kinds)
        return sorted({item.department for item in items} & self.departments.keys())

    def of(self, code: str, day: date | None) -> ApprovalItem | None:
        """The version that holds on a day (None: the newest); None for an unknown item."""
        versions = self._versions.get(code, ())
        text = day.isoformat() if day is not None else ""
        for item in versions:
            if not text or (item.valid_from <= text and (not item.valid_to or text <= item.valid_to)):
                return item
        return versions[-1] if versions else None


def read_items(raw: bytes) -> list[ApprovalItem]:
    """The items of a CSV file whose columns are the fields of ApprovalItem. Raises CatalogueRefused."""
    items = []
    for line, row in _rows(raw, "code"):
        fields = {name: text for name, text in row.items() if text}
        if "kind" in fields:
            fields["kind"] = KIND_WORDS.get(fields["kind"], fields["kind"])
        if "unit" in fields:
            hours = fields["unit"] == "小时"
            fields["unit"] = UNITS.get(fields["unit"], fields["unit"])
            for name in ("promised", "statutory"):
                if hours and fields.get(name, "").isdigit():
                    fields[name] = str(int(fields[name]) * 60)
        fields["code"] = identifier(fields["code"])
        try:
            items.append(msgspec.convert(fields, ApprovalItem, strict=False))
        except msgspec.ValidationError as error:
            raise CatalogueRefused(f"line {line}: {error}") from error
    return items


def read_departments(raw: bytes) -> dict[str, str]:
    """Names of departments by code, from a CSV file with the columns code and name. Raises CatalogueRefused."""
    return {row["code"]: row.get("name", "") for _, row in _rows(raw, "code")}


def _rows(raw: bytes, required: str) -> list[tuple[int, dict[str, str]]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", errors="replace")
    reader = csv.DictReader(StringIO(text))
    if required not in (reader.fieldnames or ()):
        raise CatalogueRefused(f"line 1: there is no column {required}")
    columns = {field.name for field in msgspec.structs.fields(ApprovalItem)}
    if unknown := [name for name in reader.fieldnames or () if name not in columns]:
        raise CatalogueRefused(f"line 1: unknown columns: {', '.join(unknown)}")
    rows = []
    for row in reader:
        clean = {name: (text or "").strip() for name, text in row.items() if name}
        if not clean.get(required):
            raise CatalogueRefused(f"line {reader.line_num}: {required} is empty")
        rows.append((reader.line_num, clean))
    return rows
