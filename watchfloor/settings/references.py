"""The files that the settings refer to: certificates, keys and secrets written as `file:path`.

Their content is remembered with the settings, so that what is applied can be kept whole
(watchfloor/settings/applied.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from feeds.files import read_regular


@dataclass(slots=True)
class References:
    """Reader of the files. `contents` maps each to its bytes, and each folder to the names of its files.

    `substitutes` maps a file to the copy to read instead; None while settings are read that were not applied before.
    A copy of a version that copied no folders does not know some: they are in `unknown`, and their files are read
    where they are. Those that cannot be used are left out (`unusable`): the start goes on with what there is.
    """

    substitutes: Mapping[Path, Path] | None = None
    contents: dict[Path, bytes] = field(default_factory=dict)
    unknown: list[Path] = field(default_factory=list)
    unusable: list[Path] = field(default_factory=list)

    def located(self, path: Path) -> Path:
        """The path to read: the file's own or that of its substitute."""
        return (self.substitutes or {}).get(path, path)

    def files_in(self, folder: Path, present: Callable[[], Iterable[Path]]) -> list[Path]:
        """The files of a folder, sorted; of a copy, those of then. `present` lists those of now. Raises OSError."""
        substitutes = self.substitutes
        if substitutes is None:
            paths = list(present())
        elif folder in substitutes or any(folder in path.parents for path in substitutes):
            paths = [path for path in substitutes if folder in path.parents]
        else:
            paths = []
            with suppress(OSError):
                paths = sorted(present())
            if paths:
                self.unknown.append(folder)
            return paths
        self.contents[folder] = "\n".join(str(path.relative_to(folder)) for path in sorted(paths)).encode()
        return sorted(paths)

    def leaves_out(self, path: Path) -> bool:
        """True when an unusable file is left out: one of a folder that the copy does not know."""
        if any(folder in path.parents for folder in self.unknown):
            self.unusable.append(path)
            return True
        return False

    def read(self, path: Path) -> bytes:
        """The file's content. Raises OSError."""
        content = read_regular(self.located(path))
        self.contents[path] = content
        return content
