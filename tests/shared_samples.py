"""Real messages and recordings, in a folder beside the repository; absent on other machines."""

from __future__ import annotations

import os
from pathlib import Path

SAMPLES = Path(os.environ.get("WATCHFLOOR_SAMPLES") or Path(__file__).parents[2] / "shared" / "samples")
"""`WATCHFLOOR_SAMPLES` names the folder for a checkout that stands elsewhere. Tests that need it skip without it."""
