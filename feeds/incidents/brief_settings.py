"""The settings of briefs: `[briefs]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

FACES = ("fangsong", "kaiti", "title", "heiti", "songti")
"""The faces of GB/T 9704: 仿宋, 楷体, 小标宋, 黑体, 宋体."""
NUMBERS: Mapping[str, str] = MappingProxyType(
    {"special": "值专〔{year}〕{n}号", "bulletin": "值快〔{year}〕{n}号", "daily": "值日〔{year}〕{n}号"}
)
"""Numbers of a site that gives no patterns of its own, by kind of brief."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefSettings:
    """Who issues briefs, how they are numbered, and the files of their fonts by face (one of FACES).

    `organ` is the name over the red line (发文机关标志), `to` who a brief is for unless its author says otherwise.
    """

    organ: str = ""
    to: tuple[str, ...] = ()
    numbers: Mapping[str, str] = field(default_factory=lambda: NUMBERS)
    fonts: Mapping[str, Path] = field(default_factory=dict)
