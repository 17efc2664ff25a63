"""What a rule may say, what it means over real and missing data, and what is refused at load."""

from __future__ import annotations

import pytest

from alerts.rules.delays import Verdict
from alerts.rules.rule import RuleError, compile_rule, compile_rules
from alerts.rules.subjects import Subject
from alerts.settings import RuleSettings
from feeds.cel import syntax
from feeds.model import AssetState, EmergencyWarning, Quality
from feeds.regions import common_region
from tests.alerts.builders import T0, asset, reading, rule, source, subject

TRUE, FALSE, NO_DATA = Verdict.TRUE, Verdict.FALSE, Verdict.NO_DATA


def ask(when: str, about: Subject, now: float = T0 + 1) -> Verdict:
    return compile_rule(rule(when=when, over=about.kind)).evaluate(about, now).verdict


@pytest.mark.parametrize(
    ("when", "about", "verdict"),
    [
        ('health == "down"', subject("down"), TRUE),
        ("health in ['down', 'degraded']", subject("degraded"), TRUE),
        ('health == "down" && kind == "router" && importance >= 0', subject("down"), TRUE),
        ('region.startsWith("5323") && id == "r1" && owner == ""', subject(), TRUE),
        ('labels["tier"] == "core"', subject(labels={"tier": "core"}), TRUE),
        ('labels["tier"] == "core"', subject(), FALSE),
        ('!("tier" in labels) || has(labels.tier)', subject(), TRUE),
        ('m["http.ms"] > 300', subject(http_ms=301), TRUE),
        ('m["http.ms"] > 300', subject(http_ms=12.5), FALSE),
        ('m["http.ms"] + 1.0 > 300', subject(http_ms=300), TRUE),
        ('m["tcp.up"] == false', subject(tcp_up=False), TRUE),
        ('!m["tcp.up"]', subject(tcp_up=False), TRUE),
        ('m["tcp.up"]', subject(tcp_up=True), TRUE),
        ('m["ups.state"].matches("^on .*")', subject(ups_state="on battery"), TRUE),
        ('"http.ms" in m', subject(), FALSE),
        ("stale", subject(), FALSE),
    ],
)
def test_expressions_over_an_asset(when: str, about: Subject, verdict: Verdict) -> None:
    assert ask(when, about) is verdict


@pytest.mark.parametrize(
    ("when", "about", "verdict"),
    [
        ('m["http.ms"] > 300', subject(), NO_DATA),
        ('m["http.ms"] > 300', subject(http_ms=reading(999, fresh_for=0.5)), NO_DATA),
        ('m["http.ms"] > 300', subject(http_ms=reading(999, quality=Quality.BAD)), NO_DATA),
        ('m["http.ms"] > 300', subject(http_ms=reading(None)), NO_DATA),
        ('m["http.ms"] > 300', subject(http_ms="n/a"), NO_DATA),
        ('kind == "pump" && m["http.ms"] > 300', subject(), FALSE),
        ('m["http.ms"] > 300 && kind == "pump"', subject(), FALSE),
        ('m["http.ms"] > 300 || kind == "router"', subject(), TRUE),
        ('health == "down"', subject("unknown"), NO_DATA),
        ('kind == "pump" && health == "down"', subject("unknown"), FALSE),
        ('health == "unknown"', subject("unknown"), TRUE),
        ('health == "unknown"', subject("down"), FALSE),
        ('health == "down"', Subject(kind="asset", id="r1", record=asset()), NO_DATA),
        ("stale", Subject(kind="asset", id="r1", record=asset()), TRUE),
    ],
)
def test_missing_stale_and_unusable_data_is_no_data_unless_the_rest_decides(
    when: str, about: Subject, verdict: Verdict
) -> None:
    assert ask(when, about) is verdict


def test_the_age_of_a_healthy_unchanged_subscribed_value_does_not_grow() -> None:
    """A server sends a subscribed value on change only, and confirms by its keepalives that it has not changed."""
    expression = 'age(m["opcua.level"]) > 60.0'
    for second in (10, 1000):
        confirmed = reading(4.2, fresh_for=second + 30.0, confirmed_at=T0 + second - 5)
        assert ask(expression, subject(opcua_level=confirmed), T0 + second) is FALSE
    silent = subject(opcua_level=reading(4.2, fresh_for=30.0, confirmed_at=T0 + 20))
    assert ask(expression, silent, T0 + 79) is FALSE
    assert ask(expression, silent, T0 + 81) is TRUE
    assert compile_rule(rule(when=expression)).evaluate(silent, T0 + 21).recheck == pytest.approx(T0 + 30)


def test_age_is_in_seconds_and_holds_for_a_stale_reading_too() -> None:
    about = subject(tcp_up=reading(True, fresh_for=5))
    assert ask('age(m["tcp.up"]) > 60', about, T0 + 60) is FALSE
    assert ask('age(m["tcp.up"]) > 60 && kind == "router"', about, T0 + 61) is TRUE
    assert ask('age("tcp.up") > 60.0', about, T0 + 61) is TRUE
    assert ask('age(m["never.seen"]) > 60', about, T0 + 61) is NO_DATA


def test_a_rule_says_when_time_alone_may_change_its_answer() -> None:
    about = subject(tcp_up=reading(True, fresh_for=5), http_ms=reading(3, fresh_for=9))
    assert compile_rule(rule(when='age(m["tcp.up"]) > 60')).evaluate(about, T0 + 7).recheck == T0 + 60.001
    assert compile_rule(rule(when='60.5 <= age(m["tcp.up"])')).evaluate(about, T0 + 7).recheck == T0 + 60.501
    assert compile_rule(rule(when='age(m["tcp.up"]) > 60')).evaluate(about, T0 + 61).recheck is None
    assert compile_rule(rule(when='age(m["tcp.up"]) * 2.0 > 60')).evaluate(about, T0 + 7).recheck == T0 + 8
    assert compile_rule(rule(when='m["http.ms"] > 1')).evaluate(about, T0 + 1).recheck == T0 + 9
    assert compile_rule(rule(when='m["http.ms"] > 1')).evaluate(about, T0 + 7).recheck == T0 + 9
    assert compile_rule(rule(when='health == "down"')).evaluate(about, T0 + 7).recheck is None


