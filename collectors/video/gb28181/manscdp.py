"""MANSCDP: the XML bodies of GB/T 28181, in whatever charset and state they come. Pure.

Bytes decide the charset: valid UTF-8 with a character beyond ASCII is UTF-8, everything else GB18030. The declaration
is wrong more often than right and is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

MAX_ITEMS = 10_000
"""Items of one message."""
TEXT_LIMIT = 256
"""Characters of one value."""
PLACEHOLDERS = frozenset(("null", "owner", "civilcode", "address", "manufacturer", "model", "(null)"))
"""Values by which makers mean "absent"."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>", re.IGNORECASE)
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_SIMPLE = {
    name: re.compile(rf"<{name}>\s*([^<]{{1,64}}?)\s*</{name}>", re.I)
    for name in ("CmdType", "SN", "DeviceID", "Status")
}
_ITEM = re.compile(r"<Item>(?:(?!<Item>).)*?</Item>", re.S)


class MansFormatError(ValueError):
    """The body is no MANSCDP that can be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MansMessage:
    """One body. `root` is Notify, Response, Query or Control as written. `sn` is -1 where it is no number.

    `damaged`: only parts could be read. `replaced`: some bytes belong to no known charset.
    """

    root: str
    command: str
    sn: int
    device: str
    element: etree._Element
    damaged: bool = False
    replaced: bool = False

    def text(self, name: str) -> str:
        """The value of a child, "" when it is absent or a maker's placeholder."""
        return value_of(self.element, name)

    def items(self) -> Iterator[etree._Element]:
        """The `Item` elements of a list."""
        for number, item in enumerate(self.element.iter("{*}Item")):
            if number >= MAX_ITEMS:
                return
            yield item


def value_of(element: etree._Element, name: str) -> str:
    """The value of a child element or attribute by name, ignoring case. "" when absent or a placeholder."""
    lowered = name.lower()
    for child in element:
        if isinstance(child.tag, str) and etree.QName(child).localname.lower() == lowered:
            text = "".join(str(part) for part in child.itertext()).strip()[:TEXT_LIMIT]
            return "" if text.lower() in PLACEHOLDERS else text
    attribute = next((str(value) for key, value in element.attrib.items() if str(key).lower() == lowered), "")
    return attribute.strip()[:TEXT_LIMIT]


def decoded(body: bytes) -> tuple[str, bool]:
    """The text of a body, and whether some bytes had to be replaced."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace"), False
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return text, False
    try:
        return body.decode("gb18030"), False
    except UnicodeDecodeError:
        return body.decode("gb18030", "replace"), True


def parse(body: bytes) -> MansMessage:
    """The message in a body. Raises MansFormatError: no XML, a DTD, or no command."""
    text, replaced = decoded(body)
    if "<!" in text and re.search(r"<!\s*(?:DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise MansFormatError("a DTD is refused")
    text = _BARE_AMPERSAND.sub("&amp;", _DECLARATION.sub("", _CONTROL.sub("", text).lstrip("\ufeff"), count=1))
    try:
        element, damaged = etree.fromstring(text.strip(), _parser()), False
    except (etree.XMLSyntaxError, ValueError):
        element, damaged = _recovered(text), True
    root = str(etree.QName(element).localname)
    command = value_of(element, "CmdType")
    if not command or root.lower() not in ("notify", "response", "query", "control"):
        raise MansFormatError(f"<{root[:20]}> without a command")
    number = value_of(element, "SN")
    sn = int(number) if number.isascii() and number.isdecimal() and len(number) <= 10 else -1
    return MansMessage(
        root=root,
        command=command,
        sn=sn,
        device=value_of(element, "DeviceID"),
        element=element,
        damaged=damaged,
        replaced=replaced,
    )


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )


def _recovered(text: str) -> etree._Element:
    """Command, number, device and the items that are whole. Raises MansFormatError without a command."""
    match = _SIMPLE["CmdType"].search(text)
    root = re.search(r"<(Notify|Response|Query|Control)\b", text, re.IGNORECASE)
    if match is None or root is None:
        raise MansFormatError("the XML is damaged")
    element = etree.Element(root[1])
    for name, pattern in _SIMPLE.items():
        if field_match := pattern.search(text):
            etree.SubElement(element, name).text = _CONTROL.sub("", field_match[1])
    if total := re.search(r"<SumNum>\s*(\d{1,9})\s*</SumNum>", text):
        etree.SubElement(element, "SumNum").text = total[1]
    devices = etree.SubElement(element, "DeviceList")
    for number, item in enumerate(_ITEM.finditer(text)):
        if number >= MAX_ITEMS:
            break
        try:
            devices.append(etree.fromstring(item[0], _parser()))
        except (etree.XMLSyntaxError, ValueError):
            continue
    return element


def query(command: str, sn: int, device: str, charset: str = "GB2312", more: str = "", root: str = "Query") -> bytes:
    """A body that we send. `more` is XML that follows the device's id."""
    lines = (
        f'<?xml version="1.0" encoding="{charset}"?>',
        f"<{root}>",
        f"<CmdType>{command}</CmdType>",
        f"<SN>{sn}</SN>",
        f"<DeviceID>{device}</DeviceID>",
        *((more,) if more else ()),
        f"</{root}>",
        "",
    )
    return "\r\n".join(lines).encode("utf-8" if charset.upper() == "UTF-8" else "gb18030", "replace")
