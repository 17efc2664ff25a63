"""Syslog messages (RFC 5424, and RFC 3164 as devices really write it) out of lines, with regular expressions. Pure.

The line is kept as it came, in `raw`; what cannot be read as either form is a message without header, never lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from collectors.network.listening.severity import SEVERITIES
from collectors.network.syslog import header as headers

LARGEST = 8192
"""Octets of one message that are kept (RFC 5425 asks for 8192 at least); the rest is cut off, and said."""
FACILITIES = (
    "kern",
    "user",
    "mail",
    "daemon",
    "auth",
    "syslog",
    "lpr",
    "news",
    "uucp",
    "cron",
    "authpriv",
    "ftp",
    "ntp",
    "audit",
    "console",
    "clock",
    "local0",
    "local1",
    "local2",
    "local3",
    "local4",
    "local5",
    "local6",
    "local7",
)

# No part of these may match in two ways: hostile lines must not make them slow.
_NEW = re.compile(
    r"<(\d{1,3})> ?([1-9]\d{0,2}) (-|[^ ]{1,40}) ([^ ]{1,255}) ([^ ]{1,48}) ([^ ]{1,128}) ([^ ]{1,32}) ?", re.A
)
_PRIORITY = re.compile(r"<(\d{1,3})>(?: {1,3}|: ?)?", re.A)
_ELEMENTS = 32
_PARAM = re.compile(r' ([^ ="\]]{1,32})="((?:[^"\\\]]|\\.)*)"', re.S)
_ELEMENT = re.compile(r"\[([^ =\"\]]{1,32})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message. `at` is the device's own time (epoch seconds), None when it says none that can be read.

    `form` is "5424", "3164" or "" (neither). `data` is the structured data by element and name.
    `named` is False where `host` is a guess: the word at the position of a host, which may belong to the text.
    """

    raw: bytes
    form: str = ""
    facility: str = "user"
    severity: str = "notice"
    at: float | None = None
    host: str = ""
    named: bool = False
    app: str = ""
    process: str = ""
    kind: str = ""
    text: str = ""
    data: dict[str, dict[str, str]] = field(default_factory=dict)
    cut: bool = False

    @property
    def level(self) -> int:
        """0 (emerg) to 7 (debug)."""
        return SEVERITIES.index(self.severity)

    @property
    def matched(self) -> str:
        """The line that syslog rules search: "app: text", or "app: kind: text" with the kind of RFC 5424 (MSGID).

        A message without a text says it in its structured data (Junos): they stand in the text's place.
        """
        data = (f'{name}="{value}"' for element in self.data.values() for name, value in element.items())
        parts = (self.app, self.kind, self.text or " ".join(data)) if self.kind else (self.app, self.text)
        return ": ".join(parts)


def parse(raw: bytes, now: float, zone: tzinfo = UTC) -> Line:
    """The message in a line. `now` and `zone` complete times without a year or a zone (RFC 3164). Never raises."""
    cut = len(raw) > LARGEST
    raw = raw[:LARGEST]
    text = decoded(raw).rstrip("\r\n\x00 ")
    match = _NEW.match(text)
    if match and int(match[1]) < 192:
        return _new(raw, text, match, cut)
    return _old(raw, text, now, zone, cut)


def decoded(raw: bytes) -> str:
    """UTF-8, else GB 18030 (most Chinese devices)."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start > len(raw) - 4 and len(raw) == LARGEST:
            return raw.decode("utf-8", errors="replace")  # cut in the middle of a character
        return raw.decode("gb18030", errors="replace")


def _new(raw: bytes, text: str, match: re.Match[str], cut: bool) -> Line:
    facility, severity = divmod(int(match[1]), 8)
    data, end = _structured(text, match.end())
    return Line(
        raw=raw,
        form="5424",
        facility=FACILITIES[facility],
        severity=SEVERITIES[severity],
        at=_stamp(match[3]),
        host=_nil(match[4]),
        named=match[4] != "-",
        app=_nil(match[5]),
        process=_nil(match[6]),
        kind=_nil(match[7]),
        data=data,
        text=text[end:].removeprefix(" ").removeprefix("\ufeff"),
        cut=cut,
    )


def _nil(field: str) -> str:
    return "" if field == "-" else field


def _structured(text: str, at: int) -> tuple[dict[str, dict[str, str]], int]:
    """The structured data from `at` on (RFC 5424, 6.3), and where it ends. What is broken belongs to the text."""
    if text.startswith("-", at):
        return {}, at + 1
    data: dict[str, dict[str, str]] = {}
    while len(data) < _ELEMENTS and (begin := _ELEMENT.match(text, at)):
        end = begin.end()
        params: dict[str, str] = {}
        while param := _PARAM.match(text, end):
            params.setdefault(param[1], re.sub(r'\\(["\\\]])', r"\1", param[2]))
            end = param.end()
        if not text.startswith("]", end):
            break
        data[begin[1]] = params
        at = end + 1
    return data, at


def _stamp(timestamp: str) -> float | None:
    """Epoch seconds of an RFC 3339 time, None for another text or a time without a zone."""
    if len(timestamp) < 19:
        return None
    try:
        moment = datetime.fromisoformat(timestamp)
        return moment.timestamp() if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _old(raw: bytes, text: str, now: float, zone: tzinfo, cut: bool) -> Line:
    match = _PRIORITY.match(text)
    if match is None or int(match[1]) >= 192:
        return Line(raw=raw, text=text, cut=cut)
    facility, severity = divmod(int(match[1]), 8)
    header = headers.read(text, match.end(), now, zone)
    return Line(
        raw=raw,
        form="3164",
        facility=FACILITIES[facility],
        severity=SEVERITIES[severity],
        at=header.at,
        host=header.host,
        named=header.named,
        app=header.tag,
        process=header.process,
        text=text[header.end :],
        cut=cut,
    )