def test_evidence_and_quality_are_those_of_the_readings_used() -> None:
    about = subject(
        "down", http_ms=reading(412.5, unit="ms", quality=Quality.UNCERTAIN), tcp_up=reading(False, text="refused")
    )
    evaluation = compile_rule(rule(when='health == "down" && m["http.ms"] > 300')).evaluate(about, T0 + 1)
    assert evaluation.evidence == "health=down, http.ms=412.5 ms, tcp.up=false refused"
    assert evaluation.quality is Quality.UNCERTAIN


def test_rules_over_sources_and_warnings() -> None:
    silent = Subject(kind="source", id="cma", record=source(silent_since=T0, lag=3.5, dead_letters=2))
    assert ask('silent && !failing && lag > 3 && dead_letters == 2 && id == "cma"', silent) is TRUE
    warning = Subject(
        kind="warning",
        id="w",
        record=EmergencyWarning(
            id="w",
            source="cma",
            status="Actual",
            msg_type="Alert",
            sender="cma",
            identifier="1",
            sent=T0,
            received_at=T0,
            severity="Severe",
            colour="orange",
            regions=("532301", "532323"),
        ),
    )
    when = 'severity in ["Extreme", "Severe"] && status == "Actual" && regions.exists(r, r.startsWith("532323"))'
    assert ask(when, warning) is TRUE
    assert warning.region == "532300"


@pytest.mark.parametrize(
    ("when", "complaint"),
    [
        ("health = 'down'", "token recognition error"),
        ("", "mismatched input"),
        ("helth == 'down'", "unknown name helth; known are: active, health"),
        ("kind == 'pump' && helth == 'down'", r"when\[19\] …helth"),
        ("health == 'dwon'", "health is never dwon; it is one of: degraded, down"),
        ("health in ['down', 'dead']", "health is never dead"),
        ("health == 1", "string cannot be compared with int"),
        ("importance", "the result is int, not true or false"),
        ("importance && true", "bool is wanted here, not int"),
        ("health > 1", "cannot be compared"),
        ("m['a.b'] + 1 > 2", "write 1.0, not 1"),
        ("m.tcp.up", r'name a reading by its key: m\["icmp.rtt_ms"\]'),
        ("rat(m['a.b'], 300) > 1.0", r"unknown function rat\(\); known are: age\(\)"),
        ("rate(m['a.b']) > 1.0", "rate.. takes a reading and seconds"),
        ("rate(m['a.b'], 5) > 1.0", "the seconds must be 10 to 86400"),
        ("count('532300', 'router') > 3", "write count"),
        ("count('532300', 'router', 'dwon') > 3", "no asset's health is ever dwon"),
        ("health_of(m['a.b'], 'x') == 'down'", "write health_of"),
        ("age(health) > 1", "age.. takes a reading"),
        ("kind.foo()", r"unknown function foo\(\)"),
        ("kind.matches('(')", "not a regular expression"),
        ("Foo{a: 1} == Foo{a: 1}", "message types"),
        ("kind.exists(x, x == 'a')", "is for lists, not string"),
        ("x == 'a' || regions.exists(x, true)", "unknown name x"),
    ],
)
def test_what_cannot_mean_anything_is_refused_at_load_in_both_languages(when: str, complaint: str) -> None:
    with pytest.raises(RuleError, match=complaint) as caught:
        compile_rule(rule(when=when))
    assert set(caught.value.message) == {"zh-CN", "en"}
    assert caught.value.message["zh-CN"].startswith("规则 down：")


def test_refused_settings_of_a_rule() -> None:
    refused = (({"over": "planet"}, "over ="), ({"hold": -1.0}, "for must"), ({"recover_for": 1e9}, "recover"))
    for bad, complaint in refused:
        with pytest.raises(RuleError, match=complaint):
            compile_rule(rule(**bad))
    with pytest.raises(RuleError, match="used twice"):
        compile_rules([rule(), RuleSettings(id="down", when="stale")])


@pytest.mark.parametrize(
    "source",
    [
        "a ? b : c",
        "!a && -b < 1.5e3 || c.d[e].f(1, 'x')",
        "[1, 2,][0] == {'a': 1u}['a']",
        "r'\\d' == '''x\ny'''",
        "a // comment\n== 0x1F",
        "x.exists(y, y in [1])",
        "((a))",
        "b'x' == .5",
    ],
)
def test_the_checker_reads_the_grammar(source: str) -> None:
    tree = syntax.parse(source)
    assert (tree.start, tree.end) in ((0, len(source)), (2, len(source) - 2))


def test_a_state_without_readings_is_never_an_error() -> None:
    bare = Subject(kind="asset", id="r1", record=asset(), state=AssetState(id="r1", region=""))
    for when in ('m["a.b"] > 1', 'age(m["a.b"]) > 1', 'health == "down"', 'labels["x"] == "y"', "stale"):
        ask(when, bare)


def test_the_region_of_a_warning_is_the_smallest_that_covers_all_its_regions() -> None:
    assert common_region(["532301"]) == "532301"
    assert common_region(["532301", "532300"]) == "532300"
    assert common_region(["532301", "530102"]) == "530000"
    assert common_region(["532301", "110101"]) == ""
    assert common_region([]) == ""
