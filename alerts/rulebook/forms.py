"""Rules as JSON, in the forms of the API and of the journal."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from alerts.rules.rule import CompiledRule, RuleError, compile_rule
from alerts.sampling import SampleTimes
from alerts.settings import GRADES_WANTED, RuleSettings, SeverityGrade, graded
from feeds.documents.rule import RuleDocument
from feeds.model import Severity
from feeds.regions import is_code

FILE, API = "file", "api"
_ID = re.compile(r"[\w.-]{1,64}")
_KEYS = frozenset(("id", "when", "over", "for", "recover_for", "severity", "grades", "title", "text", "region", "each"))


class InvalidRule(ValueError):
    """A rule is invalid. `field` is the wrong key, `code` is stable, `message` is by language."""

    def __init__(self, field: str, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.field, self.code = field, code
        self.message = {"zh-CN": zh, "en": en}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRule:
    """A rule with its source and its last change. `problem` says by language why the rule does not run."""

    settings: RuleSettings
    source: str
    rev: int
    by: str = ""
    at: float = 0.0
    comment: str = ""
    compiled: CompiledRule | None = None
    problem: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.settings.id

    @property
    def key(self) -> str:
        """The id of the rule's document. A rule of the file and one of the API may share an id for a while."""
        return f"{self.source}:{self.id}"


def form(settings: RuleSettings) -> dict[str, Any]:
    """The rule, JSON-able; durations in seconds."""
    each = {"each": settings.each} if settings.each else {}
    return _form(settings) | each | ({"grades": msgspec.to_builtins(settings.grades)} if settings.grades else {})


def _form(settings: RuleSettings) -> dict[str, Any]:
    return {
        "id": settings.id,
        "when": settings.when,
        "over": settings.over,
        "for": settings.hold,
        "recover_for": settings.recover_for,
        "severity": str(settings.severity),
        "title": dict(settings.title),
        "text": settings.text,
        "region": settings.region,
    }


def document_of(stored: StoredRule) -> RuleDocument:
    """The rule's document: its settings, its last change, and the summary of its expression."""
    settings, drawn = stored.settings, stored.compiled.sketch if stored.compiled is not None else None
    region = [settings.region] if settings.region else []
    only = msgspec.to_builtins(drawn.only) if drawn else {"kinds": [], "regions": [], "labels": {}}
    return RuleDocument(
        id=settings.id,
        when=settings.when,
        over=settings.over,
        each=settings.each,
        hold=settings.hold,
        recover_for=settings.recover_for,
        severity=str(settings.severity),
        grades=msgspec.to_builtins(list(settings.grades)),
        title=dict(settings.title),
        text=settings.text,
        region=settings.region,
        source=stored.source,
        rev=stored.rev,
        by=stored.by,
        at=stored.at,
        comment=stored.comment,
        thresholds=msgspec.to_builtins(drawn.thresholds) if drawn else [],
        only=only | {"regions": only["regions"] or region},
        mentions=[*_mentions(stored.compiled), *region],
        problem=stored.problem or None,
    )


def _mentions(rule: CompiledRule | None) -> list[str]:
    """The ids and codes that a rule and the conditions of its severities name."""
    return [mention for part in (rule.parts if rule is not None else ()) for mention in part.sketch.mentions]


def read(fields: Mapping[str, Any], sample: SampleTimes) -> CompiledRule:
    """Read and compile a rule of the API; InvalidRule says what is wrong and how to correct it.

    `sample` bounds the off-delay from below, by the readings that the rule uses.
    """
    _refuse_unknown(fields)
    over = str(fields.get("over") or "asset")
    severity, grades = _severities(fields)
    conditions = (str(fields.get("when") or ""), *(grade.when for grade in grades))
    least = sample.least(over, conditions, str(fields.get("each") or ""))
    hold = _seconds(fields, "for", 0.0)
    recover_for = _seconds(fields, "recover_for", max(hold, least))
    if recover_for < least:
        raise InvalidRule(
            "recover_for",
            "recover_short",
            f"recover_for 不得短于一次采样（{least:g} 秒）：一次正常还不算恢复",
            f"recover_for must be at least one sample ({least:g} s): one good answer is not yet a recovery",
        )
    settings = RuleSettings(
        id=_id(fields),
        when=_text(fields, "when", 2000),
        over=over,
        each=_text(fields, "each", 100, needed=False),
        hold=hold,
        recover_for=recover_for,
        severity=severity,
        grades=grades,
        title=_title(fields),
        text=_text(fields, "text", 2000, needed=False),
        region=_region(fields),
    )
    try:
        return compile_rule(settings)
    except RuleError as error:
        raise InvalidRule("when", "rule", error.message["zh-CN"], error.message["en"]) from error


