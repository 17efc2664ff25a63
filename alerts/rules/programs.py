"""CEL programs of rules: compiled sources, their regular expressions, and the error of a rule that cannot be used."""

from __future__ import annotations

from alerts.rules.evidence import AGES, RATES
from alerts.settings import RuleSettings
from feeds.cel import hints
from feeds.cel.typecheck import ExpressionError, ExpressionReferences
from feeds.cel_library import cel
from feeds.kinds import KINDS


class RuleError(ValueError):
    """A rule cannot be used. `message` says where and how to correct it, by language ("zh-CN", "en")."""

    def __init__(self, rule: str, zh: str, en: str) -> None:
        super().__init__(f"rule {rule}: {en}")
        self.rule = rule
        self.message = {"zh-CN": f"规则 {rule}：{zh}", "en": f"rule {rule}: {en}"}


def program(rule: RuleSettings, source: str) -> cel.Program:
    try:
        return cel.compile(source)
    except ValueError as error:
        text = str(error).partition("ERROR: ")[2].splitlines() or [str(error)]
        zh, en = hints.added(source, *[text[0].replace("<input>:", "")] * 2)
        raise RuleError(rule.id, f"when = {source!r} 语法错误：{zh}", f"when = {source!r}: {en}") from error


def correction(error: ExpressionError) -> tuple[str, str]:
    """The Chinese and English text of an error; for a name that a rule of another form has, also that form."""
    if error.name == "member":
        return (
            f'{error.zh}；member 需要规则写 each = "if.oper"',
            f'{error.en}; member wants each = "if.oper" in the rule',
        )
    having = " / ".join(f'over = "{kind}"' for kind, subject in KINDS.subjects.items() if error.name in subject.names)
    if not error.name or not having:
        return error.zh, error.en
    return f"{error.zh}；{error.name} 属于 {having}", f"{error.en}; {error.name} belongs to {having}"


def with_maps(source: str, uses: ExpressionReferences) -> str:
    """Rewrite `age(m["x"])` to `_age["x"]`, and rates likewise: CEL functions see only a reading's value."""
    calls = [(start, end, AGES, key) for start, end, key in uses.ages]
    calls += [(start, end, RATES, f"{seconds} {key}") for start, end, key, seconds in uses.rates]
    for start, end, name, key in sorted(calls, reverse=True):
        quoted = '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
        source = f"{source[:start]}{name}[{quoted}]{source[end:]}"
    return source


def check_patterns(rule: RuleSettings, uses: ExpressionReferences) -> None:
    """Reject invalid regular expressions at load time."""
    for at, source in uses.patterns:
        try:
            cel.compile(f'"".matches({source})').execute({})
        except RuntimeError as error:
            reason, excerpt = str(error).strip().splitlines()[-1], near(rule.when, at)
            en = f"{excerpt}: not a regular expression: {reason}"
            raise RuleError(rule.id, f"{excerpt}：正则表达式无效：{reason}", en) from error


def near(source: str, at: int) -> str:
    return f"when[{at + 1}] …{source[at : at + 24]}…" if len(source) - at > 24 else f"when[{at + 1}] …{source[at:]}"
