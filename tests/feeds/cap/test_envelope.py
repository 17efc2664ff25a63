"""EDXL-DE envelopes, and warnings written as CAP."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from lxml import etree

from feeds.cap.envelope import opened
from feeds.cap.message import CapRefused, parse
from feeds.cap.warning import to_warning
from feeds.cap.writer import cap_document
from feeds.model import Area, EmergencyWarning, Quake
from tests.feeds.cap.samples import alert, area, info
from tests.shared_samples import SAMPLES

DE = "urn:oasis:names:tc:emergency:EDXL:DE:1.0"
XSD = SAMPLES / "cap" / "cap12.xsd"
needs_samples = pytest.mark.skipif(not XSD.is_file(), reason="the shared samples are not on this machine")


def envelope(*contents: str, status: str = "Actual") -> bytes:
    body = "".join(f"<contentObject>{content}</contentObject>" for content in contents)
    head = f"<distributionID>1</distributionID><distributionStatus>{status}</distributionStatus>"
    return f'<EDXLDistribution xmlns="{DE}">{head}{body}</EDXLDistribution>'.encode()


def embedded(raw: bytes) -> str:
    inner = raw.decode().partition("?>")[2]
    return f"<xmlContent><embeddedXMLContent>{inner}</embeddedXMLContent></xmlContent>"


def test_each_message_of_an_envelope_is_a_document_with_the_envelopes_status() -> None:
    second = alert(identifier="<identifier>B</identifier>")
    encoded = base64.b64encode(second).decode()
    other = (
        f"<nonXMLContent><mimeType>application/cap+xml</mimeType><contentData>{encoded}</contentData></nonXMLContent>"
    )
    messages = opened(envelope(embedded(alert()), other, status="Exercise"))
    assert messages is not None
    assert [parse(message.raw).identifier for message in messages] == ["A1", "B"]
    assert {message.status for message in messages} == {"Exercise"}


@pytest.mark.parametrize("word", ["exercise", "EXERCISE", " Exercise\n"])
def test_no_spelling_makes_an_exercise_real(word: str) -> None:
    (message,) = opened(envelope(embedded(alert()), status=word)) or []
    assert message.status == "Exercise"


@pytest.mark.parametrize(("outer", "inner"), [("Actual", "Exercise"), ("Exercise", "Actual"), ("Test", "exercise")])
def test_of_envelopes_in_one_another_the_least_real_counts(outer: str, inner: str) -> None:
    within = envelope(embedded(alert()), status=inner).decode()
    (message,) = opened(envelope(f"<xmlContent>{within}</xmlContent>", status=outer)) or []
    assert message.status == "Exercise"


def test_what_is_no_envelope_is_left_alone_and_a_dtd_is_refused() -> None:
    assert opened(alert()) is None
    assert opened(b"{}") is None
    assert opened(envelope()) == []
    with pytest.raises(CapRefused):
        opened(b"<!DOCTYPE x>" + envelope(embedded(alert())))


def as_text(raw: bytes, how: str) -> str:
    """A document as the text of embeddedXMLContent."""
    text = raw.decode()
    inner = f"<![CDATA[\n{text}]]>" if how == "cdata" else text.replace("&", "&amp;").replace("<", "&lt;")
    return f"<xmlContent><embeddedXMLContent>{inner}</embeddedXMLContent></xmlContent>"


@pytest.mark.parametrize("how", ["cdata", "escaped"])
@pytest.mark.parametrize("encoding", ["UTF-8", "GB2312", "UTF-16"])
def test_a_message_that_is_text_is_a_document_whatever_encoding_it_declares(how: str, encoding: str) -> None:
    raw = alert(prolog=f'<?xml version="1.0" encoding="{encoding}" standalone="yes"?>\n')
    messages = opened(envelope(as_text(raw, how), embedded(alert(identifier="<identifier>B</identifier>"))))
    assert messages is not None
    parsed = [parse(message.raw) for message in messages]
    assert [(message.identifier, message.infos[0].event) for message in parsed] == [("A1", "暴雨"), ("B", "暴雨")]
    assert {message.status for message in messages} == {"Actual"}


def test_in_version_2_a_message_is_text_or_base64_with_any_type_of_xml() -> None:
    encoded = base64.b64encode(alert(identifier="<identifier>B</identifier>")).decode()
    contents = (
        f"<content><contentObject><contentXML><embeddedXMLContent><![CDATA[{alert().decode()}]]></embeddedXMLContent>"
        "</contentXML></contentObject><contentObject><otherContent><mimeType>text/xml</mimeType>"
        f"<contentData>{encoded}</contentData></otherContent></contentObject></content>"
    )
    version_2 = envelope(contents, status="<ct:value>Exercise</ct:value>").replace(b"DE:1.0", b"DE:2.0")
    messages = opened(version_2.replace(b"<ct:value", b'<ct:value xmlns:ct="urn:x"'))
    assert messages is not None
    assert [parse(message.raw).identifier for message in messages] == ["A1", "B"]
    assert {message.status for message in messages} == {"Exercise"}


def test_an_envelope_that_is_text_in_another_keeps_the_least_real_status() -> None:
    inner = envelope(embedded(alert()), status="Exercise")
    (message,) = opened(envelope(as_text(inner, "cdata"), status="Actual")) or []
    assert (parse(message.raw).identifier, message.status) == ("A1", "Exercise")


def test_envelopes_without_end_are_handed_on_to_be_refused() -> None:
    raw = alert()
    for _ in range(9):
        raw = envelope(as_text(raw, "escaped"))
    (message,) = opened(raw) or []
    with pytest.raises(CapRefused):
        parse(message.raw, "lenient")


def test_broken_text_is_refused_by_the_reader_and_not_lost() -> None:
    (message,) = opened(envelope(as_text(alert()[:-9], "cdata"))) or []
    with pytest.raises(CapRefused, match="XML_NOT_WELL_FORMED"):
        parse(message.raw)


def test_fragments_and_other_texts_are_no_messages() -> None:
    fragment = '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>A1</identifier></alert>'
    keys = f"<xmlContent><keyXMLContent>{fragment}</keyXMLContent></xmlContent>"
    description = "<contentDescription>urn:oasis:names:tc:emergency:cap:1.2 inside</contentDescription>"
    other = "<xmlContent><embeddedXMLContent>&lt;report&gt;rain&lt;/report&gt;</embeddedXMLContent></xmlContent>"
    picture = "<nonXMLContent><mimeType>image/png</mimeType><contentData>AAAA</contentData></nonXMLContent>"
    assert opened(envelope(keys, description, other, picture)) == []


@needs_samples
def test_a_real_envelope_gives_its_message() -> None:
    messages = opened((SAMPLES / "edxl" / "bushfire_valid.edxlde").read_bytes())
    assert messages is not None
    identifiers = [parse(message.raw, "lenient").identifier for message in messages]
    assert len(set(identifiers)) == 7
    assert identifiers[0] == "tag:www.rfs.nsw.gov.au2011-10-18:40500"


def a_warning() -> EmergencyWarning:
    english = info(
        language="<language>en-US</language>", event="<event>Rain</event>", texts="<headline>Rain</headline>"
    )
    shapes = "<polygon>25,101 25,102 26,102 25,101</polygon><circle>25.1,101.5 5</circle>"
    return to_warning(parse(alert(infos=info(areas=area(shapes)) + english)), "cma", 0.0)


def test_a_warning_written_as_cap_says_the_same_when_it_is_read() -> None:
    warning = a_warning()
    written = parse(cap_document(warning))
    read = to_warning(written, "cma", 0.0)
    same = ("identifier", "sender", "sent", "event", "headline", "severity", "expires", "references", "colour", "texts")
    assert {name: getattr(read, name) for name in same} == {name: getattr(warning, name) for name in same}
    assert read.areas[0].geocodes == warning.areas[0].geocodes
    assert not written.faulty


def test_what_cannot_be_said_in_cap_becomes_unknown_and_never_an_invalid_message() -> None:
    warning = replace(
        a_warning(),
        identifier="a b,c",
        urgency="",
        certainty="?",
        category=("Storm",),
        expires=0.0,
        headline="bad \x07 bell",
        texts={},
        areas=(Area(geometry={"type": "Point", "coordinates": [101.5, 25.0]}, geocodes=("SAME=006037", "532301")),),
        quake=Quake(occurred_at=1.0, lat=25.0, lon=101.5, magnitude=5.2, depth_km=10.0, event_ids=("us1",)),
    )
    message = parse(cap_document(warning))
    assert (message.identifier, message.infos[0].urgency, message.infos[0].category) == ("a_b_c", "Unknown", ("Other",))
    assert message.infos[0].headline == "bad  bell"
    assert ("Magnitude", "5.2") in message.infos[0].parameters
    assert message.infos[0].areas[0].geocodes == (("SAME", "006037"), ("CPEAS Geographic Code", "532301000000"))


@needs_samples
@pytest.mark.parametrize("scope", ["Public", "Restricted", "Private"])
def test_what_is_written_follows_the_schema_of_cap(scope: str) -> None:
    schema = etree.XMLSchema(etree.parse(str(XSD)))
    warning = replace(a_warning(), scope=scope, restriction="r", addresses="a b", note="n", response_type=("Shelter",))
    schema.assertValid(etree.fromstring(cap_document(warning, note="passed on")))
