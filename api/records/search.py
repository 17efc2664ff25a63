"""One search over records, people and pages: by id, name, address, pinyin and initials.

A name is brought into pinyin once, in a thread. A search looks at every record that the asker may see, a part at a
time, and stops at its time limit.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from feeds.kinds import KINDS, Audience, Record, RecordKind
from feeds.kinds.searchable import Searchable, texts_of
from feeds.live.mirror import Mirror

LIMIT, PART = 0.05, 1000
"""Seconds that a search takes at most, and candidates that it examines before the loop runs other tasks."""
PATIENCE = 1.0
"""Seconds that a search waits for names that were never brought into pinyin."""
MATCHES = 2000
"""Matches that are ordered at most."""
WORDS, PINYIN, INITIALS = "words", "pinyin", "initials"
MOST = 500_000
"""Records whose texts are kept at most; then all are made anew."""


@dataclass(frozen=True, slots=True)
class SearchText:
    """The searched texts of one record: ids and addresses, and names. `source`: the fields that they come from."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    source: Any = None


Candidate = tuple[SearchText, Any]
"""The texts of a record, person or page, and the answer for it, or what the answer is made from."""


class SearchIndex:
    """Cached texts of records, and pinyin and initials of their names."""

    def __init__(self) -> None:
        self._readings: dict[str, tuple[str, str]] = {}
        self._reading: asyncio.Future[None] | None = None
        self._texts: dict[tuple[str, str], SearchText] = {}

    async def learn(self, candidates: Iterable[Candidate]) -> bool:
        """Bring new names into pinyin. False when that takes longer than PATIENCE; it goes on in its thread."""
        names = dict.fromkeys(name for candidate, _ in candidates for name in candidate.names)
        new = [name for name in names if name not in self._readings]
        if not new:
            return True
        if self._reading is None or self._reading.done():
            self._reading = asyncio.ensure_future(asyncio.to_thread(self._read, new))
        done, _ = await asyncio.wait([self._reading], timeout=PATIENCE)
        return bool(done)

    def _read(self, names: Sequence[str]) -> None:
        from pypinyin import lazy_pinyin  # 57 MB and 0.3 s: for the processes in which somebody searches

        for name in names:
            if name.isascii():
                self._readings[name] = "", ""
            else:
                syllables = lazy_pinyin(name)
                self._readings[name] = "".join(syllables).lower(), "".join(part[:1] for part in syllables).lower()

    async def candidates(self, mirror: Mirror, audience: Audience, kinds: Sequence[str]) -> list[Candidate]:
        """All records that an audience may see of the kinds that are searched (`kinds` empty: all)."""
        candidates: list[Candidate] = []
        for kind in KINDS:
            if kind.search is None or (kinds and kind.name not in kinds):
                continue
            records = list(mirror.held(kind.name, audience).values())
            for start in range(0, len(records), PART):
                for record in records[start : start + PART]:
                    if kind.is_plain(record) and kind.sees(audience, record):
                        # Nobody finds a record by what is blank for the asker.
                        readable = record if audience.personal or not kind.redact else kind.shown(audience, record)
                        candidates.append((self._text(kind, kind.search, readable), (kind, kind.search, record)))
                await asyncio.sleep(0)
        return candidates

    def _text(self, kind: RecordKind[Any], search: Searchable, record: Record) -> SearchText:
        key, source = (kind.name, record["id"]), [record[name] for name in (*search.ids, *search.names)]
        candidate = self._texts.get(key)
        if candidate is None or candidate.source != source:
            names = tuple(texts_of(record, search.names))
            candidate = self._texts[key] = SearchText(tuple(texts_of(record, search.ids)), names, source)
            if len(self._texts) > MOST:
                self._texts.clear()
        return candidate

    def rank(self, candidate: SearchText, query: str) -> tuple[int, str] | None:
        """The rank for a query (0: best) and how it matched (WORDS, PINYIN or INITIALS); None for no match."""
        best: tuple[int, str] | None = None
        for text in (*candidate.ids, *candidate.names):
            best = _better(best, text.casefold(), query, 0, WORDS)
        for name in candidate.names:
            full, initials = self._readings.get(name, ("", ""))
            best = _better(best, full, query, 3, PINYIN)
            best = _better(best, initials, query, 6, INITIALS)
        return best


def _better(best: tuple[int, str] | None, text: str, query: str, base: int, by: str) -> tuple[int, str] | None:
    """The better of `best` and the match of a text: exact, then its beginning, then a part of it."""
    if query not in text or (best is not None and best[0] <= base):
        return best
    rank = base + (0 if text == query else 1 if text.startswith(query) else 2)
    return (rank, by) if best is None or rank < best[0] else best


async def search(
    index: SearchIndex, candidates: Iterable[Candidate], query: str, most: int, *, limit: float = LIMIT
) -> tuple[list[tuple[Any, str]], bool]:
    """The answers of the best matches, each with how it matched, and True when there may be more.

    `limit`: seconds after which the search stops.
    """
    query, ends, more = query.strip().casefold(), time.monotonic() + limit, False
    matches: list[tuple[int, tuple[str, ...], str, Any]] = []
    walk = iter(candidates)
    while part := list(islice(walk, PART)):
        for candidate, answer in part:
            if (match := index.rank(candidate, query)) is not None:
                matches.append((match[0], candidate.names or candidate.ids, match[1], answer))
        if time.monotonic() > ends or len(matches) > MATCHES:
            more = next(walk, None) is not None
            break
        await asyncio.sleep(0)
    matches.sort(key=lambda match: match[:2])
    return [(answer, by) for _, _, by, answer in matches[:most]], more or len(matches) > most


def answer_of(kind: RecordKind[Any], search: Searchable, record: Record, audience: Audience) -> dict[str, Any]:
    """The public form of a result: kind, id, title by language, detail, state, region and page."""
    shown = kind.shown(audience, record)
    name = next((shown[field] for field in search.names if shown[field]), shown["id"])
    return {
        "kind": kind.name,
        "id": shown["id"],
        "title": name if isinstance(name, dict) else {"zh-CN": str(name), "en": str(name)},
        "detail": " · ".join(str(shown[field]) for field in search.detail if shown[field]),
        "state": str(shown[search.state]) if search.state else "",
        "region": str(shown.get("region", "")),
        "page": search.page(shown),
    }
