"""Strict reader of a YAML document with the line of every key. A wrong value is a finding, and reading goes on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from feeds.findings import Finding, InFile
from feeds.plans.texts import plan_finding, proposing

MOST_BYTES = 262_144
MOST_NESTED = 20
LONGEST_TERM = 30 * 86_400.0
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DURATION = re.compile(r"\+?(\d{1,6})(s|m|h|d)")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_TYPE_NAMES = {
    "text": {"zh-CN": "文字", "en": "a text"},
    "list": {"zh-CN": "列表", "en": "a list"},
    "table": {"zh-CN": "键与值", "en": "keys with values"},
    "flag": {"zh-CN": " true 或 false", "en": "true or false"},
    "whole": {"zh-CN": "整数", "en": "a whole number"},
}
_FLAGS = {"true": True, "false": False}


@dataclass(slots=True)
class YamlReport:
    """The findings of one file."""

    file: str
    findings: list[Finding[InFile]] = field(default_factory=list)

    def add(self, code: str, node: Node | None, key: str, value: str = "", **arguments: object) -> None:
        """Add a finding at a node; None is the first line."""
        line = node.start_mark.line + 1 if node is not None else 1
        self.findings.append(plan_finding(code, InFile(self.file, line, key), value, **arguments))  # type: ignore[arg-type]


def compose(text: str, report: YamlReport) -> MappingNode | None:
    """The document's node; None with a finding where there is none that can be read."""
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        report.add("plan_size", None, "", most=MOST_BYTES)
        return None
    try:
        refused = _refused(text)
        node = yaml.compose(text, Loader=_LOADER) if not refused else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        where = InFile(report.file, line)
        report.findings.append(plan_finding("plan_yaml", where, detail=error.problem or str(error)))
        return None
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        report.add("plan_yaml", None, "", detail=str(error).partition("\n")[0])
        return None
    if refused:
        report.add(refused, None, "", most=MOST_NESTED)
        return None
    if not isinstance(node, MappingNode):
        report.add("plan_type", node, "", wanted=_TYPE_NAMES["table"])
        return None
    return node


