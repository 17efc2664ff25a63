"""What the site's files say of resources, against the stored records. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from feeds.model.resources import Resource

OF_THE_FILE = (
    *("kind", "name", "region", "lat", "lon", "unit", "contact", "phone", "capacity", "capability"),
    *("unit_of", "expires", "labels", "digest"),
)
"""The fields that follow the file whenever its row changes."""


def relisted(stored: Resource | None, row: Resource, now: float) -> Resource | None:
    """The resource after a row of the file; None when nothing changes.

    A row that changed is a new statement: its stock is a count, its status holds unless the resource is with an
    incident, and its day of checking holds if it is later.
    """
    if stored is None:
        return replace(row, since=row.since or now)
    if stored.digest == row.digest:
        return None if stored.listed else replace(stored, listed=True, rev=stored.rev + 1)
    following = {name: getattr(row, name) for name in OF_THE_FILE}
    fresh = replace(stored, **following, quantity=row.quantity, listed=True, expired=False, rev=stored.rev + 1)
    if not stored.sent and row.status != stored.status:
        fresh = replace(fresh, status=row.status, since=now)
    checked_at = max(row.checked_at or 0.0, stored.checked_at or 0.0) or None
    return replace(fresh, checked_at=checked_at, unverified=False)


def unlisted(resources: Iterable[Resource], rows: Mapping[str, Resource]) -> list[Resource]:
    """The resources that the files no longer name, marked so."""
    return [replace(gone, listed=False, rev=gone.rev + 1) for gone in resources if gone.listed and gone.id not in rows]


def unverified_from(resource: Resource, check_every: float) -> float | None:
    """When a resource becomes `unverified`. None for one that is; one that nobody ever checked is due at once."""
    return None if resource.unverified else (resource.checked_at or 0.0) + check_every


def expired_from(resource: Resource) -> float | None:
    """When the stock becomes `expired`. None for one that is, and for one that does not perish."""
    return None if resource.expired else resource.expires
