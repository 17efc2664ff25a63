"""`watchfloor emergency …`: its options and what it runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from watchfloor.settings.site_settings import load

With = Callable[[argparse.ArgumentParser], argparse.ArgumentParser]


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], with_config: With, with_json: With) -> None:
    """Add `watchfloor emergency try SOURCE`."""
    emergency = commands.add_parser("emergency", help="emergency sources").add_subparsers(required=True)
    text = "ask a source once and show what it gives; publishes nothing"
    parser = with_json(with_config(emergency.add_parser("try", help=text, description=text)))
    parser.add_argument("source", metavar="SOURCE", help="its id in the settings")
    parser.set_defaults(act=_try)


def _try(args: argparse.Namespace) -> int:
    from watchfloor.tools import emergency_try

    return emergency_try.run(load(args.config), args.source, as_json=args.json)
