"""Reading the settings of a site is cheap: each role does it at its start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from pathlib import Path
from watchfloor.settings.site_settings import load
load(Path(sys.argv[1]))
print(*(name for name in sys.modules if name.endswith(".probe")))
"""


def test_reading_the_settings_imports_no_probe(tmp_path: Path) -> None:
    config = tmp_path / "watchfloor.toml"
    config.write_text('[site]\nname = "Test"\nregion = "532300"\n', encoding="utf-8")
    run = subprocess.run([sys.executable, "-c", PROGRAM, str(config)], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
