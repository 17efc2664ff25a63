"""Habits of users of other tools: refused, with the word that CEL has for it."""

from __future__ import annotations

import pytest

from alerts.rules.rule import RuleError, compile_rule
from alerts.settings import RuleSettings


@pytest.mark.parametrize(
    ("when", "hint"),
    [
        ('name =~ "core.*"', "name.matches"),
        ('kind == "switch" and health == "down"', "&&"),
        ('kind == "switch" OR health == "down"', "||"),
        ("not stale", '"not" is written !'),
        ('absent(m["icmp.rtt_ms"])', "health == 'unknown'"),
        ('kind = "switch"', "=="),
        ('kind <> "switch"', "!="),
        ("stale == True", "true and false"),
        ("health in ('down', 'unknown')", "['a', 'b']"),
        ("stale & health == 'down'", "&&"),
        ("stale | health == 'down'", "||"),
        ("m['storage.util'] > 90%", "90.0"),
        ("m['storage.util'] > 90% && stale", "90.0"),
        ("age(m['icmp.rtt_ms']) > 5m", "300.0"),
        ("m.exists('if.oper')", "m.exists(key, "),
        ("m.exists(k, v, v == 'down')", "m.exists(key, "),
        ("icmp.rtt_ms > 20.0", 'm["icmp.rtt_ms"]'),
        ("member == 'GE0/0/1'", 'each = "if.oper"'),
        ("silent || failing", 'over = "source"'),
        ("rate(http_requests_total[5m]) > 10.0", 'rate(m["name"], 300)'),
        ("health == “down”", "plain ones"),
        ("（stale） && health == 'down'", "plain ones"),
        ("m['icmp.loss'] is not null", "in m"),
        ("isnull(m['icmp.loss'])", "in m"),
        ("m['icmp.loss'] between 1 and 5", "a range is"),
        ("name like '%x%'", "name.contains"),
        ("stale unless health == 'down'", "&& !( )"),
        ("m['icmp.loss'] > 3.0 for 5m", "the rule's `for`"),
        ("m['icmp.loss'] => 5.0", ">="),
        ("health is 'down'", '"equal" is written =='),
        ("up == 0", 'm["icmp.up"] == false'),
        ("delta(m['if.in_errors'], 60) > 1.0", 'rate(m["name"], 300)'),
        ("max(m['a.b'], m['c.d']) > 1.0", "size(x)"),
        ("name.startswith('a')", "startsWith"),
        ("icmp_rtt_ms > 3.0", 'm["icmp.rtt_ms"]'),
        ("health == down", "a text is quoted"),
        ("m['if.in_bps'] > 10k", "no suffix"),
    ],
)
def test_a_habit_of_another_tool_is_refused_with_the_word_for_it(when: str, hint: str) -> None:
    with pytest.raises(RuleError) as refused:
        compile_rule(RuleSettings(id="r", when=when))
    assert hint in refused.value.message["en"]


def test_words_within_texts_are_no_habit() -> None:
    compile_rule(RuleSettings(id="r", when='name == "salt and pepper = good"'))
