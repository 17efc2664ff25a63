"""Documents that people edit as a whole: numbered versions, what changed from one to the next, and secrets apart.

A version's content is what may be shown: whatever is a credential stands there as a mask, with a reference to the
journal document (kind "secret") that holds it. So neither the log nor the audit list ever shows one, and an older
version can be taken up again with its own secrets.
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
    """What differs, item by item: {path, before, after}, None where there is none."""
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
    """An address as it may be shown: of a plain server its host, of anything else the scheme alone."""
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
    """Values that are filled in are no secret; constants may be one."""
    return {name: text if "{" in text else MASK for name, text in texts.items()}


def masked(item: Mapping[str, Any]) -> dict[str, Any]:
    """A receiver without its secrets."""
    shown = dict(item) | {"url": masked_url(item["url"])}
    if item.get("sms"):
        sms = item["sms"]
        shown["sms"] = sms | {name: _masked_texts(sms.get(name, {})) for name in ("fields", "headers")}
    return shown


def secrets_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """What a mask would hide."""
    sms = item.get("sms") or {}
    return {"url": item["url"], "fields": sms.get("fields", {}), "headers": sms.get("headers", {})}


def kept(item: Mapping[str, Any], before: Mapping[str, Any] | None, secret: Mapping[str, Any]) -> dict[str, Any]:
    """A receiver as it was put, with the kept secret wherever its mask came back unchanged."""
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
    """Whether a mask came back for which there is nothing kept."""
    sms = item.get("sms") or {}
    texts = [item["url"], *sms.get("fields", {}).values(), *sms.get("headers", {}).values()]
    return any(MASK in text for text in texts)


def new_secret() -> str:
    """A name for a kept secret."""
    return uuid.uuid4().hex
