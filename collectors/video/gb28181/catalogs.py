"""Catalog queries of all devices, their retries and their answers. The last full catalog of each device is stored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collectors.video.gb28181.bindings import Binding
from collectors.video.gb28181.catalog import (
    CatalogAnswer,
    CatalogDifference,
    CatalogItem,
    ChannelStatus,
    difference,
    items_of,
)
from collectors.video.gb28181.manscdp import MansMessage
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


class CatalogKeeper:
    """The catalogs of a platform's devices. `folder` keeps the last full one of each device in a file."""

    def __init__(self, platform: GbPlatform, folder: Path | None) -> None:
        self._platform = platform
        self._folder = folder / "catalogs" if folder else None
        self._answers: dict[tuple[str, int], CatalogAnswer] = {}
        self._full: dict[str, dict[str, CatalogItem]] = {}
        self._full_at: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self.differences: dict[str, CatalogDifference] = {}

    def stale(self, device: str, now: float) -> bool:
        """True when the last full catalog is older than FULL_EVERY, or the device was silent since."""
        at = self._full_at.get(device)
        return at is None or now - at > FULL_EVERY

    def items(self, device: str) -> Sequence[CatalogItem]:
        """The last full catalog of a device, updated by later incomplete answers."""
        return tuple(self._full.get(device, {}).values())

    def ask(self, binding: Binding, now: float) -> None:
        """Ask a device for its catalog, unless it is being asked."""
        if self._platform.queries.asking(binding.device, "Catalog"):
            return
        query = self._platform.queries.ask(binding, "Catalog")
        if query is not None:
            self._answers[binding.device, query.sn] = CatalogAnswer(binding.device, query.sn, now)

    def forget(self, device: str) -> None:
        """Drop the unfinished answers of a silent device. Its next catalog is asked for at once."""
        self._full_at.pop(device, None)
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
        full = self._full.setdefault(binding.device, {})
        fresh = tuple(item for item in items if item.id not in full)
        if fresh:
            self.differences[binding.device] = difference(self.items(binding.device), items, complete=False)

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
        items = list(answer.items.values())
        full = self._full.get(device, {})
        self.differences[device] = difference(tuple(full.values()), items, complete=complete and bool(full))
        if complete:
            self._full[device], self._full_at[device] = {**full, **answer.items}, now
            self._failures.pop(device, None)
            self._store(device)
            every = self._every(device, len(items))
        else:
            platform.deviations.note(device, "catalog-incomplete")
            self._full.setdefault(device, {}).update(answer.items)
            failures = self._failures[device] = self._failures.get(device, 0) + 1
            every = RETRY[min(failures, len(RETRY)) - 1]
        platform.queries.want(device, "Catalog", now + every)

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
        rows: list[dict[str, Any]] = [asdict(item) for item in self._full[device].values()]
        state_file.write_json(self._folder / f"{device}.json", {"device": device, "items": rows})
