"""Rules as JSON: what the interface takes and shows, what the journal keeps."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from alerts.rules.rule import CompiledRule, RuleError, compile_rule
from alerts.settings import RuleSettings
from feeds.documents.rule import RuleDocument
from feeds.model import Severity
from feeds.regions import is_code

FILE, API = "file", "api"
_ID = re.compile(r"[\w.-]{1,64}")
_KEYS = frozenset(("id", "when", "over", "for", "recover_for", "severity", "title", "text", "region"))


class Unusable(ValueError):
    """A rule cannot be taken. `field` is the key that is wrong, `code` stable, `message` by language."""

    def __init__(self, field: str, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.field, self.code = field, code
        self.message = {"zh-CN": zh, "en": en}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A rule with where it comes from and who changed it last. `problem` says why it does not run, by language."""

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
        """The id of its document: a file's rule and one of the interface may share a name for a while."""
        return f"{self.source}:{self.id}"


def form(settings: RuleSettings) -> dict[str, Any]:
    """What a rule says, JSON-able; durations in seconds."""
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


def document_of(kept: Kept) -> RuleDocument:
    """The document: what it says, whose it is, and what can be drawn of it."""
    settings, drawn = kept.settings, kept.compiled.sketch if kept.compiled is not None else None
    region = [settings.region] if settings.region else []
    only = msgspec.to_builtins(drawn.only) if drawn else {"kinds": [], "regions": [], "labels": {}}
    return RuleDocument(
        id=settings.id,
        when=settings.when,
        over=settings.over,
        hold=settings.hold,
        recover_for=settings.recover_for,
        severity=str(settings.severity),
        title=dict(settings.title),
        text=settings.text,
        region=settings.region,
        source=kept.source,
        rev=kept.rev,
        by=kept.by,
        at=kept.at,
        comment=kept.comment,
        thresholds=msgspec.to_builtins(drawn.thresholds) if drawn else [],
        only=only | {"regions": only["regions"] or region},
        mentions=[*(drawn.mentions if drawn else ()), *region],
        problem=kept.problem or None,
    )


def read(said: Mapping[str, Any], sample: float) -> CompiledRule:
    """A rule that somebody sent, ready to be asked; Unusable says what is wrong and how to mend it.

    `sample` is the shortest time, in seconds, between two results of an asset: nothing may clear within it.
    """
    _known(said)
    over = str(said.get("over") or "asset")
    least = sample if over == "asset" else 0.0
    hold = _seconds(said, "for", 0.0)
    recover_for = _seconds(said, "recover_for", max(hold, least))
    if recover_for < least:
        raise Unusable(
            "recover_for",
            "recover_short",
            f"recover_for 不得短于一次采样（{least:g} 秒）：一次正常还不算恢复",
            f"recover_for must be at least one sample ({least:g} s): one good answer is not yet a recovery",
        )
    settings = RuleSettings(
        id=_id(said),
        when=_text(said, "when", 2000),
        over=over,
        hold=hold,
        recover_for=recover_for,
        severity=_severity(said),
        title=_title(said),
        text=_text(said, "text", 2000, needed=False),
        region=_region(said),
    )
    try:
        return compile_rule(settings)
    except RuleError as error:
        raise Unusable("when", "rule", error.message["zh-CN"], error.message["en"]) from error


def load(document: RuleDocument) -> Kept:
    """A rule of the interface from its document. One that this version cannot compile is kept, with the problem."""
    settings = RuleSettings(
        id=document.id,
        when=document.when,
        over=document.over,
        hold=document.hold,
        recover_for=document.recover_for,
        severity=Severity(document.severity),
        title=dict(document.title),
        text=document.text,
        region=document.region,
    )
    kept = Kept(
        settings=settings,
        source=document.source,
        rev=document.rev,
        by=document.by,
        at=document.at,
        comment=document.comment,
    )
    try:
        return replace(kept, compiled=compile_rule(settings))
    except RuleError as error:
        return replace(kept, problem=error.message)


def _known(said: Mapping[str, Any]) -> None:
    for name in said:
        if name not in _KEYS:
            raise Unusable(str(name)[:64], "extra_forbidden", "未知的字段", "unknown field")


def _id(said: Mapping[str, Any]) -> str:
    id = said.get("id")
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise Unusable(
            "id",
            "rule_id",
            "id 应为 1 到 64 个字母、数字、点、横线或下划线",
            "the id has 1 to 64 letters, digits, dots, hyphens or underscores",
        )
    return id


def _text(said: Mapping[str, Any], key: str, most: int, *, needed: bool = True) -> str:
    value = said.get(key, "")
    if not isinstance(value, str) or len(value) > most or (needed and not value.strip()):
        raise Unusable(key, "rule_text", f"应为不超过 {most} 字的文本", f"text of at most {most} characters is wanted")
    return value


def _region(said: Mapping[str, Any]) -> str:
    code = said.get("region") or ""
    if code and not (isinstance(code, str) and is_code(code)):
        raise Unusable("region", "region", "不是行政区划代码", "no region code")
    return str(code)


def _seconds(said: Mapping[str, Any], key: str, default: float) -> float:
    value = said.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Unusable(key, "rule_seconds", "应为秒数", "a number of seconds is wanted")
    return float(value)


def _severity(said: Mapping[str, Any]) -> Severity:
    word = said.get("severity") or Severity.MAJOR
    if word not in list(Severity):
        known = ", ".join(Severity)
        raise Unusable("severity", "enum", f"severity 应为：{known}", f"severity is one of: {known}")
    return Severity(word)


def _title(said: Mapping[str, Any]) -> dict[str, str]:
    """By language; a language that is missing takes the other's."""
    given = said.get("title") or {}
    words = dict.fromkeys(("zh-CN", "en"), given) if isinstance(given, str) else given
    if not isinstance(words, Mapping) or not set(words) <= {"zh-CN", "en"}:
        raise Unusable("title", "rule_text", "title 应按语言给出（zh-CN、en）", "title is by language (zh-CN, en)")
    if not all(isinstance(word, str) and len(word) <= 200 for word in words.values()):
        raise Unusable("title", "rule_text", "标题不超过 200 字", "a title has at most 200 characters")
    some = next((word for word in words.values() if word), "")
    return {language: words.get(language) or some for language in ("zh-CN", "en")} if some else {}
