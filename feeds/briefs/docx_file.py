"""A brief as DOCX with the layout of GB/T 9704. The same brief gives the same bytes."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from feeds.briefs.carried import NAMESPACE, CarriedBrief, NoBrief, dump, load
from feeds.briefs.layout import STYLES, Issuer, PrintedParagraph, paragraphs, say
from feeds.model.briefs import Brief

FONTS = {
    "fangsong": "仿宋_GB2312",
    "kaiti": "楷体_GB2312",
    "title": "方正小标宋简体",
    "heiti": "黑体",
    "songti": "宋体",
}
"""The names that DOCX gives; a machine without a font shows its own in its place."""
MARGINS = {"top_margin": 37, "left_margin": 28, "right_margin": 26, "bottom_margin": 35}
"""Millimetres of A4 that leave a type area of 156 by 225 (GB/T 9704-2012, 5.2)."""
PITCH = 28.95
"""Points from line to line: 22 lines on 225 mm."""
RED = RGBColor(0xFF, 0x00, 0x00)
DATA = "/customXml/item9.xml"
EPOCH = (1980, 1, 1, 0, 0, 0)
LARGEST = 50_000_000
"""Bytes, unpacked, of a file that somebody hands in."""
_ALIGN = {"left": WD_ALIGN_PARAGRAPH.LEFT, "center": WD_ALIGN_PARAGRAPH.CENTER, "right": WD_ALIGN_PARAGRAPH.RIGHT}


def render(brief: Brief, issuer: Issuer) -> bytes:
    """The file."""
    document = Document()
    _set_page(document, brief)
    for paragraph in paragraphs(brief, issuer):
        _add(document, paragraph)
    data = f'<brief xmlns="{NAMESPACE}">{escape(dump(brief, issuer))}</brief>'
    part = Part(PackURI(DATA), "application/xml", data.encode(), document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.CUSTOM_XML)
    at = datetime.fromtimestamp(int(brief.changed_at), UTC).replace(tzinfo=None)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = brief.id, issuer.site, ""
    properties.created = properties.modified = at
    stream = io.BytesIO()
    document.save(stream)
    return _steady(stream.getvalue())


def _set_page(document: Any, brief: Brief) -> None:
    (section,) = document.sections
    section.page_width, section.page_height = Mm(210), Mm(297)
    for name, millimetres in MARGINS.items():
        setattr(section, name, Mm(millimetres))
    section.footer_distance = Mm(28)
    document.settings.odd_and_even_pages_header_footer = True
    for footer, align in ((section.footer, "right"), (section.even_page_footer, "left")):
        paragraph = footer.paragraphs[0]
        paragraph.alignment = _ALIGN[align]
        before, _, after = say("print.page", n="\0").partition("\0")
        _set_font(paragraph.add_run(before), "songti", 14)
        _add_page_field(paragraph)
        _set_font(paragraph.add_run(after), "songti", 14)
    if brief.mode != "real":
        for header in (section.header, section.even_page_header):
            header.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
            _set_font(header.paragraphs[0].add_run(say("print.exercise")), "heiti", 16)


def _add_page_field(paragraph: Any) -> None:
    run = paragraph.add_run()
    _set_font(run, "songti", 14)
    for kind, instruction in (("begin", ""), ("", "PAGE"), ("end", "")):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        element.text = instruction or None
        run._r.append(element)


def _set_font(run: Any, face: str, points: float) -> None:
    run.font.name, run.font.size = FONTS[face], Pt(points)
    run._element.rPr.rFonts.set(qn("w:eastAsia"), FONTS[face])


def _add(document: Any, printed: PrintedParagraph) -> None:
    style = STYLES[printed.style]
    paragraph = document.add_paragraph()
    form = paragraph.paragraph_format
    form.space_before = form.space_after = Pt(0)
    form.alignment = _ALIGN[style.align]
    form.line_spacing_rule = WD_LINE_SPACING.EXACTLY if style.points <= 22 else WD_LINE_SPACING.SINGLE
    form.line_spacing = Pt(PITCH if style.points > 12 else 18) if style.points <= 22 else 1.0
    form.first_line_indent = Pt(style.indent * style.points)
    if style.align == "right":
        form.right_indent = Pt(4 * style.points)
    run = paragraph.add_run(printed.text)
    _set_font(run, style.face, style.points)
    if style.red:
        run.font.color.rgb = RED
    if printed.right:
        form.tab_stops.add_tab_stop(Mm(156), alignment=2)
        _set_font(paragraph.add_run(f"\t{printed.right}"), style.face, style.points)
    if printed.style == "number":
        _add_red_line(paragraph)
        form.space_after = Pt(2 * PITCH)
    if printed.style == "annex":
        form.page_break_before = True


def _add_red_line(paragraph: Any) -> None:
    borders, line = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "18"), ("space", "11"), ("color", "FF0000")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().insert_element_before(borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc")


def _steady(raw: bytes) -> bytes:
    """The same archive with its parts in order and without the time at which it was made."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            target.writestr(zipfile.ZipInfo(name, EPOCH), source.read(name), zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def carried(raw: bytes) -> CarriedBrief:
    """The data that a file carries. Raises NoBrief."""
    from lxml import etree

    body = _part(raw, DATA.lstrip("/"))
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise NoBrief(str(error)) from error
    if root.tag != f"{{{NAMESPACE}}}brief":
        raise NoBrief("no data of a brief")
    return load(root.text or "")


def texts(raw: bytes) -> list[str]:
    """The paragraphs of the body as a reader sees them. Raises NoBrief."""
    _part(raw, "word/document.xml")
    return [paragraph.text for paragraph in Document(io.BytesIO(raw)).paragraphs]


def _part(raw: bytes, name: str) -> bytes:
    """One part of the archive, which must not be larger than LARGEST when unpacked. Raises NoBrief."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if sum(part.file_size for part in archive.infolist()) > LARGEST:
                raise NoBrief("the file is too large when unpacked")
            return archive.read(name)
    except (zipfile.BadZipFile, KeyError, OSError, EOFError) as error:
        raise NoBrief(str(error)) from error
