"""Headers of syslog messages: RFC 3164 and the variants of many makers. Pure.

In this order, each optional: sequence numbers, the host or an IOS-XR node, the time with or without a year and a zone,
the host, a tag. No expression may match in two ways, so that a hostile line takes no longer than others.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_MONTHS = {
    name: n
    for n, name in enumerate(("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1)
}
_SEQUENCES = re.compile(r"(?:\d{1,10}: ){0,3}", re.A)
_CLOCK = r"(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d)(?:[.,:]\d{1,9})?"
_ZONE = (
    r"(?:(?P<offset> ?(?:UTC|GMT)?[+-]\d\d?(?::?\d\d)?| ?[A-Za-z]{2,12}[+-]\d\d:\d\d|Z)"
    r"| (?P<zone>UTC|GMT|CST|BJT|BJ|CCT|PRC|HKT|SGT|JST|KST|IST|MSK|EET|CET|CEST|WET|BST|EST|EDT|CDT|MST|MDT|PST|PDT)"
    r"(?=[: ]))?(?: DST)?:? "
)
_TIMES = (
    re.compile(
        r"[*.%]?(?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2}) (?:(?P<year>\d{4}) )?"
        + _CLOCK
        + r"(?: (?P<late_year>\d{4}))?"
        + _ZONE,
        re.A,
    ),
    re.compile(r"[*.]?(?P<year>\d{4}) (?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2}) " + _CLOCK + _ZONE, re.A),
    re.compile(r"(?P<year>\d{4})[-/](?P<number>\d\d)[-/](?P<day>\d\d)[T ]" + _CLOCK + _ZONE, re.A),
)
_UPTIME = re.compile(r"[*.]?(?:\d{1,3}[ywd]\d{1,2}[wdh]|\d{1,3}:\d\d:\d\d): ", re.A)
"""Time since the start in the place of the time, as of a device without a clock: "1w2d: ", "00:00:46: "."""
_NODE = re.compile(r"[A-Z0-9]{1,6}/\d{1,3}/[A-Z0-9/]{1,24}:", re.A)
"""Node of IOS-XR in front of the time: "RP/0/RSP0/CPU0:"."""
_TAG = re.compile(r"(?P<tag>[A-Za-z0-9_%./()@-]{1,64})(?:\[(?P<process>[^ \]]{1,128})\])? ?: ?", re.A)
_MNEMONIC = re.compile(r"(?P<tag>%{1,2}[A-Za-z0-9_./()-]{1,64}) ?: ?", re.A)
_NUMERIC = re.compile(r" ?[A-Za-z]{0,12}([+-])(\d\d?):?(\d\d)?", re.A)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The header of a line. `end` is the offset of the text behind it.

    `named` is False where `host` is a guess: the word at the position of a host, which may belong to the text.
    `at` is the device's own time in epoch seconds, None without a time that can be read.
    """

    end: int
    at: float | None = None
    host: str = ""
    named: bool = False
    tag: str = ""
    process: str = ""


def read(text: str, begin: int, now: float, zone: tzinfo) -> Header:
    """The header from `begin` (behind the priority) on. `now` and `zone` complete times without a year or a zone.

    A relay may write a header of its own in front of the device's: "TIME HOST 55: TIME: %LINK-3-UPDOWN: …". The
    device's counts.
    """
    time, host, at = _dated(text, begin)
    if time is not None:
        own_time, own_host, behind = _dated(text, at)
        if own_time is not None and own_host:
            time, host, at = own_time, own_host, behind
    header = _tagged(text, at, dated=time is not None, host=host)
    return header if time is None else replace(header, at=_moment(time, now, zone))


def _dated(text: str, begin: int) -> tuple[re.Match[str] | None, str, int]:
    """The time, the host in front of it, and the offset behind both."""
    at = _start(text, begin)
    if (time := _time(text, at)) is not None:
        return time, "", time.end()
    word, behind = _word(text, at)
    if not word:
        return None, "", at
    start = _start(text, behind)
    if (time := _time(text, start)) is not None:
        return time, word.removesuffix(":"), time.end()
    if start > behind:
        host, behind = _word(text, start)
        if host and (time := _time(text, _start(text, behind))) is not None:
            return time, host.removesuffix(":"), time.end()
    return None, "", at


