"""The warning domain: makes warnings of CAP messages and earthquake reports, locates them, and lets them act.

It does no I/O (see feeds.engine.domain). A message is identified by its digest, so that reading the feed again from an
older position changes nothing.
"""

from __future__ import annotations

import base64
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from feeds import wire
from feeds.cap.message import CapDocument
from feeds.engine.domain import Domain, Message, Start, UnusableMessage
from feeds.engine.requests import Asking, Writing
from feeds.incidents.passing import Passing
from feeds.isolation.cap import Parse, parse_in_thread
from feeds.journal import Parcel
from feeds.mapped.warnings import MappedWarning
from feeds.model import Asset, Change, Command, EmergencyWarning, Kind, Outcome, Result
from feeds.quakes import QuakeReport
from incidents.warnings import passing
from incidents.warnings.areas import AreaResolver, LocateWarning
from incidents.warnings.intake import DocumentRefused, ReadDocument, warning_of
from incidents.warnings.journal import RegistryStore
from incidents.warnings.lifecycle import key_of
from incidents.warnings.mapped import chained
from incidents.warnings.quakes import message_of
from incidents.warnings.registry import DEFAULT_LIFE, KEEP, WarningRegistry, WarningStep
from maps.places import PlaceLayer
from maps.regions import table

NAME = "command"
MAPPED = "mapped_warning"
FEED = "emergency"
NOTHING_PASSED = Passing()
SEEN = 20_000
"""Number of remembered digests: a feed that repeats its list needs no query to the journal."""


