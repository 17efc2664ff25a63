"""Every parser of foreign bytes that hold times: no time may crash it, or anything that shows what it read.

An item goes its whole way: parser, domain, public record, CAP document, Atom feed. A time that crashed a role would
crash it again after each start.
"""

from __future__ import annotations

import json
import os
import random
import time as clock
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from api.routes.warnings import atom_feed
from collectors.emergency.cap.index import read_index
from collectors.emergency.quakes import quakeml, usgs
from collectors.emergency.quakes.usgs import NoQuakes
from feeds import wire
from feeds.cap.message import CapRefused, parse
from feeds.cap.warning import to_warning
from feeds.cap.writer import cap_document
from feeds.kinds import WARNING
from feeds.mapped.items import mapped_item
from feeds.mapped.rows import document_of, rows_of
from feeds.mapped.source import MappedSource, RowProblem, RowReader
from feeds.mapped.warnings import MappedWarning
from feeds.model import EmergencyWarning
from incidents.warnings.mapped import chained
from incidents.warnings.quakes import message_of
from incidents.warnings.registry import KEEP, WarningRegistry
from tests.feeds.cap.samples import alert, info
from tests.fuzz.budget import within

NOW = 1_780_000_000.0
SECONDS = float(os.environ.get("WATCHFLOOR_FUZZ_SECONDS", "0"))
FEW = 400
"""Altered times of one parser in `make test`."""
GOOD = "2026-06-10T15:30:00+08:00"
ODD = (
    "",
    " ",
    "0000-00-00T00:00:00+00:00",
    "0000-01-01T00:00:00+08:00",
    "0001-01-01T00:00:00+08:00",
    "0001-01-01T00:00:00-14:00",
    "0999-12-31T23:59:59-00:00",
    "1582-10-10T00:00:00+00:00",
    "1970-01-01T00:00:00-00:00",
    "1900-01-01T00:00:00+08:05",
    "1986-05-04T02:30:00+08:00",
    "1991-09-15T01:30:00+09:00",
    "2026-02-29T00:00:00+08:00",
    "2026-02-30T00:00:00+08:00",
    "2026-06-10T24:00:00+08:00",
    "2026-06-10T15:60:00+08:00",
    "2026-06-30T23:59:60+00:00",
    "2026-06-10T15:30:00Z",
    "2026-06-10T15:30:00",
    "2026-06-10T15:30:00+0800",
    "2026-06-10T15:30:00+08",
    "2026-06-10T15:30:00+99:99",
    "2026-06-10T15:30:00-14:00",
    "2026-06-10T15:30:00+24:00",
    "2026-06-10T15:30:00.999999999+08:00",
    "2026-06-10 15:30:00",
    "2026/6/10 15:30",
    "2026年6月10日",
    "20260610153000",
    "2038-01-19T03:14:08-00:00",
    "2106-02-07T06:28:16-00:00",
    "9999-12-31T15:59:59-00:00",
    "9999-12-31T23:59:59+08:00",
    "9999-12-31T23:59:59-14:00",
    "12026-06-10T15:30:00+08:00",
    "-2026-06-10T15:30:00+08:00",
    "٢٠٢٦-06-10T15:30:00+08:00",
    "２０２６-06-10T15:30:00+08:00",
    "now",
    "null",
    "NaN",
    "inf",
    "-1",
    "0",
    "46183.6458",
    "1780000000",
    "1780000000000",
    "1e308",
    "9" * 400,
)
NUMBERS = (0, -1, 1, 0.5, 1e3, -1e14, 1e12, 1.78e12, 9e14, 1e15, 1e18, 2**63, -(2**63), 10**400, 1e308, None, True)


def shown(warning: EmergencyWarning) -> None:
    """Everything that is written of a warning: the public record, CAP, the Atom feed."""
    record = WARNING.view(warning)
    wire.encode(warning)
    json.dumps(record)
    cap_document(warning)
    atom_feed("t", "http://h", [record], wire.iso(NOW) or "")


def lived(registry: WarningRegistry, message: EmergencyWarning, now: float = NOW) -> None:
    """Take a message, and let time pass until nothing more is due."""
    registry.take(message, now)
    for warning in registry.shown.values():
        shown(warning)
    for _ in range(4):
        now = max(now + KEEP, min(registry.next_due or now, 4e11))
        registry.advance(now)
        registry.forget()
        for warning in registry.shown.values():
            shown(warning)


def cap(*times: str) -> None:
    sent, effective, onset, expires, referenced = times
    stamps = "".join(
        f"<{name}>{text}</{name}>"
        for name, text in (("effective", effective), ("onset", onset), ("expires", expires))
        if text
    )
    references = f"<references>cma@example,A0,{referenced} cma@example,A1,{GOOD}</references>" if referenced else ""
    raw = alert(
        sent=f"<sent>{sent}</sent>", msg_type="<msgType>Update</msgType>", extra=references, infos=info(times=stamps)
    )
    for mode in ("strict", "lenient"):
        try:
            message = parse(raw, mode)
        except CapRefused:
            continue
        lived(WarningRegistry(), to_warning(message, "s", NOW))


