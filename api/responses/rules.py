"""Answers about alert rules."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec import field as named

from api.responses.common import Texts, Time


class RuleGrade(Struct, kw_only=True):
    """A severity that the alert has while a condition holds."""

    when: Annotated[str, Meta(description="A CEL expression; `active`: the alert is as severe already")]
    severity: str


class RuleForm(Struct, kw_only=True):
    """What a rule says; durations in seconds. `grades`: the worst that holds counts, else `severity`."""

    id: str
    when: Annotated[str, Meta(description="A CEL expression")]
    over: str
    each: Annotated[str, Meta(description="Asked of every member that has this reading")] | UnsetType = UNSET
    for_: float = named(name="for")
    recover_for: float
    severity: str
    grades: list[RuleGrade] | UnsetType = UNSET
    title: Texts
    text: str
    region: str


class ListedRule(RuleForm, kw_only=True):
    """A rule in force. `problem`, by language: why it does not run."""

    source: Annotated[str, Meta(description="api, or file for what the settings name")]
    rev: int
    by: str
    at: Time | None
    comment: str
    thresholds: list[dict[str, Any]]
    only: dict[str, Any]
    problem: Texts | None
    active: Annotated[int, Meta(description="How many of its alerts are active")]


class LimitsOfRules(Struct, kw_only=True):
    """The engine's limits: `sample` in seconds, `storm` alerts at once, `most` rules."""

    sample: float
    storm: int
    most: int


class SubjectName(Struct, kw_only=True):
    """A name that an expression may use; `words` are its values, [] for any."""

    type: str
    words: list[str]


class RuleSubject(Struct, kw_only=True):
    """A kind of thing that rules are over."""

    name: str
    names: dict[str, SubjectName]
    functions: list[str]


class RulePreview(Struct, kw_only=True):
    """What a rule would do at once."""

    id: str
    asked: int
    holds: int
    no_data: int
    raises: int
    clears: int
    partial: bool
    examples: list[str]
    thresholds: list[dict[str, Any]]
    only: dict[str, Any]


class RuleList(Struct, kw_only=True):
    """Every rule in force. After a change also what changed and what it does."""

    items: list[ListedRule]
    next: None
    rev: int
    hidden: int
    limits: LimitsOfRules
    subjects: list[RuleSubject]
    changed: list[str] | UnsetType = UNSET
    preview: list[RulePreview | None] | UnsetType = UNSET
    dry_run: bool | UnsetType = UNSET


class PreviewedRule(Struct, kw_only=True):
    """The preview of one rule."""

    preview: RulePreview | None
    rev: int


class RuleChange(Struct, kw_only=True):
    """A change of a rule. `undoes`: the seq of the change that it took back."""

    seq: int
    at: Time
    rule: str
    name: str
    actor: str
    comment: str
    source: str
    rev: int
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    undoes: int | None
    undoable: bool


class RuleHistory(Struct, kw_only=True):
    """Changes of rules, newest first."""

    items: list[RuleChange]
    next: Annotated[str | None, Meta(description="Ask again with cursor=…; null: the last page")]
    rev: int
    hidden: int
