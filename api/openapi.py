"""The OpenAPI document: what FastAPI knows of the routes, with the schemas of every answer and the usual problems."""

from __future__ import annotations

from typing import Any

import msgspec

from api.http.idempotency import HEADER
from api.http.problems import PREFIX, TEMPLATES
from api.kinds.schemas import components
from api.responses.describe import TEMPLATE, add_problem, problem_example, types

EVERYWHERE = ("wrong-host", "too-large", "internal", "busy", "journal-lost", "key-lost")
"""Problems of every route: the guard, the bound on a request's size, and the stores raise them."""
SIGNED_IN = ("not-signed-in", "token-refused", "forbidden", "must-change", "invalid", "no-picture")
"""Problems of every route that needs a session or a token; most read the live state."""
PUBLIC = frozenset({"/healthz", "/readyz"})
METHODS = frozenset({"get", "post", "put", "patch", "delete"})
OF_FASTAPI = ("HTTPValidationError", "ValidationError")
"""Schemas of FastAPI's own form of validation errors. No route answers with it."""


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add the schemas of all answers and the usual problems to FastAPI's document; the document itself is changed."""
    _, declared = msgspec.json.schema_components(list(types()), ref_template=TEMPLATE)
    schemas = msgspec.json.decode(msgspec.json.encode(declared))  # tuples become arrays
    schemas_of_document = document.setdefault("components", {}).setdefault("schemas", {})
    for name in OF_FASTAPI:
        schemas_of_document.pop(name, None)
    schemas_of_document.update(schemas)
    schemas_of_document.update(components())
    document["components"]["examples"] = {slug: {"value": problem_example(slug)} for slug in TEMPLATES}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                _add_usual(path, method, operation["responses"])
                if _is_order(method, operation):
                    _add_key(operation)
    return document


def _add_usual(path: str, method: str, responses: dict[str, Any]) -> None:
    """The problems that any route of that path and method may raise."""
    for answer in responses.values():
        answer["content"] = {media: about for media, about in answer.get("content", {}).items() if _is_ours(about)}
    for slug in EVERYWHERE if path in PUBLIC else (*EVERYWHERE, *SIGNED_IN):
        _add(responses, slug)
    if method != "get":
        _add(responses, "csrf")
        add_problem(responses, "invalid", "400")
    if "{" in path:
        _add(responses, "not-found")


def _add_key(operation: dict[str, Any]) -> None:
    """The header with which an order of an engine may be sent again, and the answer when only its result is missing."""
    about = "A word of the sender's choice. An order that is sent again with its key is carried out once."
    key = {"name": HEADER, "in": "header", "required": False, "schema": {"type": "string"}, "description": about}
    operation.setdefault("parameters", []).append(key)
    _add(operation["responses"], "recorded")


def _is_order(method: str, operation: dict[str, Any]) -> bool:
    """True for an operation that gives an engine an order: only those may be unanswered."""
    return method != "get" and PREFIX + "unanswered" in str(operation["responses"].get("503", ""))


def _is_ours(about: dict[str, Any]) -> bool:
    """Whether a route declared this media type. FastAPI declares JSON of any form, and its own validation errors."""
    schema = about.get("schema", {})
    return bool(schema) and not schema.get("$ref", "").endswith(OF_FASTAPI)


def _add(responses: dict[str, Any], slug: str) -> None:
    add_problem(responses, slug, str(TEMPLATES[slug].status))
