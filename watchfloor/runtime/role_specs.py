"""All roles in one place: what each imports, what builds it, and whether it has a lease.

This module imports no role, so that the command line and the supervisor start quickly.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from feeds import roles

if TYPE_CHECKING:
    from watchfloor.runtime.role_host import Build

COMMON = ("watchfloor.runtime.role_process", "watchfloor.runtime.roles")
"""Modules that every role needs."""
_BUILDERS = "watchfloor.runtime.roles"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSpec:
    """One role.

    `preload` are the modules that the fork server imports for it. `builder` names the function that builds it, in
    watchfloor.runtime.roles. Of a `leased` role one copy works at a time; of a `fenced` one both stores refuse what a
    copy writes after its turn: what is collected bears its own time and needs no fence. `waits_for_journal`: the role
    has nothing to do without its journal. `guest_of`: the role in whose process it runs as a guest while the site has
    no use for it.
    """

    name: str
    preload: tuple[str, ...]
    builder: str
    leased: bool = True
    fenced: bool = True
    waits_for_journal: bool = True
    guest_of: str = ""

    def build(self) -> Build:
        """The function that builds the role; imports it."""
        build: Build = getattr(import_module(_BUILDERS), self.builder)
        return build


ROLES = (
    RoleSpec(
        name=roles.PROJECT, preload=("feeds.projection.projector", "feeds.history.recorder"), builder="build_project"
    ),
    RoleSpec(name=roles.ALERT, preload=("alerts.service",), builder="build_alert"),
    RoleSpec(name=roles.COMMAND, preload=("incidents.engine",), builder="build_command"),
    RoleSpec(name=roles.APPROVALS, preload=("approvals.engine",), builder="build_approvals", guest_of=roles.COMMAND),
    RoleSpec(name=roles.COLLECT, preload=("collectors.service",), builder="build_collect", fenced=False),
    # Of pages there may be as many as one likes, and they show the picture also without a journal.
    RoleSpec(
        name=roles.WEB,
        preload=("watchfloor.runtime.web",),
        builder="build_web",
        leased=False,
        fenced=False,
        waits_for_journal=False,
    ),
)
"""In the order in which a site starts them (feeds.roles.NAMES)."""
BY_NAME = {spec.name: spec for spec in ROLES}
