"""The base of the hypothesis machines: domains over a journal of documents, time, and kills also in the writing."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from feeds.engine.domain import Domain, Start
from feeds.engine.requests import FindDocument, HasDocument, ListDocuments, ListIds, PutDocument
from feeds.journal import Doc
from feeds.model import Command, Result
from tests.incidents.commands import moment

Person = tuple[str, str]
"""Role and account."""
WAITS = (60, 301, 720, 2700, 4000, 42_000, 90_000)
"""Seconds: the terms of answering, signing and reporting, some longer than a day."""


class DomainMachine(RuleBasedStateMachine):
    """A domain over a journal of documents. A kill builds another one from what was written.

    A transaction is written as a whole or, after `lose_the_next_write`, not at all.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now, self.commands = moment("14:00"), 0
        self.documents: dict[tuple[str, str], Doc] = {}
        self.pending: dict[str, Any] = {}
        self.loses = False
        self.start()

    def build(self) -> Domain:
        """The domains under test, empty."""
        raise NotImplementedError

    def start(self) -> None:
        """Build the domains anew from the documents that there are."""
        self.domain = self.build()
        if (loading := self.domain.load(Start(records={}, pending=self.pending, now=self.now))) is not None:
            self.carried_out(loading)
        self.domain.begin(self.now)
        self.settle()

    # -- what happens to every domain ------------------------------------------------

    @rule()
    def kill(self) -> None:
        self.start()

    @rule()
    def lose_the_next_write(self) -> None:
        self.loses = True

    @rule(seconds=st.sampled_from(WAITS))
    def wait(self, seconds: int) -> None:
        self.now += seconds
        self.settle()

    def give(self, action: str, subject: str, person: Person, **args: Any) -> Result:
        """Give an order and write what it did. The result is known even if the writing is lost."""
        self.commands += 1
        role, actor = person
        command = Command(
            id=str(self.commands),
            action=action,
            subject=subject,
            actor=actor,
            role=role,
            actor_region="",
            at=self.now,
            valid_until=self.now + 5,
            reason="理由",
            args=args,
        )
        answer = self.domain.obey(command, self.now)
        result = self.carried_out(answer) if isinstance(answer, Generator) else answer
        assert isinstance(result, Result)
        self.settle()
        return result

    # -- the engine ------------------------------------------------------------------

    def settle(self) -> None:
        """Let time pass and write, as the engine does after each batch, or be killed in the writing."""
        self.domain.advance(self.now)
        if (preparing := self.domain.prepare(self.now)) is not None:
            self.carried_out(preparing)
        writing = self.domain.write(self.now)
        if writing is None:
            return
        before = dict(self.documents)
        self.carried_out(writing)
        if not self.loses:
            self.pending = dict(self.domain.pending())
            return
        self.documents, self.loses = before, False
        self.start()

    def carried_out(self, asking: Generator[Any, Any, Any]) -> Any:
        """The outcome of a computation that asks the journal or writes to it."""
        answer: Any = None
        while True:
            try:
                answer = self._answer(asking.send(answer))
            except StopIteration as stop:
                return stop.value

    def _answer(self, request: Any) -> Any:
        match request:
            case FindDocument(kind=kind, id=id):
                return self.documents.get((kind, id))
            case HasDocument(kind=kind, id=id):
                return (kind, id) in self.documents
            case ListIds(kind=kind):
                return [id for each, id in self.documents if each == kind]
            case ListDocuments(kind=kind, open=open):
                return [doc for doc in self.documents.values() if doc.kind == kind and open in (None, doc.open)]
            case PutDocument(kind=kind, id=id):
                self.documents[kind, id] = Doc(kind=kind, id=id, body=request.body, open=request.open, seq=1)
        return 1  # the sequence number of what is written
