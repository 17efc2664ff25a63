"""Catalog queries of all devices, their retries and their answers. The catalog of each device is stored.

A stored catalog has every item that a device ever listed, and which of them its last complete answer had.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collectors.contract import Measurement
from collectors.video.gb28181.bindings import Binding
from collectors.video.gb28181.catalog import MAX_ITEMS, CatalogAnswer, CatalogItem, ChannelStatus, items_of
from collectors.video.gb28181.manscdp import MansMessage
from collectors.video.gb28181.proposals import CatalogChange, proposals
from collectors.video.gb28181.subscriptions import Topic
from feeds import state_file

if TYPE_CHECKING:
    from collectors.video.gb28181.platform import GbPlatform

FULL_EVERY = 6 * 3600.0
"""Seconds for which a full catalog is not asked again after a registration."""
POLL_SMALL, POLL_LARGE, SMALL = 300.0, 900.0, 64
"""Seconds between two queries of a device with few channels, and with more than SMALL."""
RETRY = (60.0, 300.0)
"""Seconds before the next tries after an answer that broke off."""


@dataclass(slots=True)
class StoredCatalog:
    """The items of a device, by id. `listed`: the ids of the last complete answer, None before one came.

    `full_at` is the monotonic time of that answer in this run, `stored_at` that in epoch seconds.
    """

    items: dict[str, CatalogItem] = field(default_factory=dict)
    listed: set[str] | None = None
    full_at: float | None = None
    stored_at: float | None = None


class CatalogKeeper:
    """The catalogs of a platform's devices. `folder` keeps each device's in a file."""

    def __init__(self, platform: GbPlatform, folder: Path | None) -> None:
        self._platform = platform
        self._folder = folder / "catalogs" if folder else None
        self._answers: dict[tuple[str, int], CatalogAnswer] = {}
        self._catalogs: dict[str, StoredCatalog] = {}
        self._failures: dict[str, int] = {}
        for path in sorted(self._folder.glob("*.json")) if self._folder is not None else ():
            stored = state_file.read_json(path, read_catalog)
            if stored is not None:
                self._catalogs[path.stem] = stored

    def changes(self, device: str) -> list[CatalogChange]:
        """What a device's catalog says beside the inventory. A person accepts it, or does not."""
        platform, stored = self._platform, self._catalogs.get(device, StoredCatalog())
        listed = frozenset(stored.listed) if stored.listed is not None else None
        return proposals(
            device,
            tuple(stored.items.values()),
            listed,
            platform.inventory,
            platform.roster,
            gcj02=platform.settings.gcj02,
        )

    def stored(self, device: str) -> StoredCatalog:
        """The catalog of a device as it is stored; an empty one for a device without."""
        return self._catalogs.get(device, StoredCatalog())

    def answer(self, device: str) -> CatalogAnswer | None:
        """The answer that is under way."""
        return next((answer for answer in self._answers.values() if answer.device == device), None)

    def failures(self, device: str) -> int:
        """Answers that broke off, one after another."""
        return self._failures.get(device, 0)

    def stale(self, device: str, now: float) -> bool:
        """True when the last full catalog is older than FULL_EVERY, or the device was silent since."""
        at = self.stored(device).full_at
        return at is None or now - at > FULL_EVERY

    def items(self, device: str) -> Sequence[CatalogItem]:
        """The last full catalog of a device, updated by later incomplete answers."""
        return tuple(self.stored(device).items.values())

    def ask(self, binding: Binding, now: float) -> None:
        """Ask a device for its catalog, unless it is being asked."""
        if self._platform.queries.asking(binding.device, "Catalog"):
            return
        query = self._platform.queries.ask(binding, "Catalog")
        if query is not None:
            self._answers[binding.device, query.sn] = CatalogAnswer(binding.device, query.sn, now)

    def forget(self, device: str) -> None:
        """Drop the unfinished answers of a silent device. Its next catalog is asked for at once."""
        self.stored(device).full_at = None
        for key in [key for key in self._answers if key[0] == device]:
            del self._answers[key]

    def take(self, binding: Binding, message: MansMessage, now: float) -> None:
        """Take one part of an answer, or a report that nobody asked for."""
        answer = self._answers.get((binding.device, message.sn))
        if answer is None:
            self.update(binding, message)
            return
        answer.take(message, now)
        self._report(binding, items_of(message)[0])
        if answer.totals:
            self._platform.deviations.note(binding.device, "total-differs")
            answer.totals = 0
        if answer.complete:
            self._finish(binding, answer, now, complete=True)

    def update(self, binding: Binding, message: MansMessage) -> None:
        """Take items that arrive outside of a query, as devices send them on changes. They remove no other item."""
        items, _ = items_of(message)
        self._report(binding, items)
        stored, is_changed = self._catalogs.setdefault(binding.device, StoredCatalog()), False
        for item in items:
            gone = item.event == "DEL"
            if stored.listed is not None and (item.id in stored.listed) is gone:
                (stored.listed.discard if gone else stored.listed.add)(item.id)
                is_changed = True
            if not gone and (item.name or item.id not in stored.items) and len(stored.items) < MAX_ITEMS:
                is_changed = is_changed or item.id not in stored.items or stored.items[item.id].name != item.name
                stored.items[item.id] = item
        if is_changed:
            self._store(binding.device)
            self.tell_changes(binding.device)

    def _report(self, binding: Binding, items: Sequence[CatalogItem]) -> None:
        platform = self._platform
        for item in items:
            if item.status is ChannelStatus.UNKNOWN and item.event in ("ADD", "DEL", "UPDATE"):
                continue
            changed = platform.channels.report(binding.device, item, platform.wall())
            if changed and item.id != binding.device:
                platform.publisher.channel(item.id, platform.wall(), alive=True)

    def _finish(self, binding: Binding, answer: CatalogAnswer, now: float, *, complete: bool) -> None:
        platform, device = self._platform, binding.device
        del self._answers[device, answer.sn]
        platform.queries.answered(device, answer.sn)
        for _ in answer.duplicates:
            platform.deviations.note(device, "duplicate-id")
        stored = self._catalogs.setdefault(device, StoredCatalog())
        stored.items |= answer.items
        if complete:
            stored.listed, stored.full_at, stored.stored_at = set(answer.items), now, platform.wall()
            self._failures.pop(device, None)
            self._store(device)
            every = self._every(device, len(answer.items))
        else:
            platform.deviations.note(device, "catalog-incomplete")
            failures = self._failures[device] = self._failures.get(device, 0) + 1
            every = RETRY[min(failures, len(RETRY)) - 1]
        self.tell_changes(device)
        platform.queries.want(device, "Catalog", now + every)

    def tell_changes(self, device: str) -> None:
        """Publish how many changes of a device's catalog wait for a person, where that is known."""
        if self.stored(device).listed is None:
            return
        count = len(self.changes(device))
        reading = Measurement(metric="gb28181.catalog_changes", value=count, fresh_for=2 * FULL_EVERY)
        self._platform.publisher.message(device, [reading])

    def _every(self, device: str, count: int) -> float:
        """Seconds until the next query: a device that tells of changes by itself is asked rarely."""
        if self._platform.subscriptions.active(device, Topic.CATALOG):
            return FULL_EVERY
        return self._platform.settings.catalog_every or (POLL_SMALL if count <= SMALL else POLL_LARGE)

    def tick(self, now: float) -> None:
        """End answers that have broken off."""
        for answer in [answer for answer in self._answers.values() if now > answer.due_at]:
            binding = self._platform.bindings.get(answer.device)
            if binding is None:
                del self._answers[answer.device, answer.sn]
            else:
                self._finish(binding, answer, now, complete=answer.complete)

    def _store(self, device: str) -> None:
        """Write the last full catalog, for `watchfloor discover gb28181`."""
        if self._folder is None or not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", device):
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        stored = self.stored(device)
        rows: list[dict[str, Any]] = [asdict(item) for item in stored.items.values()]
        listed = sorted(stored.listed) if stored.listed is not None else None
        document = {"device": device, "at": stored.stored_at, "listed": listed, "items": rows}
        state_file.write_json(self._folder / f"{device}.json", document)


def read_catalog(document: Any) -> StoredCatalog:
    """The catalog in a stored document. Raises KeyError, TypeError, ValueError for one that cannot be read."""
    items = [CatalogItem(**{**row, "status": ChannelStatus(str(row["status"]))}) for row in document["items"]]
    listed = document.get("listed")
    return StoredCatalog(
        items={item.id: item for item in items},
        listed=set(map(str, listed)) if listed is not None else None,
        stored_at=document.get("at"),
    )
