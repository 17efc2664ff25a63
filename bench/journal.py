"""(c) Journal commits a second against raw SQLite with FULL synchronisation, in the same folder."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

from bench.figures import Figure, median, spread
from bench.site import folder
from feeds.journal import Journal, sqlite_url

GROUP = 50
BODY = {"health": "down", "since": 1795327509.123, "before": "ok"}


async def measure(quick: bool) -> AsyncIterator[Figure]:
    """Transactions of one entry and of GROUP; ours also chains the hashes, keeps the present form, and signs both."""
    seconds, turns = (1.0, 1) if quick else (3.0, 3)
    for size in (1, GROUP):
        ours, raw = [], []
        for _ in range(turns):
            with folder() as at:
                raw.append(await asyncio.to_thread(_raw, at, size, seconds))
                ours.append(await _ours(at, size, seconds))
        yield Figure(
            name=f"journal.{'single' if size == 1 else 'groups'}",
            value=median(ours),
            unit="commits/s",
            raw={"sqlite_full": median(raw)},
            conditions={
                "entries_a_commit": size,
                "entries_s": round(median(ours) * size),
                "seconds": seconds,
                "ours": "hash-chained entry and document each, signed, with the seal",
                "raw": "one row each, WAL, synchronous=FULL",
                "runs": spread(ours),
                "raw_runs": spread(raw),
            },
        )


async def _ours(at: Path, size: int, seconds: float) -> float:
    journal = Journal(sqlite_url(at), "bench", at / "journal.key")
    await journal.open()
    try:
        began, commits = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            async with journal.begin() as tx:
                for n in range(size):
                    seq = await tx.append(kind="health", name="down", subject=f"b{n}", at=time.time(), body=BODY)
                    await tx.put("health", f"b{n}", BODY, seq=seq)
            commits += 1
        return commits / (time.perf_counter() - began)
    finally:
        await journal.close()


def _raw(at: Path, size: int, seconds: float) -> float:
    """Rows as wide as an entry, without anything of ours around them."""
    row = json.dumps(BODY) + hashlib.sha256(b"").hexdigest()
    with sqlite3.connect(at / "raw.db", isolation_level=None) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE entry (seq INTEGER PRIMARY KEY, at REAL, body TEXT)")
        began, commits = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            database.execute("BEGIN")
            for _ in range(size):
                database.execute("INSERT INTO entry (at, body) VALUES (?, ?)", (time.time(), row))
            database.execute("COMMIT")
            commits += 1
        took = time.perf_counter() - began
    database.close()
    return commits / took
