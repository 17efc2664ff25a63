"""Every parser of foreign bytes: no input may crash it, or take it longer than a role may be silent.

The inputs of `make test` are few and the same each time. `make fuzz` goes on for WATCHFLOOR_FUZZ_SECONDS with others.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from alerts.rules.rule import RuleError, compile_rule
from alerts.settings import RuleSettings
from api.http.problems import Problem
from api.ingest import alertmanager, cases, cloudevents, grafana, zabbix
from api.records import roster_csv
from collectors.emergency.cap.index import read_index
from collectors.emergency.quakes import quakeml, usgs
from collectors.emergency.quakes.usgs import NoQuakes
from collectors.errors import NotReady
from collectors.network.mqtt import packets
from collectors.network.snmp import ber
from collectors.network.syslog.framing import Framing
from collectors.network.syslog.parser import parse as parse_syslog
from collectors.network.traps.v3 import security_of
from feeds.cap.envelope import opened
from feeds.cap.message import CapRefused
from feeds.cap.message import parse as parse_cap
from feeds.documents.roster import Person, Roster, Shift
from feeds.geometry import BadGeometry, from_geojson
from feeds.inventory.csv_file import read_csv
from feeds.mapped.receipts import receipt_report
from feeds.mapped.rows import NoRows, document_of, rows_of
from feeds.mapped.source import MappedSource, RowReader
from maps.places import BadLayer, read_layer
from tests.feeds.cap.samples import alert
from tests.fuzz.budget import within
from tests.fuzz.mutations import mutations, repeated
from tests.fuzz.shapes import bow_tie

FEW = 30
"""Mutations of one seed in `make test`."""
SECONDS = float(os.environ.get("WATCHFLOOR_FUZZ_SECONDS", "0"))
NOW = 1_780_000_000.0


@dataclass(frozen=True)
class Parser:
    """One parser: how it is called, good inputs, and the errors by which it may refuse."""

    call: Callable[[bytes], Any]
    seeds: tuple[bytes, ...]
    refuses: tuple[type[Exception], ...] = ()


def atom(raw: bytes) -> Any:
    return read_index(raw, "http://h/atom.xml")


def trap(raw: bytes) -> None:
    for read in (ber.version_of, ber.notification, security_of, ber.response):
        try:
            read(raw)
        except ber.BadMessage:
            continue


def mqtt(raw: bytes) -> None:
    """As a connection reads: at the first malformed packet it is over."""
    parser = packets.Parser()
    meanings: dict[int, Callable[[packets.Packet], object]] = {
        1: packets.hello,
        3: lambda packet: packets.message(packet, 5),
        8: lambda packet: packets.wishes(packet, 5),
        9: lambda packet: packets.codes(packet, 5),
    }
    for start in range(0, len(raw), 65_536):
        for packet in parser.feed(raw[start : start + 65_536]):
            meanings.get(packet.kind, packets.number_of)(packet)


def syslog(raw: bytes) -> None:
    for start in range(0, len(raw), 65_536):
        parse_syslog(raw[start : start + 65_536], NOW)


def syslog_stream(raw: bytes) -> None:
    """What one read of a socket brings; the loop serves others before the next one."""
    for line in Framing().feed(raw[:65_536]):
        parse_syslog(line, NOW)


def geojson(raw: bytes) -> None:
    try:
        geometry = json.loads(raw)
    except (ValueError, RecursionError):
        return
    from_geojson(geometry)


def rule(raw: bytes) -> None:
    compile_rule(RuleSettings(id="r", when=raw.decode("utf-8", "replace")))


def month(raw: bytes) -> None:
    shift = Shift(id="day", name={"zh-CN": "白班"}, start="08:00", end="20:00")
    roster_csv.assignments(raw, Roster(persons=(Person(id="li", name="李"),), shifts=(shift,)))


ALERT = {"labels": {"alertname": "A", "instance": "h:1"}, "annotations": {}, "startsAt": "2026-01-01T00:00:00Z"}
HOOK = {"version": "4", "status": "firing", "alerts": [ALERT | {"status": "firing", "fingerprint": "f"}]}
EVENT = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "data": {"active": True, "labels": {"a": "b"}}}
ZABBIX = {"triggerid": "1", "host": "h", "value": "1", "date": "2026.01.01", "time": "00:00:00", "tags": "[]"}
CASE = {
    "number": "1",
    "item": "i",
    "kind": "承诺件",
    "department": "d",
    "region": "532301",
    "accepted": "2026-01-01T00:00:00+08:00",
    "steps": [{"name": "受理", "started": "2026-01-01T00:00:00+08:00"}],
}
FEED = (
    b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><updated>2026-01-01T00:00:00Z</updated>'
    b'<link type="application/cap+xml" href="a.cap"/></entry></feed>'
)
TRAP = bytes.fromhex(
    "304302010104067075626c6963a736020100020100020100302b300d06082b06010201010300430100301a060a2b0601060301010401"
    "00060c2b06010603010105030000000000"
)
CSV = "id,name,kind,region,lat,lon,probes\na,甲,router,532301,25.0,101.5,icmp://10.0.0.1\n".encode()


def dumped(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


ENVELOPE = (
    b'<EDXLDistribution xmlns="urn:oasis:names:tc:emergency:EDXL:DE:1.0"><distributionStatus>Actual'
    b"</distributionStatus><x>" + alert().partition(b"?>")[2] + b"</x></EDXLDistribution>"
)
QUAKES = {
    "type": "FeatureCollection",
    "features": [
        {"id": "a", "properties": {"time": 1, "mag": 5.0, "ids": ",a,"}, "geometry": {"coordinates": [101.5, 25.0, 9]}}
    ],
}
QUAKEML = (
    b'<q:quakeml xmlns:q="http://quakeml.org/xmlns/quakeml/1.2" xmlns="http://quakeml.org/xmlns/bed/1.2">'
    b'<eventParameters><event publicID="smi:x/e"><origin><time><value>2026-11-28T00:00:00</value></time>'
    b"<latitude><value>25</value></latitude><longitude><value>101</value></longitude></origin></event>"
    b"</eventParameters></q:quakeml>"
)
ROW = {"id": 1, "at": "2026-11-28 10:00:00", "text": "t", "lat": 25.0, "lon": 101.5, "class": "x"}
ROWS_XML = b'<data><row id="1"><at>2026-11-28 10:00:00</at><text>t</text><lat>25</lat><lon>101</lon></row></data>'
LAYER = dumped({"features": [{"geometry": {"type": "Point", "coordinates": [101, 25]}, "properties": {"name": "a"}}]})
_TARGETS = ("at", "text", "lat", "lon", "class")
READERS = {
    "json": RowReader(MappedSource(items="data", map={name: name for name in ("id", *_TARGETS)}, crs="bd09")),
    "xml": RowReader(MappedSource(items="data.row", form="xml", map={"id": "@id"} | {name: name for name in _TARGETS})),
}


def mapped(raw: bytes, form: str) -> None:
    """What a mapped source does with an answer."""
    reader = READERS[form]
    for number, row in enumerate(rows_of(document_of(raw, form), reader.source.items)[:200]):
        receipt_report(reader, row, "s", number, NOW)


PARSERS = {
    "CAP, strict": Parser(parse_cap, (alert(),), (CapRefused,)),
    "CAP, lenient": Parser(lambda raw: parse_cap(raw, "lenient", "cn-12379"), (alert(),), (CapRefused,)),
    "CAP index": Parser(atom, (FEED,), (NotReady,)),
    "EDXL-DE": Parser(opened, (ENVELOPE,), (CapRefused,)),
    "USGS": Parser(lambda raw: usgs.reports(raw, "s", NOW), (dumped(QUAKES),), (NoQuakes,)),
    "QuakeML": Parser(lambda raw: quakeml.reports(raw, "s", NOW), (QUAKEML,), (NoQuakes,)),
    "mapped rows, JSON": Parser(lambda raw: mapped(raw, "json"), (dumped({"data": [ROW]}),), (NoRows,)),
    "mapped rows, XML": Parser(lambda raw: mapped(raw, "xml"), (ROWS_XML,), (NoRows,)),
    "layer": Parser(lambda raw: read_layer(raw, "school"), (b"id,name,lat,lon\n1,a,25,101\n", LAYER), (BadLayer,)),
    "syslog lines": Parser(
        syslog, (b'<34>1 2026-10-11T22:14:15Z h su - ID47 [e@1 i="3"] m', b"<34>Oct 11 22:14:15 h su: m")
    ),
    "syslog stream": Parser(syslog_stream, (b"5 <34>a<34>Oct 11 22:14:15 h su: m\n",), (ValueError,)),
    "traps": Parser(trap, (TRAP,)),
    "MQTT": Parser(
        mqtt, (packets.subscribe(5, 1, [("a/#", 1)]), packets.packet(3, 2, b"\0\1a\0\1\0x")), (packets.Malformed,)
    ),
    "Alertmanager": Parser(lambda raw: alertmanager.posted(raw, NOW, resolve_timeout=300.0), (dumped([ALERT]),)),
    "Alertmanager webhook": Parser(lambda raw: alertmanager.hooked(raw, NOW), (dumped(HOOK),)),
    "Grafana": Parser(lambda raw: grafana.taken(raw, NOW), (dumped(HOOK | {"orgId": 1, "version": "1"}),)),
    "Zabbix": Parser(lambda raw: zabbix.taken(raw, NOW, timezone="Asia/Shanghai"), (dumped(ZABBIX),)),
    "CloudEvents": Parser(
        lambda raw: cloudevents.taken(raw, {"content-type": "application/cloudevents+json"}), (dumped(EVENT),)
    ),
    "CloudEvents, batch": Parser(
        lambda raw: cloudevents.taken(raw, {"content-type": "application/cloudevents-batch+json"}), (dumped([EVENT]),)
    ),
    "cases": Parser(cases.taken, (dumped([CASE]),)),
    "GeoJSON": Parser(geojson, (dumped({"type": "Polygon", "coordinates": [bow_tie()]}),), (BadGeometry,)),
    "duty roster CSV": Parser(month, ("日期,班次,值班员1\n2026-11-22,day,李\n".encode(),), (Problem,)),
    "rules": Parser(rule, (b'health == \'down\' && m["icmp.rtt_ms"] > 3.0 && rate(m["x"], 300) > 1.0',), (RuleError,)),
}


def inputs(seed: bytes, number: int) -> Iterator[bytes]:
    """The few of `make test`, or as many as there is time for."""
    if not SECONDS:
        yield seed
        yield from repeated(seed)
        yield from islice(mutations(seed, random.Random(number)), FEW)
        return
    share = SECONDS / sum(len(parser.seeds) for parser in PARSERS.values())
    end = time.monotonic() + share
    for data in mutations(seed, random.Random()):
        if time.monotonic() > end:
            return
        yield data


@pytest.mark.parametrize("name", PARSERS)
def test_no_input_crashes_a_parser_or_takes_too_long(name: str) -> None:
    parser = PARSERS[name]
    for seed in parser.seeds:
        parser.call(seed)  # a good input is none that is refused
        for number, data in enumerate(inputs(seed, len(name))):
            with within(name=f"{name}, input {number} ({data[:200]!r}, {len(data)} octets)"):
                try:
                    parser.call(data)
                except parser.refuses:
                    continue


def test_a_spreadsheet_with_lone_carriage_returns_is_read() -> None:
    month(b"date,shift\r2026-11-22,day\r")


def test_a_spreadsheet_with_a_field_without_end_is_refused() -> None:
    with pytest.raises(Problem) as refused:
        month(b'date,shift\n"' + b"x" * 200_000)
    assert [finding.code for finding in refused.value.findings] == ["csv_form"]


def test_no_inventory_file_crashes_its_reader_or_takes_too_long(tmp_path: Path) -> None:
    path = tmp_path / "assets.csv"
    for number, data in enumerate(inputs(CSV, 1)):
        path.write_bytes(data)
        with within(2.0, f"inventory, input {number} ({data[:200]!r})"):
            read_csv(path)
