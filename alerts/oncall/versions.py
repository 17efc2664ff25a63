"""Versions of documents that people edit as a whole: their differences, and their separate secrets.

A version holds a mask in place of each credential, with a reference to the journal document (kind "secret") that holds
it. So neither the log nor the audit list shows a credential, and an older version can be restored with its own secrets.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

SECRET = "secret"
MASK = "••••"
_SHOWN_HOST = ("json", "jsons", "sms+http", "sms+https", "relay", "relays")
# What tells two items of a list apart; where nothing is named, their places do.
_KEYS: dict[str, tuple[str, ...]] = {
    "persons": ("id",),
    "shifts": ("id",),
    "items": ("id",),
    "assignments": ("date", "shift"),
    "substitutes": ("date", "shift", "person"),
    "leave": ("person", "first"),
}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The differences, item by item: {path, before, after}, with None for a missing item."""
    differences = []
    for name in dict.fromkeys([*before, *after]):
        old, new = _by_key(name, before.get(name, [])), _by_key(name, after.get(name, []))
        for key in dict.fromkeys([*old, *new]):
            if old.get(key) != new.get(key):
                differences.append({"path": f"{name}/{key}", "before": old.get(key), "after": new.get(key)})
    return differences


def _by_key(name: str, items: Any) -> dict[str, Any]:
    keys = _KEYS.get(name)
    if keys is None:
        return {str(position): item for position, item in enumerate(items)}
    return {"/".join(str(item.get(key, "")) for key in keys): item for item in items}


def masked_url(url: str) -> str:
    """The masked address: scheme and host of a plain server, only the scheme of any other."""
    scheme, colon, _ = url.partition("://")
    if not colon:
        return MASK
    try:
        parts = urlsplit(url)
        host = f"{parts.hostname}:{parts.port}" if parts.port is not None else parts.hostname or ""
    except ValueError:
        host = ""
    return f"{scheme}://{host}/{MASK}" if scheme in _SHOWN_HOST and host else f"{scheme}://{MASK}"


def _masked_texts(texts: Mapping[str, str]) -> dict[str, str]:
    """Mask constants, which may be secrets. Texts with placeholders are shown."""
    return {name: text if "{" in text else MASK for name, text in texts.items()}


def masked(item: Mapping[str, Any]) -> dict[str, Any]:
    """A receiver with masked secrets."""
    shown = dict(item) | {"url": masked_url(item["url"])}
    if item.get("sms"):
        sms = item["sms"]
        shown["sms"] = sms | {name: _masked_texts(sms.get(name, {})) for name in ("fields", "headers")}
    return shown


def secrets_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """The secrets of a receiver: address, fields and headers."""
    sms = item.get("sms") or {}
    return {"url": item["url"], "fields": sms.get("fields", {}), "headers": sms.get("headers", {})}


def with_stored_secrets(
    item: Mapping[str, Any], before: Mapping[str, Any] | None, secret: Mapping[str, Any]
) -> dict[str, Any]:
    """The received receiver, with the stored secret wherever the mask was sent back unchanged."""
    whole = dict(item)
    if before is not None and item["url"] == before["url"]:
        whole["url"] = secret["url"]
    if item.get("sms"):
        sms = dict(item["sms"])
        for name in ("fields", "headers"):
            stored_texts = secret.get(name, {}) if before is not None else {}
            sms[name] = {
                key: stored_texts.get(key, text) if text == MASK else text for key, text in sms.get(name, {}).items()
            }
        whole["sms"] = sms
    return whole


def has_mask(item: Mapping[str, Any]) -> bool:
    """True when a mask was sent for which no secret is stored."""
    sms = item.get("sms") or {}
    texts = [item["url"], *sms.get("fields", {}).values(), *sms.get("headers", {}).values()]
    return any(MASK in text for text in texts)


def new_secret() -> str:
    """A new reference for a stored secret."""
    return uuid.uuid4().hex