class WarningDomain(Domain):
    """Public warnings. `default_life` is the duration, in seconds, of a warning without an end; `passes` says which of
    them are sent to receivers.
    """

    name = NAME
    kind = Kind.WARNING
    feeds = (FEED,)

    def __init__(
        self,
        assets: Mapping[str, Asset],
        *,
        layers: Sequence[PlaceLayer] = (),
        default_life: float = DEFAULT_LIFE,
        reading: Parse = parse_in_thread,
        passes: Passing = NOTHING_PASSED,
    ) -> None:
        self.passes = passes
        self._default_life, self._parse = default_life, reading
        self.resolver = AreaResolver(table(), assets.values(), layers)
        self._reset()

    def _reset(self) -> None:
        self.registry = WarningRegistry(default_life=self._default_life)
        self._store = RegistryStore(self.registry)
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._steps: list[WarningStep] = []
        self._raws: dict[str, Mapping[str, Any]] = {}
        self._recount = True

    def replace(self, resolver: AreaResolver) -> None:
        """Count affected assets by another inventory from the next step on."""
        self.resolver, self._recount = resolver, True

    # -- starting ----------------------------------------------------------------

    def load(self, start: Start) -> Asking[None]:
        self._reset()
        yield from self._store.load()

    def records(self) -> Mapping[str, EmergencyWarning]:
        return self.registry.shown

    def clock_stepped(self, by: float, now: float) -> None:
        if by:
            self.registry.clock_stepped(now)

    # -- running -----------------------------------------------------------------

    def take(self, item: Change | Message | Parcel, now: float) -> Asking[None] | None:
        if isinstance(item, Parcel):
            if item.kind == MAPPED:
                return self._mapped(wire.decode(item.body, MappedWarning), now)
            if item.kind != "cap":
                return None
            document = wire.decode(item.body, CapDocument)
            return self._document(document, document.source, now)
        if isinstance(item, Message) and isinstance(item.item, CapDocument):
            return self._document(item.item, item.entry.source, now)
        if isinstance(item, Message) and isinstance(item.item, QuakeReport):
            return self._quake(item.item, now)
        if isinstance(item, Message) and isinstance(item.item, MappedWarning):
            return self._mapped(item.item, now)
        return None

    def _mapped(self, mapped: MappedWarning, now: float) -> Asking[None]:
        """Take the warning of a mapped source into the registry."""
        message = chained(mapped.warning, [held.warning for held in self.registry.held.values()])
        if message is None:
            return
        message = yield from self._located(message, mapped.raw.encode())
        yield from self._recall(message, now)
        original = {"source": message.source, "digest": message.digest, "form": "mapped", "raw": mapped.raw}
        self._admit(message, original, now)

    def _quake(self, report: QuakeReport, now: float) -> Asking[None]:
        """Take the message that an earthquake report makes, if any, into the registry."""
        message = message_of(report, self.registry.newest_quakes(), now)
        if message is None:
            return
        message = yield from self._located(message, report.raw)
        yield from self._recall(message, now)
        form = {"source": report.source, "digest": message.digest, "form": "quake"}
        self._admit(message, {**form, **_original_fields(report.raw)}, now)

    def _recall(self, message: EmergencyWarning, now: float) -> Asking[None]:
        """Restore the message and those that it references from the journal, where they may have left memory.

        A warning leaves memory KEEP after its end, so one that was sent within KEEP is in memory or was never taken in.
        """
        fresh = message.msg_type in ("Alert", "Update") and message.sent > now - KEEP
        own = () if fresh else (message.id,)
        yield from self._store.recall([*own, *message.references])

    def _located(self, message: EmergencyWarning, raw: bytes) -> Asking[EmergencyWarning]:
        """The message with its areas and what lies inside. Raises UnusableMessage for an invalid geometry."""
        located = yield LocateWarning(message, self.resolver)
        if isinstance(located, ValueError):
            raise UnusableMessage(str(located), raw, message.source) from located
        placed: EmergencyWarning = located
        return placed

    def _admit(self, message: EmergencyWarning, original: Mapping[str, Any], now: float) -> None:
        if steps := self.registry.take(message, now):
            self._steps += steps
            self._raws[message.id] = original

    def _document(self, document: CapDocument, source: str, now: float) -> Asking[None]:
        """Take one document into the registry; UnusableMessage when it is refused."""
        outcome = yield ReadDocument(document, self._parse)
        try:
            message = warning_of(document, source, outcome)
            token = f"{message.id} {message.digest}"
        except DocumentRefused as error:
            raise UnusableMessage(str(error), document.raw, source) from error
        if token in self._seen:
            return
        message = yield from self._located(message, document.raw)
        yield from self._recall(message, now)
        self._admit(message, {"source": source, "digest": message.digest, **_original_fields(document.raw)}, now)
        self._seen[token] = None
        if len(self._seen) > SEEN:
            self._seen.popitem(last=False)

    def obey(self, command: Command, now: float) -> Result:
        return Result(command=command.id, outcome=Outcome.INVALID, detail="unknown_action")

    def advance(self, now: float) -> None:
        if self._recount:
            self._recount = False
            self._steps += self.registry.recount(self.resolver.counted, now)
        self._steps += self.registry.advance(now)

    # -- keeping -----------------------------------------------------------------

    def write(self, now: float) -> Writing[Sequence[Change]] | None:
        if not self._steps:
            return None
        steps, raws = self._steps, self._raws
        self._steps, self._raws = [], {}
        return self._written(steps, raws, now)

    def _written(
        self, steps: Sequence[WarningStep], raws: Mapping[str, Mapping[str, Any]], now: float
    ) -> Writing[Sequence[Change]]:
        passed_on = passing.messages(steps, self._subjects(steps), raws, self.passes) if self.passes.rules else ()
        yield from self._store.write(steps, raws)
        yield from (message for message in passed_on)  # a list takes no answers to what it yields
        causes = {step.subject: step.cause for step in steps}
        return [
            Change(kind=Kind.WARNING, id=id, after=warning, at=now, cause=causes.get(id, "journal"))
            for id, warning in self._store.written().items()
        ]

    def _subjects(self, steps: Sequence[WarningStep]) -> dict[str, EmergencyWarning]:
        """The newest forms of the warnings of these steps, by id."""
        held = self.registry.held
        return {step.subject: held[key].warning for step in steps if (key := key_of(step.subject)) in held}


def _original_fields(raw: bytes) -> dict[str, str]:
    """The original message: as text where it is UTF-8, and byte for byte in any case."""
    try:
        return {"raw": raw.decode("utf-8")}
    except UnicodeDecodeError:
        return {"raw_base64": base64.b64encode(raw).decode("ascii")}
