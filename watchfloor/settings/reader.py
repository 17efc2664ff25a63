"""Reads the tables of a settings file strictly: every wrong value is a finding, and reading goes on.

A getter always returns something usable (its default) so that one run finds everything;
whoever asked knows from the findings that it must not be used.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from collectors import uri
from collectors.errors import Misconfigured
from feeds.findings import Finding, InFile
from feeds.regions import is_code
from watchfloor.settings.findings import key_path, make, propose, shown
from watchfloor.settings.lines import Lines, Place
from watchfloor.settings.references import References

LANGUAGES = ("zh-CN", "en")
_ID = re.compile(r"[\w.-]{1,64}")
_YEARS = re.compile(r"\s*([1-9]\d{0,2})y\s*")
_ZERO = re.compile(r"0+(?:\.0+)?(?:ms|s|m|h|d)")
_TYPES: dict[type, dict[str, str]] = {
    str: {"zh-CN": "加引号的文字", "en": "text in quotes"},
    bool: {"zh-CN": " true 或 false", "en": "true or false"},
    int: {"zh-CN": "整数", "en": "a whole number"},
    float: {"zh-CN": "数", "en": "a number"},
    list: {"zh-CN": "方括号中的几项", "en": "a list in brackets"},
    dict: {"zh-CN": "一个表", "en": "a table"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A setting that some section reads: its type, default (None: required), bounds or choices, what the file says."""

    place: Place
    kind: str
    default: Any = ""
    bounds: tuple[str, ...] = ()
    raw: Any = None


@dataclass(slots=True)
class Report:
    """Gathers the findings of one settings file, and with `asked` everything that could have stood in it."""

    path: Path
    lines: Lines
    findings: list[Finding[InFile]] = field(default_factory=list)
    asked: dict[Place, Asked] | None = None
    references: References = field(default_factory=References)

    def add(self, code: str, place: Place, value: str = "", **arguments: Any) -> None:
        """One finding about what stands (or should stand) at `place`."""
        line = self.lines.of(place)
        self.findings.append(make(code, file=self.path.name, line=line, key=key_path(place), value=value, **arguments))