def load(document: RuleDocument) -> StoredRule:
    """Read a rule from its document. A rule that does not compile is kept with its problem."""
    settings = RuleSettings(
        id=document.id,
        when=document.when,
        over=document.over,
        each=document.each,
        hold=document.hold,
        recover_for=document.recover_for,
        severity=Severity(document.severity),
        grades=tuple(msgspec.convert(document.grades, list[SeverityGrade])),
        title=dict(document.title),
        text=document.text,
        region=document.region,
    )
    stored = StoredRule(
        settings=settings,
        source=document.source,
        rev=document.rev,
        by=document.by,
        at=document.at,
        comment=document.comment,
    )
    try:
        return replace(stored, compiled=compile_rule(settings))
    except RuleError as error:
        return replace(stored, problem=error.message)


def _refuse_unknown(fields: Mapping[str, Any]) -> None:
    for name in fields:
        if name not in _KEYS:
            raise InvalidRule(str(name)[:64], "extra_forbidden", "未知的字段", "unknown field")


def _id(fields: Mapping[str, Any]) -> str:
    id = fields.get("id")
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise InvalidRule(
            "id",
            "rule_id",
            "id 应为 1 到 64 个字母、数字、点、横线或下划线",
            "the id has 1 to 64 letters, digits, dots, hyphens or underscores",
        )
    return id


def _text(fields: Mapping[str, Any], key: str, most: int, *, needed: bool = True) -> str:
    value = fields.get(key, "")
    if not isinstance(value, str) or len(value) > most or (needed and not value.strip()):
        raise InvalidRule(
            key, "rule_text", f"应为不超过 {most} 字的文本", f"text of at most {most} characters is wanted"
        )
    return value


def _region(fields: Mapping[str, Any]) -> str:
    code = fields.get("region") or ""
    if code and not (isinstance(code, str) and is_code(code)):
        raise InvalidRule("region", "region", "不是行政区划代码", "no region code")
    return str(code)


def _seconds(fields: Mapping[str, Any], key: str, default: float) -> float:
    value = fields.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidRule(key, "rule_seconds", "应为秒数", "a number of seconds is wanted")
    return float(value)


def _severities(fields: Mapping[str, Any]) -> tuple[Severity, tuple[SeverityGrade, ...]]:
    """The severity without a condition, and those with one; see `graded`."""
    severity, more = fields.get("severity"), fields.get("grades") or []
    if not isinstance(severity, list) and not more:
        return _severity(severity), ()
    entries = (
        severity if isinstance(severity, list) else [*more, {"severity": severity}] if isinstance(more, list) else more
    )
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise InvalidRule("severity", "rule_grades", *GRADES_WANTED)
    pairs = [(str(entry.get("when") or ""), _severity(entry.get("severity"))) for entry in entries]
    graded_severities = graded(pairs)
    if graded_severities is None or any(set(entry) - {"when", "severity"} for entry in entries):
        raise InvalidRule("severity", "rule_grades", *GRADES_WANTED)
    return graded_severities


def _severity(value: Any) -> Severity:
    severity = value or Severity.MAJOR
    if severity not in list(Severity):
        severities = ", ".join(Severity)
        raise InvalidRule("severity", "enum", f"severity 应为：{severities}", f"severity is one of: {severities}")
    return Severity(severity)


def _title(fields: Mapping[str, Any]) -> dict[str, str]:
    """The title by language. A missing language takes the text of the other."""
    title = fields.get("title") or {}
    titles = dict.fromkeys(("zh-CN", "en"), title) if isinstance(title, str) else title
    if not isinstance(titles, Mapping) or not set(titles) <= {"zh-CN", "en"}:
        raise InvalidRule("title", "rule_text", "title 应按语言给出（zh-CN、en）", "title is by language (zh-CN, en)")
    if not all(isinstance(text, str) and len(text) <= 200 for text in titles.values()):
        raise InvalidRule("title", "rule_text", "标题不超过 200 字", "a title has at most 200 characters")
    fallback = next((text for text in titles.values() if text), "")
    return {language: titles.get(language) or fallback for language in ("zh-CN", "en")} if fallback else {}
