"""The domain of marks: drawn, revised and withdrawn by anybody on the incident, each form a version in the journal.

It does no I/O (see feeds.engine.domain).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol

import msgspec

from feeds.engine.record_domain import RecordDomain
from feeds.engine.requests import Asking
from feeds.incidents.phases import BY_DUTY, DRAWN_ON
from feeds.journal import Doc
from feeds.journal.forms import register
from feeds.kinds import MARK
from feeds.model import Command, Outcome, Result
from feeds.model.incidents import Incident
from feeds.model.marks import AFFECTED_AREAS, DRAWN_BY_SERVER, STALE_AFTER, MapMark, MarkVersion
from feeds.regions import covers
from incidents.handling.domain import IncidentDomain
from incidents.marks.drawings import checked, drawing_of
from incidents.refusals import OrderRefused

KIND = "mark"
CREATE, REVISE, WITHDRAW = "mark.create", "mark.revise", "mark.withdraw"
MOST = 2000
"""Marks of one incident at most."""
LOOK = 60.0
"""Seconds between two looks at whether incidents have left the screens."""


class Follower(Protocol):
    """Is told which incident's affected area has changed."""

    def drawn(self, incident: str) -> None: ...


def mark_of(doc: Doc) -> MapMark:
    """A mark from its document."""
    return msgspec.convert(doc.body, MapMark)


class MarkDomain(RecordDomain[MapMark]):
    """Marks in memory: those on the map."""

    name = "command"
    kind = KIND
    entry_kind = KIND
    record = MapMark
    stamps = ("at",)
    actions = frozenset((CREATE, REVISE, WITHDRAW))

    def __init__(self, incidents: IncidentDomain) -> None:
        super().__init__()
        self._incidents = incidents
        self.follower: Follower | None = None

    @property
    def marks(self) -> dict[str, MapMark]:
        """The marks on the map by id."""
        return self._held

    def _reset(self) -> None:
        super()._reset()
        self._looked_at = 0.0

    def of(self, incident: str) -> list[MapMark]:
        """The marks of an incident, in no order."""
        return [mark for mark in self.marks.values() if mark.incident == incident]

    def closures(self) -> list[Mapping[str, Any]]:
        """The geometries of all closed roads that are real."""
        return [mark.geometry for mark in self.marks.values() if mark.kind == "closure" and mark.mode == "real"]

    # -- orders ------------------------------------------------------------------

    def obey(self, command: Command, now: float) -> Asking[Result]:
        mark = self.marks.get(command.subject)
        try:
            if command.role not in BY_DUTY:
                raise OrderRefused("role", Outcome.FORBIDDEN)
            if command.action == CREATE:
                mark = yield from self._created(command, now)
                return self._done(mark, "drawn", command, now)
            if mark is None:
                return Result(command=command.id, outcome=Outcome.NOT_FOUND)
            self._check_incident(mark.incident, command)
            if command.expected_rev is not None and command.expected_rev != mark.rev:
                raise OrderRefused("mark_changed", Outcome.CONFLICT)
            if command.action == WITHDRAW:
                return self._done(replace(_version(mark, command, now), withdrawn=True), "withdrawn", command, now)
            return self._done(_drawn(_version(mark, command, now), command.args, now), "revised", command, now)
        except OrderRefused as refused:
            after = MARK.view(mark) if mark is not None else None
            return Result(command=command.id, outcome=refused.outcome, detail=refused.code, after=after)

    def _created(self, command: Command, now: float) -> Asking[MapMark]:
        incident = self._check_incident(str(command.args.get("incident", "")), command)
        if len(self.of(incident.id)) >= MOST:
            raise OrderRefused("marks_full", Outcome.CONFLICT)
        mark = MapMark(
            id="",
            incident=incident.id,
            mode=incident.mode,
            region=incident.region,
            kind=str(command.args.get("kind", "")),
            geometry={},
            author=command.actor,
            at=now,
            valid_from=now,
            rev=0,
        )
        drawn = _drawn(_version(mark, command, now), command.args, now)
        return replace(drawn, id=(yield from self._unused_id(f"{incident.id}/m")))

    def _check_incident(self, id: str, command: Command) -> Incident:
        incident = self._incidents.incidents.get(id)
        if incident is None:
            raise OrderRefused("no_incident")
        if not covers(command.actor_region, incident.region):
            raise OrderRefused("region", Outcome.FORBIDDEN)
        if incident.phase not in DRAWN_ON:
            raise OrderRefused("incident_closed", Outcome.CONFLICT)
        return incident

    def _done(self, mark: MapMark, name: str, command: Command, now: float) -> Result:
        before = self.marks.get(mark.id)
        self._change(mark, name, now, command)
        if self.follower is not None and {mark.kind, before.kind if before else ""} & set(AFFECTED_AREAS):
            self.follower.drawn(mark.incident)
        return Result(command=command.id, outcome=Outcome.DONE, after=MARK.view(mark))

    # -- time --------------------------------------------------------------------

    def moments(self, mark: MapMark) -> Iterable[float | None]:
        return (_stale_from(mark),)

    def time_passed(self, mark: MapMark, now: float) -> None:
        if (due := _stale_from(mark)) is not None and due <= now:
            self._change(replace(mark, stale=True, rev=mark.rev + 1), "stale", now)

    def advance(self, now: float) -> None:
        super().advance(now)
        if now >= self._looked_at + LOOK:
            self._looked_at = now
            for mark in [mark for mark in self.marks.values() if mark.incident not in self._incidents.incidents]:
                self._remove(mark.id)
                self._record("filed", mark.id, now)

    # -- keeping -----------------------------------------------------------------

    def _change(self, mark: MapMark, name: str, now: float, command: Command | None = None) -> None:
        self._put(mark)
        if mark.withdrawn:
            self._remove(mark.id)
        body = {"geometry": mark.geometry, "text": mark.text, "kind": mark.kind, "incident": mark.incident}
        self._record(name, mark.id, now, command=command, body=body if command is not None else {})


def _stale_from(mark: MapMark) -> float | None:
    """When a mark becomes stale; None for one that is."""
    return None if mark.stale else max(mark.at, mark.valid_from) + mark.stale_after


def _version(mark: MapMark, command: Command, now: float) -> MapMark:
    """The mark with one more version of this author."""
    version = MarkVersion(number=mark.rev + 1, by=command.actor, at=now, reason=command.reason)
    versions = (*mark.versions, version)
    return replace(mark, author=command.actor, at=now, versions=versions, stale=False, rev=mark.rev + 1)


def _drawn(mark: MapMark, args: Mapping[str, Any], now: float) -> MapMark:
    """The mark in the form of an order; what the order leaves out stays. Raises OrderRefused."""
    kind = str(args.get("kind") or mark.kind)
    geometry, drawing = mark.geometry, mark.drawing
    if kind in DRAWN_BY_SERVER:
        if "drawing" in args or drawing is None or kind != mark.kind:
            geometry, drawing = drawing_of(kind, args.get("drawing"))
    elif "geometry" in args or not geometry or kind != mark.kind:
        geometry, drawing = checked(kind, args.get("geometry") or geometry), None
    text = str(args.get("text", mark.text))
    if kind == "text" and not text:
        raise OrderRefused("missing:text")
    return replace(
        mark,
        kind=kind,
        geometry=geometry,
        drawing=drawing,
        text=text,
        valid_from=float(args.get("valid_from") or (mark.valid_from if mark.rev > 1 else now)),
        stale_after=float(args.get("stale_after") or (mark.stale_after if mark.rev > 1 else STALE_AFTER)),
    )


register(KIND, mark_of)
