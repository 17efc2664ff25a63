"""Principals: a person with a session or a program with a token, and their rights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from feeds.kinds import KINDS
from feeds.live.pump import Audience
from feeds.regions import covers


class Role(StrEnum):
    """The role of a person."""

    VIEWER = "viewer"
    LEADER = "leader"
    DUTY = "duty"
    OPERATOR = "operator"
    ADMIN = "admin"
    SECURITY = "security"
    AUDITOR = "auditor"
    UNIT = "unit"


class TokenScope(StrEnum):
    """The scope of a bearer token."""

    READ = "read"
    INGEST = "ingest"
    WALL = "wall"


class Right(StrEnum):
    """A right of a principal. `look`: to see pictures of cameras (api/video_pictures.py).

    `accounts`: to change accounts, tokens and their rights. `command`: to give orders about incidents; which role may
    give which is data (feeds.incidents.phases). `tasks`: to act on tasks that one has; whose they are is decided by the
    command role.
    """

    SEE = "see"
    ACT = "act"
    COMMAND = "command"
    TASKS = "tasks"
    LOOK = "look"
    DIAGNOSE = "diagnose"
    INGEST = "ingest"
    ADMINISTER = "administer"
    ACCOUNTS = "accounts"
    AUDIT = "audit"


ROLE_RIGHTS: dict[str, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.SEE}),
    Role.LEADER: frozenset({Right.SEE, Right.COMMAND, Right.TASKS}),
    Role.DUTY: frozenset({Right.SEE, Right.ACT, Right.COMMAND, Right.TASKS, Right.LOOK}),
    Role.OPERATOR: frozenset({Right.SEE, Right.ACT, Right.TASKS, Right.LOOK, Right.DIAGNOSE}),
    Role.ADMIN: frozenset(Right) - {Right.COMMAND, Right.TASKS},
    Role.SECURITY: frozenset({Right.SEE, Right.ACCOUNTS}),
    Role.AUDITOR: frozenset({Right.SEE, Right.AUDIT}),
    Role.UNIT: frozenset({Right.TASKS}),
}
ADMINISTRATORS = frozenset({Role.ADMIN, Role.SECURITY, Role.AUDITOR})
"""System, security and audit administrator (三员)."""


def rights_of(role: str, *, separated: bool) -> frozenset[Right]:
    """The rights of a role. With separated powers the system administrator neither changes accounts nor audits."""
    rights = ROLE_RIGHTS.get(role, frozenset())
    return rights - {Right.ACCOUNTS, Right.AUDIT} if separated and role == Role.ADMIN else rights


TOKEN_RIGHTS: dict[str, frozenset[Right]] = {
    TokenScope.READ: frozenset({Right.SEE}),
    TokenScope.INGEST: frozenset({Right.INGEST}),
    TokenScope.WALL: frozenset({Right.SEE}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The asker of a request. `via` is session, token, wall or demo; `key` is the id of its session or token document.

    `csrf` is what the X-CSRF-Token of its writes must be ("" when none is needed).
    `must` names a step that the person has to take first: "password", "second-factor" or "". `confirmed` is the time
    at which the password was last entered, in epoch seconds.
    `personal` is False for walls: names of people and their comments are left out. `units` are those for which the
    account acts; a person of role unit sees their tasks alone.
    """

    name: str
    role: str
    region: str
    via: str
    key: str = ""
    csrf: str = ""
    rights: frozenset[Right] = frozenset()
    must: str = ""
    confirmed: float = float("inf")
    units: tuple[str, ...] = field(default=(), compare=False)

    @property
    def personal(self) -> bool:
        return self.via != "wall" and self.role != Role.VIEWER

    @property
    def audience(self) -> Audience:
        """The audience of the live picture that the principal belongs to."""
        units = self.units if self.role == Role.UNIT else None
        return Audience(self.region, self.personal, self.name if KINDS.personal else "", units)

    def may(self, right: Right) -> bool:
        return right in self.rights

    def reaches(self, region: str) -> bool:
        """True when the region lies within the principal's region."""
        return covers(self.region, region)


def person(
    name: str,
    role: str,
    region: str,
    *,
    key: str,
    csrf: str,
    via: str = "session",
    must: str = "",
    confirmed: float = float("inf"),
    separated: bool = False,
) -> Principal:
    """The principal of a person who signed in. With `must` set it has no rights."""
    rights = frozenset[Right]() if must else rights_of(role, separated=separated)
    return Principal(
        name=name, role=role, region=region, via=via, key=key, csrf=csrf, rights=rights, must=must, confirmed=confirmed
    )


def program(token: Mapping[str, Any], key: str) -> Principal:
    """The principal of a program with a bearer token."""
    scope = str(token["scope"])
    via = "wall" if scope == TokenScope.WALL else "token"
    role = Role.VIEWER if scope == TokenScope.WALL else scope
    rights = TOKEN_RIGHTS.get(scope, frozenset())
    return Principal(name=str(token["name"]), role=role, region=str(token["region"]), via=via, key=key, rights=rights)
