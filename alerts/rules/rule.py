"""Rules: CEL expressions over one subject, compiled and checked when they are loaded.

The only module that knows the CEL library (`common-expression-language`, import name `cel`).

What a rule may name, by the kind of subject it is over, stands with each kind in `feeds.kinds`. Over assets, `m` has
the readings (`m["icmp.rtt_ms"]`: numbers are doubles; only fresh readings of usable quality are there), and
`age(m["icmp.rtt_ms"])` is the seconds since that reading was observed, also of one that is stale. Over each kind there
are `active` (its alert stands now: another limit for clearing than for raising), `count(region, kind, health)` and
`health_of("id")`.

A verdict is true, false or no data: a reading that is missing or stale makes the whole no data
unless the rest decides alone (`kind == "pump" && m["x"] > 5.0` is false for a router), and so does
a `health` of "unknown" unless the rule asks for that word itself.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

from alerts.rules.cel import syntax, typecheck
from alerts.rules.cel.typecheck import Uses
from alerts.rules.context import Around, Nothing, Within
from alerts.rules.delays import Verdict
from alerts.rules.subjects import Subject
from alerts.rules.thresholds import Sketch, sketch
from alerts.rules.values import plain, touched, usable, value_of, warnings_told
from alerts.settings import RuleSettings
from feeds.kinds import KINDS
from feeds.model import AssetState, Health, Quality
from feeds.regions import covers

# The library's package imports its own command line, and with it prompt_toolkit, rich, typer and pygments: a third of
# what a start without bytecode takes, for nothing that a role uses.
sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))
import cel  # noqa: E402

log = logging.getLogger(__name__)

BUILT_IN = frozenset(("redundancy-lost",))
LONGEST = 2000  # characters of an expression
TICK = 1.0  # how often, in seconds, a rule is asked again that does more with an age than compare it with a number
PAST = 0.001  # how far beyond its limit, in seconds, an age is looked at: ">" and ">=" are decided by then
_RATES = "_rate"  # what `rate(m["x"], 300)` becomes, by "300.0 x"
_AGES = "_age"  # what `age(m["x"])` becomes: a look into a map, so that a missing reading is a missing key


class RuleError(ValueError):
    """A rule cannot be used. `message` says where and how to mend it, by language ("zh-CN", "en")."""

    def __init__(self, rule: str, zh: str, en: str) -> None:
        super().__init__(f"rule {rule}: {en}")
        self.rule = rule
        self.message = {"zh-CN": f"规则 {rule}：{zh}", "en": f"rule {rule}: {en}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What a rule says of a subject. `recheck` is the moment (epoch seconds) at which the answer may be another without
    any new input, or None. `tell` words the evidence; few answers are ever told, so ask before the world moves on."""

    verdict: Verdict
    quality: Quality = Quality.GOOD
    tell: Callable[[], str] = str
    recheck: float | None = None

    @property
    def evidence(self) -> str:
        """The values it was judged by."""
        return self.tell()


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """A rule ready to be asked."""

    settings: RuleSettings
    program: cel.Program
    uses: Uses
    sketch: Sketch = field(default_factory=Sketch)
    keys: frozenset[str] = field(init=False)
    """The readings that the answer hangs on."""

    def __post_init__(self) -> None:
        ages, rates = (age[2] for age in self.uses.ages), (rate[2] for rate in self.uses.rates)
        object.__setattr__(self, "keys", frozenset((*self.uses.readings, *ages, *rates)))

    @property
    def id(self) -> str:
        return self.settings.id

    def touched_by(self, before: AssetState | None, after: AssetState | None) -> bool:
        """Whether a change of an asset's state concerns anything that this rule looks at."""
        if before is None or after is None or self.uses.whole:
            return True
        if "health" in self.uses.names and before.health is not after.health:
            return True
        if "stale" in self.uses.names and (before.stale_since is None) != (after.stale_since is None):
            return True
        return bool(self.keys) and any(before.readings.get(key) != after.readings.get(key) for key in self.keys)

    def evaluate(
        self, subject: Subject, now: float, *, active: bool = False, around: Around | None = None
    ) -> Evaluation:
        """The verdict over a subject of this rule's kind at a moment (epoch seconds). Never raises for odd data.

        `active`: its alert stands already. Of what lies outside its region a rule of a region says no, always.
        """
        if not self.concerns(subject):
            return Evaluation(verdict=Verdict.FALSE)
        around = self._within(around or Nothing())
        values = self._values(subject, now) | self._beyond(subject, now, active, around)
        verdict = self._verdict(values)
        if self.uses.many and verdict is not Verdict.NO_DATA:
            verdict = self._unless_blind(verdict, values, around)
        if verdict is Verdict.FALSE and values.get("health") == Health.UNKNOWN:
            known = {name: value for name, value in values.items() if name != "health"}
            verdict = self._verdict(known)
        return Evaluation(
            verdict=verdict,
            quality=self._quality(subject),
            recheck=self._recheck(subject, now),
            tell=lambda: self._evidence(subject, values, around),
        )

    def concerns(self, subject: Subject) -> bool:
        """Whether a subject lies in the rule's region; "" is the whole site."""
        return covers(self.settings.region, subject.region)

    def _within(self, around: Around) -> Around:
        return Within(around, self.settings.region) if self.settings.region else around

    def _values(self, subject: Subject, now: float) -> dict[str, Any]:
        of = KINDS.subjects[subject.kind].value
        values = {name: of(subject, name) for name in self.uses.names if name not in ("m", "active")}
        if "m" in self.uses.names:
            values["m"] = {key: value_of(r) for key, r in subject.readings.items() if usable(r, now)}
        if self.uses.ages:
            values[_AGES] = {key: max(0.0, now - r.observed_at) for key, r in subject.readings.items()}
        return values

    def _beyond(self, subject: Subject, now: float, active: bool, around: Around) -> dict[str, Any]:
        """What does not stand in the subject itself."""
        values: dict[str, Any] = {"active": active} if "active" in self.uses.names else {}
        if self.uses.many:
            values |= {"count": around.count, "health_of": around.health_of}
        if self.uses.warned:
            values["warned"] = lambda level, event: bool(around.warnings_over(subject.id, str(level), str(event)))
        if self.uses.touches:
            values["touches"] = lambda kind: touched(subject, str(kind))
        if self.uses.rates:
            fresh = {key for key, reading in subject.readings.items() if usable(reading, now)}
            rates = {
                f"{seconds} {key}": around.rate(subject.id, key, seconds, now)
                for _, _, key, seconds in self.uses.rates
                if key in fresh
            }
            values[_RATES] = {name: rate for name, rate in rates.items() if rate is not None}
        return values

    def _unless_blind(self, verdict: Verdict, values: dict[str, Any], around: Around) -> Verdict:
        """No data when what is probed and unknown could turn the answer; a condition that holds of a thing itself
        being unknown stands."""
        blind = {
            "count": lambda region, kind, health: around.count(region, kind, health, perhaps=True),
            "health_of": lambda asset: around.health_of(asset, known=True),
        }
        other = self._verdict(values | blind)
        holds = verdict is Verdict.TRUE and other is Verdict.NO_DATA
        return verdict if other is verdict or holds else Verdict.NO_DATA

    def _verdict(self, values: dict[str, Any]) -> Verdict:
        """Three-valued by CEL's own rule: `&&` and `||` pass over an error when the other side decides."""
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

    def _quality(self, subject: Subject) -> Quality:
        used = [r for key, r in subject.readings.items() if key in self.uses.readings]
        uncertain = any(r.quality is Quality.UNCERTAIN for r in used)
        return Quality.UNCERTAIN if uncertain else Quality.GOOD

    def _evidence(self, subject: Subject, values: Mapping[str, Any], around: Around | None) -> str:
        told = [f"{name}={plain(values[name])}" for name in sorted(self.uses.names - {"m", "labels", "active"})]
        for key in sorted(self.uses.readings & subject.readings.keys()):
            reading = subject.readings[key]
            told.append(f"{key}={plain(reading.value)}{' ' + reading.unit if reading.unit else ''}")
        told += [f"age({key})={plain(values[_AGES][key])} s" for _, _, key in self.uses.ages if key in values[_AGES]]
        told += [
            f"rate({key})={plain(values[_RATES][f'{span} {key}'])} /s"
            for _, _, key, span in self.uses.rates
            if f"{span} {key}" in values[_RATES]
        ]
        if self.uses.warned and around is not None:
            told += warnings_told(subject.id, around)
        if "health" in self.uses.names:
            down = [k for k, r in subject.readings.items() if k.partition("[")[0].endswith(".up") and r.value is False]
            told += [f"{key}=false {subject.readings[key].text}".strip() for key in sorted(down)[:3]]
        return ", ".join(told)[:500]

    def _recheck(self, subject: Subject, now: float) -> float | None:
        moments = []
        for start, _, key in self.uses.ages:
            limit, reading = self.uses.limits.get(start), subject.readings.get(key)
            if reading is not None:
                moments.append(now + TICK if limit is None else reading.observed_at + limit + PAST)
        if "m" in self.uses.names or self.uses.rates:
            looked_at = subject.readings if self.uses.whole else self.keys & subject.readings.keys()
            moments += [subject.readings[key].fresh_until for key in looked_at]
        return min((moment for moment in moments if moment > now), default=None)


