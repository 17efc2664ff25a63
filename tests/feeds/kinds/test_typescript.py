"""The browser's types of records are those of the kinds."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from feeds.kinds import KINDS

ROOT = Path(__file__).parents[3]
FILE = ROOT / "dashboard" / "ui" / "records.d.ts"


def test_the_committed_types_are_those_that_the_script_writes() -> None:
    spec = importlib.util.spec_from_file_location("typescript_types", ROOT / "scripts" / "typescript_types.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert FILE.read_text(encoding="utf-8") == script.typescript(), "write it again: scripts/typescript_types.py"


def test_every_name_in_them_is_declared() -> None:
    text = re.sub(r"/\*\*.*?\*/|//[^\n]*|\"[^\"]*\"", "", FILE.read_text(encoding="utf-8"), flags=re.DOTALL)
    declared = set(re.findall(r"export (?:interface|type) (\w+)", text))
    used = set(re.findall(r"\b[A-Z]\w+", text)) - {"Record"}
    assert used <= declared
    assert {kind.schema.__name__ for kind in KINDS} <= declared
