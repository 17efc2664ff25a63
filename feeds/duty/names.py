"""What people are called: the roster names the owners of accounts."""

from __future__ import annotations

from feeds.documents.roster import Roster


def name_of(roster: Roster, text: str) -> str:
    """The name of a person by id or account; any other text unchanged."""
    return next((person.name for person in roster.persons if text in (person.id, person.account)), text)
