"""What a route may answer, for OpenAPI: a type for success, and the problems it may raise."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import msgspec

from api.http.problems import MEDIA_TYPE, PREFIX, TEMPLATES
from api.responses import (
    alerts,
    approvals,
    campaigns,
    common,
    duty_log,
    figures,
    history,
    incidents,
    ingest,
    leader,
    leader_figures,
    leader_trends,
    marks,
    own_account,
    people,
    plans,
    resources,
    rules,
    session,
    staff,
    tasks,
    video,
    video_records,
)

TEMPLATE = "#/components/schemas/{name}"
JSON = "application/json"
MODULES = (
    leader_figures,
    leader_trends,
    *(alerts, approvals, campaigns, common, duty_log, figures, history, incidents, ingest, leader, marks),
    *(own_account, people, plans, resources, rules, session, staff, tasks, video, video_records),
)
Answers = dict[int | str, dict[str, Any]]


def answers(
    success: type[Any] | dict[str, Any] | None, *problems: str, status: int = 200, example: Any = None
) -> Answers:
    """The `responses` of a route. `success` is a type of this package, a schema, or None for an answer without body.

    `problems` are names of `api.http.problems.TEMPLATES`. Those that any route may raise are added by `api.openapi`.
    """
    declared: Answers = {status: {"description": "Success"}}
    if success is not None:
        schema = success if isinstance(success, dict) else reference(success.__name__)
        content: dict[str, Any] = {"schema": schema}
        if example is not None:
            content["example"] = example
        declared[status]["content"] = {JSON: content}
    for slug in problems:
        add_problem(declared, slug)
    return declared


def add_problem(declared: dict[Any, dict[str, Any]], slug: str, status: int | str | None = None) -> None:
    """Declare one more problem, under its own status unless another is given."""
    key = status or TEMPLATES[slug].status
    answer = declared.setdefault(key, {"description": TEMPLATES[slug].title["en"], "content": {}})
    media = answer.setdefault("content", {}).setdefault(MEDIA_TYPE, {"schema": _problem_schema(), "examples": {}})
    types = media["schema"]["properties"]["type"]["enum"]
    if PREFIX + slug not in types:
        types.append(PREFIX + slug)
        media["examples"][slug] = {"$ref": f"#/components/examples/{slug}"}


def reference(name: str) -> dict[str, Any]:
    """A reference to a schema of the document."""
    return {"$ref": TEMPLATE.format(name=name)}


def array_of(item: type[Any]) -> dict[str, Any]:
    """The schema of a plain array of one type."""
    return {"type": "array", "items": reference(item.__name__)}


def types() -> Iterator[type[Any]]:
    """Every type that is declared in this package."""
    for module in MODULES:
        yield from _declared_in(module)


def _declared_in(module: ModuleType) -> Iterator[type[Any]]:
    for member in vars(module).values():
        if inspect.isclass(member) and issubclass(member, msgspec.Struct) and member.__module__ == module.__name__:
            yield member


def _problem_schema() -> dict[str, Any]:
    return {"allOf": [reference("ProblemDocument")], "type": "object", "properties": {"type": {"enum": []}}}


def problem_example(slug: str) -> dict[str, Any]:
    """A problem document of one type."""
    template = TEMPLATES[slug]
    return {
        "type": PREFIX + slug,
        "title": template.title["en"],
        "status": template.status,
        "detail": template.detail["en"],
        "instance": "/api/v1/alerts",
    }
