"""No parameter is passed over in silence: every route, every name, every word of a list."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feeds.journal import ENTRY_KINDS
from tests.api.conftest import A, World, problem
from tests.api.test_regions import paths

ROOT = Path(__file__).parents[2]
OPERATION = ("/healthz", "/readyz", "/metrics")


def api_paths(world: World) -> list[str]:
    body = [path for path in dict.fromkeys(paths(world)) if path.startswith("/api/v")]
    assert len(body) > 30
    return body


@pytest.mark.parametrize("role", ["admin", "auditor"])
async def test_every_get_route_refuses_a_name_that_it_does_not_know(world: World, role: str) -> None:
    async with world.signed_in(role) as client:
        for path in api_paths(world):
            document = problem(await client.get(f"{path}?severty=critical"), 422, "invalid")
            (error,) = document["errors"]
            assert (error["field"], error["code"]) == ("query.severty", "unknown_parameter"), path


async def test_a_foreign_name_is_told_with_those_that_the_route_knows(world: World) -> None:
    async with world.signed_in("duty") as client:
        answer = await client.get("/api/v1/sources", params={"kindd": "x", "q": "y", "limit": 5})
        errors = problem(answer, 422, "invalid")["errors"]
        assert [(error["field"], error["allowed"]) for error in errors] == [
            ("query.kindd", ["cursor", "limit"]),
            ("query.q", ["cursor", "limit"]),
        ]
        assert errors[0]["message"] == "没有这个查询参数，可用：cursor、limit"
        english = await client.get("/api/v1/sources?kindd=x", headers={"Accept-Language": "en"})
        assert english.json()["errors"][0]["message"] == "there is no such query parameter; allowed: cursor, limit"
        many = await client.get("/api/v1/sources?" + "&".join(f"{'n' * 500}{number}=1" for number in range(50)))
        assert len(problem(many, 422, "invalid")["errors"]) == 20
        assert len(many.content) < 6000


WORDS: dict[str, tuple[str, ...]] = {
    "alerts?severity=foo": ("critical", "major", "minor", "warning", "info"),
    "alerts?severity=critical,foo": ("critical", "major", "minor", "warning", "info"),
    "alerts?severity=critical,": ("critical", "major", "minor", "warning", "info"),
    "alerts?active=maybe": ("true", "false"),
    "assets?health=sick": ("ok", "degraded", "down", "unknown"),
    "warnings?state=over": ("pending", "active", "expired", "cancelled", "superseded"),
    "warnings?status=actual": ("Actual", "Draft", "Exercise", "System", "Test", "*"),
    "silences?ended=perhaps": ("true", "false"),
    "availability?sort=best": ("key", "worst"),
    "availability?format=xml": ("json", "csv"),
    "availability?by=weather": ("asset", "unit", "region", "kind", "month"),
    "audit?kind=audits": (*ENTRY_KINDS, "*"),
}


async def test_a_word_that_is_not_of_the_list_is_refused_with_the_list(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.signed_in("admin") as client:
        world.app.state.counting = object()  # the words are looked at before anything is counted
        for query, allowed in WORDS.items():
            (error,) = problem(await client.get(f"/api/v1/{query}"), 422, "invalid")["errors"]
            assert error["field"] == f"query.{query.partition('?')[2].partition('=')[0]}"
            assert error["allowed"] == list(allowed), query
            assert "、".join(allowed) in error["message"]


async def test_every_listed_parameter_of_every_route_refuses_another_word(world: World) -> None:
    """What the interface's own description calls a list is one."""
    async with world.signed_in("admin") as client:
        described = world.app.openapi()
        seen = 0
        for path, name in _listed(described):
            answer = await client.get(path.replace("{", "").replace("}", ""), params={name: "no-such-word"})
            assert problem(answer, 422, "invalid")["errors"][0]["field"] == f"query.{name}", path
            seen += 1
        assert seen >= 10


