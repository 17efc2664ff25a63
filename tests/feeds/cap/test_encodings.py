"""Encodings of CAP messages: declared, undeclared, wrongly declared; and envelopes in UTF-16."""

from __future__ import annotations

import pytest

from collectors.emergency.cap.index import is_alert
from feeds.cap.envelope import opened
from feeds.cap.message import parse
from tests.feeds.cap.samples import alert, errors, refused

TEXT = alert().decode()
BARE = TEXT.split("\n", 1)[1]

DECLARED = {
    "GBK": TEXT.replace("UTF-8", "GBK").encode("gbk"),
    "GB2312": TEXT.replace("UTF-8", "gb2312").encode("gbk"),
    "GB18030": TEXT.replace("UTF-8", "GB18030").encode("gb18030"),
    "UTF-16 with its mark": TEXT.replace("UTF-8", "UTF-16").encode("utf-16"),
    "UTF-16 with its mark alone": BARE.encode("utf-16"),
    "UTF-16 without its mark": TEXT.replace("UTF-8", "UTF-16BE").encode("utf-16-be"),
    "UTF-8 with its mark": b"\xef\xbb\xbf" + alert(),
}
WRONG = {
    "GBK and nothing declared": BARE.encode("gbk"),
    "GBK declared as UTF-8": TEXT.encode("gbk"),
    "UTF-8 declared as GBK": TEXT.replace("UTF-8", "GBK").encode(),
    "UTF-16 and nothing declared": BARE.encode("utf-16-le"),
    "white space before the declaration": b"\xef\xbb\xbf\r\n" + alert(),
}


@pytest.mark.parametrize("name", DECLARED)
def test_a_declared_encoding_is_read(name: str) -> None:
    message = parse(DECLARED[name])
    assert (message.infos[0].event, message.faulty) == ("暴雨", False)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_encoding_is_refused_in_strict_mode_and_read_with_a_finding_in_lenient_mode(name: str) -> None:
    raw = WRONG[name]
    assert errors(refused(raw)) == {"XML_NOT_WELL_FORMED"}
    message = parse(raw, "lenient")
    assert (message.infos[0].event, message.faulty) == ("暴雨", True)
    assert [finding.code for finding in message.findings] == ["ENCODING_WRONG"]
    assert is_alert(raw)  # a source gives it to the registry, which says what is wrong


def test_lines_keep_their_numbers_when_the_declaration_is_ignored() -> None:
    raw = ('\n<?xml version="1.0"\n encoding="UTF-8"?>\n' + BARE.replace("Expected", "Soon")).encode("gbk")
    lines = {finding.code: finding.where.line for finding in parse(raw, "lenient").findings}
    assert lines["INVALID_ENUM"] == 4


@pytest.mark.parametrize("cut", [100, 300])
def test_a_truncated_message_is_no_message_in_any_encoding(cut: int) -> None:
    assert errors(refused(BARE.encode("gbk")[:cut], "lenient")) == {"XML_NOT_WELL_FORMED"}


def test_a_dtd_in_another_encoding_is_refused() -> None:
    text = TEXT.replace("?>\n", "?>\n<!DOCTYPE alert>\n")
    for encoding in ("gbk", "utf-16"):
        assert errors(refused(text.encode(encoding), "lenient")) == {"DTD_FORBIDDEN"}


def test_an_envelope_in_utf_16_is_opened() -> None:
    envelope = (
        '<EDXLDistribution xmlns="urn:oasis:names:tc:emergency:EDXL:DE:1.0"><distributionStatus>Exercise'
        f"</distributionStatus><x>{BARE}</x></EDXLDistribution>"
    ).encode("utf-16")
    (message,) = opened(envelope) or []
    assert (message.status, parse(message.raw).identifier) == ("Exercise", "A1")
