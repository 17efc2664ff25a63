"""`watchfloor discover onvif NETWORK`: which ONVIF devices answer there, beside the inventory. Changes nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict

from collectors.video.onvif.discovery import OnvifProposal, addresses_of, proposed, survey
from watchfloor.settings.inventory import load_inventory
from watchfloor.settings.site_settings import Settings


def run(settings: Settings, only: Sequence[str], *, form: str, language: str) -> tuple[str, int]:
    """The text to print, and the exit code: 1 when a device answered that the inventory does not have.

    `only` are addresses and networks. Raises Misconfigured without any.
    """
    hosts = addresses_of(only)
    answers = asyncio.run(survey(hosts))
    proposals = list(proposed(answers, load_inventory(settings).assets, settings.site.region))
    code = 1 if any(not proposal.asset for proposal in proposals) else 0
    if form == "json":
        return json.dumps([asdict(proposal) for proposal in proposals], ensure_ascii=False, indent=2), code
    return "\n".join([*map(_line, proposals), _tail(len(hosts), proposals, language)]), code


def _line(proposal: OnvifProposal) -> str:
    answer = proposal.answer
    words = "  ".join(filter(None, (answer.name, answer.model, answer.location)))
    return f"{'=' if proposal.asset else '+'} {answer.host}:{answer.port}  {proposal.asset or words}"


def _tail(count: int, proposals: Sequence[OnvifProposal], language: str) -> str:
    new = sum(not proposal.asset for proposal in proposals)
    if language.startswith("zh"):
        return f"问了 {count} 个地址：应答 {len(proposals)}，清单中没有 {new}。清单未被改动"
    return f"asked {count} addresses: {len(proposals)} answered, {new} are not in the inventory, which was not changed"