def _start(text: str, at: int) -> int:
    """The offset behind sequence numbers and the node of IOS-XR."""
    sequences = _SEQUENCES.match(text, at)
    at = sequences.end() if sequences is not None else at
    node = _NODE.match(text, at)
    return node.end() if node is not None else at


def _time(text: str, at: int) -> re.Match[str] | None:
    return next((match for form in (*_TIMES, _UPTIME) if (match := form.match(text, at)) is not None), None)


def _word(text: str, at: int) -> tuple[str, int]:
    """The word at `at` and the offset behind its blank, ("", at) when no blank follows within 256 characters."""
    space = text.find(" ", at, at + 256)
    return (text[at:space], space + 1) if space > at else ("", at)


def _tagged(text: str, at: int, *, dated: bool, host: str) -> Header:
    """Host and tag behind the time."""
    word, behind = _word(text, at)
    if not host and _is_address(word):
        host, at = word.strip("[]").removesuffix(":"), behind
        if text.startswith(": ", at):
            at += 2
    elif not host and dated and text.startswith(": ", behind) and word and ":" not in word:
        host, at = word, behind + 2  # "fw01 : %ASA-1-…"
    tag = _TAG.match(text, at)
    if host or tag is not None:
        return _behind_host(text, at, tag, host, dated)
    tag = _TAG.match(text, behind) if word else None
    if tag is not None and "[" not in word:
        return replace(_behind_host(text, behind, tag, word, dated), named=dated)
    return Header(end=at, host=word.strip("[]") if dated else "")


def _behind_host(text: str, at: int, tag: re.Match[str] | None, host: str, dated: bool) -> Header:
    if tag is None:
        return Header(end=at, host=host, named=True)
    # A mnemonic says more than the word before it, which is a process, a host or the name of a zone.
    mnemonic = _MNEMONIC.match(text, tag.end())
    if mnemonic is None:
        is_name = dated and not tag["process"] and not tag["tag"].startswith("%")
        guess = host or (tag["tag"] if is_name else "")  # "sw01: text"
        return Header(end=tag.end(), host=guess, named=bool(host), tag=tag["tag"], process=tag["process"] or "")
    candidate = tag["tag"] if dated and not tag["process"] else ""
    return Header(
        end=mnemonic.end(),
        host=host or candidate,
        named=bool(host),
        tag=mnemonic["tag"],
        process=tag["process"] or tag["tag"],
    )


def _is_address(word: str) -> bool:
    if not word or not ("." in word or ":" in word):
        return False
    for form in (word.strip("[]"), word.removesuffix(":")):
        try:
            ipaddress.ip_address(form)
        except ValueError:
            continue
        return True
    return False


def _moment(match: re.Match[str], now: float, zone: tzinfo) -> float | None:
    """Epoch seconds. A time without a year is the latest such moment that is at most a day ahead of `now`."""
    fields = match.groupdict()
    if not fields:
        return None  # a time since the start
    month = int(fields["number"]) if fields.get("number") else _MONTHS.get(fields.get("month") or "", 0)
    zone = _own_zone(fields, zone)
    local_now = datetime.fromtimestamp(now, zone)
    own_year = fields.get("year") or fields.get("late_year")
    for year in (int(own_year),) if own_year else (local_now.year + 1, local_now.year, local_now.year - 1):
        try:
            moment = datetime(
                year, month, int(match["day"]), int(match["h"]), int(match["m"]), int(match["s"]), 0, zone
            )
            if own_year or moment <= local_now + timedelta(days=1):
                return moment.timestamp()
        except (ValueError, OverflowError):
            continue  # the 29th of February, most likely
    return None


def _own_zone(fields: dict[str, str | None], zone: tzinfo) -> tzinfo:
    """The zone of the time itself, else `zone`. Names other than UTC and GMT are ambiguous (CST), so `zone` counts."""
    if fields.get("zone") in ("UTC", "GMT") or fields.get("offset") == "Z":
        return UTC
    match = _NUMERIC.fullmatch(fields.get("offset") or "")
    if match is None:
        return zone
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    return timezone(timedelta(minutes=minutes if match[1] == "+" else -minutes)) if minutes < 24 * 60 else zone
