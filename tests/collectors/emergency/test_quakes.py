"""Earthquakes: USGS GeoJSON and QuakeML, and their feeds over real HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web

from collectors import registry
from collectors.emergency.quakes import quakeml, usgs
from collectors.emergency.quakes.feed import FDSN, QuakeFeed, UsgsFeed
from collectors.emergency.quakes.usgs import NoQuakes
from collectors.errors import Misconfigured, UnexpectedForm
from collectors.settings import SourceSettings
from feeds.quakes import QuakeReport, felt_km, intensity
from tests.collectors.network.loopback import ANSWERED
from tests.shared_samples import SAMPLES

needs_samples = pytest.mark.skipif(not (SAMPLES / "usgs").is_dir(), reason="the shared samples are not here")
T0 = 1_780_000_000.0


def feature(id: str = "us1", *, updated: float = T0 + 60, **properties: Any) -> dict[str, Any]:
    values = {"mag": 5.2, "place": "楚雄", "time": T0 * 1000, "updated": updated * 1000, "type": "earthquake"}
    values |= {"ids": f",{id},", "status": "reviewed"} | properties
    return {"type": "Feature", "id": id, "properties": values, "geometry": {"coordinates": [101.5, 25.0, 10.0]}}


def collection(*features: dict[str, Any]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def test_times_are_milliseconds_coordinates_lon_lat_depth_and_nulls_stay_unknown() -> None:
    null = feature("us2", mag=None, ids=",ci2,us2,")
    null["geometry"]["coordinates"][2] = None
    first, second = usgs.reports(collection(feature(), null), "usgs", 7.0)
    assert (first.occurred_at, first.updated_at, first.lat, first.lon, first.depth_km) == (
        T0,
        T0 + 60,
        25.0,
        101.5,
        10.0,
    )
    assert (second.magnitude, second.depth_km, second.event_ids) == (None, None, ("us2", "ci2"))
    assert json.loads(first.raw)["properties"]["mag"] == 5.2


def test_a_deleted_event_is_withdrawn_and_a_blast_is_no_quake() -> None:
    deleted, blast = usgs.reports(
        collection(feature(status="deleted"), feature("us2", type="quarry blast")), "usgs", 7.0
    )
    assert deleted.withdrawn
    assert not blast.is_quake


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b"[]", b'{"type":"FeatureCollection"}', b"[" * 9999, collection({"a": 1})]
)
def test_a_document_that_is_not_usgs_geojson_is_refused(body: bytes) -> None:
    with pytest.raises(NoQuakes):
        usgs.reports(body, "usgs", 7.0)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e400, "5", True, [1], 10**400])
def test_a_magnitude_that_is_no_number_is_unknown(value: Any) -> None:
    body = json.dumps({"type": "FeatureCollection", "features": [feature(mag=value)]}).encode()
    assert usgs.reports(body, "usgs", 7.0)[0].magnitude is None


QUAKEML = """<q:quakeml xmlns:q="http://quakeml.org/xmlns/quakeml/1.2" xmlns="http://quakeml.org/xmlns/bed/1.2">
<eventParameters publicID="smi:x/p"><event publicID="smi:x/e1"><preferredOriginID>{preferred}</preferredOriginID>
<type>{type}</type><creationInfo><agencyID>CENC</agencyID><creationTime>2026-11-28T00:10:00</creationTime></creationInfo>
<origin publicID="smi:o1"><time><value>2026-11-28T00:00:00</value></time><latitude><value>25.0</value></latitude>
<longitude><value>101.5</value></longitude><depth><value>10000</value></depth></origin>
<origin publicID="smi:o2"><time><value>2026-11-28T08:00:01+08:00</value></time><latitude><value>25.1</value></latitude>
<longitude><value>101.6</value></longitude><depth><value>8000.0</value></depth></origin>
<magnitude publicID="smi:m1"><mag><value>5.1</value></mag><type>Ms</type></magnitude></event>
</eventParameters></q:quakeml>"""


def quake_document(preferred: str = "smi:o2", type: str = "earthquake") -> bytes:
    return QUAKEML.format(preferred=preferred, type=type).encode()


def test_quakeml_prefers_the_named_origin_takes_metres_and_reads_times_without_zone_as_utc() -> None:
    (report,) = quakeml.reports(quake_document(), "cenc", 7.0)
    assert (report.lat, report.depth_km, report.agency, report.preferred) == (25.1, 8.0, "CENC", True)
    assert report.occurred_at == 1795824001.0
    (first,) = quakeml.reports(quake_document(preferred=""), "cenc", 7.0)
    assert (first.lat, first.depth_km, first.preferred, first.occurred_at) == (25.0, 10.0, False, 1795824000.0)


@pytest.mark.parametrize(
    ("type", "quake", "withdrawn"), [("quarry blast", False, False), ("not existing", False, True)]
)
def test_quakeml_of_a_blast_or_a_false_event(type: str, quake: bool, withdrawn: bool) -> None:
    (report,) = quakeml.reports(quake_document(type=type), "cenc", 7.0)
    assert (report.is_quake, report.withdrawn) == (quake, withdrawn)


@pytest.mark.parametrize("body", [b"", b"{}", b"<a/>", b"<!DOCTYPE q><q:quakeml/>", quake_document()[:300]])
def test_a_document_that_is_not_quakeml_is_refused(body: bytes) -> None:
    with pytest.raises(NoQuakes):
        quakeml.reports(body, "cenc", 7.0)


@needs_samples
def test_every_real_file_is_read() -> None:
    for path in sorted((SAMPLES / "usgs").glob("*.geojson")):
        for report in usgs.reports(path.read_bytes(), "usgs", 7.0):
            assert report.event_ids
    counts = {
        path.name: len(quakeml.reports(path.read_bytes(), "q", 7.0))
        for path in sorted((SAMPLES / "quakeml").glob("*.xml"))
    }
    assert counts["iris_events.xml"] == 2
    assert counts["neries_events.xml"] == 3
    event, *_ = quakeml.reports((SAMPLES / "quakeml" / "usgs_event.xml").read_bytes(), "q", 7.0)
    assert event.event_ids[0] == "ci37285320"  # meets the id of the GeoJSON feed


def test_the_felt_area_grows_with_magnitude_and_is_not_estimated_for_deep_ones() -> None:
    assert [round(felt_km(magnitude, 10.0)) for magnitude in (3.0, 5.0, 6.0, 7.0)] == [0, 29, 93, 232]
    assert felt_km(7.0, 300.0) == felt_km(None, 10.0) == 0.0
    assert [round(intensity(magnitude)) for magnitude in (5.0, 6.5)] == [6, 8]


# -- the feed --------------------------------------------------------------------------


@asynccontextmanager
async def agency(
    kind: str, path: str, answers: list[bytes | int], **fields: Any
) -> AsyncIterator[tuple[QuakeFeed, list[str]]]:
    """A feed of an agency on loopback that gives these answers in turn; the requested addresses."""
    queries: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        queries.append(request.path_qs)
        body = answers.pop(0)
        return web.Response(status=body) if isinstance(body, int) else web.Response(body=body)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}{path}"
    feed = registry.feed_class(kind)(SourceSettings(id="q", kind=kind, url=url, timeout=ANSWERED, **fields), None)
    assert isinstance(feed, QuakeFeed)
    try:
        yield feed, queries
    finally:
        await feed.close()
        await runner.cleanup()


def reports(items: tuple[object, ...]) -> list[QuakeReport]:
    return [item for item in items if isinstance(item, QuakeReport)]


async def test_a_report_comes_once_for_each_update_and_again_when_it_must() -> None:
    first, second = collection(feature()), collection(feature(updated=T0 + 120), feature("small", mag=1.0))
    async with agency("emergency.usgs", "/all.geojson", [first, first, second, second], magnitude=3.0) as (feed, _):
        assert len((await feed.fetch(T0)).items) == 1
        assert (await feed.fetch(T0)).items == ()
        assert [report.updated_at for report in reports((await feed.fetch(T0)).items)] == [T0 + 120]
        feed.forget()
        assert len((await feed.fetch(T0)).items) == 1


async def test_an_fdsn_query_is_completed_and_204_is_a_valid_answer_without_events() -> None:
    async with agency("emergency.usgs", f"{FDSN}?minmagnitude=3", [204, collection(feature())]) as (feed, queries):
        assert (await feed.fetch(T0)).items == ()
        assert len((await feed.fetch(T0 + 60)).items) == 1
        first, second = (parse_qs(urlsplit(address).query) for address in queries)
        assert (first["format"], first["minmagnitude"]) == (["geojson"], ["3"])
        assert first["includedeleted"] == ["true"]
        assert "updatedafter" not in first
        assert second["updatedafter"] == ["2026-05-28T20:16:40"]


@pytest.mark.parametrize("kind", ["emergency.usgs", "emergency.quakeml"])
async def test_an_empty_page_is_a_failure_of_the_source(kind: str) -> None:
    async with agency(kind, "/q", [b""]) as (feed, _):
        with pytest.raises(UnexpectedForm, match="empty"):
            await feed.fetch(T0)


async def test_a_login_page_is_a_failure_of_the_source() -> None:
    async with agency("emergency.quakeml", "/q.xml", [b"<html><title>Login</title></html>"]) as (feed, _):
        with pytest.raises(UnexpectedForm, match="web page"):
            await feed.fetch(T0)


async def test_a_scenario_is_an_exercise() -> None:
    async with agency("emergency.usgs", "/fdsnws/scenario/1/query", [collection(feature())]) as (feed, _):
        assert [report.status for report in reports((await feed.fetch(T0)).items)] == ["Exercise"]


def test_a_source_without_an_address_is_refused_with_an_example() -> None:
    with pytest.raises(Misconfigured, match="http://"):
        UsgsFeed.validate(SourceSettings(id="q", kind="emergency.usgs", url="file:///x"))


async def test_an_event_that_was_told_is_told_again_when_it_is_revised_below_the_limit_and_when_it_is_withdrawn() -> (
    None
):
    revised = collection(feature(updated=T0 + 120, mag=2.1), feature("small", mag=2.1))
    gone = feature(updated=T0 + 180, mag=2.1, status="deleted")
    answers: list[bytes | int] = [collection(feature()), revised, collection(gone)]
    async with agency("emergency.usgs", "/all.geojson", answers, magnitude=3.0) as (feed, _):
        await feed.fetch(T0)
        (lower,) = reports((await feed.fetch(T0)).items)
        assert (lower.event_ids[0], lower.magnitude) == ("us1", 2.1)
        (withdrawn,) = reports((await feed.fetch(T0)).items)
        assert withdrawn.withdrawn


def test_a_deleted_event_without_its_place_and_time_is_withdrawn_by_its_id() -> None:
    bare = feature(status="deleted", time=None) | {"geometry": None}
    (report,) = usgs.reports(collection(bare), "usgs", 7.0)
    assert (report.withdrawn, report.event_ids, report.updated_at) == (True, ("us1",), T0 + 60)


@pytest.mark.parametrize("time", [-1e14, 9e14, 253_402_300_800_000])
def test_a_time_that_nothing_can_write_is_no_time(time: float) -> None:
    with pytest.raises(NoQuakes):
        usgs.reports(collection(feature(time=time)), "usgs", 7.0)
    (report,) = usgs.reports(
        collection(feature() | {"properties": feature()["properties"] | {"updated": time}}), "u", 7.0
    )
    assert report.updated_at == T0
