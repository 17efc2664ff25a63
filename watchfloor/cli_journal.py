"""The commands `watchfloor journal …`, and how a command uses the site's journal."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from watchfloor import cli_options
from watchfloor.settings.site_settings import Settings, load

T = TypeVar("T")


class Failed(Exception):
    """The command found something wrong; the text says what and how to mend it."""


def add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    with_config: Callable[[argparse.ArgumentParser], argparse.ArgumentParser],
    with_json: Callable[[argparse.ArgumentParser], argparse.ArgumentParser],
) -> None:
    """Add `watchfloor journal verify|documents|accept`."""
    journal = commands.add_parser("journal", help="the journal").add_subparsers(required=True)
    verify = with_json(with_config(journal.add_parser("verify", help="check chains, documents and seal")))
    cli_options.verifying(verify).set_defaults(act=_verify)
    options = with_json(with_config(journal.add_parser("documents", help="documents that cannot be read")))
    cli_options.documents(options).set_defaults(act=_documents)
    accept = with_config(journal.add_parser("accept", help="go on with a journal that lost entries"))
    cli_options.accepting(accept).set_defaults(act=_accept)


def in_journal(config: Path, act: Callable[[Settings, Any], Coroutine[Any, Any, T]]) -> T:
    """Do something in the site's journal; Failed when it cannot be used."""
    settings = load(config)
    from feeds.journal import JournalError, StoreRefused
    from watchfloor.runtime.stores import open_journal

    async def run() -> T:
        async with open_journal(settings, "cli") as journal:
            return await act(settings, journal)

    try:
        return asyncio.run(run())
    except StoreRefused as error:
        raise Failed(f"{error.zh}\n{error.en}") from error
    except JournalError as error:
        raise Failed(f"台账用不了：{error}\nThe journal cannot be used: {error}") from error


def _verify(args: argparse.Namespace) -> int:
    from watchfloor.tools import verify

    report = in_journal(args.config, lambda settings, journal: verify.run(settings, journal, args.against))
    print(verify.shown(report, as_json=args.json))
    return int(not report.is_whole)


def _documents(args: argparse.Namespace) -> int:
    from watchfloor.tools import documents

    try:
        wrong = in_journal(args.config, lambda _, journal: documents.act(journal, args))
    except documents.NotMendable as error:
        raise Failed(f"未修改 Nothing was changed: {error}") from error
    print(documents.shown(wrong, as_json=args.json))
    return int(bool(wrong))


def _accept(args: argparse.Namespace) -> int:
    from watchfloor.tools import accept_loss

    print(in_journal(args.config, lambda settings, journal: accept_loss.run(settings, journal, args.by)))
    return 0
