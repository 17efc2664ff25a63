"""Holds every answer of a test's client to the OpenAPI document: status, media type, and body without other members."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from fastapi import FastAPI
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator

from feeds.kinds import KINDS

BINARY = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/octet-stream",
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "image/jpeg",
)
"""Media types whose bodies are bytes that no schema describes."""
ANY = re.compile(r"\{[^}]*\}")
GREEDY = re.compile(r"\{[^}]*:path\}|\{(?:asset|warning|source|alert)_id\}$")
FORMATS = FormatChecker(["date-time", "date"])
PROBLEM = "application/problem+json"


def closed(schema: Any, schemas: Mapping[str, Any]) -> Any:
    """The schema with every object that lists its properties closed to others, and `allOf` merged."""
    if isinstance(schema, list):
        return [closed(part, schemas) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "allOf" in schema:
        return closed(_merged(schema, schemas), schemas)
    result = {
        name: part if name in ("example", "examples", "default", "enum", "const") else closed(part, schemas)
        for name, part in schema.items()
    }
    if "properties" in schema:
        result["properties"] = {name: closed(part, schemas) for name, part in schema["properties"].items()}
        result.setdefault("additionalProperties", False)
    return result


def _merged(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """One object schema of all the parts; later parts add constraints to properties of earlier ones."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    for part in (*schema["allOf"], schema):
        resolved = schemas[part["$ref"].rpartition("/")[2]] if "$ref" in part else part
        for name, about in resolved.get("properties", {}).items():
            properties[name] = properties.get(name, {}) | about
        required += resolved.get("required", ())
    return {"type": "object", "properties": properties, "required": required}


@dataclass(frozen=True)
class Conformance:
    """The operations of one document, with their validators."""

    document: Mapping[str, Any]
    validators: dict[tuple[str, str, str, str], Validator | None]
    paths: Mapping[str, re.Pattern[str]]

    @classmethod
    def of(cls, document: dict[str, Any]) -> Conformance:
        schemas = document["components"]["schemas"]
        tight = {name: closed(schema, schemas) for name, schema in schemas.items()}
        validators: dict[tuple[str, str, str, str], Validator | None] = {}
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                for status, answer in operation["responses"].items():
                    content = answer.get("content") or {"": {}}
                    for media, about in content.items():
                        key = (path, method, status, media)
                        validators[key] = _validator(about.get("schema"), schemas, tight)
        patterns = {path: _pattern(path) for path in document["paths"]}
        return cls(document, validators, patterns)

    def path_of(self, address: str) -> str | None:
        """The path template of an address: the one with the longest fixed part, None for an unknown one."""
        matching = [path for path, pattern in self.paths.items() if pattern.fullmatch(address)]
        return max(matching, key=lambda path: len(ANY.sub("", path)), default=None)

    def check(self, method: str, address: str, status: int, media: str, body: bytes) -> None:
        """Raise AssertionError for an answer that the document does not declare."""
        path = self.path_of(address)
        if path is None or method not in self.document["paths"][path]:
            return
        key = (path, method, str(status), media)
        assert key in self.validators, f"OpenAPI declares no such answer: {key}"
        validator = self.validators[key]
        if validator is None or media in BINARY:
            return
        value = body.decode() if media.startswith("text/") or media.endswith("+xml") else json.loads(body)
        errors = [
            f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(value)
        ]
        assert not errors, f"{method} {path} {status} does not answer as OpenAPI says: {errors[:5]}"


def _validator(schema: Any, schemas: Mapping[str, Any], tight: Mapping[str, Any]) -> Validator | None:
    if not schema:
        return None
    whole = {**closed(schema, schemas), "components": {"schemas": tight}}
    return Draft202012Validator(whole, format_checker=FORMATS)


def _pattern(path: str) -> re.Pattern[str]:
    parts = [re.escape(part) for part in ANY.split(path)]
    last = "(.+)" if GREEDY.search(path) else "([^/]+)"
    joined = "([^/]+)".join(parts[:-1])
    return re.compile(joined + (last if len(parts) > 1 else "") + parts[-1])


_by_schemas: dict[tuple[str, ...], Conformance] = {}


def conformance(app: FastAPI) -> Conformance:
    """The checks for an app; made once for a set of kinds."""
    names = tuple(kind.name for kind in KINDS)
    if names not in _by_schemas:
        _by_schemas[names] = Conformance.of(app.openapi())
    return _by_schemas[names]


async def check_response(app: FastAPI, response: httpx2.Response) -> None:
    """An event hook of a client: every answer but that of HEAD is checked."""
    request = response.request
    if request.method == "HEAD":
        return
    await response.aread()
    media = response.headers.get("content-type", "").partition(";")[0]
    conformance(app).check(request.method.lower(), request.url.path, response.status_code, media, response.content)
