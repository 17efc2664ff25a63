"""`watchfloor emergency try SOURCE`: ask a source once and show what it would give. Nothing is published or stored."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict, is_dataclass
from typing import Any

import msgspec

from collectors import registry
from collectors.emergency.http.feed import MappedFeed
from collectors.errors import CollectorError
from collectors.settings import SourceSettings
from feeds.clock import now as wall_clock
from watchfloor.settings.site_settings import Settings

SHOWN = 10
"""Rows that are shown."""
_HIDDEN = frozenset(("raw", "digest", "received_at", "keys", "affected", "findings", "texts"))


class NoSuchSource(ValueError):
    """The settings have no emergency source of that id; the text names those that there are."""


def run(settings: Settings, source: str, *, as_json: bool) -> int:
    """Print what the source gives. Returns the exit code: 1 when something cannot be used."""
    try:
        text, fine = tried(settings, source, as_json=as_json)
    except NoSuchSource as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{text}\n")
    return 0 if fine else 1


def tried(settings: Settings, source: str, *, as_json: bool) -> tuple[str, bool]:
    """What the source gives, as text, and True when everything could be used. Raises NoSuchSource."""
    chosen = next((each for each in settings.sources if each.id == source), None)
    emergency = [each.id for each in settings.sources if each.kind.startswith("emergency.")]
    if chosen is None or chosen.id not in emergency:
        raise NoSuchSource(f"there is no emergency source {source!r}; there are {', '.join(emergency) or 'none'}")
    items, problems, rows = asyncio.run(_ask(settings, chosen))
    if as_json:
        body = {"rows": rows, "usable": len(items), "items": items[:SHOWN], "problems": problems}
        return json.dumps(body, ensure_ascii=False, indent=2, default=str), not problems
    lines = [f"{rows} 行，可用 {len(items)} 行 | {rows} rows, {len(items)} usable"]
    for number, item in enumerate(items[:SHOWN]):
        lines.append(f"-- {number}")
        lines += [f"   {name}: {value}" for name, value in item.items() if value not in ("", None, [], {}, ())]
    lines += [f"!! {problem}" for problem in problems]
    return "\n".join(lines), not problems


async def _ask(settings: Settings, source: SourceSettings) -> tuple[list[dict[str, Any]], list[str], int]:
    """The items as plain values, the problems in words, and the number of rows."""
    feed = registry.feed_class(source.kind)(source, settings.credentials.get(source.cred))
    now = wall_clock()
    try:
        if isinstance(feed, MappedFeed):
            rows, _ = await feed.rows(now)
            usable, faulty = feed.items(rows, now)
            items = [item for _, item in usable]
            problems = [f"#{problem.row}: {problem.detail}" for problem in faulty]
            problems += [f"#{number}: {text}" for number, item in enumerate(items) for text in _problems(item)]
            return [_plain(item) for item in items], problems, len(rows)
        fetched = await feed.fetch(now)
        return (
            [_plain(item) for item in fetched.items],
            [fetched.problem] if fetched.problem else [],
            len(fetched.items),
        )
    except CollectorError as error:
        return [], [f"{error.zh} | {error.en}"], 0
    finally:
        await feed.close()


def _problems(item: Any) -> tuple[str, ...]:
    """The values of a usable row that could not be mapped."""
    if hasattr(item, "problems"):
        return tuple(item.problems)
    warning = getattr(item, "warning", None)
    return tuple(finding.value for finding in warning.findings) if warning is not None else ()


def _plain(item: Any) -> dict[str, Any]:
    if isinstance(item, list):
        return {f"{each.asset} {each.metric}": each.value for each in item}
    item = getattr(item, "warning", item)
    fields = asdict(item) if is_dataclass(item) and not isinstance(item, type) else msgspec.to_builtins(item)
    return {name: value for name, value in fields.items() if name not in _HIDDEN}
