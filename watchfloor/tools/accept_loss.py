"""`watchfloor journal accept`: accept a journal that lost entries, and record what is missing or wrong."""

from __future__ import annotations

from feeds.bus import Bus
from feeds.journal import Journal
from watchfloor.runtime import journal_watch
from watchfloor.runtime.stores import redis_url
from watchfloor.settings.site_settings import Settings


async def run(settings: Settings, journal: Journal, by: str) -> str:
    """Accept the journal as it is, recorded under the name `by`. Returns a text that lists what was accepted."""
    bus = Bus(redis_url(settings), settings.site.region, name="accept")
    try:
        gaps, faults, stores = await journal_watch.accept(journal, settings.data, bus, by=by)
    finally:
        await bus.close()
    parts = [
        *(f"{gap.chain or 'documents'} {gap.first}-{gap.last} ({gap.rows})" for gap in gaps),
        *(f"{fault.chain} #{fault.chain_seq} {fault.what}" for fault in faults),
        *stores,
    ]
    if not parts:
        return "台账完整，无需确认。Nothing is missing in the journal."
    return f"已确认 Accepted: {', '.join(parts)}"
