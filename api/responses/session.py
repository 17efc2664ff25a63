"""Answers about the asker, the site and the server's own state."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType


class Me(Struct, kw_only=True):
    """The principal of the request."""

    name: str
    role: str
    region: str
    csrf: Annotated[str, Meta(description='Goes into X-CSRF-Token of every write; "" when none is needed')]
    personal: Annotated[bool, Meta(description="False: names of people and comments are left out")]
    demo: bool
    rights: list[str]
    must: Annotated[str, Meta(description='To do first: "password", "second-factor" or ""')]
    units: Annotated[list[str], Meta(description="The units for which the account acts on tasks")]
    acting_for: Annotated[str, Meta(description='The leader on leave for whom the account acts as deputy, or ""')]


class SiteAnswer(Struct, kw_only=True):
    """The site's public settings."""

    name: str
    region: str
    timezone: str
    language: str
    version: str
    demo: bool
    exercise: bool


class Alive(Struct, kw_only=True):
    """The process answers."""

    status: str


class ReadinessAnswer(Struct, kw_only=True):
    """The checks that make the server ready."""

    status: str
    checks: ReadinessChecks


class ReadinessChecks(Struct, kw_only=True):
    """Each check by name; `disk` does not count."""

    roles: dict[str, bool]
    live: bool
    canary: bool
    journal: bool
    disk: str | UnsetType = UNSET


class StoreSize(Struct, kw_only=True):
    """Bytes of one store, and its growth a day."""

    bytes: int
    per_day: float | None


class Disk(Struct, kw_only=True):
    """The room on the disk of the data folder, bytes."""

    state: Annotated[str, Meta(description="ok, low or full")]
    total: int
    free: int
    stores: dict[str, StoreSize]
    days_left: float | None


Example = dict[str, Any]
ME: Example = {
    "name": "zhang.wei",
    "role": "duty",
    "region": "532323",
    "csrf": "mTz0y3kqJ7WcN5bX2aHfRg",
    "personal": True,
    "demo": False,
    "rights": ["act", "look", "see"],
    "must": "",
    "units": [],
    "acting_for": "",
}
SITE: Example = {
    "name": "楚雄州",
    "region": "532300",
    "timezone": "Asia/Shanghai",
    "language": "zh-CN",
    "version": "0.1.0",
    "demo": False,
    "exercise": False,
}
