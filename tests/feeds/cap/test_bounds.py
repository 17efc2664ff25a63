"""Small CAP messages that are expensive to process: each is read, simplified or rejected within a second."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from feeds.cap.message import CapRefused, parse
from feeds.cap.reader import FINDINGS, GEOCODES, REFERENCES
from feeds.geometry import PARTS
from tests.feeds.cap.samples import SQUARE, alert, area, info
from tests.fuzz.budget import within
from tests.fuzz.shapes import back_and_forth, cap_text, comb, scribble, star

DSIG = "http://www.w3.org/2000/09/xmldsig#"


def shaped(shape: str) -> bytes:
    return alert(infos=info(areas=area(shape)))


def polygon(text: str) -> str:
    return f"<polygon>{text}</polygon>"


def inserted(raw: bytes, more: str) -> bytes:
    return raw.replace(b"</alert>", more.encode() + b"</alert>")


@pytest.mark.parametrize("ring", [star(801), scribble(801), star(151), back_and_forth(800)])
def test_a_self_crossing_polygon_is_rejected_in_strict_mode_and_becomes_its_hull_in_lenient_mode(
    ring: list[tuple[float, float]],
) -> None:
    raw = shaped(polygon(cap_text(ring)))
    assert len(raw) < 40_000
    with within(), pytest.raises(CapRefused, match="INVALID_POLYGON"):
        parse(raw, "strict")
    with within():
        message = parse(raw, "lenient")
    assert "AREA_SIMPLIFIED" in {remark.code for remark in message.findings}
    shown = message.infos[0].areas[0].geometry
    assert shown is not None
    assert shown["type"] in ("Polygon", "LineString")


def test_valid_shapes_with_too_many_crossings_become_their_hull() -> None:
    both = polygon(cap_text(comb(1_500))) + polygon(cap_text(comb(1_500, upright=False)))
    with within():
        message = parse(shaped(both), "strict")
    assert "AREA_SIMPLIFIED" in {remark.code for remark in message.findings}
    assert message.infos[0].areas[0].geometry is not None


def signed(references: int, more: str = "", key: str = "") -> bytes:
    """A message with a forged signature."""
    part = f'<Reference URI="{{}}"><DigestMethod Algorithm="{DSIG}sha1"/><DigestValue>AA==</DigestValue></Reference>'
    method = '<CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>'
    info = f'{method}<SignatureMethod Algorithm="{DSIG}rsa-sha1"/>' + part.format("") * references
    return inserted(
        alert(),
        f'<Signature xmlns="{DSIG}"{more}><SignedInfo>{info}</SignedInfo><SignatureValue>AA==</SignatureValue>{key}'
        "</Signature>",
    )


def test_an_absurdly_long_key_is_not_tried() -> None:
    numbers = rsa.generate_private_key(65_537, 2048).public_key().public_numbers()
    modulus = base64.b64encode((numbers.n << 200_000 | 1).to_bytes(25_300)).decode()
    value = f"<RSAKeyValue><Modulus>{modulus}</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>"
    key = f"<KeyInfo><KeyValue>{value}</KeyValue></KeyInfo>"
    with within():
        assert parse(signed(0, key=key), "lenient").signature == "unknown key"


CIRCLE = "<circle>25.1,101.5 1</circle>"
CODE = "<geocode><valueName>SAME</valueName><value>{}</value></geocode>"
POISON = {
    "empty infos": inserted(alert(), "<info/>" * 4_000),
    "empty areas": alert(infos=info(areas="<area/>" * 4_000)),
    "unknown elements": inserted(alert(), "<x/>" * 200_000),
    "references": alert(extra="<references>" + "a " * (REFERENCES + 1) + "</references>"),
    "circles": shaped(CIRCLE * 5_000),
    "few points": shaped(polygon("25,101 25,102 26,102 25,101") * (PARTS + 1)),
    "points": shaped(polygon(cap_text(comb(5_000)))),
    "geocodes": shaped("".join(CODE.format(code) for code in range(GEOCODES + 1))),
    "attributes": inserted(alert(), "<x " + " ".join(f'a{index}="1"' for index in range(60_000)) + "/>"),
    "signed attributes": signed(1, " " + " ".join(f'a{index}="1"' for index in range(60_000))),
    "namespaces": inserted(alert(), "<x " + " ".join(f'xmlns:a{index}="u{index}"' for index in range(30_000)) + "/>"),
    "depth": inserted(alert(), "<x>" * 200 + "</x>" * 200),
    "angle brackets": b"<" * 1_000_000,
    "UTF-16": inserted(alert(), "<x/>" * 40_000).decode().replace("UTF-8", "UTF-16").encode("utf-16"),
}


@pytest.mark.parametrize("name", POISON)
@pytest.mark.parametrize("mode", ["strict", "lenient"])
def test_a_message_beyond_a_limit_is_rejected_in_time(name: str, mode: str) -> None:
    with within(name=name), pytest.raises(CapRefused) as refused:
        parse(POISON[name], mode)
    assert len(refused.value.findings) <= FINDINGS + 1
    codes = {remark.code for remark in refused.value.findings}
    assert codes & {"TOO_COMPLEX", "XML_NOT_WELL_FORMED"}


@pytest.mark.parametrize("references", [4, 500])
def test_a_signature_with_many_references_is_verified_in_time(references: int) -> None:
    with within():
        message = parse(signed(references), "lenient")
    assert message.signature == ("invalid" if references == 4 else "unknown key")


def test_absurdly_long_numbers_are_read_in_time() -> None:
    with within(), pytest.raises(CapRefused):
        parse(shaped(polygon(SQUARE.replace("25.0", "25." + "0" * 400_000 + "x", 1))), "strict")


def test_a_large_genuine_message_is_within_the_limits() -> None:
    squares = "".join(
        polygon(f"{lat},101.4 {lat},101.5 {lat + 0.05},101.5 {lat + 0.05},101.4 {lat},101.4")
        for lat in (20 + index / 10 for index in range(100))
    )
    codes = "".join(CODE.format(code) for code in range(300))
    with within():
        message = parse(alert(infos=info(areas=area(squares + codes)) * 2), "strict")
    assert not message.findings
