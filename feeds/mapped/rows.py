"""JSON and XML answers as rows of decoded JSON. An XML element is an object of its attributes (@name) and children."""

from __future__ import annotations

import json
from typing import Any

from lxml import etree

from feeds.mapping.failures import failure_of
from feeds.mapping.paths import select
from feeds.xml_bounds import XmlBounds, beyond

BOUNDS = XmlBounds(size=8 << 20, tags=400_000, attributes=200_000, namespaces=2_000)
DEPTH = 64
FORMS = ("json", "xml")
ROWS = 5_000
"""Rows of one answer at most."""


class NoRows(ValueError):
    """The answer has not the expected form; the text says what is missing."""


def document_of(body: bytes, form: str) -> Any:
    """The decoded answer. Raises NoRows."""
    if len(body) > BOUNDS.size:
        raise NoRows(f"larger than {BOUNDS.size} bytes")
    return _xml(body) if form == "xml" else _json(body)


def rows_of(document: Any, items: str) -> list[dict[str, Any]]:
    """The objects at a path of the document ("": the document itself). An empty list is a valid answer.

    Raises NoRows when the path leads nowhere, or to something that is no object and no list of objects; and for an
    answer without rows that says of itself that it failed.
    """
    selected = select(document, items) if items else [document]
    if not selected and "[*]" not in items:
        raise NoRows(f"nothing at {items!r}")
    values = [row for value in selected for row in (value if isinstance(value, list) else [value])]
    rows = [row for row in values if isinstance(row, dict)]
    if len(rows) < sum(value is not None for value in values):
        raise NoRows(f"something at {items or 'the top'!r} is no object")
    if len(rows) > ROWS:
        raise NoRows(f"{len(rows)} rows, at most {ROWS}: use {{page}} or {{cursor}} in the address")
    if not rows and (failure := failure_of(document)):
        raise NoRows(f"no rows, and the answer says {failure}")
    return rows


def pointer(path: str) -> str:
    """A path from a JSON pointer (RFC 6901) such as "/data/0/id"; another path is returned unchanged."""
    if not path.startswith("/"):
        return path
    steps = [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]
    joined = "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in steps)
    return joined.removeprefix(".")


def _json(body: bytes) -> Any:
    text = body.removeprefix(b"\xef\xbb\xbf")
    try:
        return json.loads(text)
    except UnicodeDecodeError:
        pass
    except (ValueError, RecursionError) as error:
        raise NoRows("no JSON") from error
    try:
        return json.loads(text.decode("gb18030"))
    except (ValueError, RecursionError) as error:
        raise NoRows("no JSON in UTF-8 or GB 18030") from error


def _xml(body: bytes) -> Any:
    if bound := beyond(body, BOUNDS):
        raise NoRows(f"beyond a bound: {bound}")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise NoRows("a DTD is refused")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise NoRows("no XML") from error
    return {etree.QName(root).localname: _element(root, 0)}


def _element(element: etree._Element, depth: int) -> Any:
    """The text of a leaf; else an object, in which children of one name are a list."""
    if depth > DEPTH:
        raise NoRows(f"nested more than {DEPTH} deep")
    children = list(element.iterchildren(etree.Element))
    attributes = {f"@{etree.QName(name).localname}": str(value) for name, value in element.attrib.items()}
    if not children and not attributes:
        return element.text or ""
    value: dict[str, Any] = dict(attributes)
    for child in children:
        name, content = etree.QName(child).localname, _element(child, depth + 1)
        if name not in value:
            value[name] = content
        elif isinstance(value[name], list):
            value[name].append(content)
        else:
            value[name] = [value[name], content]
    if not children:
        value["text"] = element.text or ""
    return value
