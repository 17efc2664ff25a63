"""The paragraphs of a brief in the order of print (GB/T 9704-2012), the same for DOCX and PDF. Pure.

Every figure has a note number; the annex says for each which journal entry it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from feeds.model.briefs import Brief, BriefBlock, BriefFigure, BriefRow, BriefSignature, EntryReference
from feeds.texts.catalogue import catalogue, text

CHINESE = "zh-CN"
ORDINALS = "一二三四五六七八九十"
HASH_SHOWN = 16
"""Characters of a hash that are printed; the whole one is in the data that the file carries."""
_UNPRINTABLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who issues: the site's name, the organ over the red line (the site where it is ""), and the site's zone."""

    site: str
    organ: str
    zone: tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedParagraph:
    """One paragraph: its style (a key of `STYLES`), its text, and a text at the right end of the same line."""

    style: str
    text: str
    right: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintStyle:
    """How a style is set: face (one of FACES), size in points, alignment, indent in characters."""

    face: str
    points: float
    align: str = "left"
    indent: int = 0
    red: bool = False


STYLES = {
    "stamp": PrintStyle(face="heiti", points=16, align="center"),
    "urgency": PrintStyle(face="heiti", points=16),
    "organ": PrintStyle(face="title", points=36, align="center", red=True),
    "number": PrintStyle(face="fangsong", points=16),
    "title": PrintStyle(face="title", points=22, align="center"),
    "to": PrintStyle(face="fangsong", points=16),
    "heading": PrintStyle(face="heiti", points=16, indent=2),
    "body": PrintStyle(face="fangsong", points=16, indent=2),
    "signed": PrintStyle(face="fangsong", points=16, align="right"),
    "annex": PrintStyle(face="heiti", points=16),
    "source": PrintStyle(face="fangsong", points=12),
    "imprint": PrintStyle(face="fangsong", points=14),
}
"""Sizes of GB/T 9704-2012: 3号 is 16 pt, 2号 22 pt, 4号 14 pt."""


def printable(words: str) -> str:
    """The text with control and direction characters replaced; no reader can be led to see another order."""
    return _UNPRINTABLE.sub("\ufffd", words.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))


def say(key: str, **values: object) -> str:
    """A Chinese text of briefs: what is printed is an official document."""
    return text(f"briefs.{key}", CHINESE, **values)


def paragraphs(brief: Brief, issuer: Issuer) -> list[PrintedParagraph]:
    """Everything that is printed, from the stamp to the last line."""
    notes = _Notes(issuer.zone)
    body = list(_body(brief, notes))
    parts = [*_head(brief, issuer), *body, *_signed(brief, issuer), *_imprint(brief, issuer), *notes.annex()]
    parts += _basis(brief, issuer)
    return [
        PrintedParagraph(style=part.style, text=line, right=printable(part.right))
        for part in parts
        for line in printable(part.text).split("\n")
    ]


def _head(brief: Brief, issuer: Issuer) -> Iterable[PrintedParagraph]:
    if brief.mode != "real":
        yield PrintedParagraph(style="stamp", text=say("print.exercise"))
    for state in ("withdrawn", "draft"):
        if (state == "withdrawn") == (brief.state == "withdrawn") and (state == "withdrawn" or not brief.signatures):
            yield PrintedParagraph(style="stamp", text=say(f"print.{state}"))
    if brief.urgency:
        yield PrintedParagraph(style="urgency", text=say(f"urgency.{brief.urgency}"))
    yield PrintedParagraph(style="organ", text=issuer.organ or issuer.site)
    signer = say("print.signer", name=_signer(brief.signatures[0])) if brief.signatures else ""
    yield PrintedParagraph(style="number", text=brief.number, right=signer)
    mark = say("print.exercise") if brief.mode != "real" else ""
    yield PrintedParagraph(style="title", text=f"{mark}{brief.title}")
    if brief.to:
        yield PrintedParagraph(style="to", text=say("print.to", to="，".join(brief.to)))


def _body(brief: Brief, notes: _Notes) -> Iterable[PrintedParagraph]:
    printed = [block for block in brief.blocks if block.generated or block.text]
    for position, block in enumerate(printed):
        ordinal = ORDINALS[position] if position < len(ORDINALS) else str(position + 1)
        yield PrintedParagraph(style="heading", text=f"{ordinal}、{block.title}")
        if not block.generated:
            yield PrintedParagraph(style="body", text=block.text)
        elif not block.rows and not block.figures:
            yield PrintedParagraph(style="body", text=say("print.none"))
        else:
            yield from _generated(block, notes)


def _generated(block: BriefBlock, notes: _Notes) -> Iterable[PrintedParagraph]:
    for figure in block.figures:
        words = notes.figure_words(figure)
        note = notes.mark(figure_name(figure.name), value_text(figure.value), figure.entries)
        source = say("print.source", source=figure.source, time=notes.time(figure.as_of)) if figure.source else ""
        yield PrintedParagraph(style="body", text=f"{words}{note}{source}。")
    for row in block.rows:
        name = row_name(row)
        note = notes.mark(name or block.title, row.text, row.entries)
        yield PrintedParagraph(style="body", text=f"{name}：{row.text}{note}" if name else f"{row.text}{note}")


