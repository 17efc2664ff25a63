"""Bytes to an element tree, safely: bounded, no DTD, no entities, no network; CAP 1.0 and 1.1 made 1.2."""

from __future__ import annotations

import re
from typing import cast

from lxml import etree

from feeds.cap.findings import finding
from feeds.cap.model import CapRefused
from feeds.cap.schema import NAMESPACES
from feeds.xml_bounds import XmlBounds, beyond

SIZE_LIMIT = 1 << 20
"""Bytes of one CAP document."""
BOUNDS = XmlBounds(size=SIZE_LIMIT, tags=40_000, attributes=2_000, namespaces=200)
DEPTH_LIMIT = 32
"""Elements inside one another; CAP with a signature has at most ten."""
_DTD = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def read(raw: bytes) -> tuple[etree._Element, str]:
    """The root `alert` and the version it came as. Raises CapRefused."""
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
    except (ValueError, LookupError) as error:  # an encoding that nobody knows
        raise CapRefused((finding("XML_NOT_WELL_FORMED", detail=str(error)),)) from error
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # the stubs are wrong: it is there
        raise CapRefused((finding("DTD_FORBIDDEN"),))
    if _depth(root) > DEPTH_LIMIT:
        raise CapRefused((finding("TOO_COMPLEX", detail=f"depth > {DEPTH_LIMIT}"),))
    name = etree.QName(root)
    if name.localname != "alert" or name.namespace not in NAMESPACES:
        line = line_of(root)
        raise CapRefused((finding("NAMESPACE_UNKNOWN", xpath="/" + name.localname, line=line, value=root.tag),))
    return root, NAMESPACES[name.namespace]


def _depth(root: etree._Element) -> int:
    """How deep elements stand in one another; the count stops beyond the limit."""
    deepest = depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
        if deepest > DEPTH_LIMIT:
            break
    return deepest


def _refuse_dtd(raw: bytes) -> None:
    """Before any parser sees it; without its NULs UTF-16 reads like ASCII here."""
    for text in (raw, raw.replace(b"\0", b"")):
        if found := _DTD.search(text):
            line = text.count(b"\n", 0, found.start()) + 1
            raise CapRefused((finding("DTD_FORBIDDEN", line=line, value=found[0].decode("ascii", "replace")),))


def line_of(element: etree._Element) -> int:
    """The line it stands on, 0 when nobody knows."""
    return cast(int, element.sourceline) if element.sourceline else 0


def text_of(element: etree._Element) -> str:
    """The element's own text, without the white space around it."""
    return (element.text or "").strip()


def upgrade_pairs(element: etree._Element, namespace: str) -> None:
    """CAP 1.0 wrote `<geocode>fips6=006037</geocode>`: make it valueName and value, in place."""
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
