"""The house rules: sizes, names and rooms of the code, checked on the files that git tracks."""

from __future__ import annotations

import ast
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PRODUCT = ("feeds", "collectors", "alerts", "incidents", "approvals", "maps", "api", "dashboard", "watchfloor")
LONGEST_MODULE, LONGEST_TEST_MODULE, LONGEST_FUNCTION, LONGEST_LINE = 300, 600, 50, 120
BEGIN, END = "<!-- rooms -->", "<!-- end of rooms -->"


@cache
def python_files() -> tuple[Path, ...]:
    if not (ROOT / ".git").exists():
        pytest.skip("no git checkout: the house rules are about the repository")
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(path for name in listed.splitlines() if (path := ROOT / name).exists())


@cache
def syntax_tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def area(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def product_files() -> Iterator[Path]:
    return (path for path in python_files() if area(path) in PRODUCT)


def rooms() -> Iterator[str]:
    """One table row for each package of the product: its folder and the first sentence of its docstring."""
    for path in sorted(product_files()):
        if path.name == "__init__.py" and "migrations" not in path.parts:
            docstring = ast.get_docstring(syntax_tree(path)) or ""
            first_paragraph = " ".join(docstring.partition("\n\n")[0].split())
            yield f"| `{path.parent.relative_to(ROOT)}/` | {first_paragraph} |"


def test_no_module_is_too_long_to_read() -> None:
    too_long = []
    for path in python_files():
        bound = LONGEST_TEST_MODULE if area(path) == "tests" else LONGEST_MODULE
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > bound:
            too_long.append(f"{path.relative_to(ROOT)}: {lines} lines, at most {bound}")
    assert not too_long, "\n".join(too_long)


def test_no_function_is_too_long_to_read() -> None:
    too_long = []
    for path in python_files():
        for node in ast.walk(syntax_tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    too_long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {lines} lines")
    assert not too_long, "\n".join(too_long)


def test_no_line_of_the_browser_code_is_too_long_to_read() -> None:
    folders = ("dashboard/ui", "dashboard/assets/*.css", "dashboard/assets/*.js", "tests/ui")
    listed = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True)
    files = [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]
    if not files:
        pytest.skip("no git checkout: the house rules are about the repository")
    too_long = [
        f"{path.relative_to(ROOT)}:{number}: {len(line)} characters, at most {LONGEST_LINE}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > LONGEST_LINE
    ]
    assert not too_long, "\n".join(too_long)


def test_a_class_name_means_one_thing_in_the_whole_product() -> None:
    places = defaultdict(list)
    for path in product_files():
        for node in ast.walk(syntax_tree(path)):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    twice = [f"{name}: {', '.join(where)}" for name, where in sorted(places.items()) if len(where) > 1]
    assert not twice, "\n".join(twice)


def test_every_module_says_what_it_holds() -> None:
    silent = [path.relative_to(ROOT) for path in product_files() if not ast.get_docstring(syntax_tree(path))]
    assert not silent, f"modules without a docstring: {', '.join(map(str, silent))}"


def test_the_targets_name_tests_that_exist() -> None:
    """A path that has moved would silently be left out of `--ignore`, or fail only in the rare target that names it."""
    named = {
        path
        for name in ("Makefile", ".ci/run")
        for path in re.findall(r"\btests/[\w./*-]*\w", (ROOT / name).read_text())
    }
    missing = sorted(path for path in named if not any(ROOT.glob(path)))
    assert named
    assert not missing, f"the Makefile and .ci/run name tests that do not exist: {', '.join(missing)}"


def test_the_formatter_is_never_switched_off() -> None:
    switch = re.compile(r"#\s*fmt:\s*(off|skip)\s*$", re.MULTILINE)
    exempt = [str(path.relative_to(ROOT)) for path in python_files() if switch.search(path.read_text(encoding="utf-8"))]
    assert not exempt, f"`fmt: skip` and `fmt: off` without a reason: {', '.join(exempt)}"


def test_the_architecture_names_every_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    written = text.partition(BEGIN)[2].partition(END)[0].strip()
    expected = "\n".join(["| room | what it holds |", "|---|---|", *rooms()])
    assert written == expected, f"docs/architecture.md, between {BEGIN} and {END}, must be:\n{expected}"
