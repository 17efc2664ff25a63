"""The membership of assets in the inventory over time, recorded in the journal with owner and region."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field

from feeds.journal import Journal, JournalEntry
from feeds.model import Asset

KIND = "inventory"
ADDED, CHANGED, REMOVED = "added", "changed", "removed"
AT_ONCE = 500
"""Assets in one journal entry; a prefecture's first inventory takes some dozens of entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetAttributes:
    """The attributes of an asset by which reports group it."""

    name: str
    kind: str
    region: str
    owner: str


@dataclass(slots=True)
class InventoryMember:
    """One asset: its newest attributes and its membership spans (epoch seconds; an end of None: still a member)."""

    about: AssetAttributes
    spans: list[tuple[float, float | None]] = field(default_factory=list)

    @property
    def present(self) -> bool:
        return bool(self.spans) and self.spans[-1][1] is None


def attributes_of(asset: Asset) -> AssetAttributes:
    """The recorded attributes of an asset."""
    return AssetAttributes(name=asset.name, kind=asset.kind, region=asset.region, owner=asset.owner)


def fold(members: dict[str, InventoryMember], entries: Iterable[JournalEntry]) -> None:
    """Apply journal entries in their order."""
    for entry in entries:
        for id, row in entry.body["assets"].items():
            member = members.get(id)
            if entry.name == REMOVED:
                if member is not None and member.present:
                    member.spans[-1] = member.spans[-1][0], entry.at
                continue
            if member is None:
                member = members[id] = InventoryMember(AssetAttributes(**row))
            member.about = AssetAttributes(**row)
            if entry.name == ADDED and not member.present:
                member.spans.append((entry.at, None))


async def read(
    journal: Journal, members: dict[str, InventoryMember] | None = None, after: int = 0
) -> dict[str, InventoryMember]:
    """Every asset that ever was in the inventory; `members` is a state read before, up to entry `after`."""
    result = {} if members is None else members
    while entries := await journal.entries(kind=KIND, after=after):
        fold(result, entries)
        after = entries[-1].seq
    return result


class InventoryLog:
    """Records changes of the inventory in the journal. The projector is its only writer."""

    def __init__(self) -> None:
        self._members: dict[str, AssetAttributes] = {}

    async def open(self, journal: Journal) -> None:
        """Load the current membership from the journal."""
        members = await read(journal)
        self._members = {id: member.about for id, member in members.items() if member.present}

    async def note(self, journal: Journal, assets: Mapping[str, Asset], now: float) -> None:
        """Record the difference between this inventory and the journal, if any."""
        rows = {id: attributes_of(asset) for id, asset in assets.items()}
        steps = {
            REMOVED: {id: row for id, row in self._members.items() if id not in rows},
            ADDED: {id: row for id, row in rows.items() if id not in self._members},
            CHANGED: {id: row for id, row in rows.items() if self._members.get(id, row) != row},
        }
        if not any(steps.values()):
            return
        async with journal.begin() as tx:
            for name, rows_of_step in steps.items():
                for part in _parts(rows_of_step):
                    body = {"assets": {id: asdict(row) for id, row in part.items()}}
                    await tx.append(kind=KIND, name=name, subject="assets", at=now, body=body)
        self._members = rows


def _parts(rows: Mapping[str, AssetAttributes]) -> Iterator[dict[str, AssetAttributes]]:
    ids = list(rows)
    for start in range(0, len(ids), AT_ONCE):
        yield {id: rows[id] for id in ids[start : start + AT_ONCE]}