class Table:
    """One table of the file. Every key that is read is known; `done` reports the others."""

    def __init__(self, raw: dict[str, Any], place: Place, report: Report, *, secret: bool = False) -> None:
        self.raw = raw
        self.place = place
        self._report = report
        self._secret = secret
        self._hidden: set[str] = set()
        self._known: list[str] = []

    def wrong(self, code: str, key: str, **arguments: Any) -> None:
        """Reports what is wrong with one key of this table."""
        value = self.raw.get(key)
        hidden = key in self._hidden or (self._secret and key != "kind")
        text = "" if value is None else "…" if hidden else shown(value)
        self._report.add(code, (*self.place, key), text, **arguments)

    @property
    def folder(self) -> Path:
        """Where relative paths begin: the folder of the settings file."""
        return self._report.path.parent

    @property
    def references(self) -> References:
        """The files that the settings refer to."""
        return self._report.references

    def know(self, keys: Iterable[str]) -> None:
        """These keys may stand here, also when nobody reads them."""
        self._known.extend(keys)

    def has(self, key: str) -> bool:
        """Whether the file says anything of the key."""
        return key in self.raw

    def _ask(self, key: str, kind: str, default: Any, *bounds: str) -> None:
        """For the reference; of getters that use one another the first knows most."""
        if self._report.asked is not None:
            place = (*self.place, key)
            one = Asked(place=place, kind=kind, default=default, bounds=bounds, raw=self.raw.get(key))
            self._report.asked.setdefault(place, one)

    def take(self, key: str, kind: type, default: Any, example: str) -> Any:
        """The value if it is of `kind`, else a finding and the default; a default of None means required."""
        self._known.append(key)
        if key not in self.raw:
            if default is None:
                self._report.add("missing", (*self.place, key), example=example)
            return default
        value = self.raw[key]
        # In Python a bool is an int; in TOML it is not. A whole number is a number.
        fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        if fits or (kind is float and isinstance(value, int) and not isinstance(value, bool)):
            return value
        self.wrong("wrong_type", key, wanted=_TYPES[kind], example=example)
        return default

    def text(self, key: str, default: str | None = "", example: str = '"…"') -> str:
        """Text; None as the default means required and not empty."""
        self._ask(key, "text", default)
        value = self.take(key, str, default, example)
        if default is None and value is not None and not value.strip():
            self.wrong("empty", key, example=example)
        return str(value or "")

    def flag(self, key: str, default: bool) -> bool:
        self._ask(key, "flag", default, "true", "false")
        return bool(self.take(key, bool, default, str(not default).lower()))

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        self._ask(key, "whole", default, f"{low:,}", f"{high:,}")
        return int(self._bounded(key, int, default, low, high))

    def number(self, key: str, default: float, low: float, high: float) -> float:
        self._ask(key, "number", default, f"{low:g}", f"{high:g}")
        return float(self._bounded(key, float, default, low, high))

    def _bounded(self, key: str, kind: type, default: float, low: float, high: float) -> float:
        value: float = self.take(key, kind, default, f"{default:g}")
        if not low <= value <= high:
            self.wrong("number_range", key, low=f"{low:g}", high=f"{high:g}")
            return default
        return value

    def duration(self, key: str, default: float, low: str, high: str) -> float:
        """Seconds; the file says "10s", "150ms", "2m", "1h", "1d", between `low` and `high`."""
        self._ask(key, "duration", spell(default), low, high)
        text = self.take(key, str, "", f'"{spell(default)}"') if self._is_text(key) else ""
        if not text:
            return default
        seconds = parse_duration(text)
        if seconds is None:
            self.wrong("duration_form", key)
        elif not (parse_duration(low) or 0.0) <= seconds <= (parse_duration(high) or 0.0):
            self.wrong("duration_range", key, low=low, high=high)
        else:
            return seconds
        return default

    def _is_text(self, key: str) -> bool:
        """Whether a duration is written as text; a bare number has no unit, and that is what must be said."""
        self._known.append(key)
        if self.has(key) and (not isinstance(self.raw[key], str) or not self.raw[key]):
            self.wrong("duration_form", key)
            return False
        return self.has(key)

    def choice(self, key: str, default: str | None, known: Sequence[str]) -> str:
        self._ask(key, "choice", default, *known)
        value = self.text(key, default, f'"{known[0]}"')
        if value and value not in known:
            self.wrong("choice", key, **propose(value, known))
            return default or known[0]
        return value or default or known[0]

    def texts(self, key: str, default: list[str], example: str) -> list[str]:
        """A list of texts."""
        self._ask(key, "texts", default)
        values = self.take(key, list, default, example)
        if not all(isinstance(value, str) and value for value in values):
            self.wrong("wrong_type", key, wanted=_TYPES[list], example=example)
            return default
        return list(values)

    def region(self, key: str, default: str | None) -> str:
        self._ask(key, "region", default)
        code = self.text(key, default, '"532300"')
        if code and not is_code(code):
            self.wrong("region_form", key)
        return code

    def ident(self, key: str, seen: dict[str, int]) -> str:
        """An id that no other table of its kind has; `seen` holds the others with their lines."""
        self._ask(key, "id", None)
        name = self.text(key, None, '"core-1"')
        if not name:
            return ""
        line = self._report.lines.of((*self.place, key))
        if not _ID.fullmatch(name):
            self.wrong("id_form", key)
        elif name in seen:
            self.wrong("id_twice", key, first=seen[name])
        seen.setdefault(name, line)
        return name

    def secret(self, key: str, default: str | None = "") -> str:
        """Text that may be kept elsewhere: `env:NAME` or `file:path` (relative to the settings; end of line cut)."""
        self._ask(key, "secret", default)
        self._hidden.add(key)
        value = self.text(key, default)
        kind, colon, rest = value.partition(":")
        if not colon or kind not in ("env", "file"):
            return value
        reference = shown(value)  # a reference is no secret, and without it nobody could mend it
        if kind == "env":
            if not os.environ.get(rest):
                self._report.add("reference_env", (*self.place, key), reference)
            return os.environ.get(rest, "")
        try:
            content = self.references.read(self.folder / rest).decode("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError, ValueError) as error:
            detail = getattr(error, "strerror", None) or type(error).__name__
            self._report.add("reference_file", (*self.place, key), reference, detail=detail)
            return ""
        if not content:
            self._report.add("reference_file", (*self.place, key), reference, detail="0 bytes")
        return content

    def path(self, key: str, default: str) -> Path:
        """A path, relative to the settings file."""
        self._ask(key, "path", default)
        return self.folder / self.text(key, default, f'"{default}"')

    @contextmanager
    def table(self, key: str, *, secret: bool = False) -> Iterator[Table]:
        """The table below `key` (empty when the file has none); closes it with `done`."""
        self._known.append(key)
        raw = self.raw.get(key, {})
        if not isinstance(raw, dict):
            self.wrong("wrong_type", key, wanted=_TYPES[dict], example="{ }")
            raw = {}
        inner = Table(raw, (*self.place, key), self._report, secret=secret)
        yield inner
        inner.done()

    def tables(self, key: str) -> list[Table]:
        """Every `[[key]]`; the caller closes each with `done`."""
        self._known.append(key)
        raws = self.raw.get(key, [])
        if not isinstance(raws, list) or not all(isinstance(raw, dict) for raw in raws):
            self.wrong(
                "wrong_type", key, wanted={"zh-CN": f" [[{key}]] 表", "en": f"[[{key}]] tables"}, example="[{ }]"
            )
            return []
        return [Table(raw, (*self.place, key, position), self._report) for position, raw in enumerate(raws)]

    def done(self) -> None:
        """Reports every key that nobody asked for."""
        known = list(dict.fromkeys(self._known))
        for key in self.raw:
            if key not in known:
                self.wrong("unknown_key", key, **propose(key, known))


def has_host(url: str) -> bool:
    """Whether a URL names a host, and a port that can be one."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def parse_duration(text: str) -> float | None:
    """Seconds of "150ms", "10s", "2m", "1h", "1d", "5y" (of 365 days), "0s"; None for anything else."""
    if _ZERO.fullmatch(text.strip()):
        return 0.0
    if years := _YEARS.fullmatch(text):
        return int(years[1]) * 365 * 86400.0
    try:
        return uri.duration(text)
    except Misconfigured:
        return None


def spell(seconds: float) -> str:
    """A duration as the file writes it: 90 -> "90s", 0.15 -> "150ms", 600 -> "10m"."""
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("m", 60.0), ("s", 1.0)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s" if seconds >= 1 or seconds == 0 else f"{seconds * 1000:g}ms"
