"""Resources (应急资源): teams, stores, shelters, experts, hospitals and means that a site can send."""

from __future__ import annotations

from dataclasses import dataclass, field

from feeds.model.times import Time

RESOURCE_KINDS = ("team", "store", "shelter", "expert", "hospital", "vehicle", "equipment", "drone", "comms")
RESOURCE_STATUSES = ("ready", "assigned", "on_scene", "returning", "out", "unknown")
SENT = ("assigned", "on_scene", "returning")
"""Statuses of a resource that belongs to an incident."""
STOCK_MOVES = ("in", "out", "to", "back")
REQUISITION_ENDS = ("returned", "lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class StockMove:
    """One movement of a stock: `in`, `out`, `to` an incident, or `back` from it. `number` counts from 1."""

    number: int
    move: str
    quantity: float
    incident: str = ""
    note: str = ""
    by: str
    at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Requisition:
    """A requisition (征用, Art. 12 and 76): whose thing it is and what receipt was given for it.

    `outcome` is one of REQUISITION_ENDS, "" while it is open.
    """

    number: int
    owner: str
    receipt: str
    incident: str
    by: str
    at: Time
    outcome: str = ""
    ended_at: Time | None = None
    ended_by: str = ""
    note: str = ""

    @property
    def open(self) -> bool:
        """Neither returned nor lost."""
        return not self.outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource. Writer: the command role.

    Name, place, unit, contact, capacity, capability and labels come from the site's files, of which `digest` is the
    row. `capacity` counts people, beds or places; `quantity` in `unit_of` is a stock, None without one. `status` is one
    of RESOURCE_STATUSES, since `since`; `incident` is whom it was sent to, `shared` are further ones that have it too.
    `checked_at` is when somebody last looked; `unverified`: that is too long ago. `expired`: its stock is past
    `expires`. `listed` is False for one that the files no longer name.
    """

    id: str
    kind: str
    name: str
    region: str
    lat: float | None = None
    lon: float | None = None
    unit: str = ""
    contact: str = ""
    phone: str = ""
    capacity: int = 0
    capability: tuple[str, ...] = ()
    status: str = "unknown"
    since: Time | None = None
    incident: str = ""
    shared: tuple[str, ...] = ()
    quantity: float | None = None
    unit_of: str = ""
    expires: Time | None = None
    expired: bool = False
    checked_at: Time | None = None
    unverified: bool = False
    labels: dict[str, str] = field(default_factory=dict)
    moves: tuple[StockMove, ...] = ()
    requisitions: tuple[Requisition, ...] = ()
    listed: bool = True
    digest: str = ""
    rev: int = 1

    @property
    def sent(self) -> bool:
        """It belongs to an incident now."""
        return bool(self.incident)
