"""When each asset was in the inventory, whose it was and where: kept in the journal, so that an asset counts neither
before it came nor after it went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field

from feeds.journal import Entry, Journal
from feeds.model import Asset

KIND = "inventory"
ADDED, CHANGED, REMOVED = "added", "changed", "removed"
AT_ONCE = 500
"""Assets in one entry of the log: a prefecture's first inventory is some dozens of entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What of an asset's row the figures are counted by."""

    name: str
    kind: str
    region: str
    owner: str


@dataclass(slots=True)
class Member:
    """One asset: its newest row, and when it was there (epoch seconds; None: still)."""

    about: About
    spans: list[tuple[float, float | None]] = field(default_factory=list)

    @property
    def present(self) -> bool:
        return bool(self.spans) and self.spans[-1][1] is None


def about(asset: Asset) -> About:
    """What is kept of an asset."""
    return About(name=asset.name, kind=asset.kind, region=asset.region, owner=asset.owner)


def fold(members: dict[str, Member], entries: Iterable[Entry]) -> None:
    """Take entries of the log in, in their order."""
    for entry in entries:
        for id, row in entry.body["assets"].items():
            known = members.get(id)
            if entry.name == REMOVED:
                if known is not None and known.present:
                    known.spans[-1] = known.spans[-1][0], entry.at
                continue
            if known is None:
                known = members[id] = Member(About(**row))
            known.about = About(**row)
            if entry.name == ADDED and not known.present:
                known.spans.append((entry.at, None))


async def read(journal: Journal, members: dict[str, Member] | None = None, after: int = 0) -> dict[str, Member]:
    """Every asset that ever was in the inventory; `members` as they were known up to an entry."""
    found = {} if members is None else members
    while entries := await journal.entries(kind=KIND, after=after):
        fold(found, entries)
        after = entries[-1].seq
    return found


class Register:
    """Writes down what a new inventory has changed. One writer: the projector."""

    def __init__(self) -> None:
        self._known: dict[str, About] = {}

    async def open(self, journal: Journal) -> None:
        """Learn what the log says."""
        members = await read(journal)
        self._known = {id: one.about for id, one in members.items() if one.present}

    async def note(self, journal: Journal, assets: Mapping[str, Asset], now: float) -> None:
        """The inventory is this from now on; nothing is written when it says what the log says."""
        rows = {id: about(asset) for id, asset in assets.items()}
        steps = {
            REMOVED: {id: one for id, one in self._known.items() if id not in rows},
            ADDED: {id: one for id, one in rows.items() if id not in self._known},
            CHANGED: {id: one for id, one in rows.items() if self._known.get(id, one) != one},
        }
        if not any(steps.values()):
            return
        async with journal.begin() as tx:
            for name, some in steps.items():
                for part in _parts(some):
                    body = {"assets": {id: asdict(one) for id, one in part.items()}}
                    await tx.append(kind=KIND, name=name, subject="assets", at=now, body=body)
        self._known = rows


def _parts(rows: Mapping[str, About]) -> Iterator[dict[str, About]]:
    ids = list(rows)
    for start in range(0, len(ids), AT_ONCE):
        yield {id: rows[id] for id in ids[start : start + AT_ONCE]}
