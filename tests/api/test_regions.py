"""Nobody of county A ever receives a byte of county B: every GET route, every role, and the live feed."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import msgspec
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from feeds.model import Ack
from tests.api.conftest import B_TEXTS, NOW, A, B, World, an_alert

B_IDS = {
    "asset_id": ("b-sw", "b-sw2"),
    "alert_id": ("b-alert", "b-old"),
    "warning_id": ("b-sender,1,2026-11-22T06:00:00+00:00",),
    "layer": ("counties",),
}
A_IDS = {
    "asset_id": ("a-sw",),
    "alert_id": ("a-alert",),
    "warning_id": ("a-sender,1,2026-11-22T06:00:00+00:00",),
    "layer": ("counties",),
}
QUERIES = {
    "region": B,
    "q": "b-",
    "asset": "b-sw",
    "active": "false",
    "open": "false",
    "kind": "*",
    "limit": "1",
    "ended": "true",
    "by": "region",
    "owner": "b-owner",
    "subject": "b-officer",
    "rule": "b-rule",
    "source": "b-source",
    "state": "active",
    "health": "down",
    "severity": "critical",
}


def paths(world: World) -> Iterator[str]:
    """Every GET route, its parameters filled with things of A and of B."""
    for path, query in questions(world):
        if not query:
            yield path


def questions(world: World) -> Iterator[tuple[str, str]]:
    """The same, bare and with each of QUERIES that the route knows."""
    for context in iter_route_contexts(world.app.routes):
        path = context.path or ""
        if not isinstance(context.original_route, APIRoute) or "GET" not in (context.methods or ()):
            continue
        name = next((name for name in B_IDS if f"{{{name}" in path), None)
        for value in (*A_IDS[name], *B_IDS[name]) if name else ("",):
            filled = path.replace(f"{{{name}:path}}", value).replace(f"{{{name}}}", value)
            parameter_names = {field.alias for field in context.original_route.dependant.query_params}
            for query in ("", *(f"?{key}={word}" for key, word in QUERIES.items() if key in parameter_names)):
                yield filled, query


async def fill_journal(world: World) -> None:
    """A closed alert of B, transitions, notices, and what B's people did."""
    gone = an_alert("b-old", "b-sw", B, active=False, ack=Ack(by="b-officer", at=NOW, comment="b-secret"))
    async with world.journal.begin() as tx:
        await tx.put("alert", "b-old", msgspec.to_builtins(gone), open=False, seq=1)
        for key in ("b-alert", "b-old"):
            body = {"seq": 1, "after": {"asset": "b-sw", "region": B}}
            await tx.append(kind="alert", name="raise", subject=key, at=NOW, body=body)
            await tx.append(kind="alert", name="ack", subject=key, at=NOW, actor="b-officer", reason="b-secret")
            await tx.enqueue(f"k-{key}", receiver="b-desk", subject=key, created=NOW, due=NOW, body={})
        await tx.append(kind="ingest", name="heartbeat", subject="b-sw", at=NOW, actor="b-tool", body={"region": B})
        rule: dict[str, object] = {
            "id": "b-rule",
            "when": "id == 'b-sw'",
            "title": {"en": "b-owner"},
            "text": "b-secret",
            "over": "asset",
        }
        rule |= {"for": 0.0, "recover_for": 0.0, "severity": "critical"}
        stored = {"source": "api", "rev": 1, "by": "b-officer", "at": NOW, "comment": "b-secret", "mentions": ["b-sw"]}
        await tx.put("rule", "api:b-rule", rule | stored)
        changed = {"source": "api", "rev": 1, "before": None, "after": rule, "undoes": None}
        await tx.append(kind="rule", name="created", subject="b-rule", at=NOW, actor="b-officer", body=changed)
        for name, region in (("sign-in", {"region": B}), ("sign-in-failed", {})):
            await tx.append(kind="audit", name=name, subject="b-officer", at=NOW, actor="b-officer", body=region)


def leaked(answer: httpx2.Response) -> list[str]:
    """Texts of B in the answer, not counting what the question itself said (a problem's `instance`)."""
    text = answer.text + repr(answer.headers.raw)
    path = answer.request.url.path
    return [secret for secret in B_TEXTS if secret in text.replace(path, "")]


@pytest.mark.parametrize("role", ["viewer", "leader", "duty", "operator", "admin", "auditor"])
async def test_no_get_route_gives_a_county_what_is_another_ones(world: World, role: str) -> None:
    await fill_journal(world)
    world.layers["counties"] = b"{}"
    seen = 0
    async with world.signed_in(role, A) as client:
        for path, query in questions(world):
            answer = await client.get(path + query)
            assert leaked(answer) == [], f"{path}{query}: {answer.text}"
            assert answer.status_code != 500, f"{path}{query}: {answer.text}"
            seen += answer.status_code == 200
    assert seen > 40


@pytest.mark.parametrize("scope", ["read", "wall", "ingest"])
async def test_no_token_of_a_county_gets_what_is_another_ones(world: World, scope: str) -> None:
    await fill_journal(world)
    raw = await world.token(scope, A)
    async with world.client(Authorization=f"Bearer {raw}") as client:
        for path in paths(world):
            answer = await client.get(path)
            assert leaked(answer) == [], path


async def test_no_write_gives_a_county_what_is_another_ones(world: World) -> None:
    async with world.signed_in("admin", A) as client:
        for path in (
            "alerts/b-alert/ack",
            "alerts/b-alert/unack",
            "alerts/b-alert/comment",
            "ingest/heartbeat/b-sw",
            "reload",
        ):
            answer = await client.post(f"/api/v1/{path}", json={"comment": "x"})
            assert answer.status_code == 403
            assert leaked(answer) == []


async def test_the_sweep_would_see_a_leak(world: World) -> None:
    """What one of county B gets does hold those texts: the sweep looks for the right ones."""
    await fill_journal(world)
    async with world.signed_in("admin", B) as client:
        body: set[str] = set()
        for path in paths(world):
            body |= set(leaked(await client.get(path)))
    assert body == set(B_TEXTS)
