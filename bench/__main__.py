"""`make bench`, or `python -m bench [--quick] [NAME…]`: every figure as one JSON line on standard output."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import os
import platform
import signal
import sys
import time
from collections.abc import Sequence

import uvloop

from bench.figures import Measure, Skipped

NAMES = (
    "bus",
    "journal",
    "start",
    "pixel",
    "sockets",
    "memory",
    "stages",
    "checks",
    "faults",
    "scale",
    "history",
    "ingest",
    "storm",
    "many_alerts",
    "emergency",
    "command",
)
BROWSER = ("browser", "browser_alerts", "browser_loads")
"""Measured only when named: pages in Chromium before a whole site."""
LIMIT, EACH, EACH_QUICK = 690.0, 150.0, 40.0
"""Seconds that everything, one measurement, and one quick measurement may take."""


async def run(names: Sequence[str], quick: bool) -> int:
    """Run the measurements one after the other. One that fails says so in its line, and the next one runs."""
    # Ended from outside it still ends the sites that it has started.
    if task := asyncio.current_task():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    limit = EACH_QUICK if quick else EACH
    failed, end = 0, time.monotonic() + LIMIT
    print(json.dumps({"machine": _machine()}, ensure_ascii=False), flush=True)
    for name in names:
        measure: Measure = importlib.import_module(f"bench.{name}").measure
        began = time.monotonic()
        try:
            async with asyncio.timeout(None if name in BROWSER else min(end - time.monotonic(), limit)):
                async for figure in measure(quick):
                    print(figure.line(), flush=True)
        except Skipped as why:
            print(json.dumps({"skipped": name, "why": str(why)}), flush=True)
        except Exception as error:  # noqa: BLE001  # it is reported, counted, and ends the run with 1
            failed += 1
            print(json.dumps({"failed": name, "why": f"{type(error).__name__}: {error}"[:500]}), flush=True)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return failed


def _machine() -> dict[str, object]:
    """The machine that the figures were taken on, and how busy it was with other work."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "arch": platform.machine(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
    }


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument("name", nargs="*", choices=[*NAMES, *BROWSER, []], help="all but browser* when none is named")
    options.add_argument("--quick", action="store_true", help="shorter and fewer runs, below 90 s")
    arguments = options.parse_args()
    return 1 if uvloop.run(run(arguments.name or NAMES, arguments.quick)) else 0


if __name__ == "__main__":
    sys.exit(main())
