"""Export of warnings: each as CAP 1.2, and an Atom feed of those that are public and actual."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

import msgspec
from fastapi import Request
from lxml import etree
from starlette.responses import Response

from api.dependencies import Dependencies, Deps, Viewer
from api.http.answers import Cursor, page
from api.http.problems import Problem
from api.principal import Principal
from api.records.warnings import original
from api.routers import api_router
from feeds import wire
from feeds.cap.writer import cap_document
from feeds.kinds import Record
from feeds.model import EmergencyWarning, Kind

router = api_router(tags=["warnings"])
CAP_MEDIA, ATOM_MEDIA = "application/cap+xml", "application/atom+xml"
ATOM = "http://www.w3.org/2005/Atom"
FEED_ENTRIES = 500
"""Entries of one page of the Atom feed."""
_CAP_RESPONSE: dict[int | str, dict[str, Any]] = {200: {"content": {CAP_MEDIA: {"schema": {"type": "string"}}}}}
_ATOM_RESPONSE: dict[int | str, dict[str, Any]] = {200: {"content": {ATOM_MEDIA: {"schema": {"type": "string"}}}}}


@router.get("/warnings/{warning_id:path}.cap", responses=_CAP_RESPONSE)
async def as_cap(deps: Deps, principal: Viewer, warning_id: str) -> Response:
    """One warning, or a message that ended one, as CAP 1.2: as received, or written from the record."""
    mirror, audience = deps.pump.mirror, principal.audience
    if mirror.record(Kind.WARNING, warning_id, audience) is None and not any(
        record["ended_by"] == warning_id for record in mirror.records(Kind.WARNING, audience).values()
    ):
        raise Problem("not-found")
    raw = await original(deps, warning_id)
    return Response(raw or await _written(deps, principal, warning_id), media_type=CAP_MEDIA)


async def _written(deps: Dependencies, principal: Principal, id: str) -> bytes:
    """The stored warning as CAP, without what the asker may not see."""
    doc = await deps.journal.doc(Kind.WARNING, id)
    if doc is None:
        raise Problem("not-found")
    warning = msgspec.convert(doc.body, EmergencyWarning)
    return cap_document(warning if principal.personal else replace(warning, contact="", addresses=""))


@router.get("/warnings.atom", responses=_ATOM_RESPONSE)
async def as_atom(deps: Deps, principal: Viewer, request: Request, cursor: Cursor = "") -> Response:
    """The public, actual warnings of the last day and what ended them: an Atom feed of CAP documents, last come first.

    The link `next` (RFC 5005) leads to older ones.
    """
    records = deps.pump.mirror.records(Kind.WARNING, principal.audience).values()
    public = [record for record in records if record["status"] == "Actual" and record["scope"] == "Public"]
    present = {record["id"] for record in public}
    enders = {
        record["ended_by"]: {
            **record,
            "id": record["ended_by"],
            "sent": record["ended_at"],
            "received_at": record["ended_at"],
        }
        for record in public
        if record["ended_by"] and record["ended_by"] not in present
    }
    listed, following = page([*public, *enders.values()], _arrival, [str, str], cursor, FEED_ENTRIES, down=True)
    base = str(request.base_url).rstrip("/")
    body = atom_feed(deps.site.name, base, listed, wire.iso(deps.clock()) or "", cursor=cursor, following=following)
    return Response(body, media_type=ATOM_MEDIA)


def _arrival(record: Record) -> tuple[str, str]:
    """The place of an entry: when the message came. A follower that has read down to a place misses none above it."""
    return record["received_at"], record["id"]


def atom_feed(
    title: str, base: str, records: list[Record], now: str, *, cursor: str = "", following: str | None = None
) -> bytes:
    """One page of an Atom feed (RFC 4287, 5005) that links to the CAP document of each record."""
    address = f"{base}/api/v1/warnings.atom"
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})  # type: ignore[dict-item]  # lxml: the default namespace
    _add(feed, "id", address)
    _add(feed, "title", title)
    _add(feed, "updated", max((record["sent"] for record in records), default=now))
    _link(feed, "self", f"{address}?cursor={quote(cursor)}" if cursor else address, ATOM_MEDIA)
    _link(feed, "first", address, ATOM_MEDIA)
    if following is not None:
        _link(feed, "next", f"{address}?cursor={quote(following)}", ATOM_MEDIA)
    for record in records:
        entry = etree.SubElement(feed, f"{{{ATOM}}}entry")
        document = f"{base}/api/v1/warnings/{quote(record['id'], safe='')}.cap"
        _add(entry, "id", f"urn:watchfloor:{quote(record['id'], safe='')}")
        _add(entry, "title", record["headline"] or record["event"] or record["id"])
        _add(entry, "updated", record["sent"])
        _add(etree.SubElement(entry, f"{{{ATOM}}}author"), "name", record["sender_name"] or record["sender"])
        _link(entry, "alternate", document, CAP_MEDIA)
    return etree.tostring(feed, encoding="UTF-8", xml_declaration=True)


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}{name}").text = text


def _link(parent: etree._Element, rel: str, href: str, media: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}link", rel=rel, href=href, type=media)
