"""Versions of documents that people edit as a whole: their differences, and their separate secrets.

A version holds a mask in place of each credential, with a reference to the journal document (kind "secret") that holds
it. So neither the log nor the audit list shows a credential, and an older version can be restored with its own secrets.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from msgspec import UNSET, UnsetType

from alerts.receivers.base import Addressing
from alerts.receivers.catalogue import addressing_of, kind_of_url
from feeds.documents.receivers import ReceiverDocument, ReceiverSecret, ReceiverSettings, SmsSettings

SECRET = "secret"
MASK = "••••"
_SHOWN_HOST = ("json", "jsons", "json+hmac", "jsons+hmac", "sms+http", "sms+https", "relay", "relays")
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


def masked(receiver: ReceiverSettings, secret: str | UnsetType = UNSET) -> ReceiverDocument:
    """The receiver's document, with masks. `secret` refers to the document of its credentials."""
    sms = receiver.sms and replace(
        receiver.sms, fields=_masked_texts(receiver.sms.fields), headers=_masked_texts(receiver.sms.headers)
    )
    fields = {name: getattr(receiver, name) for name in ReceiverSettings.__dataclass_fields__}
    fields |= {"url": masked_url(receiver.url), "sms": sms}
    personal = addressing_of(receiver) is Addressing.ADDRESS
    return ReceiverDocument(**fields, secret=secret, kind=kind_of_url(receiver.url), personal=personal)


def secret_of(receiver: ReceiverSettings) -> ReceiverSecret:
    """The credentials of a receiver: address, fields and headers."""
    sms = receiver.sms or SmsSettings()
    return ReceiverSecret(url=receiver.url, fields=sms.fields, headers=sms.headers)


def with_stored_secrets(
    receiver: ReceiverSettings, before: ReceiverDocument | None, secret: ReceiverSecret
) -> ReceiverSettings:
    """The received receiver, with the stored secret wherever the mask was sent back unchanged."""
    if before is None:
        return receiver
    sms = receiver.sms and replace(
        receiver.sms,
        fields=_unmasked_texts(receiver.sms.fields, secret.fields),
        headers=_unmasked_texts(receiver.sms.headers, secret.headers),
    )
    return replace(receiver, url=secret.url if receiver.url == before.url else receiver.url, sms=sms)


def _unmasked_texts(texts: Mapping[str, str], stored: Mapping[str, str]) -> dict[str, str]:
    return {name: stored.get(name, text) if text == MASK else text for name, text in texts.items()}


def settings_of(document: ReceiverDocument, secret: ReceiverSecret) -> ReceiverSettings:
    """The usable receiver: a document joined with its credentials."""
    fields = {name: getattr(document, name) for name in ReceiverSettings.__dataclass_fields__}
    sms = document.sms and replace(document.sms, fields=secret.fields, headers=secret.headers)
    return ReceiverSettings(**fields | {"url": secret.url, "sms": sms})


def has_mask(receiver: ReceiverSettings) -> bool:
    """True when a mask was sent for which no secret is stored."""
    secret = secret_of(receiver)
    return any(MASK in text for text in (secret.url, *secret.fields.values(), *secret.headers.values()))


def new_secret() -> str:
    """A new reference for a stored secret."""
    return uuid.uuid4().hex
