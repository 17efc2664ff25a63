"""Bad input: each message is bounded and counted, and the next one is unharmed. Tolerances of real makers."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.video.gb28181 import device_id, manscdp, sip_message
from collectors.video.gb28181.catalog import CatalogItem, ChannelStatus, items_of, status_of, tree
from collectors.video.gb28181.manscdp import MansFormatError
from collectors.video.gb28181.sip_message import SipFormatError, SipFraming, SipMessage
from tests.collectors.video.gb28181.scene import DEVICE, A, B, Scene, item

HEAD = b"MESSAGE sip:p@d SIP/2.0\r\nFrom: <sip:" + DEVICE.encode() + b"@d>;tag=1\r\nCall-ID: x\r\nCSeq: 1 MESSAGE\r\n"

REFUSED: dict[str, bytes] = {
    "64 KiB of A": b"A" * 65_536,
    "zeros": b"\x00" * 64,
    "no end of the head": HEAD,
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "a huge length": HEAD + b"Content-Length: 1000000000\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "a thousand headers": HEAD + b"X: y\r\n" * 1000 + b"\r\n",
    "a header of a megabyte": HEAD + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n",
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "TLS": bytes.fromhex("16030100c8010000c40303") + b"\r\n\r\n",
    "a body that is cut": HEAD + b"Content-Length: 50\r\n\r\n<Notify>",
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_bytes_that_are_not_sip_are_refused(data: bytes) -> None:
    with pytest.raises(SipFormatError):
        sip_message.parse(data)


def test_heads_as_makers_write_them_are_read() -> None:
    head = b"MESSAGE sip:p@d SIP/2.0\nf: <sip:34020000001320000001@3402000000>\ns: a\n  folded\ni: x\nl:    3  \n\nabc"
    message = sip_message.parse(head)
    assert (message.sender, message.header("call-id"), message.body) == ("34020000001320000001", "x", b"abc")
    assert message.header("subject") == "a folded"
    longer = sip_message.parse(HEAD + b"Content-Length:   151\r\n\r\n<Notify></Notify>")
    assert longer.body == b"<Notify></Notify>", "a length that is too large, though the XML is complete"


def test_a_stream_is_divided_by_length_and_by_the_end_of_the_xml() -> None:
    first = HEAD + b"Content-Length: 17\r\n\r\n<Notify></Notify>"
    second = HEAD + b"\r\n<Notify>1</Notify>"
    stream = b"\r\n\r\n" + first + second + b"\r\n\r\n"
    for size in (1, 7, len(stream)):
        framing, messages = SipFraming(), []
        for at in range(0, len(stream), size):
            messages += framing.feed(stream[at : at + size])
        assert [sip_message.parse(each).body.strip() for each in messages] == [
            b"<Notify></Notify>",
            b"<Notify>1</Notify>",
        ]
        assert framing.pings >= 1


@pytest.mark.parametrize("data", [b"A" * 20_000, b"GET / HTTP/1.1\r\n\r\n", HEAD + b"Content-Length: 9999999\r\n\r\n"])
def test_a_stream_that_cannot_be_followed_is_given_up(data: bytes) -> None:
    with pytest.raises(SipFormatError):
        SipFraming().feed(data)


@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    for read in (sip_message.parse, manscdp.parse, SipFraming().feed):
        with suppress(SipFormatError, MansFormatError):
            read(data)


def body(inner: str, encoding: str = "gb18030") -> bytes:
    declared = '<?xml version="1.0" encoding="GB2312"?>'
    return f"{declared}<Response><CmdType>Catalog</CmdType><SN>1</SN>{inner}</Response>".encode(encoding)


@pytest.mark.parametrize(
    "data",
    [
        body("<Item><DeviceID>1</DeviceID><Name>萳</Name></Item>"),
        body("<Item><DeviceID>1</DeviceID><Name>萳</Name></Item>", "utf-8"),
        body("<Item><DeviceID>1</DeviceID><Name>萳</Name></Item>").replace(b"GB2312", b"UTF-8"),
        body("<Item><DeviceID>1</DeviceID><Address>a\x01b</Address><Name>萳</Name></Item>"),
        b"\xef\xbb\xbf" + body("<Item><DeviceID>1</DeviceID><Name>萳</Name></Item>", "utf-8"),
        body("<Item><DeviceID>1</DeviceID><Name>萳</Name></Item>").decode("gb18030").encode("utf-16"),
    ],
    ids=["gb18030", "utf-8 declared gb2312", "gb2312 declared utf-8", "control character", "bom", "utf-16"],
)
def test_names_are_right_whatever_the_declaration_says(data: bytes) -> None:
    """Worked example 19."""
    (listed,), _ = items_of(manscdp.parse(data))
    assert listed.name == "萳"


def test_a_bare_ampersand_and_a_broken_item_do_not_lose_the_others() -> None:
    (listed,), _ = items_of(manscdp.parse(body("<Item><DeviceID>1</DeviceID><Name>A&B</Name></Item>")))
    assert listed.name == "A&B"
    damaged = manscdp.parse(body(f"{item(A)}<Item><DeviceID>2</Name></Item></Item>{item(B)}"))
    assert damaged.damaged
    assert [each.id for each in items_of(damaged)[0]] == [A, B]


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><Notify><CmdType>&a;</CmdType></Notify>",
        b"<!DOCTYPE x SYSTEM 'file:///etc/passwd'><Notify/>",
        b"<Notify><SN>1</SN></Notify>",
        b"<html><CmdType>Keepalive</CmdType></html>",
        b"",
        b"plain words",
    ],
)
def test_unreadable_bodies_are_refused(data: bytes) -> None:
    with pytest.raises(MansFormatError):
        manscdp.parse(data)


def test_depth_and_length_are_bounded_in_time() -> None:
    began = time.perf_counter()
    deep = b"<Notify><CmdType>Catalog</CmdType>" + b"<a>" * 10_000 + b"</a>" * 10_000 + b"</Notify>"
    assert manscdp.parse(deep).damaged
    many = body("<Item><DeviceID>1</DeviceID></Item>" * 100_000)
    assert len(items_of(manscdp.parse(many))[0]) == manscdp.MAX_ITEMS
    assert time.perf_counter() - began < 5.0


@pytest.mark.parametrize(
    ("text", "sn"), [("<SN>text</SN>", -1), ("", -1), ("<SN>0</SN>", 0), ("<sn>7</sn>", 7), ("<SN>-3</SN>", -1)]
)
def test_a_serial_number_that_is_no_number_is_minus_one(text: str, sn: int) -> None:
    assert manscdp.parse(f"<Response><cmdType>Catalog</cmdType>{text}</Response>".encode()).sn == sn


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("on ", "on"),
        ("OK", "on"),
        ("Online", "on"),
        ("1", "on"),
        ("OFF", "off"),
        ("ERROR", "off"),
        ("VLOST", "video-lost"),
        ("正常", "unknown"),
        ("", "unknown"),
        ("DEFECT", "defect"),
    ],
)
def test_statuses_as_makers_write_them(word: str, status: str) -> None:
    assert status_of(word) is ChannelStatus(status)


@pytest.mark.parametrize("placed", ["0", "999", "30°14′", "", "-181"])
def test_invalid_coordinates_are_absent(placed: str) -> None:
    data = body(f"<Item><DeviceID>1</DeviceID><Longitude>{placed}</Longitude><Latitude>25.0</Latitude></Item>")
    assert items_of(manscdp.parse(data))[0][0].lon is None


def test_placeholders_of_makers_are_absent() -> None:
    data = body("<Item><DeviceID>1</DeviceID><CivilCode>CivilCode</CivilCode><Address>null</Address></Item>")
    (listed,), _ = items_of(manscdp.parse(data))
    assert (listed.civil_code, listed.address) == ("", "")


def test_parents_that_lead_nowhere_end_at_the_device() -> None:
    def at(id: str, parent: str) -> CatalogItem:
        return CatalogItem(id=id, parent=parent)

    items = [at("a", "b"), at("b", "a"), at("c", "c"), at("d", "us"), at("e", "gone"), at("f", "d"), at("g", "f")]
    assert dict(tree(items, frozenset(("us",)))) == {"a": "", "b": "", "c": "", "d": "", "e": "", "f": "d", "g": "f"}


@pytest.mark.parametrize("total", ["-1", "", "1000000000", "many"])
def test_totals_that_are_wrong_end_by_time_and_remove_nothing(total: str) -> None:
    scene = Scene()
    scene.register()
    scene.pass_to(1.0)
    (number,) = scene.query_numbers("Catalog")
    scene.message(
        f"<Response><CmdType>Catalog</CmdType><SN>{number}</SN><DeviceID>{DEVICE}</DeviceID><SumNum>{total}</SumNum>"
        f"<DeviceList Num='99'>{item(A)}</DeviceList></Response>"
    )
    assert scene.value(A, "gb28181.described") is True
    scene.pass_to(13.0)
    assert "catalog-incomplete" in scene.platform.deviations.of(DEVICE)
    assert scene.keepalive() == "SIP/2.0 200 OK"


@pytest.mark.parametrize(
    ("id", "words"),
    [
        ("5323010000132000001", "少 1 位"),
        ("532301000013200000011", "多 1 位"),
        ("5323010000132000000x", "含字母或符号"),
        ("53230100 01320000001", "含空格"),
        ("53230100002000000001", "第 11–13 位 200"),
        (A, ""),
    ],
)
def test_a_wrong_id_is_explained_by_position(id: str, words: str) -> None:
    assert device_id.fault_of(id)[0].startswith(words)
    assert bool(device_id.fault_of(id)[0]) is bool(words)


def test_messages_without_a_sender_or_with_our_own_address_change_nothing() -> None:
    scene = Scene()
    for data in (
        b"MESSAGE sip:p@d SIP/2.0\r\nFrom: <sip:192.0.2.10>\r\nCall-ID: y\r\n\r\n",
        b"SIP/2.0 200 OK\r\nCall-ID: nobody asked\r\nCSeq: 1 MESSAGE\r\n\r\n",
        b"REGISTER sip:p@d SIP/2.0\r\nFrom: <sip:@d>\r\nCall-ID: z\r\n\r\n",
    ):
        scene.send(data)
    assert scene.reported == []
    assert scene.register() == "SIP/2.0 200 OK"


def test_a_header_cannot_be_injected_through_what_we_echo() -> None:
    scene = Scene()
    scene.send(scene.request("REGISTER", "Contact: <sip:x@y>\rX-Evil: 1\r\nExpires: 60\r\n"))
    assert b"\nX-Evil" not in b"".join(scene.sent)


async def test_the_loop_is_free_while_a_large_message_is_read() -> None:
    began = asyncio.get_running_loop().time()
    manscdp.parse(body(item(A) * 300))
    assert asyncio.get_running_loop().time() - began < 1.0
    assert isinstance(sip_message.parse(HEAD + b"\r\n"), SipMessage)
