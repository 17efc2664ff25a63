"""Payloads of `mqtt://` probes: the value, its own time, and the marks that mean no value. Pure."""

from __future__ import annotations

import json
import math
import re
from datetime import datetime

from collectors.charset import decoded
from collectors.network.http.checks import json_path, pick, plain
from feeds.model import Value

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.A)
_NOT_FINITE = frozenset(f"{sign}{word}" for sign in ("", "+", "-") for word in ("nan", "inf", "infinity"))


def marks(params: dict[str, str]) -> frozenset[str | float]:
    """The values of `nodata=-9999,N/A` that mean no value. A number is in the set as text and as a number."""
    texts = [text.strip() for text in params.get("nodata", "").split(",") if text.strip()]
    return frozenset([*texts, *(float(text) for text in texts if _NUMBER.fullmatch(text))])


def read(payload: bytes, params: dict[str, str]) -> tuple[Value, float | None]:
    """Value and own time (epoch seconds) of a payload. Raises ValueError."""
    try:
        text = decoded(payload, "strict")
    except UnicodeDecodeError as error:
        raise ValueError("消息不是文本 | the payload is no text") from error
    if "field" not in params and "time" not in params:
        return _scalar(text), None
    try:
        document = json.loads(text)
        value = pick(document, json_path(params["field"])) if "field" in params else document
    except (ValueError, RecursionError) as error:
        raise ValueError("消息不是可读的 JSON | the payload is no readable JSON") from error
    except LookupError as error:
        raise ValueError(f"消息中没有 {params['field'][:80]} | the payload has no {params['field'][:80]}") from error
    return plain(value), moment(document, params)


def _scalar(text: str) -> Value:
    text = text.strip()
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if text.lower() in _NOT_FINITE:
        return None
    if not _NUMBER.fullmatch(text):
        return plain(text)
    number = float(text)
    if not math.isfinite(number):
        return None
    return int(text) if text.lstrip("+-").isdecimal() and abs(number) < 2**63 else number


def moment(document: object, params: dict[str, str]) -> float | None:
    """The message's own time in epoch seconds. None without one.

    The parameter `time` is its path. It may be epoch seconds, epoch milliseconds or RFC 3339 with a zone.
    """
    if "time" not in params:
        return None
    try:
        raw = pick(document, json_path(params["time"]))
    except LookupError:
        return None
    if isinstance(raw, str):
        try:
            stamp = datetime.fromisoformat(raw)
        except ValueError:
            return None
        return stamp.timestamp() if stamp.tzinfo is not None else None
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        return None
    return raw / 1000 if raw > 1e11 else float(raw)