def _listed(described: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for path, methods in described["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", ()):
            forms = parameter["schema"].get("anyOf", [parameter["schema"]])
            if parameter["in"] == "query" and any("enum" in form or form.get("type") == "boolean" for form in forms):
                yield path, parameter["name"]


async def test_known_words_pass_also_several_and_none(world: World) -> None:
    async with world.signed_in("duty") as client:
        for query in (
            "alerts?severity=critical,major&active=true",
            "alerts?severity=",
            "assets?health=ok,down&kind=windmill",
            f"alerts?region={A}",
            "warnings?state=active,expired&status=Actual",
            "map/none.geojson",
        ):
            assert (await client.get(f"/api/v1/{query}")).status_code in (200, 404), query
        body = (await client.get("/api/v1/assets?health=ok,down")).json()["items"]
        assert {record["health"] for record in body} == {"ok", "down"}


async def test_a_region_is_a_code_and_a_parameter_stands_once(world: World) -> None:
    async with world.signed_in("duty") as client:
        for path in ("alerts", "assets"):
            (error,) = problem(await client.get(f"/api/v1/{path}?region=mouding"), 422, "invalid")["errors"]
            assert (error["field"], error["code"]) == ("query.region", "region")
        answer = await client.get("/api/v1/alerts?severity=critical&severity=major")
        (error,) = problem(answer, 422, "invalid")["errors"]
        assert (error["field"], error["code"]) == ("query.severity", "repeated_parameter")


async def test_a_walls_token_in_the_address_is_known_where_it_counts(world: World) -> None:
    token = await world.token("wall")
    async with world.client() as wall:
        assert (await wall.get(f"/api/v1/snapshot?token={token}")).status_code == 200
        problem(await wall.get(f"/api/v1/snapshot?token={token}&x=1"), 422, "invalid")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59-23:00"])
async def test_a_moment_that_no_clock_says_again_is_refused(world: World, at: str) -> None:
    async with world.signed_in("admin") as client:
        world.app.state.counting = object()
        for path in ("alerts", "availability"):
            for name in ("from", "to"):
                (error,) = problem(await client.get(f"/api/v1/{path}", params={name: at}), 422, "invalid")["errors"]
                assert (error["field"], error["code"]) == (f"query.{name}", "moment")
        answer = await client.post("/api/v1/alerts/a-alert/ack", json={"comment": "x", "until": at})
        (error,) = problem(answer, 422, "invalid")["errors"]
        assert (error["field"], error["code"], error["message"]) == (
            "body.until",
            "moment",
            "须为 1970 年至 9998 年之间的时间",
        )
        last_moment = "9998-12-31T23:59:59+08:00"
        assert (await client.get("/api/v1/alerts", params={"from": last_moment})).status_code == 200


async def test_those_that_watch_the_server_may_add_what_they_like(world: World) -> None:
    async with world.signed_in("duty") as client:
        for path in OPERATION:
            assert (await client.get(f"{path}?verbose=1")).status_code != 422


async def test_writes_are_strict_too(world: World) -> None:
    async with world.signed_in("admin") as client:
        wrong = await client.delete("/api/v1/silences/x?coment=done")
        assert problem(wrong, 422, "invalid")["errors"][0]["allowed"] == ["comment"]
        wrong = await client.post("/api/v1/ingest/cap?profile=x", content=b"<alert/>")
        assert problem(wrong, 422, "invalid")["errors"][0]["allowed"] == ["cn-12379"]
        for query in ("mode=lenint", "mod=lenient", "profile=cn"):
            problem(await client.post(f"/api/v1/ingest/cap?{query}", content=b"<alert/>"), 422, "invalid")


async def test_as_an_alertmanager_we_know_all_of_its_parameters(world: World) -> None:
    async def names(client: Any, query: str) -> list[str]:
        return sorted(record["labels"]["instance"] for record in (await client.get(f"/api/v2/alerts?{query}")).json())

    async with world.signed_in("duty") as client:
        flags = "active=true&inhibited=true&silenced=true&unprocessed=true&receiver=watchfloor"
        assert await names(client, flags) == ["a-sw", "b-sw"]
        assert await names(client, 'filter=instance="a-sw"') == ["a-sw"]
        assert await names(client, 'filter="instance"!="a-sw"&filter=severity=critical') == ["b-sw"]
        assert await names(client, "filter=instance=~a.*") == ["a-sw"]
        assert await names(client, "filter=instance!~a") == ["a-sw", "b-sw"], "the whole value is matched"
        assert await names(client, "filter=instance!~(a|c).*") == ["b-sw"]
        for wrong in ("filter=instance=~(", "filter=~a", "filter=instance", "receiver=nobody", "label=x"):
            problem(await client.get(f"/api/v2/alerts?{wrong}"), 422, "invalid")


def test_every_kind_of_entry_that_is_written_can_be_asked_for() -> None:
    """The audit record refuses unknown kinds: the constants that are handed to the log stand in ENTRY_KINDS."""
    written = set()
    for package in ("feeds", "alerts", "incidents", "api", "watchfloor"):
        for file in (ROOT / package).rglob("*.py"):
            source = file.read_text()
            if "kind=" not in source or not re.search(r"append\(|AppendEntry\(", source):
                continue
            tree = ast.parse(source)
            constants = dict(_constants(tree))
            for call in ast.walk(tree):
                name = getattr(call.func, "attr", getattr(call.func, "id", "")) if isinstance(call, ast.Call) else ""
                if isinstance(call, ast.Call) and name in ("append", "AppendEntry"):
                    for word in (keyword.value for keyword in call.keywords if keyword.arg == "kind"):
                        kind = word.value if isinstance(word, ast.Constant) else constants.get(getattr(word, "id", ""))
                        written |= {kind} if kind else set()
    assert len(written) >= 9
    assert written <= set(ENTRY_KINDS)


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Module constants that are words: A = "x" and A, B = "x", "y"."""
    for node in tree.body:
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            values = value.elts if isinstance(value, ast.Tuple) else [value]
            for name, word in zip(names, values, strict=False):
                if isinstance(name, ast.Name) and isinstance(word, ast.Constant) and isinstance(word.value, str):
                    yield name.id, word.value
