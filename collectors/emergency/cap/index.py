"""Indexes of CAP documents: Atom, RSS, and the page by which a web server lists a folder. Pure.

An index may go on in further pages (RFC 5005, clause 3): its link with the relation `next` leads to older entries.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from lxml import etree

from collectors.errors import NotReady, Reason
from feeds.cap.envelope import ALERTS, ENVELOPE, message_text, opened
from feeds.cap.model import CapRefused
from feeds.cap.xml import read
from feeds.xml_bounds import XmlBounds, beyond

ENTRIES = 10_000
"""Documents of one index at most; the newest entries come first in every known index."""
BOUNDS = XmlBounds(size=4 << 20, tags=400_000, attributes=40_000, namespaces=5_000)
"""Bounds of an index. Every entry may hold a whole message."""
ATOM = "http://www.w3.org/2005/Atom"
_FOLDER_PAGE = re.compile(rb"<title>\s*(?:Index of|Directory listing for)\b", re.IGNORECASE)
_FOLDER_LINK = re.compile(
    rb"""href=["']([^"'?#<>]+\.(?:xml|cap|edxl|edxlde))["'][^>]*>[^<]*</a>([^<]*)""", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One listed document: at `url`, or inline in `raw`. `stamp` changes when the document changes."""

    key: str
    stamp: str
    url: str = ""
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Index:
    """One page of an index: its documents, oldest first, and the address of the page with older ones ("" for none).

    `folder`: a web server's list of files, which need not be in the order of time.
    """

    entries: list[IndexEntry]
    following: str = ""
    folder: bool = False


def read_index(body: bytes, base: str) -> Index | None:
    """The documents that the index lists; None when the body is no index.

    Raises NotReady when it is an index that holds a DTD or is beyond a bound.
    """
    if bound := beyond(body, BOUNDS):
        raise NotReady(Reason.WRONG_ANSWER, f"the index is beyond a bound: {bound} > {getattr(BOUNDS, bound)}")
    if _FOLDER_PAGE.search(body[:4096]):
        return Index(_folder_page(body, base), folder=True)
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        if b"<feed" in body[:4096] or b"<rss" in body[:4096]:
            raise NotReady(Reason.WRONG_ANSWER, "the index holds a DTD")
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        return None
    name, channel = etree.QName(root), root.find("channel")
    if name.namespace == ATOM and name.localname == "feed":
        listed = [entry for element in root.findall(f"{{{ATOM}}}entry") if (entry := _atom(element, base))]
        following = _following(root, base)
    elif name.localname == "rss" and channel is not None:
        listed = [entry for element in channel.iterfind("item") if (entry := _rss(element, base))]
        following = _following(channel, base)
    else:
        return None
    unique = {entry.key: entry for entry in listed[:ENTRIES]}
    return Index(list(reversed(unique.values())), following)


def is_alert(body: bytes) -> bool:
    """True for a complete CAP message by its root element, or an envelope that holds one; not validated.

    One with a wrong encoding is left to the registry, which says so.
    """
    try:
        if (messages := opened(body)) is not None:
            return bool(messages)
        read(body, lenient=True)
    except CapRefused:
        return False
    return True


def _folder_page(body: bytes, base: str) -> list[IndexEntry]:
    """The CAP documents of a folder's page (Apache, nginx, Python). The stamp is the text beside the link."""
    listed = {}
    for match in _FOLDER_LINK.finditer(body):
        stamp = " ".join(match[2].decode("utf-8", "replace").split()) or "-"
        if entry := _linked(match[1].decode("utf-8", "replace"), stamp, base):
            listed[entry.key] = entry
    return list(listed.values())


def _atom(entry: etree._Element, base: str) -> IndexEntry | None:
    stamp = _text(entry, f"{{{ATOM}}}updated")
    if inline := _inline(entry):
        return IndexEntry(key=f"{base} {_text(entry, f'{{{ATOM}}}id') or stamp}", stamp=stamp, raw=inline)
    links = entry.findall(f"{{{ATOM}}}link")
    # An entry may also link to web pages. The link's type then shows which one is the CAP document.
    links.sort(key=lambda link: (link.get("type") != "application/cap+xml", link.get("type") == "text/html"))
    content = entry.find(f"{{{ATOM}}}content")
    hrefs = [link.get("href", "") for link in links if link.get("rel", "alternate") in ("alternate", "related", "self")]
    if content is not None and content.get("src"):
        hrefs.insert(0, content.get("src", ""))
    return _linked(hrefs[0] if hrefs else "", stamp, base)


def _rss(item: etree._Element, base: str) -> IndexEntry | None:
    stamp = _text(item, "pubDate") or _text(item, "guid")
    if inline := _inline(item):
        return IndexEntry(key=f"{base} {_text(item, 'guid') or stamp}", stamp=stamp, raw=inline)
    return _linked(_text(item, "link"), stamp, base)


def _linked(href: str, stamp: str, base: str) -> IndexEntry | None:
    url = urljoin(base, href.strip()) if href.strip() else ""
    # Links of other schemes than http and https are ignored.
    return IndexEntry(key=url, stamp=stamp, url=url) if urlsplit(url).scheme in ("http", "https") else None


def _following(feed: etree._Element, base: str) -> str:
    """The address of the next page (RFC 5005, clause 3), "" on the last one."""
    for link in feed.findall(f"{{{ATOM}}}link"):
        url = urljoin(base, link.get("href", "").strip())
        if link.get("rel", "").strip().lower() == "next" and url != base and urlsplit(url).scheme in ("http", "https"):
            return url
    return ""


def _inline(entry: etree._Element) -> bytes:
    """The envelope or alert inside the entry, also as text, as a document of its own; b"" without one.

    The envelope goes first: its status may make the alert an exercise.
    """
    for element in (*entry.iter(f"{{*}}{ENVELOPE}"), *entry.iter(*ALERTS)):
        return etree.tostring(element, encoding="utf-8", xml_declaration=True, with_tail=False)
    texts = (message_text(child.text or "") for child in entry.iterchildren(etree.Element) if not len(child))
    return next(filter(None, texts), b"")


def _text(parent: etree._Element, tag: str) -> str:
    return (parent.findtext(tag) or "").strip()
