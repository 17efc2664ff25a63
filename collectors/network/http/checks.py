"""Checks of `http(s)://` beyond the status: JSON values, the certificate, redirects, a proxy. Pure.

Parameters of the URI: `json=$.queue.length` (a path after RFC 9535: names and indexes), `json_expect=0`,
`metric=` and `unit=` for its value, `warn=30d` (the certificate), `redirects=3` (followed at most),
`proxy=http://10.0.0.9:3128`.
"""

from __future__ import annotations

import json
import math
import re
import ssl
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from collectors import uri
from collectors.charset import printable
from collectors.contract import Measurement, Target
from collectors.errors import Misconfigured, NotReady, Reason
from collectors.network.tls import certificate as certificates
from collectors.network.tls.probe import read_chain
from feeds.model import Quality, Value

OURS = ("json", "json_expect", "metric", "unit", "warn", "redirects", "proxy")
MOST_REDIRECTS = 10
_DEEPEST = 32
_URL_OCTETS = "".join(map(chr, range(0x21, 0x7F)))
_SHOWN = 200
_SEGMENT = re.compile(
    r"""\.(?P<name>[^\W\d][\w-]*)|\[(?P<index>-?\d{1,9})\]|\['(?P<single>[^'\\]*)'\]|\["(?P<double>[^"\\]*)"\]"""
)
_METRIC = re.compile(r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$")

Path = tuple[str | int, ...]


def validate(target: Target) -> None:
    """Raises Misconfigured when one of OURS cannot be read."""
    if "json" in target.params:
        json_path(target.params["json"])
    metric = target.params.get("metric", "http.value")
    if not _METRIC.match(metric) or metric.endswith(".up"):
        raise Misconfigured(
            f"{target.uri!r}: metric={metric!r} must look like queue.length (and not end in .up)",
            f"{target.uri!r}：metric={metric!r} 须形如 queue.length（且不以 .up 结尾）",
        )
    for name in ("json_expect", "metric", "unit"):
        if name in target.params and "json" not in target.params:
            raise Misconfigured(f"{target.uri!r}: {name} wants json=", f"{target.uri!r}：{name} 需要与 json= 同用")
    if "warn" in target.params:
        uri.duration(target.params["warn"])
    redirects(target)
    proxy(target)


@lru_cache(maxsize=4096)
def json_path(text: str) -> Path:
    """`$.a['b c'][0]` as steps. Raises Misconfigured; wildcards, slices and filters are not known."""
    steps: list[str | int] = []
    at = 1 if text.startswith("$") else 0
    body = text if at else f".{text}"
    while at < len(body):
        segment = _SEGMENT.match(body, at)
        if segment is None or len(steps) >= _DEEPEST:
            raise Misconfigured(
                f"json={text!r} cannot be read at {body[at:][:20]!r}; write $.queue.length or $['a b'][0]",
                f"json={text!r} 在 {body[at:][:20]!r} 处无法解析；请写成 $.queue.length 或 $['a b'][0]",
            )
        member_name = segment["name"] or segment["single"] or segment["double"] or ""
        steps.append(int(segment["index"]) if segment["index"] else member_name)
        at = segment.end()
    return tuple(steps)


def judge_json(target: Target, body: bytes, whole: bool, measurements: Sequence[Measurement] = ()) -> list[Measurement]:
    """The value at the target's `json=`; `body` is what was read, `whole` whether that was all of it.

    Raises NotReady (wrong answer) when it is no JSON, has no such value, or not the value of `json_expect`.
    """
    try:
        if not whole:
            raise ValueError("too long")
        value = pick(json.loads(body), json_path(target.params["json"]))
    except (ValueError, RecursionError) as error:
        raise NotReady(
            Reason.WRONG_ANSWER, f"the answer is no readable JSON ({str(error)[:60]})", measurements
        ) from error
    except LookupError as error:
        raise NotReady(Reason.WRONG_ANSWER, f"the answer has no {target.params['json'][:80]}", measurements) from error
    metric, unit = target.params.get("metric", "http.value"), target.params.get("unit", "")
    reading = plain(value)
    quality = Quality.UNCERTAIN if reading is None else Quality.GOOD
    all_seen = [*measurements, Measurement(metric=metric, value=reading, unit=unit, quality=quality)]
    expected = target.params.get("json_expect")
    if expected is not None and _text(value) != expected:
        raise NotReady(Reason.WRONG_ANSWER, f"{target.params['json'][:80]} is {_text(value)}, not {expected}", all_seen)
    return all_seen


def pick(document: object, path: Path) -> object:
    """The part of a JSON document that a path leads to. Raises LookupError."""
    at: Any = document
    for step in path:
        match at, step:
            case (dict(), str()) | (list(), int()):
                at = at[step]
            case _:
                raise LookupError(step)
    return at


def plain(value: object) -> Value:
    """A part of a JSON document as a reading: numbers and truths as they are, anything else as text; bounded."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return float(value) if value.bit_length() < 1000 else None
    if value is None or isinstance(value, bool | int | float):
        return value
    return _text(value)


def _text(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return printable(text[:_SHOWN])


def certificate(tls: ssl.SSLObject | None, now: float, warn: float) -> list[Measurement]:
    """`http.days_left`, `http.expires`, `http.expiring` of the connection's chain; nothing over plain HTTP.

    `warn` in seconds. Raises NotReady when the certificate cannot be read.
    """
    return [] if tls is None else certificates.measure(read_chain(tls), now, warn, family="http")


def redirects(target: Target) -> int:
    """The number of redirects to follow, 0 by default. Raises Misconfigured."""
    text = target.params.get("redirects", "0")
    if not (text.isascii() and text.isdecimal() and int(text) <= MOST_REDIRECTS):
        raise Misconfigured(
            f"{target.uri!r}: redirects={text!r} must be a number of 0 to {MOST_REDIRECTS}",
            f"{target.uri!r}：redirects={text!r} 须为 0 至 {MOST_REDIRECTS} 的整数",
        )
    return int(text)


def location(headers: Mapping[str, str]) -> str:
    """The Location header as a URL. Octets beyond ASCII are percent-encoded as they are: their charset is unknown."""
    return quote(headers.get("Location", "").encode("utf-8", "surrogateescape"), safe=_URL_OCTETS)


def next_url(current: str, location: str) -> str:
    """The address that a redirect leads to (RFC 9110 clause 10.2.2). Raises NotReady for one that is not followed:
    another scheme than http(s), a password inside, or from https down to http."""
    try:
        led = urlsplit(urljoin(current, location))
        wrong = led.scheme not in ("http", "https") or not led.hostname or "@" in led.netloc
    except ValueError:
        raise NotReady(Reason.WRONG_ANSWER, "redirected to an address that cannot be read") from None
    if wrong:
        raise NotReady(Reason.WRONG_ANSWER, f"redirected to {led.scheme}:…, which is not followed")
    if urlsplit(current).scheme == "https" and led.scheme == "http":
        raise NotReady(Reason.WRONG_ANSWER, f"redirected from https down to http://{led.hostname}")
    return led._replace(fragment="").geturl()


def same_origin(first_url: str, second_url: str) -> bool:
    """RFC 6454: credentials are sent on only where this is True."""
    return _origin(first_url) == _origin(second_url)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def proxy(target: Target) -> str | None:
    """The HTTP proxy to go through, None when the URI names none. Raises Misconfigured."""
    text = target.params.get("proxy")
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        good = parts.scheme == "http" and parts.hostname and parts.port and "@" not in parts.netloc
    except ValueError:
        good = False
    if not good:
        raise Misconfigured(
            f"the proxy= of {target.address} must be http://host:port, without a password",
            f"{target.address} 的 proxy= 须写成 http://主机:端口，且不含口令",
        )
    return text