def _refused(text: str) -> str:
    """The code of a finding about the structure of the document, "" for none. Bounds what the composer is given."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            return "plan_anchor"
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            depth += 1
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            depth -= 1
        if depth > MOST_NESTED:
            return "plan_nested"
    return ""


class YamlTable:
    """One mapping of the file. `done` reports every key that nothing has read."""

    def __init__(self, node: MappingNode, path: str, report: YamlReport) -> None:
        self.node, self.path, self.report = node, path, report
        self._values: dict[str, Node] = {}
        self._keys: dict[str, Node] = {}
        self._read_keys: list[str] = []
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else "?"
            if name in self._values:
                report.add(
                    "plan_key_twice", key, self._path(name), value.value if isinstance(value, ScalarNode) else ""
                )
            self._values[name], self._keys[name] = value, key

    def _path(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        """True when the file has the key."""
        return key in self._values

    def is_table(self, key: str) -> bool:
        """True when the value of a key is a mapping."""
        return isinstance(self._values.get(key), MappingNode)

    def names(self) -> list[str]:
        """Every key, in the order of the file."""
        return list(self._values)

    def line(self, key: str) -> int:
        """The line of a key, or that of the table."""
        return int(self._keys.get(key, self.node).start_mark.line) + 1

    def wrong(self, code: str, key: str, value: str | None = None, **arguments: object) -> None:
        """Add a finding about one key of this table; its value is shown unless another one is given."""
        node = self._values.get(key)
        shown = value if value is not None else node.value if isinstance(node, ScalarNode) else ""
        self.report.add(code, self._keys.get(key, self.node), self._path(key), shown, **arguments)

    def _take(self, key: str, kind: type[Node], type_name: str, required: bool) -> Node | None:
        self._read_keys.append(key)
        node = self._values.get(key)
        empty = node is None or (isinstance(node, ScalarNode) and node.tag.endswith(":null"))
        if empty:
            if required:
                self.wrong("plan_missing", key)
            return None
        if not isinstance(node, kind):
            self.wrong("plan_type", key, wanted=_TYPE_NAMES[type_name])
            return None
        return node

    def text(self, key: str, *, required: bool = False, default: str = "") -> str:
        """A text; a number or a date counts as its own text."""
        node = self._take(key, ScalarNode, "text", required)
        value = node.value.strip() if node is not None else default
        if node is not None and not value and required:
            self.wrong("plan_missing", key)
        return str(value)

    def choice(self, key: str, allowed: Sequence[str], *, default: str = "", required: bool = False) -> str:
        value = self.text(key, required=required)
        if value and value not in allowed:
            self.wrong("plan_choice", key, **proposing(value, tuple(allowed)))
            return default
        return value or default

    def flag(self, key: str) -> bool:
        value = self.text(key)
        if value and value not in _FLAGS:
            self.wrong("plan_type", key, wanted=_TYPE_NAMES["flag"])
        return _FLAGS.get(value, False)

    def whole(self, key: str) -> int:
        value = self.text(key)
        if value and not (value.isascii() and value.isdigit() and len(value) < 7):
            self.wrong("plan_type", key, wanted=_TYPE_NAMES["whole"])
            return 0
        return int(value or 0)

    def duration(self, key: str, *, required: bool = False) -> float | None:
        """Seconds of "+15m" or "15m", above zero; None where there is none or it cannot be used."""
        value = self.text(key, required=required)
        return self._seconds(key, value) if value else None

    def _seconds(self, key: str, value: str) -> float | None:
        match = _DURATION.fullmatch(value)
        if match is None:
            self.wrong("plan_duration", key, value)
            return None
        seconds = int(match[1]) * _UNITS[match[2]]
        if seconds == 0 or seconds > LONGEST_TERM:
            self.wrong("plan_deadline_long" if seconds else "plan_deadline_zero", key, value, most="30d")
            return None
        return seconds

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        node = self._take(key, SequenceNode, "list", False)
        items = node.value if node is not None else []
        if not all(isinstance(item, ScalarNode) and item.value.strip() for item in items):
            self.wrong("plan_type", key, wanted=_TYPE_NAMES["list"])
            return ()
        return tuple(item.value.strip() for item in items)

    def chosen(self, key: str, allowed: Iterable[str]) -> tuple[str, ...]:
        """A list of words, each of them allowed."""
        words, choices = self.texts(key), tuple(allowed)
        for word in words:
            if word not in choices:
                self.wrong("plan_choice", key, word, **proposing(word, choices))
        return tuple(word for word in words if word in choices)

    def durations(self, key: str) -> tuple[float, ...]:
        """A list of durations in seconds."""
        seconds = (self._seconds(key, word) for word in self.texts(key))
        return tuple(value for value in seconds if value is not None)

    def by_language(self, key: str) -> dict[str, str]:
        """A text by language, or one text for every language."""
        node = self._values.get(key)
        if isinstance(node, MappingNode):
            self._read_keys.append(key)
            inner = YamlTable(node, self._path(key), self.report)
            texts = {language: inner.text(language, required=language == "zh-CN") for language in ("zh-CN", "en")}
            inner.done()
            return {language: text for language, text in texts.items() if text}
        text = self.text(key, required=True)
        return {"zh-CN": text} if text else {}

    def table(self, key: str, *, required: bool = False) -> YamlTable | None:
        """The mapping at a key."""
        node = self._take(key, MappingNode, "table", required)
        return YamlTable(node, self._path(key), self.report) if isinstance(node, MappingNode) else None

    def tables(self, key: str) -> list[YamlTable]:
        """A list of mappings."""
        node = self._take(key, SequenceNode, "list", False)
        items = node.value if node is not None else []
        if not all(isinstance(item, MappingNode) for item in items):
            self.wrong("plan_type", key, wanted=_TYPE_NAMES["table"])
            return []
        return [
            YamlTable(item, f"{self._path(key)}[{number}]", self.report) for number, item in enumerate(items, start=1)
        ]

    def done(self) -> None:
        """Add a finding for every key that nothing has read."""
        allowed = tuple(dict.fromkeys(self._read_keys))
        for key in self._values:
            if key not in allowed:
                self.wrong("plan_unknown_key", key, **proposing(key, allowed))
