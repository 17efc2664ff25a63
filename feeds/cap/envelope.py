"""EDXL-DE envelopes (OASIS EDXL Distribution Element 1.0, 2.0): the CAP messages inside, each a document.

A message is an element, text (escaped, or in a CDATA section), or base64. What `keyXMLContent` holds are fragments of a
message that stands in the envelope as a whole, so they are left out.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lxml import etree

from feeds.cap.findings import finding
from feeds.cap.model import CapRefused
from feeds.cap.schema import NAMESPACES, REALITY
from feeds.cap.xml import parse_tree

ENVELOPE = "EDXLDistribution"
CONTENT_LIMIT = 200
"""Messages of one envelope at most."""
NESTING_LIMIT = 4
"""Envelopes that are text within one another at most; what lies deeper is handed on as it is."""
ALERTS = frozenset(f"{{{namespace}}}alert" for namespace in NAMESPACES)
_FRAGMENTS = "keyXMLContent"
_MARKUP = re.compile(r"[\s\ufeff]*<[?!\w]")
_DECLARATION = re.compile(r"\A[\s\ufeff]*(?:<\?xml\s[^>]*\?>)?\s*")


@dataclass(frozen=True, slots=True)
class Enveloped:
    """One message of an envelope, and the status of the envelope (Actual, Exercise, System, Test, "")."""

    raw: bytes
    status: str


def opened(raw: bytes) -> list[Enveloped] | None:
    """The CAP messages of an envelope, in order; None when the bytes are no EDXL-DE envelope.

    Raises CapRefused for an envelope beyond a bound or with a DTD.
    """
    messages = _opened(raw, (), NESTING_LIMIT)
    if messages is None:
        return None
    within_limit = list(islice(messages, CONTENT_LIMIT + 1))
    if len(within_limit) > CONTENT_LIMIT:
        raise CapRefused((finding("TOO_COMPLEX", detail=f"messages > {CONTENT_LIMIT}"),))
    return within_limit


def message_text(text: str) -> bytes | None:
    """The CAP message or envelope that an element holds as text, in UTF-8; None for any other text.

    A declared encoding is dropped: it was that of the bytes before they became text.
    """
    names_message = ENVELOPE in text or any(namespace in text for namespace in NAMESPACES)
    return _DECLARATION.sub("", text, count=1).encode() if names_message and _MARKUP.match(text) else None


def _opened(raw: bytes, outer: tuple[str, ...], depth: int) -> Iterator[Enveloped] | None:
    """The messages of an envelope inside others whose statuses are `outer`; None when the bytes are no envelope."""
    # Without its NUL bytes UTF-16 reads like ASCII here.
    if depth == 0 or ENVELOPE.encode() not in raw[:65536].replace(b"\0", b""):
        return None
    root = parse_tree(raw)
    return _messages(root, outer, depth) if etree.QName(root).localname == ENVELOPE else None


def _messages(envelope: etree._Element, outer: tuple[str, ...], depth: int) -> Iterator[Enveloped]:
    """The messages below an element, in the order of the document."""
    for element in envelope.iterchildren(etree.Element):
        if etree.QName(element).localname == _FRAGMENTS:
            continue
        if element.tag in ALERTS:
            yield Enveloped(_document(element), _least_real((*outer, *_statuses(element))))
        elif len(element):
            yield from _messages(element, outer, depth)
        elif (body := _text_content(element)) is not None:
            yield from _handed_on(body, (*outer, *_statuses(element)), depth - 1)


def _handed_on(body: bytes, statuses: tuple[str, ...], depth: int) -> Iterator[Enveloped]:
    """The messages of an envelope that is text; any other text as one message, which its reader judges."""
    try:
        nested = _opened(body, statuses, depth)
    except CapRefused:
        nested = None
    yield from [Enveloped(body, _least_real(statuses))] if nested is None else nested


def _text_content(element: etree._Element) -> bytes | None:
    """The message that an element without children holds: text, or base64 (contentData with a MIME type of XML)."""
    text = element.text or ""
    if (body := message_text(text)) is not None or etree.QName(element).localname != "contentData":
        return body
    mime = _mime_type(element)
    if "xml" not in mime:
        return None
    try:
        body = base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError):
        return None
    bare = body.replace(b"\0", b"")  # UTF-16 reads like ASCII here
    names_message = ENVELOPE.encode() in bare or any(namespace.encode() in bare for namespace in NAMESPACES)
    return body if names_message or "cap+xml" in mime else None


def _mime_type(content_data: etree._Element) -> str:
    parent = content_data.getparent()
    siblings = () if parent is None else parent.iterchildren(etree.Element)
    types = [sibling.text or "" for sibling in siblings if etree.QName(sibling).localname == "mimeType"]
    return "".join(types).lower()


def _least_real(words: tuple[str, ...]) -> str:
    """The least real distributionStatus of the envelopes around a message, "" where none has a known one.

    A word in other letters than the standard's is known too: an exercise must not become real by a spelling.
    """
    ranks = {status.lower(): rank for rank, status in enumerate(REALITY)}
    stated_ranks = [ranks[word] for word in words if word in ranks]
    return REALITY[max(stated_ranks)] if stated_ranks else ""


def _statuses(content: etree._Element) -> tuple[str, ...]:
    return tuple(_own_status(around) for around in content.iterancestors() if etree.QName(around).localname == ENVELOPE)


def _own_status(envelope: etree._Element) -> str:
    """The last word of an envelope's distributionStatus, in lower case. In version 2.0 it is the value of a list."""
    for element in envelope.iterchildren(etree.Element):
        if etree.QName(element).localname == "distributionStatus":
            words = " ".join(str(text) for text in element.itertext()).split()
            return words[-1].lower() if words else ""
    return ""


def _document(alert: etree._Element) -> bytes:
    return etree.tostring(alert, encoding="utf-8", xml_declaration=True, with_tail=False)
