"""`watchfloor approvals try|load|due|calendar`: look at a source or load it, count a limit, check or put a calendar."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

WithOption = Callable[[argparse.ArgumentParser], argparse.ArgumentParser]


def add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], with_config: WithOption, with_json: WithOption
) -> None:
    """Add the commands."""
    approvals = commands.add_parser("approvals", help="approval cases").add_subparsers(required=True)
    trying = with_json(with_config(approvals.add_parser("try", help="read a source and show what it gives")))
    trying.add_argument("source", metavar="SOURCE")
    trying.add_argument("--table", default="", help="one of its tables; else all")
    trying.add_argument("--rows", type=int, default=10, metavar="N")
    trying.add_argument("--since", default="", metavar="DATE", help="2026-02-12; else as far as the source goes back")
    trying.set_defaults(act=_try)
    load = with_json(with_config(approvals.add_parser("load", help="hand a source's whole record to the running site")))
    load.add_argument("source", metavar="SOURCE")
    load.add_argument("--full", action="store_true", help="from the beginning, also after an interrupted load")
    load.add_argument("--since", default="", metavar="DATE", help="2026-02-12; else as far as the source goes back")
    load.set_defaults(act=_load)
    due = with_json(with_config(approvals.add_parser("due", help="count a limit day by day")))
    due.add_argument("day0", metavar="DAY", help="2026-02-12, or an instant")
    due.add_argument("n", type=int, metavar="N")
    due.add_argument("--region", default="", metavar="ADCODE", help="whose calendar")
    due.add_argument("--natural", action="store_true", help="natural days")
    due.add_argument("--suspend", action="append", default=[], metavar="A..B", help="days that are not counted")
    due.set_defaults(act=_due)
    calendar = with_json(with_config(approvals.add_parser("calendar", help="check or put calendars")))
    calendar.add_argument("verb", choices=("check", "put"))
    calendar.add_argument("file", nargs="?", type=Path)
    calendar.add_argument("--apply", action="store_true", help="put: write it; without, only say what would change")
    calendar.set_defaults(act=_calendar)


def _printed(answer: dict[str, Any], args: argparse.Namespace, lines: list[str]) -> None:
    print(json.dumps(answer, ensure_ascii=False, indent=1) if args.json else "\n".join(lines))


def _try(args: argparse.Namespace) -> int:
    from watchfloor.settings.site_settings import load
    from watchfloor.tools import approvals_try

    settings = load(args.config)
    answer = approvals_try.run(settings, args.source, args.table, args.rows, args.since)
    _printed(answer, args, approvals_try.lines(answer))
    return int(answer["exit"])


def _load(args: argparse.Namespace) -> int:
    from watchfloor.settings.site_settings import load
    from watchfloor.tools import approvals_load

    settings = load(args.config)
    answer = approvals_load.run(
        settings, args.source, args.since, full=args.full, say=lambda line: print(line, file=sys.stderr, flush=True)
    )
    _printed(answer, args, approvals_load.lines(answer))
    return int(answer["exit"])


def _due(args: argparse.Namespace) -> int:
    from watchfloor.tools import approvals_calendar

    try:
        answer = approvals_calendar.due(args.config, args.day0, args.n, args.region, args.natural, args.suspend)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    _printed(answer, args, approvals_calendar.due_lines(answer))
    return 0 if answer["due"] else 1


def _calendar(args: argparse.Namespace) -> int:
    from watchfloor.tools import approvals_calendar

    if args.verb == "check":
        answer = approvals_calendar.check(args.config)
    elif args.file is None:
        print("watchfloor approvals calendar put wants a file", file=sys.stderr)
        return 2
    else:
        try:
            answer = approvals_calendar.put(args.config, args.file, apply=args.apply)
        except (OSError, ValueError) as error:
            print(error, file=sys.stderr)
            return 1
    _printed(answer, args, approvals_calendar.calendar_lines(answer))
    return 1 if answer.get("warnings") else 0
