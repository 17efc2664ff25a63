"""Resources (应急资源) of the site. Written by the command role; for views and lists only, for there may be 20,000."""

from __future__ import annotations

from feeds.kinds.filters import Exact, Flag, Search, Sort, Within, Words
from feeds.kinds.kind import Derived, RecordKind
from feeds.kinds.places import point
from feeds.kinds.subject import RuleName, SubjectKind, texts
from feeds.model.resources import RESOURCE_KINDS, RESOURCE_STATUSES, Resource
from feeds.resources import orders_of


def _live(resource: Resource) -> bool:
    """Named by the files, or still with an incident, or with an open requisition."""
    return resource.listed or resource.sent or any(requisition.open for requisition in resource.requisitions)


RESOURCE = RecordKind(
    name="resource",
    plural="resources",
    record=Resource,
    writer="command",
    live=_live,
    derived=(Derived("orders", list[str], orders_of),),
    faces={
        "map": ("id", "kind", "name", "region", "status", "incident", "unverified", "expired"),
        "row": (
            *("id", "kind", "name", "region", "lat", "lon", "unit", "capacity", "capability", "status", "since"),
            *("incident", "quantity", "unit_of", "expired", "unverified", "orders", "rev"),
        ),
    },
    place=point,
    redact=("contact", "phone", "moves", "requisitions"),
    entries=("resource",),
    plain=False,
    filters=(
        Words(name="kind", words=RESOURCE_KINDS),
        Words(name="status", words=RESOURCE_STATUSES),
        Exact(name="incident"),
        Flag(name="unverified"),
        Flag(name="expired"),
        Within(),
        Search(name="q", fields=("id", "name", "unit")),
    ),
    sort=Sort(("kind", "id"), page=200),
    subject=SubjectKind(
        name="resource",
        names={
            **texts("id", "name", "region", "unit", "incident"),
            "kind": RuleName("string", frozenset(RESOURCE_KINDS)),
            "status": RuleName("string", frozenset(RESOURCE_STATUSES)),
            "unverified": RuleName("bool"),
            "expired": RuleName("bool"),
        },
        feed=lambda subject: "emergency",
    ),
)
