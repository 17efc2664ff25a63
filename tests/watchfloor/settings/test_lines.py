"""Every key and item of a settings file is found at its line."""

import json
import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from watchfloor.settings.lines import KeyPath, Lines

RICH = r"""# a comment = "no key"
top = "x # no comment"
[site]            # line 3
"quoted key" = 'a'
a.b.c = 1
text = QQQ
[not.a.table]
key = "no \" key"
QQQ  # ends in 9
literal = '''it's'''''
time = 1979-05-27 07:32:00
list = [ # 12
  "one",
  ["two", { inner = "]", "d.e" = 2 }], # 14
]
[[rule]]
id = "a"
[rule.title]
en = "A"
[[rule]]
id = "b" # 21
title = { zh-CN = "乙", en = "B" }
[[rule.step]]
at = 1
[[rule.step]]
at = 2 # 26
[defaults."sql+x"]
interval = "10s"
""".replace("QQQ", '"' * 3)


def test_a_rich_file_line_by_line() -> None:
    tomllib.loads(RICH)
    lines = Lines(RICH)
    expected: dict[KeyPath, int] = {
        ("top",): 2,
        ("site",): 3,
        ("site", "quoted key"): 4,
        ("site", "a", "b", "c"): 5,
        ("site", "text"): 6,
        ("site", "literal"): 10,
        ("site", "time"): 11,
        ("site", "list"): 12,
        ("site", "list", 0): 13,
        ("site", "list", 1): 14,
        ("site", "list", 1, 1, "inner"): 14,
        ("site", "list", 1, 1, "d.e"): 14,
        ("rule",): 16,
        ("rule", 0): 16,
        ("rule", 0, "id"): 17,
        ("rule", 0, "title", "en"): 19,
        ("rule", 1): 20,
        ("rule", 1, "id"): 21,
        ("rule", 1, "title", "en"): 22,
        ("rule", 1, "step", 0, "at"): 24,
        ("rule", 1, "step", 1, "at"): 26,
        ("defaults", "sql+x"): 27,
        ("defaults", "sql+x", "interval"): 28,
    }
    assert {place: lines.of(place) for place in expected} == expected


def test_what_is_missing_is_told_at_what_should_hold_it() -> None:
    lines = Lines('\n[[rule]]\nid = "a"\n')
    assert lines.of(("rule", 0, "when")) == 2
    assert lines.of(("site", "name")) == 1


_keys = st.text(min_size=1, max_size=8)
_values = st.recursive(
    st.booleans() | st.integers(-9, 9) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3),
    max_leaves=6,
)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quote(key)} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return _quote(value) if isinstance(value, str) else json.dumps(value)


def _quote(text: str) -> str:
    return '"' + "".join(char if char.isalnum() else f"\\U{ord(char):08X}" for char in text) + '"'


def _places(value: Any, place: KeyPath) -> list[KeyPath]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    return [place, *(below for key, item in items for below in _places(item, (*place, key)))]


@given(st.dictionaries(_keys, _values, min_size=1, max_size=5))
def test_every_place_of_any_document_is_found_at_its_own_line(document: dict[str, Any]) -> None:
    text = "\n".join(f"{_quote(key)} = {_toml(value)}" for key, value in document.items())
    assert tomllib.loads(text) == document
    lines = Lines(text)
    for number, (key, value) in enumerate(document.items(), 1):
        assert {lines.of(place) for place in _places(value, (key,))} == {number}
