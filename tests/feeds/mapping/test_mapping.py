"""The mapping language: its operators, what it refuses, and what it says about values that it cannot use."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.mapping import FieldProblem, MappedRow, MappingRefused, compile_mapping
from feeds.mapping.compiler import CHINA
from feeds.mapping.profile import Profiler
from feeds.mapping.tables import TableFolder, read_table


def applied(toml: str, row: Mapping[str, Any], **tables: Mapping[str, str]) -> MappedRow:
    """The row through the `[map]` and `[split]` of a settings text."""
    document = tomllib.loads(toml)
    mapping = compile_mapping(document.get("map", {}), split=document.get("split"), tables=tables.__getitem__)
    return mapping.apply(row)


def value(operators: str, row: Mapping[str, Any], **tables: Mapping[str, str]) -> Any:
    """What one target gets."""
    return applied(f"[map]\nx = {operators}", row, **tables).values.get("x")


def refusal(toml: str) -> str:
    document = tomllib.loads(toml)
    with pytest.raises(MappingRefused) as refused:
        compile_mapping(document.get("map", {}), split=document.get("split"))
    return str(refused.value)


ROW = {
    "project_no": " 5323-001 ",
    "org": "11532300MB1234567X",
    "type": 1,
    "at": "2026-02-12 10:30:00",
    "deep": {"list": [{"name": "a"}, {"name": "b"}]},
    "a.b": "dotted",
    "none": "无",
}


@pytest.mark.parametrize(
    ("operators", "expected"),
    [
        ('"project_no"', "5323-001"),
        ('{ from = "project_no", trim = false }', " 5323-001 "),
        ('"deep.list[1].name"', "b"),
        ('"a.b"', "dotted"),
        ('"none"', None),
        ('"missing"', None),
        ('{ from = "project_no", empty = ["5323-001"] }', None),
        ('{ first = ["missing", "none", "org"] }', "11532300MB1234567X"),
        ('{ const = "hall" }', "hall"),
        ('{ join = ["type", "project_no"] }', "15323-001"),
        ('{ join = { parts = ["type", "none", "org"], with = "/" } }', "1/11532300MB1234567X"),
        ('{ from = "org", cut = [3, 8] }', "532300"),
        ('{ from = "org", cut = 9 }', "MB1234567X"),
        ('{ from = "type", words = { 1 = "即办件", 2 = "承诺件" } }', "即办件"),
        ('{ from = "none", else = "item" }', "item"),
        ('{ from = "type", in = ["1", "2"] }', True),
        ('{ from = "missing", in = ["D"] }', False),
        ('{ from = "org", when = { from = "type", in = [1] } }', "11532300MB1234567X"),
        ('{ from = "org", when = { from = "type", in = [2] } }', None),
        ('{ from = "type", table = "kinds" }', "promise"),
        ('{ from = "at", as = "date" }', date(2026, 2, 12)),
        ('{ from = "at", as = "datetime" }', datetime(2026, 2, 12, 10, 30, tzinfo=CHINA).timestamp()),
    ],
)
def test_operators(operators: str, expected: Any) -> None:
    assert value(operators, ROW, kinds={"1": "promise"}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-02-12T16:30Z", "2026-02-13T00:30:00+08:00"),
        ("2026-02-12T16:30:00.250+0900", "2026-02-12T15:30:00.250000+08:00"),
        ("2026-02-12 24:00:00", "2026-02-13T00:00:00+08:00"),
        ("2026/2/12", "2026-02-12T00:00:00+08:00"),
        ("2026年2月12日 9:05", "2026-02-12T09:05:00+08:00"),
        ("20260212", "2026-02-12T00:00:00+08:00"),
        ("20260212093000", "2026-02-12T09:30:00+08:00"),
        ("2026.02.12 09:30:00", "2026-02-12T09:30:00+08:00"),
    ],
)
def test_forms_of_times(text: str, expected: str) -> None:
    assert value('{ from = "t", as = "datetime" }', {"t": text}) == datetime.fromisoformat(expected).timestamp()


@pytest.mark.parametrize(
    ("form", "raw"),
    [
        ("epoch_s", 1770863400),
        ("epoch_ms", "1770863400000"),
        ("excel", 46065.4375),
        ("%d.%m.%Y %H:%M", "12.02.2026 10:30"),
    ],
)
def test_forms_of_times_that_must_be_named(form: str, raw: Any) -> None:
    converted = value(f'{{ from = "t", as = "datetime", format = "{form}" }}', {"t": raw})
    assert datetime.fromtimestamp(converted, CHINA).isoformat() == "2026-02-12T10:30:00+08:00"


@pytest.mark.parametrize("text", ["0000-00-00", "1900-01-01", "9999-12-31", "null", "NULL", "/", "", " ", None])
def test_texts_that_mean_no_date(text: str | None) -> None:
    row = applied('[map]\nx = { from = "t", as = "date" }', {"t": text})
    assert row == MappedRow({})


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2206-02-01", "yesterday", "2026-13-01", "2026-02-12 25:00:00", "46065"]
)
def test_times_that_cannot_be_are_told_and_left_out(text: str) -> None:
    row = applied('[map]\nx = { from = "t", as = "datetime" }', {"t": text})
    assert row.values == {}
    assert [(problem.target, problem.code, problem.value) for problem in row.problems] == [("x", "UNCONVERTIBLE", text)]


@pytest.mark.parametrize(
    ("convert", "raw", "expected"),
    [
        ("days", "20个工作日", 20),
        ("days", 20.0, 20),
        ("days", "二十", None),
        ("days", "7.5", None),
        ("days", "-5", None),
        ("minutes", "2小时", 120),
        ("minutes", "30分钟", 30),
        ("money", "￥1,200.00", 120000),
        ("money", "12.5元", 1250),
        ("money", "0.001", None),
        ("money", "NaN", None),
        ("number", "1,234.5", 1234.5),
        ("number", "inf", None),
        ("bool", "是", True),
        ("bool", 0, False),
        ("bool", "maybe", None),
    ],
)
def test_conversions(convert: str, raw: Any, expected: Any) -> None:
    assert value(f'{{ from = "x", as = "{convert}" }}', {"x": raw}) == expected


def test_an_unknown_word_is_kept_and_told_or_replaced_by_else() -> None:
    row = applied('[map]\nx = { from = "k", words = { 1 = "a" } }', {"k": "7"})
    assert row.values == {"x": "7"}
    assert row.problems == (FieldProblem("x", "UNKNOWN_WORD", "7"),)
    assert value('{ from = "k", words = { 1 = "a" }, else = "item" }', {"k": "7"}) == "item"
    assert applied('[map]\nx = { from = "k", table = "t" }', {"k": "7"}, t={}).problems[0].code == "NOT_IN_TABLE"


def test_control_and_direction_characters_are_taken_out_and_long_texts_are_cut_and_told() -> None:
    row = applied('[map]\nx = "t"', {"t": "a\x00b\u202ec" + "d" * 5000})
    assert row.values["x"].startswith("abcd")
    assert len(row.values["x"]) == 4000
    assert row.problems[0].code == "TOO_LONG"


SPECIAL = """
[split]
from = "special_type"
extension = ["1"]
suspension = ["2"]
[map]
number = "project_no"
extension.days = { from = "days", as = "days" }
suspension.started = { from = "from", as = "date" }
"""


def test_one_table_with_two_meanings_gives_each_row_its_own_targets() -> None:
    row = {"project_no": "1", "days": "10", "from": "2026-04-27 00:00:00"}
    extension = applied(SPECIAL, row | {"special_type": 1})
    assert (extension.group, extension.values) == ("extension", {"number": "1", "extension.days": 10})
    suspension = applied(SPECIAL, row | {"special_type": "2"})
    assert suspension.values == {"number": "1", "suspension.started": date(2026, 4, 27)}
    neither = applied(SPECIAL, row | {"special_type": "9"})
    assert neither.problems == (FieldProblem("special_type", "UNKNOWN_WORD", "9"),)


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[map]\nx = 5", "table of operators"),
        ('[map]\nx = { from = "a", eval = "1" }', "no such operator: eval"),
        ('[map]\nx = { from = "a", first = ["b"] }', "exactly one of"),
        ('[map]\nx = { from = "a", cut = [3, 2] }', "ends before"),
        ('[map]\nx = { from = "a", as = "float" }', "as is one of"),
        ('[map]\nx = { from = "a", format = "%Y" }', "format needs as"),
        ('[map]\nx = { from = "a", table = "t.csv" }', "there is no table"),
        ('[map]\nx = { from = "a", words = { }, table = "b" }', "exclude each other"),
        ('[map]\nx = { from = "a[" }', "is no path"),
        ('[map]\nx = { from = "a", when = { from = "b" } }', "when is"),
        ('[map]\nx = "a"\n[split]\nfrom = "b"', "split has from"),
    ],
)
def test_what_is_refused_says_why(toml: str, says: str) -> None:
    assert says in refusal(toml)


def test_every_fault_is_told_at_once_with_its_path() -> None:
    with pytest.raises(MappingRefused) as refused:
        compile_mapping({"person": {"name": 1}, "nmber": "a"}, targets=("number", "person.*"))
    assert [fault.path for fault in refused.value.faults] == ["map.person.name", "map.nmber"]


def test_tables_are_csv_files_in_either_encoding(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("# 部门\n1,住建局\n\n2, 市监局\n".encode("gb18030"))
    folder = TableFolder(tmp_path)
    assert folder("t.csv") == {"1": "住建局", "2": "市监局"}
    assert folder("t.csv") is folder("t.csv")
    with pytest.raises(ValueError, match="two columns"):
        read_table(b"1")
    with pytest.raises(ValueError, match="given twice"):
        read_table(b"1,a\n1,b")


def test_the_columns_that_a_mapping_reads_are_known() -> None:
    mapping = compile_mapping(
        {"x": {"first": ["a", {"from": "b", "when": {"from": "c", "in": [1]}}]}, "y": {"const": 1}}
    )
    assert mapping.sources == {"a", "b", "c"}


def test_a_profile_shows_midnights_and_unknown_words() -> None:
    mapping = compile_mapping({"t": {"from": "t", "as": "datetime"}, "k": {"from": "k", "words": {"1": "a"}}})
    profiler = Profiler(mapping)
    rows = [{"t": "2026-04-27 00:00:00", "k": "1"}, {"t": "2026-04-28 09:00:00", "k": "8"}, {"k": "8"}]
    profiler.add_all(map(mapping.apply, rows))
    times, words = profiler.profiles["t"], profiler.profiles["k"]
    assert (profiler.rows, times.filled, times.midnight_share, words.problems) == (
        3,
        2,
        0.5,
        {("UNKNOWN_WORD", "8"): 2},
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "t"]), json_values))
def test_no_row_breaks_a_mapping(row: dict[str, Any]) -> None:
    converted = {
        name: {"from": "t", "as": name} for name in ("date", "datetime", "days", "minutes", "money", "number", "bool")
    }
    mapping = compile_mapping(
        {**converted, "j": {"join": ["a", "b"]}, "w": {"from": "a", "words": {"x": 1}}, "p": "a.b[*].c"}
    )
    mapped = mapping.apply(row)
    assert set(mapped.values) <= set(mapping.fields)
