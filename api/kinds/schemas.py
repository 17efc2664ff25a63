"""JSON Schema of every kind's view, list and detail: for OpenAPI and for the types of the browser."""

from __future__ import annotations

from typing import Any

import msgspec

from api.kinds.additions import ADDITIONS
from feeds.kinds import KINDS, RecordKind

TEMPLATE = "#/components/schemas/{name}"
_TEXT = {"type": "string"}
_COUNT = {"type": "integer"}


def reference(name: str) -> dict[str, Any]:
    """A reference to a schema of the document."""
    return {"$ref": TEMPLATE.format(name=name)}


def record_name(kind: RecordKind[Any]) -> str:
    """The schema of one record, as lists and the live feed show it."""
    return str(kind.schema.__name__)


def list_name(kind: RecordKind[Any]) -> str:
    """The schema of a page of records."""
    return record_name(kind).removesuffix("Record") + "List"


def detail_name(kind: RecordKind[Any]) -> str:
    """The schema of one record with its additions."""
    return record_name(kind) if kind.name not in ADDITIONS else record_name(kind).removesuffix("Record") + "Detail"


def components() -> dict[str, Any]:
    """All schemas of kinds by name."""
    kinds = list(KINDS)
    added = [additions.type for name, additions in ADDITIONS.items() if name in KINDS.names]
    _, described = msgspec.json.schema_components([*(kind.schema for kind in kinds), *added], ref_template=TEMPLATE)
    schemas: dict[str, Any] = dict(described)
    for kind in kinds:
        schemas[list_name(kind)] = _list_of(kind)
        if kind.name in ADDITIONS:
            parts = [reference(record_name(kind)), reference(ADDITIONS[kind.name].type.__name__)]
            schemas[detail_name(kind)] = {"title": detail_name(kind), "allOf": parts}
    schemas["Snapshot"] = _snapshot([kind for kind in kinds if kind.plain])
    return schemas


def _list_of(kind: RecordKind[Any]) -> dict[str, Any]:
    properties = {
        "items": {"type": "array", "items": reference(record_name(kind))},
        "next": {"anyOf": [_TEXT, {"type": "null"}], "description": "Ask again with cursor=…; null: the last page"},
        "rev": {**_TEXT, "description": "The revision of the live picture that the page was made at"},
        "hidden": {**_COUNT, "description": "How many live records the asker may not see"},
    }
    if not kind.archive:
        properties["total"] = {**_COUNT, "description": "How many records were found, on all pages"}
    return _object(list_name(kind), properties)


def _snapshot(kinds: list[RecordKind[Any]]) -> dict[str, Any]:
    """The whole live picture, by kind and id."""
    by_id = {kind.name: {"type": "object", "additionalProperties": reference(record_name(kind))} for kind in kinds}
    hidden = _object("Hidden", {kind.name: _COUNT for kind in kinds})
    return _object("Snapshot", {"rev": _TEXT, **by_id, "hidden": hidden})


def _object(title: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "type": "object", "properties": properties, "required": list(properties)}