def usgs_report(occurred: Any, updated: Any) -> None:
    feature = {
        "id": "a",
        "properties": {"time": occurred, "updated": updated, "mag": 5.0, "ids": ",a,"},
        "geometry": {"coordinates": [101.5, 25.0, 9]},
    }
    deleted = feature | {"properties": {"time": occurred, "updated": updated, "status": "deleted"}, "geometry": None}
    for features in ([feature], [feature, deleted], [deleted]):
        body = json.dumps({"type": "FeatureCollection", "features": features}).encode()
        try:
            reports = usgs.reports(body, "s", NOW)
        except NoQuakes:
            continue
        quakes(reports)


def quakes(reports: Any) -> None:
    registry = WarningRegistry()
    for number, report in enumerate(reports):
        # At the time of the event, so that it is not too old to be told.
        at = report.occurred_at + 60
        for update in (report, replace(report, updated_at=report.updated_at + 30 + number, magnitude=6.0)):
            message = message_of(update, registry.newest_quakes(), at)
            if message is not None:
                lived(registry, message, at)


QUAKEML = (
    '<q:quakeml xmlns:q="http://quakeml.org/xmlns/quakeml/1.2" xmlns="http://quakeml.org/xmlns/bed/1.2">'
    '<eventParameters><event publicID="smi:x/e"><creationInfo><creationTime>{}</creationTime></creationInfo>'
    "<origin><time><value>{}</value></time><latitude><value>25</value></latitude><longitude><value>101</value>"
    "</longitude></origin></event></eventParameters></q:quakeml>"
)


def quakeml_report(created: str, occurred: str) -> None:
    quakes(quakeml.reports(QUAKEML.format(created, occurred).encode(), "s", NOW))


ROW = {"id": "1", "text": "t", "event": "暴雨", "asset": "a", "value": 1, "metric": "river.stage"}
READERS = [
    RowReader(MappedSource(gives=gives, form=form, items=items, map=mapping, zone=zone))
    for gives, mapping in (
        ("receipt", {name: name for name in ("id", "at", "updated", "occurred", "text")}),
        ("warning", {name: name for name in ("id", "at", "updated", "event", "onset", "expires")}),
        ("observation", {name: name for name in ("asset", "at", "value", "metric")}),
        ("receipt", {"id": "id", "text": "text", "at": {"from": "at", "as": "datetime", "format": "epoch_ms"}}),
        ("receipt", {"id": "id", "text": "text", "at": {"from": "at", "as": "datetime", "format": "epoch_s"}}),
        ("receipt", {"id": "id", "text": "text", "at": {"from": "at", "as": "datetime", "format": "excel"}}),
    )
    for form, items in (("json", ""),)
    for zone in ("Asia/Shanghai", "America/New_York")
]


def mapped(*times: Any) -> None:
    row = ROW | dict(zip(("at", "updated", "occurred", "onset", "expires"), times, strict=True))
    for reader in READERS:
        for each in rows_of(document_of(json.dumps(row, ensure_ascii=False).encode(), "json"), ""):
            item = mapped_item(reader, each, "s", 0, NOW, 60.0)
            if isinstance(item, RowProblem):
                continue
            if isinstance(item, MappedWarning):
                message = chained(item.warning, [])
                if message is not None:
                    lived(WarningRegistry(), message)
                continue
            for each_item in item if isinstance(item, list) else [item]:
                json.dumps(wire.public(each_item))


def index(updated: str) -> None:
    read_index(
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id>'
        f'<updated>{updated}</updated><link href="a.cap"/></entry></feed>'.encode(),
        "http://h/",
    )


CASES: dict[str, tuple[Callable[..., None], int, tuple[Any, ...]]] = {
    "CAP": (cap, 5, ODD),
    "USGS": (usgs_report, 2, (*NUMBERS, "1780000000000")),
    "QuakeML": (quakeml_report, 2, ODD),
    "mapped rows": (mapped, 5, (*ODD, *NUMBERS[:10], None)),
    "CAP index": (index, 1, ODD),
}
USUAL: dict[str, Any] = {"USGS": NOW * 1000}


def altered(text: str, chance: random.Random) -> str:
    """A time with a few of its characters changed, doubled or left out."""
    characters = list(text)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(characters) + 1)
        characters[at : at + chance.randint(0, 2)] = chance.choice((*"0129-+:TZ. ", ""))
    return "".join(characters)


def times(name: str, places: int, odd: tuple[Any, ...], chance: random.Random) -> Iterator[tuple[Any, ...]]:
    """Each odd time in each place, then pairs and altered times at random: FEW, or as many as there is time for."""
    usual = USUAL.get(name, GOOD)
    for place in range(places):
        for time in odd:
            yield tuple(time if at == place else usual for at in range(places))
    for _ in count() if SECONDS else range(FEW):
        yield tuple(
            chance.choice((usual, chance.choice(odd), altered(usual, chance) if isinstance(usual, str) else usual))
            for _ in range(places)
        )


@pytest.mark.parametrize("name", CASES)
def test_no_time_crashes_a_parser_or_what_shows_its_item(name: str) -> None:
    call, places, odd = CASES[name]
    end = clock.monotonic() + SECONDS / len(CASES)
    for values in times(name, places, odd, random.Random(len(name) if not SECONDS else None)):
        if SECONDS and clock.monotonic() > end:
            break
        with within(name=f"{name}, {values!r}"):
            call(*values)
