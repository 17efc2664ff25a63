"""CAP 1.2: every rule that concerns one document."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds import wire
from feeds.cap.finding_texts import POLYGON_FAULTS
from feeds.cap.findings import CODES, finding
from feeds.cap.message import CapDocument, CapRefused, parse, reference_key
from feeds.cap.warning import to_warning
from feeds.cap.xml import SIZE_LIMIT
from tests.feeds.cap.samples import SENT, SQUARE, alert, area, errors, info, refused, remarks

# -- what a message becomes -----------------------------------------------------------


def test_a_message_becomes_a_warning_with_all_fields() -> None:
    sent = datetime.fromisoformat(SENT).timestamp()
    warning = to_warning(parse(alert()), "cma", sent + 60)
    assert warning.id == f"cma@example,A1,{SENT}"
    assert (warning.event, warning.colour, warning.severity, warning.category) == ("暴雨", "orange", "Severe", ("Met",))
    assert (warning.sent, warning.expires, warning.state) == (sent, sent + 6 * 3600, "active")
    assert warning.areas[0].geometry == {
        "type": "Polygon",
        "coordinates": [[[101.4, 25.0], [101.7, 25.0], [101.7, 25.2], [101.4, 25.2], [101.4, 25.0]]],
    }
    assert warning.areas[0].geocodes == ("532301000000",)
    assert len(warning.digest) == 64


@pytest.mark.parametrize(("after", "state"), [(60, "pending"), (3600, "active"), (6 * 3600, "expired")])
def test_its_state_follows_from_onset_and_expiry(after: float, state: str) -> None:
    times = (
        "<effective>2026-06-10T15:30:00+08:00</effective><onset>2026-06-10T16:00:00+08:00</onset>"
        "<expires>2026-06-10T21:30:00+08:00</expires>"
    )
    message = parse(alert(infos=info(times=times)))
    assert to_warning(message, "s", message.sent + after).state == state


@pytest.mark.parametrize(
    ("languages", "chosen"),
    [
        (("en-US", "zh", "zh-CN"), "zh-CN"),
        (("en-US", "zh-Hans", "fr"), "zh-Hans"),
        (("en-US", "zh"), "zh"),
        (("en-US", "fr"), "en-US"),
        (("en", "ZH-cn"), "ZH-cn"),
    ],
)
def test_zh_cn_is_preferred_then_zh_then_the_first_language(languages: tuple[str, ...], chosen: str) -> None:
    infos = "".join(info(language=f"<language>{language}</language>") for language in languages)
    message = parse(alert(infos=infos))
    assert len(message.infos) == len(languages)
    assert to_warning(message, "s", 0.0).language == chosen


def test_codes_of_other_systems_are_not_mistaken_for_chinese_ones() -> None:
    codes = "<geocode><valueName>SAME</valueName><value>532301</value></geocode>"
    assert to_warning(parse(alert(infos=info(areas=area(codes=codes)))), "s", 0.0).areas[0].geocodes == ("SAME=532301",)


@pytest.mark.parametrize(
    ("extra", "headline", "colour"),
    [
        ("<parameter><valueName>level</valueName><value>红色</value></parameter>", "暴雨橙色预警", "red"),
        (
            "<parameter><valueName>awareness_level</valueName><value>2; yellow; Moderate</value></parameter>",
            "",
            "yellow",
        ),
        ("", "发布大风蓝色预警信号", "blue"),
        ("", "Rainstorm orange warning", "orange"),
        ("", "the red river rises", ""),
    ],
)
def test_the_colour_is_the_one_that_was_issued(extra: str, headline: str, colour: str) -> None:
    raw = alert(infos=info(texts=f"<headline>{headline}</headline>", extra=extra))
    assert to_warning(parse(raw), "s", 0.0).colour == colour


def test_a_document_crosses_the_bus_unchanged() -> None:
    document = CapDocument(source="cma", received_at=1.0, raw=b"\xff<not xml", url="http://x/")
    *_, items = wire.decode_envelope(wire.encode_envelope("cap", [document], source="cma", sent_at=1.0))
    assert items == [document]


# -- the rules ------------------------------------------------------------------------

RULES: list[tuple[str, bytes, set[str]]] = [
    ("two alerts in one", alert() + alert(), {"XML_NOT_WELL_FORMED"}),
    ("nothing", b"", {"XML_NOT_WELL_FORMED"}),
    ("an unknown encoding", alert(prolog='<?xml version="1.0" encoding="klingon"?>'), {"XML_NOT_WELL_FORMED"}),
    ("too large", alert(infos=" " * SIZE_LIMIT), {"TOO_LARGE"}),
    ("a DTD", alert(prolog='<!DOCTYPE alert [<!ENTITY a "b">]>'), {"DTD_FORBIDDEN"}),
    ("a DTD in UTF-16", alert(prolog="<!DOCTYPE alert []>").decode().encode("utf-16"), {"DTD_FORBIDDEN"}),
    ("another namespace", alert(namespace="urn:x"), {"NAMESPACE_UNKNOWN"}),
    ("another root", b'<info xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>', {"NAMESPACE_UNKNOWN"}),
    ("no sender", alert(sender=""), {"MISSING_REQUIRED"}),
    ("an empty event", alert(infos=info(event="<event/>")), {"MISSING_REQUIRED"}),
    ("sender after scope", alert(sender="", extra="<sender>s</sender>"), {"INVALID_SEQUENCE"}),
    ("two scopes", alert(scope="<scope>Public</scope><scope>Public</scope>"), {"DUPLICATE_ELEMENT"}),
    ("an unknown element", alert(extra="<colour>red</colour>"), {"UNSUPPORTED_ELEMENT"}),
    ("a foreign element", alert(extra='<x xmlns="urn:y"/>'), {"UNSUPPORTED_ELEMENT"}),
    ("markup in a text", alert(infos=info(texts="<headline>a<b>c</b></headline>")), {"UNSUPPORTED_ELEMENT"}),
    ("an unknown status", alert(status="<status>Real</status>"), {"INVALID_ENUM"}),
    ("an empty severity", alert(infos=info(severity="<severity/>")), {"INVALID_ENUM"}),
    ("no offset", alert(sent="<sent>2026-06-10T15:30:00</sent>"), {"INVALID_DATE"}),
    ("the 31st of June", alert(sent="<sent>2026-06-31T15:30:00+08:00</sent>"), {"INVALID_DATE"}),
    ("a space in the identifier", alert(identifier="<identifier>a b</identifier>"), {"INVALID_IDENTIFIER"}),
    ("a comma in the sender", alert(sender="<sender>a,b</sender>"), {"INVALID_SENDER"}),
    ("half a reference", alert(extra="<references>a,b</references>"), {"INVALID_REFERENCES"}),
    ("an Update of nothing", alert(msg_type="<msgType>Update</msgType>"), {"REFERENCES_REQUIRED"}),
    ("an Ack of nothing", alert(msg_type="<msgType>Ack</msgType>"), {"REFERENCES_REQUIRED"}),
    ("Restricted to nobody", alert(scope="<scope>Restricted</scope>"), {"RESTRICTION_REQUIRED"}),
    ("public, restricted", alert(extra="<restriction>police</restriction>"), {"RESTRICTION_SCOPE_MISMATCH"}),
    ("Private to nobody", alert(scope="<scope>Private</scope>"), {"ADDRESSES_REQUIRED"}),
    ("zh_CN", alert(infos=info(language="<language>zh_CN</language>")), {"INVALID_LANGUAGE"}),
    ("very likely", alert(infos=info(certainty="<certainty>Very Likely</certainty>")), {"DEPRECATED_VALUE"}),
    ("a ceiling alone", alert(infos=info(areas=area(codes="<ceiling>9000</ceiling>"))), {"CEILING_WITHOUT_ALTITUDE"}),
    ("a script as link", alert(infos=info(texts="<web>javascript:alert(1)</web>")), {"INVALID_URI"}),
    ("half a link", alert(infos=info(texts="<web>www.example.com</web>")), {"INVALID_URI"}),
    ("expires when it begins", alert(infos=info(times=f"<expires>{SENT}</expires>")), {"EXPIRES_NOT_AFTER_EFFECTIVE"}),
]


@pytest.mark.parametrize(("raw", "wrong"), [row[1:] for row in RULES], ids=[row[0] for row in RULES])
def test_strict_mode_refuses(raw: bytes, wrong: set[str]) -> None:
    findings = refused(raw)
    assert errors(findings) == wrong
    assert all(finding.message["zh-CN"] and finding.message["en"] for finding in findings)


SHAPES: list[tuple[str, str, str]] = [
    (f"<polygon>{SQUARE.rpartition(' ')[0]}</polygon>", "INVALID_POLYGON", "open"),
    ("<polygon>25,101 25,102 25,101</polygon>", "INVALID_POLYGON", "few"),
    ("<polygon>25,101 25,x 26,102 25,101</polygon>", "INVALID_POLYGON", "text"),
    ("<polygon>25,101 nan,102 26,102 25,101</polygon>", "INVALID_POLYGON", "text"),
    ("<polygon>25,101 26,102 25,102 26,101 25,101</polygon>", "INVALID_POLYGON", "crossed"),
    ("<polygon>101,25 102,25 102,26 101,25</polygon>", "COORD_RANGE", ""),
    ("<circle>25,101</circle>", "INVALID_CIRCLE", ""),
    ("<circle>25,101 1 2</circle>", "INVALID_CIRCLE", ""),
    ("<circle>25,101 -1</circle>", "INVALID_CIRCLE", ""),
    ("<circle>25,101 99999</circle>", "INVALID_CIRCLE", ""),
    ("<circle>95,101 5</circle>", "COORD_RANGE", ""),
]


@pytest.mark.parametrize(("shape", "code", "fault"), SHAPES)
def test_an_invalid_shape_gives_a_finding_and_lenient_mode_uses_the_others(shape: str, code: str, fault: str) -> None:
    raw = alert(infos=info(areas=area(shape)))
    (refusal,) = refused(raw)
    assert refusal.code == code
    assert refusal.where.xpath.startswith("/alert/info[1]/area[1]/")
    if fault:
        assert refusal.message["zh-CN"].endswith(POLYGON_FAULTS[fault][0])
        assert refusal.message["en"].endswith(POLYGON_FAULTS[fault][1])
    message = parse(raw, "lenient")
    assert message.faulty
    assert (message.infos[0].areas[0].geometry is not None) is (fault in ("open", "crossed"))


WARNINGS: list[tuple[bytes, str]] = [
    (alert(infos=info(times="")), "EXPIRES_ABSENT"),
    (alert(infos=info(areas="")), "NO_AREA"),
    (alert(infos=info(areas=area("", ""))), "NO_AREA"),
    (alert(infos=info(areas=area("<polygon/>"))), "POLYGON_EMPTY"),
    (alert(infos=info(areas=area("<circle>25,101 0</circle>"))), "CIRCLE_ZERO"),
    (alert(extra="<note/>"), "EMPTY_ELEMENT"),
    (alert(status="<status>Exercise</status>"), "EXERCISE_WITHOUT_NOTE"),
    (alert(extra="<references>cma@example,B,2026-06-10T15:31:00+08:00</references>"), "POSTDATED_REFERENCE"),
    (alert(extra="<references>cma@example,A1,2026-06-10T07:30:00-00:00</references>"), "CIRCULAR_REFERENCE"),
    (alert(infos=info(texts="<description>&lt;b&gt;x&lt;/b&gt;</description>")), "TEXT_CONTAINS_HTML"),
    (
        alert(
            infos=info(
                times="<effective>2026-06-10T15:00:00+08:00</effective><expires>2026-06-11T00:00:00+08:00</expires>"
            )
        ),
        "EFFECTIVE_BEFORE_SENT",
    ),
]


@pytest.mark.parametrize(("raw", "code"), WARNINGS, ids=[f"{n} {code}" for n, (_, code) in enumerate(WARNINGS)])
def test_a_warning_rejects_nothing(raw: bytes, code: str) -> None:
    message = parse(raw)
    assert remarks(message) == {code}
    assert not message.faulty


@pytest.mark.parametrize("code", ["UNSUPPORTED_ELEMENT", "INVALID_SEQUENCE"])
def test_order_and_unknown_elements_are_only_warnings_in_lenient_mode(code: str) -> None:
    raw = next(raw for _, raw, wrong in RULES if wrong == {code})
    message = parse(raw, "lenient")
    assert remarks(message) == {code}
    assert not message.faulty


@pytest.mark.parametrize(
    "raw", [alert(status="<status>Real</status>"), alert(sent="<sent>yesterday</sent>"), alert(identifier=""), b"<x/>"]
)
def test_lenient_mode_rejects_messages_without_identity(raw: bytes) -> None:
    refused(raw, "lenient")


def test_chinas_relays_may_leave_urgency_and_certainty_empty() -> None:
    raw = alert(infos=info(urgency="<urgency/>", certainty="<certainty/>", severity="<severity>红</severity>"))
    assert errors(refused(raw)) == {"INVALID_ENUM"}
    message = parse(raw, profile="cn-12379")
    assert (message.infos[0].urgency, message.infos[0].certainty, message.infos[0].severity) == ("", "", "Extreme")
    assert remarks(message) == {"EMPTY_ELEMENT", "INVALID_ENUM"}


def test_a_finding_has_its_position() -> None:
    raw = alert(infos="\n" + info() + "\n" + info(severity="<severity>Bad</severity>"))
    (finding,) = refused(raw)
    assert (finding.code, finding.where.xpath, finding.where.line, finding.value) == (
        "INVALID_ENUM",
        "/alert/info[2]/severity",
        4,
        "Bad",
    )


def test_old_versions_are_upgraded() -> None:
    body = info(certainty="<certainty>Very Likely</certainty>", areas=area("", "<geocode>fips6=006037</geocode>"))
    raw = alert(namespace="http://www.incident.com/cap/1.0", extra="<password>x</password>", infos=body)
    raw = raw.replace(f"<sent>{SENT}</sent>".encode(), b"<sent>2026-06-10T07:30:00Z</sent>")
    message = parse(raw)
    assert (message.version, message.infos[0].certainty) == ("1.0", "Likely")
    assert message.infos[0].areas[0].geocodes == (("fips6", "006037"),)
    assert message.sent == datetime.fromisoformat(SENT).timestamp()


def test_shapes_of_one_area_are_united() -> None:
    second = "<polygon>25.10,101.60 25.10,101.90 25.30,101.90 25.30,101.60 25.10,101.60</polygon>"
    geometry = parse(alert(infos=info(areas=area(f"<polygon>{SQUARE}</polygon>{second}")))).infos[0].areas[0].geometry
    assert geometry is not None
    assert geometry["type"] == "Polygon"
    assert len(geometry["coordinates"][0]) == 9


@given(lat=st.floats(-80, 80), lon=st.floats(-179, 179), radius=st.floats(0.1, 200))
def test_a_circle_has_its_radius_in_every_direction(lat: float, lon: float, radius: float) -> None:
    from math import asin, cos, radians, sin, sqrt

    raw = alert(infos=info(areas=area(f"<circle>{lat:.5f},{lon:.5f} {radius:.3f}</circle>")))
    geometry = parse(raw).infos[0].areas[0].geometry
    assert geometry is not None
    (ring,) = geometry["coordinates"]
    assert len(ring) == 65
    for x, y in ring:
        half = sin(radians(y - lat) / 2) ** 2 + cos(radians(lat)) * cos(radians(y)) * sin(radians(x - lon) / 2) ** 2
        assert abs(2 * 6371.0088 * asin(sqrt(half)) - radius) < 0.01 + radius * 1e-3


@given(st.binary(max_size=400))
def test_arbitrary_bytes_raise_only_cap_refused(raw: bytes) -> None:
    for text in (raw, alert(infos="") + raw, alert().replace(b"A1", raw)):
        with suppress(CapRefused):
            parse(text, "lenient")


def test_two_notations_of_one_moment_are_one_reference() -> None:
    first, second = reference_key("s,i,2026-06-10T15:30:00+08:00"), reference_key("s,i,2026-06-10T07:30:00-00:00")
    assert first == second is not None
    assert reference_key("s,i") is None
    assert reference_key("s,i,now") is None


def test_every_code_has_texts_in_both_languages() -> None:
    for code in CODES:
        detail = "few" if code == "INVALID_POLYGON" else "x"
        assert set(finding(code, detail=detail).message) == {"zh-CN", "en"}
