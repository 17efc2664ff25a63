"""Findings: each states one fault of an input by a stable code, with its place, its value and its sentences.

The place is of a type of its own for each sort of input: `InFile`, `InMessage`, `InRequest`, `InRoster`.
Sentences are by language ("zh-CN", "en") and come from the area's module of texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

LANGUAGES = ("zh-CN", "en")
Sentences: TypeAlias = dict[str, str]
"""One sentence by language."""


@dataclass(frozen=True, slots=True)
class InFile:
    """A place in a site's file. `line` counts from 1; 0 is the whole file. `key` is a setting's path or a column."""

    file: str
    line: int = 0
    key: str = ""


@dataclass(frozen=True, slots=True)
class InMessage:
    """A place in a message from outside: an XPath or a JSON path, and the line (0: unknown)."""

    xpath: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class InRequest:
    """A field of a request, such as "body.comment"."""

    field: str


@dataclass(frozen=True, slots=True)
class InRoster:
    """A shift of a date (YYYY-MM-DD) and a person's id in a duty roster; each is "" where it does not apply."""

    date: str = ""
    shift: str = ""
    person: str = ""


Where = TypeVar("Where", InFile, InMessage, InRequest, InRoster)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Generic[Where]):
    """One fault of an input, or a remark on it.

    `value` is the offending value, shortened. `allowed` lists the values that would do.
    `message` says what is wrong and `mend` how to mend it, by language.
    `error` is False for a remark: the input works, but a person should know.
    """

    code: str
    where: Where
    value: str = ""
    message: Sentences = field(default_factory=dict)
    mend: Sentences = field(default_factory=dict)
    allowed: tuple[str, ...] = ()
    error: bool = True

    def record(self, *names: str) -> dict[str, Any]:
        """The finding as one flat JSON object: `code`, the fields of `where`, then the named fields."""
        return {"code": self.code, **asdict(self.where), **{name: getattr(self, name) for name in names}}


def filled(texts: tuple[str, str], values: Mapping[str, object]) -> Sentences:
    """Both sentences of `texts` (zh-CN, en) with `values` put in; a value that is a dict goes in by language."""
    return {
        language: template.format(
            **{name: value[language] if isinstance(value, dict) else value for name, value in values.items()}
        )
        for language, template in zip(LANGUAGES, texts, strict=True)
    }


def line_of_text(finding: Finding[InFile], language: str) -> str:
    """`file:line: key = value: what is wrong. To mend: how.` in one language; line 0 is the whole file."""
    where, value = finding.where, finding.value
    place = f"{where.file}:{where.line}" if where.line else where.file
    named = f"{where.key} = {value}" if where.key and value else where.key or value
    message, mend = (by.get(language, by.get("en", "")) for by in (finding.message, finding.mend))
    tail = f"。改法：{mend}" if language.startswith("zh") else f". To mend: {mend}"
    return ": ".join(filter(None, (place, named, message))) + (tail if mend else "")