def value_text(value: float) -> str:
    """A figure as it is printed: 10 and not 10.0, and never with an exponent."""
    return str(int(value)) if float(value).is_integer() else f"{value:.4f}".rstrip("0")


def figure_name(name: str) -> str:
    """The name of a figure as it is printed."""
    return _named(f"incidents.figure.{name}").partition("（")[0] or _named(f"briefs.figure.{name}") or name


def row_name(row: BriefRow) -> str:
    """The name of a row as it is printed, "" for a sentence and for a row that has none."""
    if row.sentence:
        return ""
    return _named(f"briefs.row.{row.name}") or _named(f"incidents.figure.{row.name}").partition("（")[0]


def _named(key: str) -> str:
    return catalogue(CHINESE).get(key, "")


class _Notes:
    """The notes of a document: a number for each figure and row, and what the annex says of it."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._rows: list[str] = []
        self._count = 0

    def time(self, at: float) -> str:
        local = datetime.fromtimestamp(at, self._zone)
        return f"{local.year}年{local.month}月{local.day}日{local.hour}时{local.minute:02d}分"

    def figure_words(self, figure: BriefFigure) -> str:
        values: dict[str, object] = {"name": figure_name(figure.name), "value": value_text(figure.value)}
        values["unit"] = say(f"unit.{_unit(figure)}")
        if figure.before is not None and figure.before != figure.value:
            return say("print.changed", before=value_text(figure.before), **values)
        return say("print.figure", **values)

    def mark(self, name: str, value: str, entries: Sequence[EntryReference]) -> str:
        """The mark of a note, "" where nothing is cited."""
        if not entries:
            return ""
        self._count += 1
        self._rows += [
            say(
                "print.source-row",
                n=self._count,
                name=name,
                value=value.partition("\n")[0][:40],
                chain=entry.chain,
                number=entry.number,
                time=self.time(entry.at),
                hash=entry.hash[:HASH_SHOWN],
            )
            for entry in entries
        ]
        return f"〔{self._count}〕"

    def annex(self) -> Iterable[PrintedParagraph]:
        if self._rows:
            yield PrintedParagraph(style="annex", text=say("print.sources"))
        for row in self._rows:
            yield PrintedParagraph(style="source", text=row)


UNITS = {
    "alerts": "alerts",
    "reports": "reports",
    "network": "times",
    "video": "times",
    "cases": "reports",
    "cards": "cards",
    "orders": "reports",
    "warnings": "alerts",
    "receipts": "reports",
    "people": "people",
    "cameras": "cameras",
    "ok": "cameras",
    "assets": "assets",
    "roads": "roads",
    "tasks": "tasks",
    "resources": "assets",
}
"""Units of counts, by the last or else the first word of their name."""


def _unit(figure: BriefFigure) -> str:
    if figure.name in ("loss_yuan", "houses", "hectares"):
        return figure.name
    if figure.report:
        return "people"
    return UNITS.get(figure.name.rpartition("_")[2], "") or UNITS.get(figure.name.partition("_")[0], "incidents")


def _signer(signature: BriefSignature) -> str:
    return signature.name or signature.by


def _signed(brief: Brief, issuer: Issuer) -> Iterable[PrintedParagraph]:
    if not brief.signatures:
        return
    signature = brief.signatures[0]
    local = datetime.fromtimestamp(signature.at, issuer.zone)
    yield PrintedParagraph(style="signed", text=issuer.organ or issuer.site)
    yield PrintedParagraph(style="signed", text=f"{local.year}年{local.month}月{local.day}日")
    if signature.method == "phone":
        yield PrintedParagraph(
            style="signed", text=say("print.by-phone", recorder=signature.recorder or signature.recorded_by)
        )
    if any(signature.method == "demo" for signature in brief.signatures):
        yield PrintedParagraph(style="signed", text=say("print.demo"))


def _imprint(brief: Brief, issuer: Issuer) -> Iterable[PrintedParagraph]:
    if brief.cc:
        yield PrintedParagraph(style="imprint", text=say("print.cc", cc="，".join(brief.cc)))
    if brief.signatures:
        local = datetime.fromtimestamp(brief.signatures[0].at, issuer.zone)
        issued = say("print.issued-at", date=f"{local.year}年{local.month}月{local.day}日")
        yield PrintedParagraph(style="imprint", text=issuer.organ or issuer.site, right=issued)


def _basis(brief: Brief, issuer: Issuer) -> Iterable[PrintedParagraph]:
    if brief.basis is not None:
        words = say(
            "print.basis",
            site=issuer.site,
            id=brief.id,
            version=brief.version,
            chain=brief.basis.chain,
            number=brief.basis.number,
            hash=brief.basis.hash,
        )
        yield PrintedParagraph(style="source", text=words)
    yield PrintedParagraph(style="source", text=say("print.check"))
