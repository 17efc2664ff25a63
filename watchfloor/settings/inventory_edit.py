"""Changes of the inventory's files that a person has accepted in the browser: planned, written, and taken back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.dependencies import InventoryChanged, Reloaded
from feeds import state_file
from feeds.inventory.row_changes import RowChange, changed, ids_of
from watchfloor.settings.site_settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryEdit:
    """New texts of files, with the old ones. `changed_ids` are those whose changes could be made."""

    files: tuple[tuple[Path, str, str], ...]
    changed_ids: tuple[str, ...]

    def write(self) -> None:
        """Write the new texts. Raises OSError."""
        for path, _, new in self.files:
            state_file.write_text(path, new)

    def take_back(self) -> None:
        """Write the old texts again. Raises OSError."""
        for path, old, _ in self.files:
            state_file.write_text(path, old)


def planned(settings: Settings, changes: Sequence[RowChange]) -> InventoryEdit:
    """What the changes make of the inventory's CSV files in UTF-8. Writes nothing.

    A new row goes to the file that has its parent, else to the first one.
    """
    texts = {path: text for path in settings.inventory if (text := _text(path)) is not None}
    ids = {path: ids_of(text) for path, text in texts.items()}
    present = set().union(*ids.values()) if ids else set()
    by_file: dict[Path, list[RowChange]] = {}
    for change in changes:
        if change.new and change.id in present:
            continue
        about = change.row.get("parents", "").partition(";")[0] if change.new else change.id
        path = next((path for path in texts if about in ids[path]), next(iter(texts), None) if change.new else None)
        if path is not None:
            by_file.setdefault(path, []).append(change)
    files, changed_ids = [], []
    for path, its_changes in by_file.items():
        new, ids_of_file = changed(texts[path], its_changes)
        if ids_of_file:
            files.append((path, texts[path], new))
            changed_ids += ids_of_file
    return InventoryEdit(files=tuple(files), changed_ids=tuple(changed_ids))


def _text(path: Path) -> str | None:
    """The text of a CSV file in UTF-8, None for any other."""
    if path.suffix.lower() != ".csv":
        return None
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


class InventoryEditor:
    """Changes of the running site's inventory, one after another. `applied` gives the settings in use."""

    def __init__(self, applied: Callable[[], Settings], reload: Callable[[str, str, str], Awaitable[Reloaded]]) -> None:
        self._applied, self._reload = applied, reload
        self._turn = asyncio.Lock()

    async def change(
        self, changes: Sequence[RowChange], actor: str, language: str, accept: str = ""
    ) -> InventoryChanged:
        """Write accepted changes into the inventory's files and reload. What cannot be applied is taken back."""
        async with self._turn:
            edit = await asyncio.to_thread(planned, self._applied(), changes)
            if not edit.files:
                return InventoryChanged(changed_ids=(), reloaded=Reloaded())
            try:
                await asyncio.to_thread(edit.write)
                reloaded = await self._reload(actor, language, accept)
                if reloaded.faults or reloaded.held:
                    await asyncio.to_thread(edit.take_back)
                    return InventoryChanged(changed_ids=(), reloaded=reloaded)
            except OSError as error:
                log.warning("the inventory could not be written: %s", error)
                return InventoryChanged(changed_ids=(), reloaded=Reloaded())
        return InventoryChanged(changed_ids=edit.changed_ids, reloaded=reloaded)
