"""Strict reader of the tables of a settings file. A wrong value is a finding, and reading goes on.

A getter returns its default for a wrong value, so that one run reports every fault. Settings with findings that are
errors must not be used.
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
from watchfloor.settings.lines import KeyPath, Lines
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
class SettingSpec:
    """A setting that a section reads: its type, default (None: required), bounds or choices, and the file's value."""

    path: KeyPath
    kind: str
    default: Any = ""
    bounds: tuple[str, ...] = ()
    raw: Any = None


@dataclass(slots=True)
class SettingsReport:
    """The findings of one settings file. With `specs` set, also every setting that the sections read."""

    path: Path
    lines: Lines
    findings: list[Finding[InFile]] = field(default_factory=list)
    specs: dict[KeyPath, SettingSpec] | None = None
    references: References = field(default_factory=References)

    def add(self, code: str, path: KeyPath, value: str = "", **arguments: Any) -> None:
        """Add a finding about the value, or the missing value, at `path`."""
        line = self.lines.of(path)
        self.findings.append(make(code, file=self.path.name, line=line, key=key_path(path), value=value, **arguments))


class SettingsTable:
    """One table of the file. `done` reports every key that nothing has read, `remark` adds findings on other files."""

    def __init__(self, raw: dict[str, Any], path: KeyPath, report: SettingsReport, *, secret: bool = False) -> None:
        self.raw, self.prefix = raw, path
        self._report = report
        self.remark = report.findings.extend
        self._secret = secret
        self._hidden: set[str] = set()
        self._read_keys: list[str] = []

    def wrong(self, code: str, key: str, **arguments: Any) -> None:
        """Add a finding about one key of this table."""
        value = self.raw.get(key)
        hidden = key in self._hidden or (self._secret and key != "kind")
        text = "" if value is None else "…" if hidden else shown(value)
        self._report.add(code, (*self.prefix, key), text, **arguments)

    @property
    def folder(self) -> Path:
        """The folder of the settings file, to which paths are relative."""
        return self._report.path.parent

    @property
    def references(self) -> References:
        """The files that the settings refer to."""
        return self._report.references

    def allow(self, keys: Iterable[str]) -> None:
        """Accept these keys in the table although nothing reads them."""
        self._read_keys.extend(keys)

    def has(self, key: str) -> bool:
        """True when the file has the key."""
        return key in self.raw

    def _declare(self, key: str, kind: str, default: Any, *bounds: str) -> None:
        """Record the setting for the reference. When getters call each other, the outermost is recorded."""
        if self._report.specs is not None:
            path = (*self.prefix, key)
            spec = SettingSpec(path=path, kind=kind, default=default, bounds=bounds, raw=self.raw.get(key))
            self._report.specs.setdefault(path, spec)

    def take(self, key: str, kind: type, default: Any, example: str) -> Any:
        """The value if it is of `kind`, else a finding and the default. A default of None makes the key required."""
        self._read_keys.append(key)
        if key not in self.raw:
            if default is None:
                self._report.add("missing", (*self.prefix, key), example=example)
            return default
        value = self.raw[key]
        # In Python a bool is an int; in TOML it is not. A whole number is a number.
        fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        if fits or (kind is float and isinstance(value, int) and not isinstance(value, bool)):
            return value
        self.wrong("wrong_type", key, wanted=_TYPES[kind], example=example)
        return default

    def text(self, key: str, default: str | None = "", example: str = '"…"') -> str:
        """A text. A default of None makes it required and not empty."""
        self._declare(key, "text", default)
        value = self.take(key, str, default, example)
        if default is None and value is not None and not value.strip():
            self.wrong("empty", key, example=example)
        return str(value or "")

    def flag(self, key: str, default: bool) -> bool:
        self._declare(key, "flag", default, "true", "false")
        return bool(self.take(key, bool, default, str(not default).lower()))

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        self._declare(key, "whole", default, f"{low:,}", f"{high:,}")
        return int(self._bounded(key, int, default, low, high))

    def number(self, key: str, default: float, low: float, high: float) -> float:
        self._declare(key, "number", default, f"{low:g}", f"{high:g}")
        return float(self._bounded(key, float, default, low, high))

    def _bounded(self, key: str, kind: type, default: float, low: float, high: float) -> float:
        value: float = self.take(key, kind, default, f"{default:g}")
        if not low <= value <= high:
            self.wrong("number_range", key, low=f"{low:g}", high=f"{high:g}")
            return default
        return value

    def duration(self, key: str, default: float, low: str, high: str) -> float:
        """A duration in seconds between `low` and `high`, written "10s", "150ms", "2m", "1h" or "1d"."""
        self._declare(key, "duration", spell(default), low, high)
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
        """True when a duration is written as text. A bare number has no unit and gets a finding that says so."""
        self._read_keys.append(key)
        if self.has(key) and (not isinstance(self.raw[key], str) or not self.raw[key]):
            self.wrong("duration_form", key)
            return False
        return self.has(key)

    def choice(self, key: str, default: str | None, allowed: Sequence[str]) -> str:
        self._declare(key, "choice", default, *allowed)
        value = self.text(key, default, f'"{allowed[0]}"')
        if value and value not in allowed:
            self.wrong("choice", key, **propose(value, allowed))
            return default or allowed[0]
        return value or default or allowed[0]

    def texts(self, key: str, default: list[str], example: str) -> list[str]:
        """A list of texts."""
        self._declare(key, "texts", default)
        values = self.take(key, list, default, example)
        if not all(isinstance(value, str) and value for value in values):
            self.wrong("wrong_type", key, wanted=_TYPES[list], example=example)
            return default
        return list(values)

    def region(self, key: str, default: str | None) -> str:
        self._declare(key, "region", default)
        code = self.text(key, default, '"532300"')
        if code and not is_code(code):
            self.wrong("region_form", key)
        return code

    def unique_id(self, key: str, taken_ids: dict[str, int]) -> str:
        """An id that is unique among the tables of its kind. `taken_ids` has the lines of the others."""
        self._declare(key, "id", None)
        name = self.text(key, None, '"core-1"')
        if not name:
            return ""
        line = self._report.lines.of((*self.prefix, key))
        if not _ID.fullmatch(name):
            self.wrong("id_form", key)
        elif name in taken_ids:
            self.wrong("id_twice", key, first=taken_ids[name])
        taken_ids.setdefault(name, line)
        return name

    def secret(self, key: str, default: str | None = "") -> str:
        """A text, or a reference to one: `env:NAME` or `file:path` (relative to the settings file).

        A line break at the end of the file is cut.
        """
        self._declare(key, "secret", default)
        self._hidden.add(key)
        value = self.text(key, default)
        kind, colon, target = value.partition(":")
        if not colon or kind not in ("env", "file"):
            return value
        reference = shown(value)  # the reference itself is no secret, and a person needs it to mend the setting
        if kind == "env":
            if not os.environ.get(target):
                self._report.add("reference_env", (*self.prefix, key), reference)
            return os.environ.get(target, "")
        try:
            content = self.references.read(self.folder / target).decode("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError, ValueError) as error:
            detail = getattr(error, "strerror", None) or type(error).__name__
            self._report.add("reference_file", (*self.prefix, key), reference, detail=detail)
            return ""
        if not content:
            self._report.add("reference_file", (*self.prefix, key), reference, detail="0 bytes")
        return content

    def path(self, key: str, default: str) -> Path:
        """A path. It is relative to the settings file."""
        self._declare(key, "path", default)
        return self.folder / self.text(key, default, f'"{default}"')

    @contextmanager
    def table(self, key: str, *, secret: bool = False) -> Iterator[SettingsTable]:
        """The table at `key`, empty when the file has none. `done` is called at the end of the block."""
        self._read_keys.append(key)
        raw = self.raw.get(key, {})
        if not isinstance(raw, dict):
            self.wrong("wrong_type", key, wanted=_TYPES[dict], example="{ }")
            raw = {}
        inner = SettingsTable(raw, (*self.prefix, key), self._report, secret=secret)
        yield inner
        inner.done()

    def tables(self, key: str) -> list[SettingsTable]:
        """Every `[[key]]` table. The caller calls `done` on each."""
        self._read_keys.append(key)
        raws = self.raw.get(key, [])
        if not isinstance(raws, list) or not all(isinstance(raw, dict) for raw in raws):
            expected = {"zh-CN": f" [[{key}]] 表", "en": f"[[{key}]] tables"}
            self.wrong("wrong_type", key, wanted=expected, example="[{ }]")
            return []
        return [SettingsTable(raw, (*self.prefix, key, position), self._report) for position, raw in enumerate(raws)]

    def done(self) -> None:
        """Add a finding for every key that nothing has read."""
        keys = list(dict.fromkeys(self._read_keys))
        for key in self.raw:
            if key not in keys:
                self.wrong("unknown_key", key, **propose(key, keys))


def has_host(url: str) -> bool:
    """True when a URL names a host and, if it names a port, a valid one."""
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
