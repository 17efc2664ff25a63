"""Hints for expressions in the syntax of Prometheus, Zabbix or SQL where CEL has another one. Pure."""

from __future__ import annotations

import re

_STRINGS = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
_HABITS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"=~|!~"), '正则匹配写作 name.matches("expr")', 'match a pattern by name.matches("expr")'),
    (
        re.compile(r"[“”‘’（）＝＞＜！＆｜，；]"),
        '引号、括号和运算符须用半角："down"、( )、==',
        'quotes, brackets and signs are plain ones: "down", ( ), ==',
    ),
    (re.compile(r"\babsent\w*\s*\("), "无数据写作 health == 'unknown'", "no data is health == 'unknown'"),
    (re.compile(r"\bnodata\s*\("), "无数据写作 health == 'unknown'", "no data is health == 'unknown'"),
    (
        re.compile(
            r"\bis\s+(?:not\s+)?null\b|(?<!\.)\b(?:isnull|is_null|exists|defined|isset)\s*\((?!.*,)", re.IGNORECASE
        ),
        "有无读数写作 'icmp.rtt_ms' in m",
        "whether there is a reading is asked by 'icmp.rtt_ms' in m",
    ),
    (
        re.compile(r"\bbetween\b", re.IGNORECASE),
        "范围写作 m['x.y'] >= 1.0 && m['x.y'] <= 5.0",
        "a range is x >= 1.0 && x <= 5.0",
    ),
    (
        re.compile(r"\blike\b|\bregex\w*\s*\(", re.IGNORECASE),
        "匹配写作 name.contains('x') 或 name.matches('expr')",
        "match by name.contains('x') or name.matches('expr')",
    ),
    (re.compile(r"\bunless\b"), "“除非”写作 && !( )", '"unless" is written && !( )'),
    (re.compile(r"\bfor\s+\d"), "持续时间写在规则的 for", "how long it must hold is the rule's `for`"),
    (re.compile(r"=>|=<"), "不小于写作 >=，不大于写作 <=", "at least is written >=, at most <="),
    (re.compile(r"===|\b(?:is|eq|equals)\b"), "等于写作 ==", '"equal" is written =='),
    (re.compile(r"\b(?:ne|neq)\b"), "不等于写作 !=", '"not equal" is written !='),
    (
        re.compile(r"(?<![\w.])up\b"),
        '可达与否写作 m["icmp.up"] == false',
        'a verdict is asked by m["icmp.up"] == false',
    ),
    (re.compile(r"\band\b|\bAND\b"), "“并且”写作 &&", '"and" is written &&'),
    (re.compile(r"\bor\b|\bOR\b"), "“或者”写作 ||", '"or" is written ||'),
    (re.compile(r"\bnot\b|\bNOT\b"), "“非”写作 !", '"not" is written !'),
    (re.compile(r"<>"), "不等于写作 !=", '"not equal" is written !='),
    (re.compile(r"(?<![=!<>])=(?![=~])"), "等于写作 ==", '"equal" is written =='),
    (re.compile(r"\b(?:True|TRUE|False|FALSE)\b"), "真假写作 true、false", "truths are written true and false"),
    (re.compile(r"\b(?:None|NULL|nil)\b"), "空值写作 null", "no value is written null"),
    (
        re.compile(
            r"\b(?:irate|increase|i?delta|deriv|changes?|trend\w*|avg|sum|last|\w+_over_time|predict_linear)\s*\(|\[\d+[smhd]\]"
        ),
        '变化率写作 rate(m["name"], 300)；持续时间写在 for',
        'a rate is rate(m["name"], 300); how long it must hold is the rule\'s `for`',
    ),
    (
        re.compile(r"(?<![.\w])(?:min|max|abs|len|length|count_values|topk)\s*\(|\.(?:length|len|count)\s*\("),
        "没有这个函数；长度是 size(x)，最大最小写作比较式 a > b ? a : b",
        "there is no such function; a length is size(x), a maximum a > b ? a : b",
    ),
    (
        re.compile(r"\.(?:startswith|endswith|starts_with|ends_with)\s*\("),
        "写作 startsWith、endsWith",
        "write startsWith, endsWith",
    ),
    (re.compile(r"\bin\s*\("), "列表写作 ['a', 'b']", "a list is written ['a', 'b']"),
    (re.compile(r"(?<!&)&(?!&)"), "“并且”写作 &&", '"and" is written &&'),
    (re.compile(r"(?<!\|)\|(?!\|)"), "“或者”写作 ||", '"or" is written ||'),
    (re.compile(r"\d\s*%\s*(?:$|[)&|?:])"), "百分数写作 90.0，不带 %", "a percentage is a plain number: 90.0"),
    (re.compile(r"\b\d+(?:\.\d+)?(?:ms|s|m|h|d)\b"), "时长写作秒数，如 300.0", "durations are seconds: 300.0"),
    (
        re.compile(r"\.(?:exists|all|exists_one)\s*\(\s*(?:\"\"|\w+\s*,\s*\w+\s*,)"),
        "成员写作 m.exists(key, key.startsWith('if.oper[') && m[key] == 'down')",
        "members are asked by m.exists(key, key.startsWith('if.oper[') && m[key] == 'down')",
    ),
    (
        re.compile(r"(?<![\w.\])])(?!(?:labels|m|alert|warning|receipt)\b)[a-z]\w*\.[a-z]\w*(?![\w(])"),
        '读数写作 m["icmp.rtt_ms"]',
        'a reading is m["icmp.rtt_ms"]',
    ),
    (
        re.compile(r"(?<![\w.])(?:icmp|tcp|https?|tls|dns|smtp|snmp|if|sql|mqtt|modbus|opcua)_\w+"),
        '读数写作 m["icmp.rtt_ms"]',
        'a reading is m["icmp.rtt_ms"]',
    ),
    (
        re.compile(
            r"[=!]=\s*(?!true\b|false\b|null\b|health\b|active\b|stale\b|m\b|labels\b)[A-Za-z]\w*\s*(?:$|[)&|?])"
        ),
        "文字要加引号：'down'",
        "a text is quoted: 'down'",
    ),
    (re.compile(r"\b\d+(?:\.\d+)?[kKMGT]\b"), "数字不带单位后缀，如 1000000.0", "numbers have no suffix: 1000000.0"),
)


def added(source: str, zh: str, en: str) -> tuple[str, str]:
    """The Chinese and English text of an error, each with the hint for the expression `source` if there is one."""
    hint_zh, hint_en = for_expression(source)
    return (f"{zh}；{hint_zh}", f"{en}; {hint_en}") if hint_en else (zh, en)


def for_expression(source: str) -> tuple[str, str]:
    """The Chinese and English hint for the first foreign construct of an expression; ("", "") if there is none."""
    bare = _STRINGS.sub('""', source)
    for pattern, zh, en in _HABITS:
        if pattern.search(bare):
            return zh, en
    return "", ""
