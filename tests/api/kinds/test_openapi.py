"""What OpenAPI says of lists and details is what they answer."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest

from api.kinds.additions import ADDITIONS
from feeds.kinds import ALL, RecordKind, group
from feeds.model import Ack
from tests.api.conftest import NOW, A, World, an_alert


async def test_every_reference_leads_to_a_schema_and_every_kind_has_its_answers(world: World) -> None:
    async with world.signed_in("duty") as client:
        document = (await client.get("/api/openapi.json")).json()
    schemas = document["components"]["schemas"]
    assert set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document))) <= set(schemas)
    for kind in ALL:
        for path in (f"/api/v1/{kind.plural}", f"/api/v1/{kind.plural}/{{{kind.name}_id}}"):
            answer = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            assert answer["$ref"].startswith(f"#/components/schemas/{kind.name.title().replace('_', '')}")


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
async def test_a_list_and_a_detail_answer_as_their_schemas_say(
    world: World, kind: RecordKind[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group, "MANY", 1)
    world.pump.mirror.counts["group"].clear()
    closed = an_alert("old", "a-sw", A, active=False, ack=Ack(by="wang", at=NOW))
    async with world.journal.begin() as tx:
        await tx.put("alert", closed.id, msgspec.to_builtins(closed), open=False, seq=1)
        await tx.append(kind="alert", name="raise", subject="a-alert", at=NOW, body={"seq": 1, "after": {"rev": 1}})
    own = set(kind.schema.__struct_fields__)
    added = ADDITIONS[kind.name].type if kind.name in ADDITIONS else None
    async with world.signed_in("duty") as client:
        page = (await client.get(f"/api/v1/{kind.plural}")).json()
        assert set(page) == {"items", "next", "rev", "hidden"} | (set() if kind.archive else {"total"})
        assert page["items"]
        for item in page["items"]:
            msgspec.convert(item, kind.schema, strict=True)
            assert set(item) == own
        for key in (page["items"][0]["id"], *(("old",) if kind.archive else ())):
            detail = (await client.get(f"/api/v1/{kind.plural}/{key}")).json()
            msgspec.convert(detail, kind.schema, strict=True)
            if added is not None:
                msgspec.convert(detail, added, strict=True)
            assert set(detail) == own | set(added.__struct_fields__ if added is not None else ())
