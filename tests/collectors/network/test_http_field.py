"""HTTP and TLS as devices and gateways really speak them: what browsers and curl accept, and what is told by name."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import zlib
from pathlib import Path

import pytest

from collectors import registry
from collectors.contract import Measurement
from collectors.errors import NotReady, Reason
from collectors.network.http.lax_head import regular
from collectors.network.tls import certificate as certificates
from collectors.network.tls import lenient
from collectors.settings import Credential
from feeds.model import Quality
from tests.collectors.network.loopback import ANSWERED, ask, closing, failure, saying, serve, values_of
from tests.shared_samples import SAMPLES

CASES = Path(__file__).parent / "cases"
RECORDED = SAMPLES / "field-cases"
PAGE = "<html>州政务服务网 healthy OK</html>".encode()
LENGTH = b"Content-Length: 2\r\n"
CREDENTIALS = {"gw": Credential(name="gw", kind="header", values={"header": "X-API-Key", "value": "k1"})}


async def poll(uri: str) -> dict[str, Measurement]:
    target = registry.target_of(uri, timeout=ANSWERED, credentials=CREDENTIALS)
    async with closing(registry.poller_class(target.scheme)()) as poller:
        return await ask(poller, target)


async def refusal(uri: str) -> NotReady:
    target = registry.target_of(uri, timeout=ANSWERED)
    async with closing(registry.poller_class(target.scheme)()) as poller:
        error = await failure(poller, target)
    assert isinstance(error, NotReady)
    return error


def answer(*headers: bytes, body: bytes = b"ok") -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + b"".join(headers) + b"\r\n" + body


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(answer(b"Content-Security-Policy: " + b"x" * 9000 + b"\r\n", LENGTH), id="a header of 9 kB"),
        pytest.param(answer(b"X-Long: " + b"x" * 60_000 + b"\r\n", LENGTH), id="a header of 60 kB"),
        pytest.param(answer(b"Server: x\rX-A: b\r\n", LENGTH), id="a bare CR"),
        pytest.param(answer(b"Server : x\r\n", LENGTH), id="a blank before the colon"),
        pytest.param(answer(b"Bad Name: x\r\n", LENGTH), id="a name that is no token"),
        pytest.param(answer(b"no colon at all\r\n", LENGTH), id="a line without a colon"),
        pytest.param(answer(LENGTH, LENGTH), id="one length twice"),
        pytest.param(answer(b"Content-Length: 2, 2\r\n"), id="one length twice in one line"),
        pytest.param(
            answer(LENGTH, b"Transfer-Encoding: chunked\r\n", body=b"2\r\nok\r\n0\r\n\r\n"), id="length and chunks"
        ),
        pytest.param(answer(b"X-A: b\r\n  c\r\n", LENGTH), id="a folded header"),
        pytest.param(answer("X-Name: 州政府\r\n".encode("gbk"), LENGTH), id="a header in GBK"),
        pytest.param(b"HTTP/1.1 200 OK\nServer: x\nContent-Length: 2\n\nok", id="LF only"),
        pytest.param(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + answer(b"A : b\r\n", LENGTH), id="early hints"),
        pytest.param(b"HTTP/1.0 200 OK\r\nServer: Boa\r\n\r\n<html>ok</html>", id="HTTP/1.0"),
        pytest.param(b"http/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", id="lower case"),
        pytest.param(b"HTTP/1.1\t200  OK\r\nContent-Length: 2\r\n\r\nok", id="odd blanks in the status line"),
        pytest.param(b"HTTP/1 200\r\nContent-Length: 2\r\n\r\nok", id="no minor version"),
    ],
)
async def test_answers_that_browsers_accept_are_up(head: bytes) -> None:
    async with serve(saying(head)) as port:
        assert values_of(await poll(f"http://127.0.0.1:{port}/"))["http.status"] == 200


async def test_a_head_in_many_pieces_is_one_head() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for octet in answer(b"Server : x\r\n", LENGTH):
            writer.write(bytes([octet]))
            await writer.drain()

    async with serve(talk) as port:
        assert values_of(await poll(f"http://127.0.0.1:{port}/?contains=ok"))["http.contains"] is True


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (answer(b"Content-Length: 2\r\nContent-Length: 3\r\n"), "Content-Length"),
        (answer(b"Content-Length: two\r\n"), "Content-Length"),
        (answer(b"X-Endless: " + b"x" * 70_000 + b"\r\n", LENGTH), "X-Endless"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not speak HTTP"),
        (b"<html>ok</html>", "does not speak HTTP"),
    ],
)
async def test_answers_that_cannot_be_used_are_told_by_the_headers_name(head: bytes, words: str) -> None:
    async with serve(saying(head)) as port:
        error = await refusal(f"http://127.0.0.1:{port}/")
    assert error.reason is Reason.WRONG_ANSWER
    assert words in error.en


RAW_DEFLATE = zlib.compressobj(wbits=-zlib.MAX_WBITS)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(PAGE, mtime=0)),
        ("x-gzip", gzip.compress(PAGE, mtime=0)),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", RAW_DEFLATE.compress(PAGE) + RAW_DEFLATE.flush()),
        ("gzip, gzip", gzip.compress(gzip.compress(PAGE, mtime=0), mtime=0)),
        ("gzip", gzip.compress(PAGE[:9], mtime=0) + gzip.compress(PAGE[9:], mtime=0)),
        ("gzip", gzip.compress(PAGE, mtime=0) + b"\0\0padding"),
        ("identity", PAGE),
    ],
)
async def test_a_body_that_was_compressed_unasked_is_unpacked(coding: str, body: bytes) -> None:
    head = answer(f"Content-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n".encode(), body=body)
    async with serve(saying(head)) as port:
        assert values_of(await poll(f"http://127.0.0.1:{port}/?contains=healthy"))["http.contains"] is True


@pytest.mark.parametrize(("coding", "body"), [("br", b"xx"), ("gzip", b"no gzip at all")])
async def test_a_coding_that_cannot_be_unpacked_is_named(coding: str, body: bytes) -> None:
    head = answer(f"Content-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n".encode(), body=body)
    async with serve(saying(head)) as port:
        assert f"Content-Encoding: {coding}" in (await refusal(f"http://127.0.0.1:{port}/?contains=healthy")).en


async def test_a_body_that_ends_early_is_told_in_words() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(b"Transfer-Encoding: chunked\r\n", body=b"7\r\nhea"))
        writer.close()

    async with serve(talk) as port:
        assert "the body ends early" in (await refusal(f"http://127.0.0.1:{port}/?contains=healthy")).en


async def test_a_body_that_unpacks_without_end_is_cut() -> None:
    body = gzip.compress(bytes(64 << 20))
    head = answer(f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n".encode(), body=body)
    async with serve(saying(head)) as port:
        assert "the first 1048576 bytes" in (await refusal(f"http://127.0.0.1:{port}/?contains=healthy")).en


async def test_cookies_of_a_redirect_go_with_the_next_request_of_the_same_poll_only() -> None:
    requests: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        requests.append(request)
        if b"wzws_sid=1" in request:
            writer.write(answer(b"Content-Length: 7\r\n", body=b"healthy"))
        else:
            writer.write(
                b"HTTP/1.1 302 Found\r\nSet-Cookie: wzws_sid=1; path=/\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"
            )

    async with serve(talk) as port:
        for _ in range(2):
            readings = values_of(await poll(f"http://127.0.0.1:{port}/?redirects=3&contains=healthy"))
            assert (readings["http.contains"], readings["http.redirects"]) == (True, 1)
    assert [b"Cookie:" in request for request in requests] == [False, True, False, True]


@pytest.mark.parametrize(
    ("location", "line"),
    [
        ("/首页/index.jsp".encode("gbk"), b"GET /%CA%D7%D2%B3/index.jsp HTTP/1.1"),
        ("/首页/index.jsp".encode(), b"GET /%E9%A6%96%E9%A1%B5/index.jsp HTTP/1.1"),
        (b"/a%20b?c=d%2Fe", b"GET /a%20b?c=d%2Fe HTTP/1.1"),
        (b"/a b", b"GET /a%20b HTTP/1.1"),
    ],
)
async def test_a_redirect_asks_for_the_octets_that_location_held(location: bytes, line: bytes) -> None:
    request_lines: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request_lines.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0])
        first = b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
        writer.write(first if len(request_lines) == 1 else answer(LENGTH))

    async with serve(talk) as port:
        assert values_of(await poll(f"http://127.0.0.1:{port}/?redirects=3"))["http.status"] == 200
    assert request_lines[1] == line


async def test_a_credential_may_be_a_request_header() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(LENGTH) if b"X-API-Key: k1\r\n" in request else b"HTTP/1.1 401 no\r\n\r\n")

    async with serve(talk) as port:
        assert values_of(await poll(f"http://127.0.0.1:{port}/?cred=gw"))["http.status"] == 200


def test_a_regular_head_is_left_as_it_is() -> None:
    head = b"HTTP/1.1 200 OK\r\nServer: x\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d"
    assert regular(head) == head + b"\r\n\r\n"


@pytest.mark.parametrize(
    ("name", "remark"), [("dup", "an extension twice"), ("ver", "its version is"), ("sangbk", "not in ASCII")]
)
def test_a_certificate_against_the_standard_is_read_with_a_remark(name: str, remark: str) -> None:
    certificate = certificates.read((CASES / f"tls_{name}.der").read_bytes())
    assert remark in certificate.remark
    assert certificate.ends > certificate.begins > 0
    measured = {measurement.metric for measurement in certificates.measure([certificate], certificate.begins, 1.0)}
    assert measured == {"tls.odd_certificate", "tls.days_left", "tls.expires", "tls.expiring"}


@pytest.mark.parametrize("name", ["dup", "ver", "sangbk"])
@pytest.mark.parametrize("scheme", ["https", "tls"])
async def test_an_odd_certificate_never_decides_the_verdict(name: str, scheme: str) -> None:
    chain = RECORDED / f"tls_{name}.pem"
    if not chain.is_file():
        pytest.skip("the recorded certificates are not present")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    async with serve(saying(answer(LENGTH)), tls=context) as port:
        readings = await poll(
            f"{scheme}://127.0.0.1:{port}/?verify=no" if scheme == "https" else f"tls://127.0.0.1:{port}?verify=no"
        )
    family = "http" if scheme == "https" else "tls"
    assert readings[f"{family}.odd_certificate"].text
    assert isinstance(readings[f"{family}.days_left"].value, float)


def test_a_certificate_that_cannot_be_read_at_all_gives_a_reading_without_value() -> None:
    [reading] = certificates.measure([], 0.0, 1.0, family="http")
    assert (reading.metric, reading.value, reading.quality) == ("http.days_left", None, Quality.UNCERTAIN)


@pytest.mark.parametrize("der", [b"", b"\x30\x03abc", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x02\x01\x00"])
def test_bytes_that_are_no_certificate_are_refused(der: bytes) -> None:
    with pytest.raises(ValueError, match="certificate"):
        lenient.read(der)


def test_every_cut_of_a_certificate_is_refused_or_read() -> None:
    whole = (CASES / "tls_dup.der").read_bytes()
    for end in range(0, len(whole), 7):
        with pytest.raises(ValueError, match="certificate"):
            lenient.read(whole[:end])
