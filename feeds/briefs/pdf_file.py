"""A brief as PDF, set by Typst (the extra `reports`). The same brief and fonts give the same bytes."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from feeds.briefs.carried import CarriedBrief, NoBrief, dump, load
from feeds.briefs.fonts import FontChoice, choose
from feeds.briefs.layout import STYLES, Issuer, paragraphs, printable, say
from feeds.model.briefs import Brief

LARGEST = 50_000_000
"""Bytes of unpacked data that are read of a file that somebody hands in."""
_ATTACHED = re.compile(rb"<<[^>]*/Type/EmbeddedFile.*?>>\s*stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


def available() -> bool:
    """Whether Typst is installed."""
    return find_spec("typst") is not None


@cache
def _template() -> bytes:
    return (files("feeds.briefs") / "gbt9704.typ").read_bytes()


def render(brief: Brief, issuer: Issuer, fonts: Mapping[str, Path]) -> tuple[bytes, FontChoice]:
    """The file and the fonts that it is set with. It takes a tenth of a second of one core.

    Raises ImportError without Typst, and NoFont.
    """
    import typst

    choice = choose(fonts)
    page = {
        "title": printable(brief.title),
        "exercise": say("print.exercise") if brief.mode != "real" else "",
        "page": say("print.page"),
        "faces": dict(choice.families),
        "paragraphs": [
            {
                "style": part.style,
                "text": part.text,
                "right": part.right,
                "face": STYLES[part.style].face,
                "points": STYLES[part.style].points,
                "align": STYLES[part.style].align,
                "indent": STYLES[part.style].indent,
                "red": STYLES[part.style].red,
            }
            for part in paragraphs(brief, issuer)
        ],
    }
    inputs = {"brief": json.dumps(page, ensure_ascii=True), "data": dump(brief, issuer)}
    return typst.compile(_template(), sys_inputs=inputs, font_paths=choice.library), choice


def carried(raw: bytes) -> CarriedBrief:
    """The data that a file carries. Raises NoBrief."""
    match = _ATTACHED.search(raw)
    if match is None:
        raise NoBrief("no data of a brief")
    try:
        body = zlib.decompressobj().decompress(match[1], LARGEST)
    except zlib.error as error:
        raise NoBrief(str(error)) from error
    return load(body)
