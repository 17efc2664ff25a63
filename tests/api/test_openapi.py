"""The OpenAPI document is valid, describes every route, and a client that reads it alone can read every answer."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from api.http.problems import PREFIX, TEMPLATES
from tests.api.conformance import Conformance, closed, conformance
from tests.api.conftest import World

WRITES = ("post", "put", "patch", "delete")
UNREAD = {"/api/v1/sources/dead-letters", "/api/v1/video/devices/{asset_id}"}
"""Routes that ask the bus, which is lost in these tests, or a collector."""
QUERIES = {
    "/api/v1/assets/{asset_id}/history": "?metric=cpu",
    "/api/v1/search": "?q=a",
    "/api/v1/approvals/search": "?number=1",
    "/api/v1/documents/content": "?kind=alert&id=a-alert",
}
IDS = {
    "key": "1",
    "asset_id": "a-sw",
    "alert_id": "a-alert",
    "source_id": "a-source",
    "region_id": "532323",
    "layer": "counties",
    "figure": "signing",
}


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


async def test_the_document_is_valid_openapi_and_every_reference_leads_somewhere(world: World) -> None:
    async with world.signed_in("viewer") as client:
        document = (await client.get("/api/openapi.json")).json()
    validate(document)
    schemas, examples = (set(document["components"][part]) for part in ("schemas", "examples"))
    text = json.dumps(document)
    assert set(re.findall(r"#/components/schemas/([\w.-]+)", text)) <= schemas
    assert set(re.findall(r"#/components/examples/([\w.-]+)", text)) <= examples


async def test_every_operation_declares_its_answer_and_its_problems_by_type(world: World) -> None:
    document = world.app.openapi()
    for path, method, operation in operations(document):
        responses = operation["responses"]
        assert any(status.startswith("2") for status in responses), (path, method)
        for status, answer in responses.items():
            for media, about in answer["content"].items():
                assert about["schema"], (path, method, status, media)
                if int(status) >= 400:
                    assert media == "application/problem+json"
                    slugs = {kind.removeprefix(PREFIX) for kind in about["schema"]["properties"]["type"]["enum"]}
                    assert slugs <= set(TEMPLATES)
                    assert set(about["examples"]) == slugs
        if method in WRITES:
            assert {"400", "403", "422"} <= set(responses), (path, method)


async def test_examples_are_of_their_schemas(world: World) -> None:
    document = world.app.openapi()
    schemas = document["components"]["schemas"]
    tight = {name: closed(schema, schemas) for name, schema in schemas.items()}
    examples = 0
    for _, _, operation in operations(document):
        for answer in operation["responses"].values():
            for about in answer["content"].values():
                if "example" in about:
                    examples += 1
                    whole = {**closed(about["schema"], schemas), "components": {"schemas": tight}}
                    Draft202012Validator(whole).validate(about["example"])
    assert examples >= 4
    for slug in TEMPLATES:
        validator = Draft202012Validator({**tight["ProblemDocument"], "components": {"schemas": tight}})
        validator.validate(document["components"]["examples"][slug]["value"])


async def test_a_client_of_the_document_alone_reads_every_get_route(world: World) -> None:
    """The client of these tests holds each answer to the document; here every route that reads is asked once."""
    world.layers["counties"] = b'{"type":"FeatureCollection","features":[]}'
    statuses: dict[str, int] = {}
    async with world.signed_in("admin") as client:
        for path, method, _ in operations(world.app.openapi()):
            if method == "get" and path not in UNREAD:
                address = re.sub(r"\{(\w+)[^}]*\}", lambda match: IDS.get(match[1], "none"), path)
                statuses[path] = (await client.get(address + QUERIES.get(path, ""))).status_code
    unread = {path: status for path, status in statuses.items() if status not in (200, 404, 503)}
    assert not unread
    assert sum(status == 200 for status in statuses.values()) > 25


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [(200, {"name": "x"}, "required"), (200, None, "extra"), (418, {}, "declares no such answer")],
    ids=["a missing member", "a member more", "a status more"],
)
async def test_an_answer_that_is_not_declared_fails(world: World, status: int, body: Any, fault: str) -> None:
    async with world.signed_in("viewer") as client:
        site = (await client.get("/api/v1/site")).json()
    answer = json.dumps(site | {"extra": 1} if body is None else body).encode()
    with pytest.raises(AssertionError, match=fault):
        conformance(world.app).check("get", "/api/v1/site", status, "application/json", answer)


async def test_an_address_is_of_the_path_with_the_longest_fixed_part(world: World) -> None:
    checks: Conformance = conformance(world.app)
    assert checks.path_of("/api/v1/sources/dead-letters") == "/api/v1/sources/dead-letters"
    assert checks.path_of("/api/v1/assets/a-sw/history") == "/api/v1/assets/{asset_id}/history"
    assert checks.path_of("/api/v1/unknown") is None
