"""What a rule may be asked about: its names, their types and values, and how people call it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from feeds.model import AssetState


@dataclass(frozen=True, slots=True)
class RuleName:
    """A name in a rule: its CEL type, and the only words that it may be (empty: any)."""

    type: str
    words: frozenset[str] = frozenset()


class SubjectState(Protocol):
    """One subject at one moment: its newest record, and for an asset its state."""

    @property
    def id(self) -> str: ...

    @property
    def record(self) -> Any: ...

    @property
    def state(self) -> AssetState | None: ...


def field_value(subject: SubjectState, name: str) -> Any:
    """The record's field of that name. CEL never mixes int and double, so a number's type is the one declared."""
    value = getattr(subject.record, name)
    return list(value) if isinstance(value, tuple) else value


def _region(subject: SubjectState) -> str:
    return str(getattr(subject.record, "region", ""))


def _title(subject: SubjectState, language: str) -> str:
    return str(getattr(subject.record, "name", "") or subject.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectKind:
    """A kind of thing that rules ask about (`over = "…"` in a rule).

    `names` are the names a rule may use, `value` gives the value of one. `region` is where the thing lies, `title`
    its name in a language. `feed` is the feed that an alert about it belongs to; it is given None when the thing is
    not known any more. `head` is the account that answers for the thing before the duty officers do ("" for nobody);
    escalation steps name it `unit-head`. `functions` are the functions that only rules over this kind may call.

    When the thing leaves, its alerts end with the evidence `gone` (texts: `evidence.…`); `removed`: as removed by
    somebody, not as cleared. Rules are asked only about records that are `evaluated`; others count as not there.
    """

    name: str
    names: Mapping[str, RuleName]
    value: Callable[[SubjectState, str], Any] = field_value
    region: Callable[[SubjectState], str] = _region
    title: Callable[[SubjectState, str], str] = _title
    feed: Callable[[SubjectState | None], str] = lambda subject: "network"
    head: Callable[[SubjectState], str] = lambda subject: ""
    functions: frozenset[str] = field(default=frozenset())
    gone: str = "record_gone"
    removed: bool = False
    evaluated: Callable[[Any], bool] = lambda record: True


def texts(*names: str) -> dict[str, RuleName]:
    """Names of type string."""
    return dict.fromkeys(names, RuleName("string"))
