"""Bodies of our answers to an upper platform, and of what we tell it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape

from collectors.video.gb28181 import manscdp
from collectors.video.gb28181.cascade.granted import Grant, items
from collectors.video.gb28181.cascade.settings import UpperSettings
from collectors.video.gb28181.manscdp import MansMessage
from collectors.video.gb28181.sip_message import AGENT

ERROR = "<Result>ERROR</Result>"


def listing(
    settings: UpperSettings, root: str, sn: int, about: str, listed: Sequence[str], room: int
) -> Iterator[bytes]:
    """Catalog bodies that list the items, each of at most `room` bytes. One item alone may be longer."""
    part: list[str] = []
    for item in listed:
        if part and len(_part(settings, root, sn, about, len(listed), [*part, item])) > room:
            yield _part(settings, root, sn, about, len(listed), part)
            part = []
        part.append(item)
    yield _part(settings, root, sn, about, len(listed), part)


def _part(settings: UpperSettings, root: str, sn: int, about: str, total: int, part: Sequence[str]) -> bytes:
    listed = "\r\n".join(part)
    more = f'<SumNum>{total}</SumNum>\r\n<DeviceList Num="{len(part)}">\r\n{listed}\r\n</DeviceList>'
    return manscdp.query("Catalog", max(sn, 0), escape(about), settings.charset, more, root=root)


def to_query(
    query: MansMessage, settings: UpperSettings, grant: Grant, online: Iterable[str], room: int
) -> list[bytes]:
    """The bodies that answer a query. What we cannot do is an ERROR."""
    command, about = query.command.lower(), query.device or settings.own
    alive = frozenset(online)
    is_known = about == settings.own or about in grant.cameras
    if command == "catalog":
        return list(listing(settings, "Response", query.sn, about, list(items(grant, about, settings, alive)), room))
    if command == "recordinfo":
        return [reply(query, settings, '<Name></Name>\r\n<SumNum>0</SumNum>\r\n<RecordList Num="0"></RecordList>')]
    if command == "deviceinfo" and is_known:
        return [reply(query, settings, _info(about, grant))]
    if command == "devicestatus" and is_known:
        word = "ONLINE" if about == settings.own or about in alive else "OFFLINE"
        return [reply(query, settings, f"<Result>OK</Result>\r\n<Online>{word}</Online>\r\n<Status>OK</Status>")]
    return [reply(query, settings, ERROR)]


def _info(about: str, grant: Grant) -> str:
    camera = grant.cameras.get(about)
    name, channels = (camera.asset.name, 0) if camera is not None else (AGENT, len(grant.cameras))
    return (
        f"<DeviceName>{escape(name[:64])}</DeviceName>\r\n<Result>OK</Result>\r\n<Manufacturer>{AGENT}</Manufacturer>"
        f"\r\n<Model>platform</Model>\r\n<Firmware>1</Firmware>\r\n<Channel>{channels}</Channel>"
    )


def reply(query: MansMessage, settings: UpperSettings, more: str) -> bytes:
    """A Response with the query's command, number and device."""
    about, command = escape(query.device or settings.own), escape(query.command[:32])
    return manscdp.query(command, max(query.sn, 0), about, settings.charset, more, root="Response")
