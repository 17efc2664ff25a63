"""Receivers of notifications: those of the settings file, and the document of those made in the system."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import UNSET, UnsetType

from feeds.documents.alert_match import AlertMatch


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSettings:
    """`[receiver.sms]`: how a site's own gateway wants a short message over HTTP.

    Values of `fields` and `headers` may hold {to}, {text} and {key}; `encoding` says where the fields go: "form",
    "json" (the body) or "query" (the address). `success` is a regular expression that must be found in the answer.
    """

    method: str = "POST"
    encoding: str = "form"
    fields: dict[str, str] = field(default_factory=dict, repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    success: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """A receiver's own wording by language; "" is the built-in one."""

    subject: dict[str, str] = field(default_factory=dict)
    text: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverSettings(AlertMatch):
    """`[[receiver]]`: whom to notify and how.

    `url`: json:// or jsons:// (a plain webhook), json+hmac:// or jsons+hmac:// (a signed one), sms+http:// or
    sms+https:// (a gateway), relay:// or relays:// (the border relay), or any address that Apprise knows; "{to}" in it
    stands for a person's address. `rate` ("20/min") bounds what is sent; `reserve` of it is kept for `critical` (-1: a
    quarter). `direct` False: escalation steps only.
    """

    id: str
    url: str = field(repr=False)
    timeout: float = 5.0
    language: str = ""
    rate: str = ""
    reserve: int = -1
    to: str = ""
    direct: bool = True
    templates: Templates = field(default_factory=Templates)
    sms: SmsSettings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverDocument(ReceiverSettings):
    """A receiver as the journal holds it: masks in place of its credentials.

    `secret` refers to the document with the credentials; receivers of the settings file have none. `kind` and
    `personal` (a person is reached at an address of their own) follow from the address, which the mask hides; documents
    of earlier versions lack them.
    """

    secret: str | UnsetType = UNSET
    kind: str | UnsetType = UNSET
    personal: bool | UnsetType = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverDocuments:
    """The content of the document: all receivers."""

    items: tuple[ReceiverDocument, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverSecret:
    """The document of a receiver's credentials. The API does not read it."""

    url: str = field(default="", repr=False)
    fields: dict[str, str] = field(default_factory=dict, repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
