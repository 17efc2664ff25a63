"""Syslog messages (RFC 5424, and RFC 3164 as devices really write it) out of lines, with regular expressions. Pure.

The line is kept as it came, in `raw`; what cannot be read as either form is a message without header, never lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from collectors.network.listening.severity import SEVERITIES

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
    r"<(\d{1,3})>([1-9]\d{0,2}) (-|[^ ]{1,40}) ([^ ]{1,255}) ([^ ]{1,48}) ([^ ]{1,128}) ([^ ]{1,32}) ?", re.A
)
_OLD = re.compile(
    r"<(\d{1,3})>(?:(\d{1,10}): )?[*.]?"
    r"(?:([A-Z][a-z]{2}) {1,2}(\d{1,2}) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?:\.\d{1,6})?(?: (\d{4}))?:? "
    r"|(\d{4}-\d\d-\d\d[T ]\S{8,24}) )?",
    re.A,
)
_HOST_TAG = re.compile(r"(?:([^ :\[\]]{1,255}) )?([A-Za-z0-9_%./()-]{1,64})(?:\[([^ \]]{1,128})\])?: ?")
_MONTHS = {
    name: n
    for n, name in enumerate(("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1)
}
_ELEMENTS = 32
_PARAM = re.compile(r' ([^ ="\]]{1,32})="((?:[^"\\\]]|\\.)*)"', re.S)
_ELEMENT = re.compile(r"\[([^ =\"\]]{1,32})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message. `at` is the device's own time (epoch seconds), None when it says none that can be read.

    `form` is "5424", "3164" or "" (neither). `data` is the structured data by element and name.
    """

    raw: bytes
    form: str = ""
    facility: str = "user"
    severity: str = "notice"
    at: float | None = None
    host: str = ""
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


def _stamp(timestamp: str, zone: tzinfo | None = None) -> float | None:
    """Epoch seconds of an RFC 3339 time, None when it is none; without a zone, `zone` holds."""
    if len(timestamp) < 19:
        return None
    try:
        moment = datetime.fromisoformat(timestamp)
        if moment.tzinfo is None:
            if zone is None:
                return None
            moment = moment.replace(tzinfo=zone)
        return moment.timestamp()
    except (ValueError, OverflowError):
        return None


def _old(raw: bytes, said: str, now: float, zone: tzinfo, cut: bool) -> Line:
    match = _OLD.match(said)
    if match is None or int(match[1]) >= 192:
        return Line(raw=raw, text=said, cut=cut)
    facility, severity = divmod(int(match[1]), 8)
    at = _stamp(match[10], zone) if match[10] else _moment(match, now, zone)
    head = _HOST_TAG.match(said, match.end())
    host, app, process, text = "", "", "", said[match.end() :]
    if head is not None:
        host, app, process, text = head[1] or "", head[2], head[3] or "", said[head.end() :]
    return Line(
        raw=raw,
        form="3164",
        facility=FACILITIES[facility],
        severity=SEVERITIES[severity],
        at=at,
        host=host,
        app=app,
        process=process,
        text=text,
        cut=cut,
    )


def _moment(match: re.Match[str], now: float, zone: tzinfo) -> float | None:
    """A time without a year is the last such moment, with a day to spare for clocks that run ahead."""
    if match[3] is None or match[3] not in _MONTHS:
        return None
    local_now = datetime.fromtimestamp(now, zone)
    tag = match[5] or match[9]
    for year in (int(tag),) if tag else (local_now.year + 1, local_now.year, local_now.year - 1):
        try:
            moment = datetime(
                year, _MONTHS[match[3]], int(match[4]), int(match[6]), int(match[7]), int(match[8]), 0, zone
            )
        except ValueError:
            continue  # the 29th of February, most likely
        if tag or moment <= local_now + timedelta(days=1):
            return moment.timestamp()
    return None


class Framing:
    """Messages out of a TCP stream: octet counting, else lines (RFC 6587), told apart at each message.

    Holds at most one unfinished message of LARGEST octets; what is longer is cut, and the rest of it passed over.
    """

    def __init__(self) -> None:
        self._held = b""
        self._skip = 0
        self._lost = False

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that `data` finishes. Raises ValueError when the stream cannot be followed any more."""
        buffer = self._held + data
        frames: list[bytes] = []
        while buffer:
            if self._skip:
                gone = min(self._skip, len(buffer))
                self._skip -= gone
                buffer = buffer[gone:]
                continue
            taken, message = self._counted(buffer) if buffer[:1].isdigit() else self._line(buffer)
            if not taken:
                break
            buffer = buffer[taken:]
            if message:
                frames.append(message)
        self._held = buffer
        return frames

    def rest(self) -> bytes:
        """The last message of a closed connection, which has no terminator."""
        held, self._held = self._held, b""
        return b"" if held[:1].isdigit() or self._lost else held.strip(b"\r\n\x00")

    def _counted(self, buffer: bytes) -> tuple[int, bytes]:
        """MSG-LEN SP SYSLOG-MSG."""
        digits, space, _ = buffer[:8].partition(b" ")
        if not space:
            if len(buffer) >= 8 or not digits.isdigit():
                raise ValueError("no octet count where one belongs")
            return 0, b""
        if not digits.isdigit() or digits.startswith(b"0"):
            raise ValueError("no octet count where one belongs")
        length, begin = int(digits), len(digits) + 1
        frame_length = min(length, LARGEST + 1)  # one more, so that the parser sees that it was cut
        if len(buffer) < begin + frame_length:
            return 0, b""
        self._skip = length - frame_length
        return begin + frame_length, buffer[begin : begin + frame_length]

    def _line(self, buffer: bytes) -> tuple[int, bytes]:
        end = buffer.find(b"\n")
        if end < 0:
            if len(buffer) <= LARGEST:
                return 0, b""
            # Longer than any message: keep its beginning once, then wait for its end.
            message = b"" if self._lost else buffer[: LARGEST + 1]
            self._lost = True
            return len(buffer), message
        message = b"" if self._lost else buffer[:end].strip(b"\r\x00")[: LARGEST + 1]
        self._lost = False
        return end + 1, message
