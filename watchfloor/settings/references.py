"""The files that the settings refer to: certificates, keys and secrets written as `file:path`.

Their content is remembered with the settings, so that what is applied can be kept whole
(watchfloor/settings/applied.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from feeds.files import read_regular


@dataclass(slots=True)
class References:
    """Reader of the files. `substitutes` maps a file to the copy to read instead, `contents` to its bytes."""

    substitutes: Mapping[Path, Path] = field(default_factory=dict)
    contents: dict[Path, bytes] = field(default_factory=dict)

    def located(self, path: Path) -> Path:
        """The path to read: the file's own or that of its substitute."""
        return self.substitutes.get(path, path)

    def read(self, path: Path) -> bytes:
        """The file's content. Raises OSError."""
        content = read_regular(self.located(path))
        self.contents[path] = content
        return content
