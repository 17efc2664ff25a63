"""Availability messages of MQTT devices: a word for online or offline, as text or in a JSON object. Pure."""

from __future__ import annotations

import json

from collectors.charset import decoded

ONLINE = frozenset(
    (
        *("online", "on", "up", "connected", "available", "alive", "true", "1", "yes", "running", "ready", "active"),
        *("reachable", "在线", "上线", "在線", "已连接", "正常", "可用"),
    )
)
OFFLINE = frozenset(
    (
        "offline",
        "off",
        "down",
        "disconnected",
        "unavailable",
        "lost",
        "dead",
        "false",
        "0",
        "no",
        "connection lost",
        "not connected",
        "no connection",
        "inactive",
        "unreachable",
        "离线",
        "離線",
        "下线",
        "掉线",
        "断线",
        "断开",
        "未连接",
        "不在线",
        "失联",
        "不可用",
    )
)
"""Words of makers and conventions: "Connection Lost" of ESP Easy, ready and lost of Homie, and what people write."""
FIELDS = (
    *("state", "status", "availability", "online", "available", "connected", "connection", "alive", "reachable"),
    *("value", "在线", "状态"),
)
"""Fields of a JSON object that may hold the word, in any case. The first one that is there counts."""
DEPTH = 3
"""Objects within objects that are looked into: {"state": {"value": "offline"}}."""
SHOWN = 60
"""Characters that are shown of a word that means neither."""


def word_of(payload: bytes) -> str:
    """The word of a message. Text that is no JSON, or JSON without a word, is returned whole."""
    text = decoded(payload).strip()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    for _ in range(DEPTH):
        if isinstance(value, dict):
            by_name = {name.lower(): part for name, part in value.items()}
            value = next((by_name[name] for name in FIELDS if name in by_name), None)
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else text


def read(payload: bytes, online: str | None, offline: str | None) -> bool | None:
    """True for a device that is online, False for one that is offline, None for a word that means neither.

    `online` and `offline` are the words that the probe names. They come before the usual ones, which are matched in any
    case.
    """
    text, word = decoded(payload).strip(), word_of(payload)
    if offline is not None and offline in (text, word):
        return False
    if online is not None and online in (text, word):
        return True
    if word.lower() in OFFLINE:
        return False
    return True if word.lower() in ONLINE else None
