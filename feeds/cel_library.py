"""The CEL library without its command line.

The library imports its command line, and with it prompt_toolkit, rich, typer and pygments. No role uses them, and they
take a third of a start without bytecode.
"""

from __future__ import annotations

import sys
from types import ModuleType

sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))
import cel  # noqa: E402  # only after its command line has been replaced

__all__ = ["cel"]
