"""The settings that a process starts on: those of the file, or those that were applied last."""

from __future__ import annotations

from pathlib import Path

from watchfloor.settings import applied, removal_guard
from watchfloor.settings.findings import make
from watchfloor.settings.site_settings import SettingsError, load


def settings_to_start(path: Path) -> applied.StartSettings:
    """The settings of the file, or those applied last when the file is broken or would remove too much.

    Raises SettingsError when there is no copy to fall back on.
    """
    try:
        settings = load(path)
        if gone := [file for file in settings.inventory if not file.is_file()]:
            raise SettingsError([make("path_missing", file=path.name, key="site.inventory", value=str(gone[0]))])
        removal_guard.require_accepted(settings)
        return applied.StartSettings(settings, {})
    except SettingsError as error:
        return applied.fall_back(path, error)
