"""`python -m watchfloor.demo.world FOLDER`: the simulated devices of a prepared demo, in a process of their own.

The contract of `collectors.sim.world.serve(folder, speed=…)`:

- it serves the devices that the site's files name in the demo's network (`network` N in `run/demo.json`): every `tcp://127.N.…`
  and `http://127.N.…` probe of `assets.csv`, and the CAP index at the `url` of each `[[source]]` in `watchfloor.toml`.
  Other addresses are real devices that a person added. They are monitored and not simulated;
- when all devices listen it writes `run/sim.json`, `{"control": "http://127.0.0.1:PORT"}`. An address in use is an
  error that names the address;
- `GET /state` gives `{"assets": [id…], "sources": [id…], "scenarios": [name…], "broken": [id…]}`;
  `POST /break/ID`, `/mend/ID` (an asset or a source) and `/scenario/NAME` give 200 and JSON, 404 for an unknown name;
- scenarios are read from `scenarios.toml` in the folder. `speed` divides their times.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
from pathlib import Path

from collectors.sim.world import serve
from watchfloor.runtime import logs


def main() -> None:
    """Serves until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--speed", type=float, default=1.0)
    args = parser.parse_args()
    logs.setup("sim", level=logging.WARNING)
    asyncio.run(serve(args.folder, speed=args.speed))


if __name__ == "__main__":
    main()