def compile_rules(rules: Iterable[RuleSettings]) -> dict[str, CompiledRule]:
    """All rules by id; RuleError at the first that cannot be used."""
    compiled: dict[str, CompiledRule] = {}
    for rule in rules:
        if rule.id in compiled:
            raise RuleError(rule.id, "id 重复", "the id is used twice")
        compiled[rule.id] = compile_rule(rule)
    return compiled


def compile_rule(rule: RuleSettings) -> CompiledRule:
    """The rule ready to be asked; RuleError says what is wrong with it, where, and the mend."""
    over = KINDS.subjects.get(rule.over)
    if over is None:
        known = ", ".join(KINDS.subjects)
        given = f"over = {rule.over!r}"
        raise RuleError(rule.id, f"{given} 未知；可为：{known}", f"{given} is not one of: {known}")
    if len(rule.when) > LONGEST:
        raise RuleError(rule.id, f"when 超过 {LONGEST} 个字符", f"when is longer than {LONGEST} characters")
    for name, value in (("for", rule.hold), ("recover_for", rule.recover_for)):
        if not 0 <= value < 365 * 86400:
            raise RuleError(rule.id, f"{name} 应为 0 到一年", f"{name} must be between 0 and a year")
    program = _program(rule, rule.when)
    try:
        tree = syntax.parse(rule.when)
        uses = typecheck.check(tree, over)
        drawn = sketch(tree)
    except RecursionError as error:
        raise RuleError(rule.id, "表达式嵌套过深", "the expression is nested too deeply") from error
    except (typecheck.Unfit, syntax.Unparsed) as error:
        zh, en = (error.zh, error.en) if isinstance(error, typecheck.Unfit) else ("无法理解", "not understood")
        place = _near(rule.when, error.at)
        raise RuleError(rule.id, f"{place}：{zh}", f"{place}: {en}") from error
    _check_patterns(rule, uses)
    if ":" in rule.id or rule.id in BUILT_IN:
        en = "the id must have no colon and not be a built-in rule's"
        raise RuleError(rule.id, "id 不能含冒号，也不能是内置规则的名称", en)
    if uses.ages or uses.rates:
        program = _program(rule, _with_maps(rule.when, uses))
    return CompiledRule(settings=replace(rule), program=program, uses=uses, sketch=drawn)


