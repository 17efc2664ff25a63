"""Safe parsing of bytes to an element tree: bounded, no DTD, no entities, no network. CAP 1.0 and 1.1 become 1.2."""

from __future__ import annotations

import re
from typing import cast

from lxml import etree

from feeds.cap.findings import finding
from feeds.cap.model import CapRefused
from feeds.cap.schema import NAMESPACES
from feeds.xml_bounds import XmlBounds, beyond

SIZE_LIMIT = 1 << 20
"""Maximum size of one CAP document, bytes."""
BOUNDS = XmlBounds(size=SIZE_LIMIT, tags=40_000, attributes=2_000, namespaces=200)
DEPTH_LIMIT = 32
"""Maximum nesting of elements; signed CAP has at most ten levels."""
_DECLARATION = re.compile(r"\A\ufeff?\s*(?:<\?xml\s[^>]*\?>)?")
_DTD = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def read(raw: bytes, *, lenient: bool = False) -> tuple[etree._Element, str, bool]:
    """The root `alert`, the document's version, and whether its encoding was guessed. Raises CapRefused.

    `lenient` reads a document whose bytes are not in the encoding that it declares (see `recoded`).
    """
    guessed = False
    try:
        root = parse_tree(raw)
    except CapRefused as refused:
        text = recoded(raw) if lenient and refused.findings[0].code == "XML_NOT_WELL_FORMED" else None
        if text is None:
            raise
        try:
            root, guessed = parse_tree(text), True
        except CapRefused:
            raise refused from None
    name = etree.QName(root)
    if name.localname != "alert" or name.namespace not in NAMESPACES:
        line = line_of(root)
        raise CapRefused((finding("NAMESPACE_UNKNOWN", xpath="/" + name.localname, line=line, value=root.tag),))
    return root, NAMESPACES[name.namespace], guessed


def recoded(raw: bytes) -> bytes | None:
    """The document in UTF-8 without its declaration; None for bytes in none of the usual encodings.

    Relays write GB 18030 and declare UTF-8 or nothing, declare GBK and write UTF-8, leave out the mark of UTF-16, or
    put white space before the declaration. Lines keep their numbers.
    """
    wide = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(raw[:2])
    for encoding in (wide,) if wide else ("utf-8", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return _DECLARATION.sub(lambda match: "\n" * match[0].count("\n"), text, count=1).encode()
    return None


def as_text(raw: bytes) -> str:
    """A readable document as text without a declaration, in whatever encoding it came. Raises CapRefused."""
    root, _, _ = read(raw, lenient=True)
    return str(etree.tostring(root, encoding="unicode"))


def parse_tree(raw: bytes) -> etree._Element:
    """The root element of a document within the bounds. Raises CapRefused."""
    if bound := beyond(raw, BOUNDS):
        code = "TOO_LARGE" if bound == "size" else "TOO_COMPLEX"
        detail = str(SIZE_LIMIT) if bound == "size" else f"{bound} > {getattr(BOUNDS, bound)}"
        raise CapRefused((finding(code, value=str(len(raw)), detail=detail),))
    _refuse_dtd(raw)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        detail = error.msg or "empty document"
        raise CapRefused((finding("XML_NOT_WELL_FORMED", line=error.lineno or 0, detail=detail),)) from error
    except (ValueError, LookupError) as error:  # an unknown encoding
        raise CapRefused((finding("XML_NOT_WELL_FORMED", detail=str(error)),)) from error
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # the stubs are wrong: it is there
        raise CapRefused((finding("DTD_FORBIDDEN"),))
    if _depth(root) > DEPTH_LIMIT:
        raise CapRefused((finding("TOO_COMPLEX", detail=f"depth > {DEPTH_LIMIT}"),))
    return root


def _depth(root: etree._Element) -> int:
    """Nesting depth of the elements; the count stops beyond the limit."""
    deepest = depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
        if deepest > DEPTH_LIMIT:
            break
    return deepest


def _refuse_dtd(raw: bytes) -> None:
    """Reject a DTD before any parser sees it. Without its NUL bytes UTF-16 reads like ASCII here."""
    for text in (raw, raw.replace(b"\0", b"")):
        if match := _DTD.search(text):
            line = text.count(b"\n", 0, match.start()) + 1
            raise CapRefused((finding("DTD_FORBIDDEN", line=line, value=match[0].decode("ascii", "replace")),))


def line_of(element: etree._Element) -> int:
    """The element's line, 0 when unknown."""
    return cast(int, element.sourceline) if element.sourceline else 0


def text_of(element: etree._Element) -> str:
    """The element's own text, stripped."""
    return (element.text or "").strip()


def upgrade_pairs(element: etree._Element, namespace: str) -> None:
    """Convert CAP 1.0's `<geocode>fips6=006037</geocode>` to valueName and value, in place."""
    for name in ("eventCode", "parameter", "geocode"):
        for old in element.iter(f"{{{namespace}}}{name}"):
            if len(old) or not text_of(old):
                continue
            key, _, value = text_of(old).partition("=")
            old.text = None
            for tag, text in (("valueName", key), ("value", value)):
                child = etree.SubElement(old, f"{{{namespace}}}{tag}")
                child.text = text
                child.sourceline = old.sourceline
