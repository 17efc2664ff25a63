"""The house rule for names: a name says what it holds, so none consists of a vague word alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.test_house import ROOT, python_files, syntax_tree

VAGUE = {
    *(
        "one",
        "some",
        "found",
        "known",
        "said",
        "kept",
        "told",
        "given",
        "wanted",
        "asked",
        "made",
        "got",
        "what",
        "whose",
    ),
    *("whatever", "thing", "things", "anything", "something", "stuff"),
}
ALLOWED = {
    ("alerts/rulebook/preview.py", "asked"): "a field of the preview's JSON",
    ("api/responses/rules.py", "asked"): "a field of the preview's JSON",
    ("api/routes/incident_bodies.py", "what"): "a field of the order's JSON: the figure that is reported",
    ("feeds/model/incidents.py", "what"): "a field of the incident's document: the figure that is reported",
    ("feeds/journal/records.py", "what"): "a field of a fault in the reports of verify and backup",
    ("api/responses/history.py", "known"): "a field of the availability's JSON",
}
"""The exceptions, by file and word, with their reasons: the names that the HTTP interface promises."""


def bound_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of everything that the module names: variables, parameters, fields, functions and classes."""
    for node in ast.walk(tree):
        match node:
            case (
                ast.Name(id=str(name), ctx=ast.Store(), lineno=line)
                | ast.Attribute(attr=str(name), ctx=ast.Store(), lineno=line)
                | ast.arg(arg=str(name), lineno=line)
                | ast.FunctionDef(name=str(name), lineno=line)
                | ast.AsyncFunctionDef(name=str(name), lineno=line)
                | ast.ClassDef(name=str(name), lineno=line)
                | ast.MatchAs(name=str(name), lineno=line)
                | ast.MatchStar(name=str(name), lineno=line)
                | ast.MatchMapping(rest=str(name), lineno=line)
                | ast.alias(asname=str(name), lineno=line)
            ):
                yield line, name


def vague_names(tree: ast.Module) -> list[tuple[int, str]]:
    """Line and name of each that is a vague word, whatever its case and its leading or trailing underscores."""
    return sorted({(line, name) for line, name in bound_names(tree) if name.strip("_").lower() in VAGUE})


def test_a_vague_name_is_reported_wherever_it_is_bound() -> None:
    sample = """
import json as what
KEPT, limit = 3, 5
class Thing:
    def __init__(self, given, *some, known=None, **whatever):
        self.told, self._found, self.asset = given, [], None
async def said(pump): ...
def made(): ...
for one in (asset for wanted in []): ...
with open("x") as got: ...
if (asked := 1): ...
match {}:
    case {"a": [first, *things], **something}: ...
    case [anything] | stuff: ...
for asset, (alert, whose) in (): ...
one_alert, known_assets, found_at, what.one = (), (), (), 1
"""
    names = {name for _, name in vague_names(ast.parse(sample))}
    assert names == {
        "what",
        "KEPT",
        "Thing",
        "given",
        "some",
        "known",
        "whatever",
        "told",
        "_found",
        "said",
        "made",
    } | {*("one", "wanted", "got", "asked", "things", "something", "anything", "stuff", "whose")}
    assert vague_names(ast.parse("asset = 1\nfor one in ():\n    pass")) == [(2, "one")]


def test_no_name_is_a_vague_word() -> None:
    vague = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in python_files()
        for line, name in vague_names(syntax_tree(path))
        if not allowed(path, name)
    ]
    assert not vague, "name each by what it holds:\n" + "\n".join(vague)


def test_every_exception_is_needed() -> None:
    used = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in python_files()
        for _, name in vague_names(syntax_tree(path))
        if allowed(path, name)
    }
    assert used == ALLOWED.keys()


def allowed(path: Path, name: str) -> bool:
    return (path.relative_to(ROOT).as_posix(), name) in ALLOWED
