"""`watchfloor journal accept`: accept a journal that lost entries, and record which entries are missing."""

from __future__ import annotations

from feeds.bus import Bus
from feeds.journal import Journal
from watchfloor.runtime import journal_watch
from watchfloor.runtime.stores import redis_url
from watchfloor.settings.site_settings import Settings


async def run(settings: Settings, journal: Journal, by: str) -> str:
    """Accept the journal as it is, recorded under the name `by`. Returns a text that lists the missing entries."""
    bus = Bus(redis_url(settings), settings.site.region, name="accept")
    try:
        gaps = await journal_watch.accept(journal, settings.data, bus, by=by)
    finally:
        await bus.close()
    if not gaps:
        return "台账完整，无需确认。Nothing is missing in the journal."
    parts = ", ".join(f"{gap.chain or 'documents'} {gap.first}-{gap.last} ({gap.rows})" for gap in gaps)
    return f"已确认缺失 Accepted as missing: {parts}"