def _program(rule: RuleSettings, source: str) -> cel.Program:
    try:
        return cel.compile(source)
    except ValueError as error:
        text = str(error).partition("ERROR: ")[2].splitlines() or [str(error)]
        what = text[0].replace("<input>:", "")
        raise RuleError(rule.id, f"when = {source!r} 语法错误：{what}", f"when = {source!r}: {what}") from error


def _with_maps(source: str, uses: Uses) -> str:
    """`age(m["x"])` as `_age["x"]`, a rate likewise: the library hands a function the reading's value only."""
    places = [(start, end, _AGES, key) for start, end, key in uses.ages]
    places += [(start, end, _RATES, f"{seconds} {key}") for start, end, key, seconds in uses.rates]
    for start, end, name, key in sorted(places, reverse=True):
        quoted = '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
        source = f"{source[:start]}{name}[{quoted}]{source[end:]}"
    return source


def _check_patterns(rule: RuleSettings, uses: Uses) -> None:
    """A regular expression that is none would be found out only when the rule matters."""
    for at, source in uses.patterns:
        try:
            cel.compile(f'"".matches({source})').execute({})
        except RuntimeError as error:
            what, place = str(error).strip().splitlines()[-1], _near(rule.when, at)
            en = f"{place}: not a regular expression: {what}"
            raise RuleError(rule.id, f"{place}：正则表达式无效：{what}", en) from error


def _near(source: str, at: int) -> str:
    return f"when[{at + 1}] …{source[at : at + 24]}…" if len(source) - at > 24 else f"when[{at + 1}] …{source[at:]}"
