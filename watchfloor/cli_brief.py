"""The command `watchfloor brief verify FILE|ID`: a brief against the journal, without a running site."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watchfloor.cli_journal import Failed, in_journal

if TYPE_CHECKING:
    from feeds.briefs.verifying import BriefFault, BriefVerification

LARGEST = 50_000_000
"""Bytes of a file that is read."""
FAULTS = {
    "entry_missing": ("所引的台账行不存在", "the journal entry cited is missing"),
    "entry_changed": ("所引的台账行被改动过", "the journal entry cited was changed"),
    "figure_differs": ("数字与台账不符", "the figure is not that of the journal entry"),
    "not_signed": ("未签发", "it has no signature"),
    "signature_missing": ("台账中没有签发记录", "the journal has no signature of it"),
    "content_differs": ("内容与签发时不同", "the content is not what was signed"),
    "file_changed": ("文件不是本站导出的原件", "the file is not as the site exported it"),
}


def add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    with_config: Callable[[argparse.ArgumentParser], argparse.ArgumentParser],
    with_json: Callable[[argparse.ArgumentParser], argparse.ArgumentParser],
) -> None:
    """Add `watchfloor brief verify`."""
    brief = commands.add_parser("brief", help="briefs").add_subparsers(required=True)
    text = "a brief, by its exported file or its id, against the journal"
    verify = with_json(with_config(brief.add_parser("verify", help=text, description=text)))
    verify.add_argument("source", metavar="FILE|ID")
    verify.set_defaults(act=_verify)


def _verify(args: argparse.Namespace) -> int:
    from feeds.briefs.carried import NoBrief

    try:
        result: BriefVerification = in_journal(args.config, lambda _, journal: verified(journal, args.source))
    except NoBrief as error:
        raise Failed(
            f"{args.source}：不是可核验的专报（{error}）\n{args.source}: no brief to verify ({error})"
        ) from error
    print(shown(result, as_json=args.json))
    return int(bool(result.faults))


async def verified(journal: Any, source: str) -> BriefVerification:
    """The result for a file, or else for the brief of that id. Raises NoBrief."""
    from feeds.briefs import verifying
    from feeds.briefs.carried import NoBrief

    path = Path(source)
    if path.is_file():
        if path.stat().st_size > LARGEST:
            raise NoBrief("too large")
        return await verifying.verify_file(journal, path.read_bytes())
    brief = await verifying.find(journal, source)
    if brief is None:
        raise NoBrief("no such file and no such brief")
    return await verifying.verify(journal, brief)


def shown(result: BriefVerification, *, as_json: bool) -> str:
    """The result as text for people, in both languages, or as JSON."""
    brief = result.brief
    if as_json:
        faults = [asdict(fault) for fault in result.faults]
        document = {"id": brief.id, "number": brief.number, "compared": result.compared, "faults": faults}
        return json.dumps(document, ensure_ascii=False, indent=2)
    lines = [f"{brief.number or brief.id}  {brief.title}"]
    lines += [_line(fault) for fault in result.faults]
    if not result.faults:
        lines.append(f"无误：{result.compared} 条台账相符。Intact: {result.compared} journal entries fit.")
    return "\n".join(lines)


def _line(fault: BriefFault) -> str:
    zh, en = FAULTS[fault.code]
    place = f" [{fault.chain} #{fault.number}]" if fault.chain else ""
    figure = f"{fault.figure}：" if fault.figure else ""
    detail = f" «{fault.detail}»" if fault.detail else ""
    return f"{figure}{zh}{place}{detail}\n  {fault.code}: {en}"
