"""Modules that no role loads: each would cost every role memory, and every start time."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import json, sys
from watchfloor.runtime.forking import PRELOAD
from importlib import import_module
for modules in PRELOAD.values():
    for module in modules:
        import_module(module)
{more}
print(json.dumps(sorted(sys.modules)))
"""


def loaded(more: str = "") -> set[str]:
    """Names of the modules that the fork server has loaded for all roles, and after `more` statements."""
    ran = subprocess.run([sys.executable, "-c", PROGRAM.format(more=more)], capture_output=True, text=True, check=True)
    return set(json.loads(ran.stdout))


def test_no_role_loads_the_orm_or_the_dialect_of_the_other_database() -> None:
    modules = loaded()
    assert {"sqlalchemy.ext.asyncio.engine", "sqlalchemy.engine"} <= modules
    assert not modules & {"sqlalchemy.orm", "sqlalchemy.ext.asyncio", "sqlalchemy.dialects.postgresql", "numpy.ma"}


def test_whoever_imports_the_whole_package_later_gets_it_with_the_same_classes() -> None:
    more = """
from feeds.journal import sqlalchemy_core
from sqlalchemy.ext import asyncio
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
assert asyncio.AsyncConnection is sqlalchemy_core.AsyncConnection
assert AsyncEngine is sqlalchemy_core.AsyncEngine
assert asyncio.create_async_engine is sqlalchemy_core.create_async_engine
"""
    assert "sqlalchemy.orm" in loaded(more)


def test_an_index_of_places_loads_no_masked_arrays() -> None:
    """Some functions of numpy load them: 1.3 MB and 30 ms."""
    more = "from maps.impact import PointIndex; PointIndex({'a': (25.0, 101.0), 'b': (25.1, 101.2)})"
    assert "numpy.ma" not in loaded(more)
