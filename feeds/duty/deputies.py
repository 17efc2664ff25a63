"""Deputies (代理): who acts for a person during a leave, as the roster says. Pure."""

from __future__ import annotations

from datetime import date

from feeds.documents.roster import Person, Roster


def represented(roster: Roster, account: str, day: date) -> list[Person]:
    """The persons who are away on a day and for whom the owner of an account acts, by the order of their leave.

    A deputy who is away on that day acts for nobody.
    """
    text = day.isoformat()
    leaves = [leave for leave in roster.leave if leave.first <= text <= leave.last]
    own = {person.id for person in roster.persons if account and person.account == account}
    if own & {leave.person for leave in leaves}:
        return []
    away = [roster.person(leave.person) for leave in leaves if leave.deputy in own]
    return [person for person in away if person is not None]
