"""Answers about the asker's own account: password, second factor, sessions."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from api.responses.common import Time


class OpenSession(Struct, kw_only=True):
    """One open session of the account; `id` is the beginning of its digest."""

    id: str
    created: Time | None
    used_at: Time | None
    address: str
    current: bool


class SecondFactorState(Struct, kw_only=True):
    """The second factor of the account. `policy` is the site's: optional, required or off."""

    policy: str
    enabled: bool
    recovery_left: Annotated[int, Meta(description="Unused recovery codes")]


class OwnAccount(Struct, kw_only=True):
    """The asker's own account."""

    name: str
    role: str
    region: str
    must: str
    password_changed: Time | None
    password_days: float
    confirmed_at: Time | None
    second_factor: SecondFactorState
    sessions: list[OpenSession]


class NewSecondFactor(Struct, kw_only=True):
    """A secret that is not in use yet. Authenticator apps read `address`, or `picture`: its QR code."""

    secret: str
    address: str
    picture: str


class RecoveryCodes(Struct, kw_only=True):
    """Recovery codes; they are in no other answer."""

    recovery_codes: list[str]
