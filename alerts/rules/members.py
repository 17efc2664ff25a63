"""Members of an asset: its interfaces, disks, channels, as the instances of a reading (`if.oper[GE0/0/1]`). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from alerts.rules.subjects import Subject
from feeds.kinds.subject import RuleName
from feeds.model import AssetState, Reading

NAMES = {"member": RuleName("string")}
"""The names that a rule with `each` has beside those of its subject."""


def member_key(metric: str, member: str) -> str:
    """The key of a member's reading within its asset, and of a rule's condition for a member. "" is no member."""
    return f"{metric}[{member}]" if member else metric


def member_of(key: str) -> str:
    """The member that a key names; "" for none."""
    return key.partition("[")[2].removesuffix("]")


def members(each: str, readings: Mapping[str, Reading]) -> Iterator[str]:
    """The members that have a reading of the metric `each`."""
    prefix = f"{each}["
    return (key[len(prefix) : -1] for key in readings if key.startswith(prefix))


def member_view(subject: Subject, member: str, metrics: Iterable[str], *, whole: bool = False) -> Subject:
    """The subject as a rule sees one member of it: a metric's own reading is that of the member where it has one.

    `metrics` are those that the rule reads. `whole`: the view has all other readings of the asset as well.
    """
    readings = subject.readings
    view = dict(readings) if whole else {}
    for metric in metrics:
        reading = readings.get(member_key(metric, member)) or readings.get(metric)
        if reading is not None:
            view[metric] = reading
    return Subject(
        kind=subject.kind,
        id=subject.id,
        record=subject.record,
        state=subject.state,
        member=member,
        member_readings=view,
    )


def changed_members(
    each: str, metrics: Collection[str], before: AssetState | None, after: AssetState | None
) -> Iterator[str]:
    """The members of which one of these metrics has changed between two states of an asset, or that came or left."""
    old, new = (state.readings if state is not None else {} for state in (before, after))
    for member in dict.fromkeys((*members(each, new), *members(each, old))):
        keys = [member_key(metric, member) for metric in metrics]
        if any(old.get(key) != new.get(key) for key in keys):
            yield member
