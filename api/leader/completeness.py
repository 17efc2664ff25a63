"""Completeness of the picture (画面是否完整): silent sources, since when, and what they leave unseen. Pure."""

from __future__ import annotations

from api.leader.picture import LeaderPicture
from feeds.kinds.audience import Record
from feeds.kinds.source import FEEDS

LATE = 3.5
"""Seconds without proof of work after which a role counts as silent."""


def completeness(picture: LeaderPicture) -> Record:
    """Sources that speak, assets whose state is not known, the oldest data, and what is blind, by name."""
    sources = [source for source in picture.sources.values() if source["kind"] != "role"]
    blind = [_blind_source(source) for source in sources if source["silent_since"] or source["failing_since"]]
    blind += [_blind("role", role) for role, age in picture.ages.items() if age is None or age > LATE]
    blind += [_blind("feed", feed) for feed in FEEDS if f"feed:{feed}" not in picture.boards]
    feeds = [picture.boards[id] for id in (f"feed:{feed}" for feed in FEEDS) if id in picture.boards]
    unknown = sum(board["health"]["unknown"] for board in feeds)
    missing = [board["stale_since"] for board in feeds if board["stale_since"]]
    since = [*missing, *(str(each["since"]) for each in blind if each["since"])]
    return {
        "ok": not blind and not unknown,
        "blind": sorted(blind, key=lambda each: str(each["since"] or "")),
        "sources_ok": len(sources) - sum(each["kind"] == "source" for each in blind),
        "sources": len(sources),
        "unknown": unknown,
        "oldest": min(since, default=None),
        "counties": _counties(picture, blind),
    }


def _blind_source(source: Record) -> Record:
    since = source["silent_since"] or source["failing_since"]
    return {"kind": "source", "id": source["id"], "region": source["region"], "since": since}


def _blind(kind: str, id: str) -> Record:
    return {"kind": kind, "id": id, "region": "", "since": None}


def _counties(picture: LeaderPicture, blind: list[Record]) -> list[Record]:
    """The counties in which something is watched, by code.

    One is blind where a source of the county is, or the state of something in it is not known.
    """
    regions = {each["region"][:6] for each in blind if each["region"]}
    return [
        {
            "region": board["key"],
            "unknown": board["health"]["unknown"],
            "blind": board["key"] in regions or board["worst"] == "unknown",
        }
        for board in sorted(picture.boards.values(), key=lambda board: str(board["key"]))
        if board["by"] == "region" and (board["total"] or any(board["sources"].values()))
    ]
