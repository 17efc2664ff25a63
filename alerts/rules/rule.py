"""Rules: CEL expressions over one subject, compiled and checked when they are loaded.

Only this module imports the CEL library (`common-expression-language`, import name `cel`).

The names that a rule may use are defined with each kind of subject in `feeds.kinds`. Over assets, `m` holds
the fresh readings of usable quality (`m["icmp.rtt_ms"]`; numbers are doubles). `age(m["icmp.rtt_ms"])` is the number of
seconds since that reading was observed, also for a stale one. Every kind has `active` (the rule's alert is active, for
a deadband), `count(region, kind, health)` and `health_of("id")`.

A verdict is true, false or no data. A missing or stale reading gives no data, unless the other terms decide alone
(`kind == "pump" && m["x"] > 5.0` is false for a router). A `health` of "unknown" gives no data too, unless the rule
compares with "unknown".
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from alerts.rules.context import EmptyContext, RegionContext, RuleContext
from alerts.rules.delays import Verdict
from alerts.rules.evidence import AGES, RATES, evidence, quality
from alerts.rules.members import NAMES as MEMBER_NAMES
from alerts.rules.members import member_view, members
from alerts.rules.programs import RuleError, check_patterns, correction, near, program, with_maps
from alerts.rules.subjects import Subject
from alerts.rules.thresholds import ExpressionSummary, sketch
from alerts.rules.values import age_of, all_values, touched, usable, value_of
from alerts.settings import RuleSettings
from feeds.cel import hints, syntax, typecheck
from feeds.cel.typecheck import ExpressionReferences
from feeds.cel_library import cel
from feeds.kinds import KINDS
from feeds.model import Alert, AssetState, Health, Kind, Quality, Severity
from feeds.regions import covers

__all__ = ["CompiledRule", "Evaluation", "RuleError", "compile_rule", "compile_rules"]
log = logging.getLogger(__name__)

_METRIC = re.compile(r"[\w.-]{1,100}")
BUILT_IN = frozenset(("redundancy-lost",))
LONGEST = 2000  # characters of an expression
TICK = 1.0  # seconds between evaluations of a rule that does not compare an age with a plain number
PAST = 0.001  # seconds beyond its limit at which an age is evaluated: both ">" and ">=" are decided then


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The result of a rule for one subject. `tell` formats the evidence; call it before the subject changes.

    `recheck` is the moment (epoch seconds) at which the verdict may change without new input, or None."""

    verdict: Verdict
    quality: Quality = Quality.GOOD
    tell: Callable[[], str] = str
    recheck: float | None = None

    @property
    def evidence(self) -> str:
        """The values that decided the verdict, as text."""
        return self.tell()


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """A rule ready to be evaluated."""

    settings: RuleSettings
    program: cel.Program
    uses: ExpressionReferences
    sketch: ExpressionSummary = field(default_factory=ExpressionSummary)
    grades: tuple[CompiledRule, ...] = ()
    """The conditions of severities, the worst first, as rules of that severity."""
    keys: frozenset[str] = field(init=False)
    """The readings that the verdict depends on."""

    def __post_init__(self) -> None:
        ages, rates = (age[2] for age in self.uses.ages), (rate[2] for rate in self.uses.rates)
        object.__setattr__(self, "keys", frozenset((*self.uses.readings, *ages, *rates)))

    @property
    def id(self) -> str:
        return self.settings.id

    @property
    def metrics(self) -> frozenset[str]:
        """The readings that the rule and its severities depend on, and that of its members."""
        return frozenset({self.settings.each} - {""}).union(*(part.keys for part in self.parts))

    def views(self, subject: Subject, also: Iterable[str] = ()) -> Iterator[Subject]:
        """The targets of the rule: the subject, or for a rule with `each` its members and those in `also`."""
        if not self.settings.each or subject.member:
            yield subject
            return
        for member in dict.fromkeys((*members(self.settings.each, subject.readings), *also)):
            yield self.view(subject, member)

    def view(self, subject: Subject, member: str) -> Subject:
        """The subject as the rule sees one member of it; the subject itself for "" (no member)."""
        return member_view(subject, member, self.metrics, whole=self.uses.whole) if member else subject

    def is_about(self, alert: Alert) -> bool:
        """True when the rule has alerts about such subjects: of that kind, and with or without a member."""
        return self.settings.over == alert.subject_kind and bool(self.settings.each) == bool(alert.member)

    @property
    def parts(self) -> tuple[CompiledRule, ...]:
        """The rule and the conditions of its severities."""
        return (self, *self.grades)

    def severity_of(self, subject: Subject, now: float, present: Severity | None, context: RuleContext) -> Severity:
        """The severity of the rule's alert now. `present` is that of its active alert, None for an alert to be raised.

        No data eases nothing: a condition that held until now is taken to hold.
        """
        for grade in self.grades:
            held = present is not None and present.rank <= grade.settings.severity.rank
            verdict = grade.evaluate(subject, now, active=held, context=context).verdict
            if verdict is Verdict.TRUE or (held and verdict is Verdict.NO_DATA):
                return grade.settings.severity
        return self.settings.severity

    def touched_by(self, before: AssetState | None, after: AssetState | None) -> bool:
        """True when a change of an asset's state touches an input of this rule."""
        return any(part._is_touched(before, after) for part in self.parts)

    def _is_touched(self, before: AssetState | None, after: AssetState | None) -> bool:
        if before is None or after is None or self.uses.whole:
            return True
        if "health" in self.uses.names and before.health is not after.health:
            return True
        if "stale" in self.uses.names and (before.stale_since is None) != (after.stale_since is None):
            return True
        return bool(self.keys) and any(before.readings.get(key) != after.readings.get(key) for key in self.keys)

    def evaluate(
        self, subject: Subject, now: float, *, active: bool = False, context: RuleContext | None = None
    ) -> Evaluation:
        """Evaluate the rule for a subject of its kind at `now` (epoch seconds). Never raises for unexpected values.

        `active`: the rule's alert on the subject is active. A rule with a region is false for subjects outside it.
        """
        if not self.concerns(subject):
            return Evaluation(verdict=Verdict.FALSE)
        context = self._within(context or EmptyContext())
        values = self._values(subject, now) | self._beyond(subject, now, active, context)
        verdict = self._verdict(values)
        if self.uses.many and verdict is not Verdict.NO_DATA:
            verdict = self._unless_blind(verdict, values, context)
        if self.uses.iterated and verdict is not self._verdict(values | {"m": all_values(subject)}):
            verdict = Verdict.NO_DATA  # a member that is not read any more could turn it
        if verdict is Verdict.FALSE and values.get("health") == Health.UNKNOWN:
            without_health = {name: value for name, value in values.items() if name != "health"}
            verdict = self._verdict(without_health)
        return Evaluation(
            verdict=verdict,
            quality=quality(self.uses, subject),
            recheck=min((at for part in self.parts if (at := part._recheck(subject, now)) is not None), default=None),
            tell=lambda: evidence(self.uses, subject, values, context),
        )

    def concerns(self, subject: Subject) -> bool:
        """True when the subject lies in the rule's region; "" is the whole site."""
        return covers(self.settings.region, subject.region)

    def _within(self, context: RuleContext) -> RuleContext:
        return RegionContext(context, self.settings.region) if self.settings.region else context

    def _values(self, subject: Subject, now: float) -> dict[str, Any]:
        of = KINDS.subjects[subject.kind].value
        values = {name: of(subject, name) for name in self.uses.names if name not in ("m", "active", "member")}
        if "member" in self.uses.names:
            values["member"] = subject.member
        if "m" in self.uses.names:
            values["m"] = {key: value_of(r) for key, r in subject.readings.items() if usable(r, now)}
        if self.uses.ages:
            values[AGES] = {key: age_of(r, now) for key, r in subject.readings.items()}
        return values

    def _beyond(self, subject: Subject, now: float, active: bool, context: RuleContext) -> dict[str, Any]:
        """The names and functions whose values come from outside the subject."""
        values: dict[str, Any] = {"active": active} if "active" in self.uses.names else {}
        if self.uses.many:
            values |= {"count": context.count, "health_of": context.health_of}
        if self.uses.warned:
            values["warned"] = lambda level, event: bool(context.warnings_over(subject.id, str(level), str(event)))
        if self.uses.touches:
            values["touches"] = lambda kind: touched(subject, str(kind))
        if self.uses.rates:
            fresh = {key for key, reading in subject.readings.items() if usable(reading, now)}
            rates = {
                f"{seconds} {key}": context.rate(subject.id, subject.key_of(key), seconds, now)
                for _, _, key, seconds in self.uses.rates
                if key in fresh
            }
            values[RATES] = {name: rate for name, rate in rates.items() if rate is not None}
        return values

    def _unless_blind(self, verdict: Verdict, values: dict[str, Any], context: RuleContext) -> Verdict:
        """No data when probed assets of unknown health could change the verdict. A condition over "unknown" stands."""
        blind = {
            "count": lambda region, kind, health: context.count(region, kind, health, include_unknown=True),
            "health_of": lambda asset: context.health_of(asset, require_known=True),
        }
        verdict_if_unknown = self._verdict(values | blind)
        holds = verdict is Verdict.TRUE and verdict_if_unknown is Verdict.NO_DATA
        return verdict if verdict_if_unknown is verdict or holds else Verdict.NO_DATA

    def _verdict(self, values: dict[str, Any]) -> Verdict:
        """Three-valued logic as in CEL: `&&` and `||` ignore an error when the other side decides."""
        try:
            result = self.program.execute(values)
        except KeyError as error:
            key = error.args[0] if error.args else ""
            label = key in self.uses.labels and key not in self.uses.readings
            return Verdict.FALSE if label else Verdict.NO_DATA
        except (TypeError, ValueError, RuntimeError, ArithmeticError) as error:
            log.debug("rule %s: %s", self.id, error)
            return Verdict.NO_DATA
        if not isinstance(result, bool):
            return Verdict.NO_DATA
        return Verdict.TRUE if result else Verdict.FALSE

    def _recheck(self, subject: Subject, now: float) -> float | None:
        moments = []
        for start, _, key in self.uses.ages:
            limit, reading = self.uses.limits.get(start), subject.readings.get(key)
            if reading is not None:
                moments.append(now + TICK if limit is None else now - age_of(reading, now) + limit + PAST)
        if "m" in self.uses.names or self.uses.rates:
            looked_at = subject.readings if self.uses.whole else self.keys & subject.readings.keys()
            moments += [subject.readings[key].fresh_until for key in looked_at]
        return min((moment for moment in moments if moment > now), default=None)


