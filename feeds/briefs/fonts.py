"""The fonts of a PDF: the site's files, else what the machine has; what stands in for a face is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from feeds.incidents.brief_settings import FACES

PROPER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "fangsong": ("FangSong_GB2312", "FangSong", "STFangsong"),
        "kaiti": ("KaiTi_GB2312", "KaiTi", "STKaiti"),
        "title": ("FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05"),
        "heiti": ("SimHei", "STHeiti"),
        "songti": ("SimSun", "STSong"),
    }
)
"""Families of the faces that GB/T 9704 names. None of them is free."""
SERIF = ("Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC")
SANS = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei")
"""Free families with Chinese, which stand in for the others."""


class NoFont(Exception):
    """The machine has no font with Chinese, and the settings name none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FontChoice:
    """The family of each face. `substituted` are the faces for which another kind of letter stands in.

    `library` is what Typst compiles with.
    """

    families: Mapping[str, str]
    substituted: tuple[str, ...]
    library: Any


def choose(files: Mapping[str, Path]) -> FontChoice:
    """The fonts of a site with these files by face. Raises NoFont, and ImportError without the extra `reports`."""
    return _chosen(tuple(sorted((face, path) for face, path in files.items() if path.is_file())))


@cache
def _chosen(files: tuple[tuple[str, Path], ...]) -> FontChoice:
    """Cached: looking through the fonts of a machine takes a tenth of a second."""
    import typst

    paths = [str(path.parent) for _, path in files]
    library = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False, font_paths=paths)
    present = library.families()
    own = {face: family for face, path in files if (family := family_of(path))}
    families = {face: own.get(face) or _first(present, PROPER[face]) for face in FACES}
    substituted = tuple(face for face in FACES if not families[face])
    for face in substituted:
        preferred = (*SANS, *SERIF) if face == "heiti" else (*SERIF, *SANS)
        families[face] = _first(present, preferred) or next((family for family in families.values() if family), "")
    if not all(families.values()):
        raise NoFont("no font with Chinese")
    return FontChoice(families=families, substituted=substituted, library=library)


def _first(present: Sequence[str], candidates: Sequence[str]) -> str:
    return next((family for family in candidates if family in present), "")


def family_of(path: Path) -> str:
    """The family that a font file has; "" for a file that is no font."""
    import typst

    with TemporaryDirectory() as folder:  # Typst reads folders, and others may have more files
        (Path(folder) / path.name).symlink_to(path.resolve())
        library = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
        return next(iter(library.families()), "")
