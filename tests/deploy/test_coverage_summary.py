"""The summary of a coverage run: the total first, then the modules that are covered least."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).parents[2] / "scripts" / "coverage_summary.py"


def file(percent: float, missing: int, statements: int = 10) -> dict[str, Any]:
    return {"summary": {"percent_covered": percent, "missing_lines": missing, "num_statements": statements}}


def test_the_least_covered_modules_come_first_and_empty_ones_are_left_out() -> None:
    files = {"a.py": file(90.0, 1), "b.py": file(12.5, 7), "empty.py": file(0.0, 0, 0), "c.py": file(50.0, 5)}
    lines = runpy.run_path(str(SCRIPT))["lines"]
    summary = lines({"files": files, "totals": {"percent_covered": 51.25}}, shown=2)
    assert summary == [
        "  51.2 %  total, 3 modules",
        "  12.5 %  b.py (7 lines missed)",
        "  50.0 %  c.py (5 lines missed)",
    ]
