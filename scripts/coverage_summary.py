"""Prints the total of the last coverage run and the modules that the tests cover least."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SHOWN = 20


def measured(report: Path) -> dict[str, Any]:
    """The report that coverage.py makes of its data file, as JSON."""
    subprocess.run([sys.executable, "-m", "coverage", "json", "-q", "-o", str(report)], check=True)
    document: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return document


def lines(document: dict[str, Any], shown: int = SHOWN) -> list[str]:
    """The total, and one line for each of the least covered modules that have code."""
    modules = [
        (file["summary"]["percent_covered"], name, file["summary"]["missing_lines"])
        for name, file in document["files"].items()
        if file["summary"]["num_statements"]
    ]
    least = sorted(modules)[:shown]
    total = f"{document['totals']['percent_covered']:6.1f} %  total, {len(modules)} modules"
    return [total, *(f"{percent:6.1f} %  {name} ({missing} lines missed)" for percent, name, missing in least)]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print("\n".join(lines(measured(Path(folder) / "coverage.json"))))
