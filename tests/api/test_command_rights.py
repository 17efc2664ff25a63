"""The permissions of emergency command: every route for every kind of asker, named or not (domain/command.md (a))."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from api.principal import Role, TokenScope
from feeds.model import Command, Outcome, Result
from tests.api.conftest import World

OF_COMMAND = (
    *("receipts", "incidents", "incident_choices", "plans", "proposals", "promotions", "tasks", "task_choices"),
    *("report-policies", "obligations", "log", "briefs", "resources", "marks", "map/sector", "map/measure"),
    *("exercises", "campaigns", "impact", "impacts"),
)
"""What the paths of emergency command begin with, below /api/v1."""
PERSONS, PROGRAMS = tuple(map(str, Role)), tuple(map(str, TokenScope))
ASKERS = (*PERSONS, *PROGRAMS, "nobody")
COMMANDERS = frozenset({"duty", "leader"})
TASKED = frozenset({"duty", "leader", "operator", "unit"})
SEERS = frozenset({*PERSONS, "read"}) - {"unit"}
"""A wall has the live picture only; a unit has its tasks."""
NAMED = SEERS - {"viewer"}
"""Who may see persons."""
OTHERS = {
    r"GET /tasks(/.*)?": SEERS | {"unit"},
    r"GET /log|GET /incidents/[^/]*/(timeline|audience)": NAMED,
    r"PUT /report-policies|POST /report-policies/.*": SEERS,  # the command role refuses all but leaders and admins
    r"POST /impact": SEERS,  # a question with a body
    r"POST /map/(sector|measure)": SEERS | {"wall"},  # geometry alone
    r"POST /tasks/[^/]*/(sign|refuse|feedback|ask-done|extend|sign-sheet)": TASKED,  # whose task it is, comes later
    r"PUT /tasks/[^/]*/evidence": TASKED,
}
"""Who may pass the door of the routes for which these are others than SEERS (GET) and COMMANDERS."""


def operations(world: World) -> Iterator[tuple[str, str]]:
    """(method, path below /api/v1) of every route of emergency command."""
    for path, methods in world.app.openapi()["paths"].items():
        below = path.removeprefix("/api/v1/")
        if re.split(r"[/:]", below)[0] in OF_COMMAND or below in OF_COMMAND:
            yield from ((method.upper(), f"/{below}") for method in methods)


def door(method: str, path: str) -> frozenset[str]:
    """Who may pass."""
    usual = SEERS if method == "GET" else COMMANDERS
    return next((who for pattern, who in OTHERS.items() if re.fullmatch(pattern, f"{method} {path}")), usual)


@asynccontextmanager
async def asking(world: World, asker: str) -> AsyncIterator[httpx2.AsyncClient]:
    """The client of a person with a role, of a program with a scope, or of nobody."""
    if asker in PERSONS:
        async with world.signed_in(asker) as client:
            yield client
    elif asker in PROGRAMS:
        async with world.client(Authorization=f"Bearer {await world.token(asker)}") as client:
            yield client
    else:
        async with world.client() as client:
            yield client


def refused_by_engine(command: Command) -> Result:
    return Result(command=command.id, outcome=Outcome.NOT_FOUND)


@pytest.mark.parametrize("asker", ASKERS)
async def test_each_route_lets_exactly_those_pass_who_may(world: World, asker: str) -> None:
    world.desk.answer = refused_by_engine
    wrong = []
    async with asking(world, asker) as client:
        for method, path in operations(world):
            concrete = re.sub(r"\{[^}]+\}", "x", path)
            body: dict[str, object] | None = {} if method in ("POST", "PUT", "PATCH") else None
            answer = await client.request(method, f"/api/v1{concrete}", json=body)
            passes = answer.status_code not in (401, 403)
            if passes != (asker in door(method, path)):
                wrong.append(f"{method} {path}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    if asker not in COMMANDERS:
        assert {command.action.partition(".")[0] for command in world.desk.seen} <= {"task", "report-policies"}


def test_the_matrix_has_every_kind_of_order(world: World) -> None:
    paths = {path.split("/")[1] for _, path in operations(world)}
    assert {name.split("/")[0] for name in OF_COMMAND} - paths <= {"promotions", "impacts"}
    assert len(list(operations(world))) > 100
