"""What an import would change in an inventory file, shown before it is written, and the writing."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from feeds import state_file
from feeds.inventory.rows import COLUMNS

Row = Mapping[str, str]


class NotWritable(Exception):
    """The inventory file cannot be added to; `zh` and `en` say why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh}\n{en}")


def with_rows(text: str, rows: Sequence[Row]) -> str:
    """The text of a CSV inventory with rows behind it, in the order of its own columns. All its lines stay."""
    end = "\r\n" if "\r\n" in text[:2000] else "\n"
    header = _header(text)
    if text and not text.endswith("\n"):
        text += end
    if not header:
        header = list(COLUMNS)
        text += _line(header, end)
    return text + "".join(_line([row.get(name, "") for name in header], end) for row in rows)


def _header(text: str) -> list[str]:
    for cells in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")):
        if any(cell.strip() for cell in cells):
            return [cell.strip().lower() for cell in cells]
    return []


def _line(cells: Sequence[str], end: str) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerow(cells)
    return out.getvalue()


def text_of_inventory(path: Path) -> str:
    """The text of a CSV inventory, "" for one that does not exist. Raises NotWritable when it is not UTF-8."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise NotWritable(f"{path.name} 不是 UTF-8，请先另存为 UTF-8", f"save {path.name} as UTF-8 first") from error


def difference(path: Path, old: str, new: str) -> str:
    """A unified diff of the inventory file."""
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), path.name, path.name, n=1
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def write(path: Path, text: str) -> None:
    """Replace the inventory file, all or nothing."""
    state_file.write_text(path, text)