def compile_rules(rules: Iterable[RuleSettings]) -> dict[str, CompiledRule]:
    """Compile all rules, by id; RuleError at the first that cannot be used."""
    compiled: dict[str, CompiledRule] = {}
    for rule in rules:
        if rule.id in compiled:
            raise RuleError(rule.id, "id 重复", "the id is used twice")
        compiled[rule.id] = compile_rule(rule)
    return compiled


def compile_rule(rule: RuleSettings) -> CompiledRule:
    """Compile and check one rule; RuleError says what is wrong, where, and how to correct it."""
    over = KINDS.subjects.get(rule.over)
    if over is None:
        subjects = ", ".join(KINDS.subjects)
        setting = f"over = {rule.over!r}"
        raise RuleError(rule.id, f"{setting} 未知；可为：{subjects}", f"{setting} is not one of: {subjects}")
    if len(rule.when) > LONGEST:
        raise RuleError(rule.id, f"when 超过 {LONGEST} 个字符", f"when is longer than {LONGEST} characters")
    if rule.each and (rule.over != Kind.ASSET or not _METRIC.fullmatch(rule.each)):
        en = f'each = {rule.each!r} must be a reading of assets without its member, such as "if.oper"'
        raise RuleError(rule.id, f'each = {rule.each!r} 应为资产的读数，不带成员，例如 "if.oper"', en)
    for name, value in (("for", rule.hold), ("recover_for", rule.recover_for)):
        if not 0 <= value < 365 * 86400:
            raise RuleError(rule.id, f"{name} 应为 0 到一年", f"{name} must be between 0 and a year")
    compiled = program(rule, rule.when)
    try:
        tree = syntax.parse(rule.when)
        uses = typecheck.check(tree, over, MEMBER_NAMES if rule.each else {})
        drawn = sketch(tree)
    except RecursionError as error:
        raise RuleError(rule.id, "表达式嵌套过深", "the expression is nested too deeply") from error
    except (typecheck.ExpressionError, syntax.ParseError) as error:
        zh, en = correction(error) if isinstance(error, typecheck.ExpressionError) else ("无法理解", "not understood")
        excerpt = near(rule.when, error.at)
        zh, en = hints.added(rule.when, zh, en)
        raise RuleError(rule.id, f"{excerpt}：{zh}", f"{excerpt}: {en}") from error
    check_patterns(rule, uses)
    if ":" in rule.id or rule.id in BUILT_IN:
        en = "the id must have no colon and not be a built-in rule's"
        raise RuleError(rule.id, "id 不能含冒号，也不能是内置规则的名称", en)
    if uses.ages or uses.rates:
        compiled = program(rule, with_maps(rule.when, uses))
    graded = sorted(rule.grades, key=lambda grade: grade.severity.rank)
    grades = tuple(compile_rule(replace(rule, when=grade.when, severity=grade.severity, grades=())) for grade in graded)
    return CompiledRule(settings=replace(rule), program=compiled, uses=uses, sketch=drawn, grades=grades)
