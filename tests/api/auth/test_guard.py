"""The gate: what is open to everybody, whose request it is, and what every answer carries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.responses import HTMLResponse, PlainTextResponse

from api.app import create_app
from api.server import UnsafeSettings
from api.settings import WebSettings
from tests.api.conftest import BASE, PASSWORD, World, problem

ACK = "/api/v1/alerts/a-alert/ack"


def add_pages(world: World) -> None:
    """What Dash does to the same app: pages, static files, a catch-all, all added after create_app."""

    async def page() -> HTMLResponse:
        return HTMLResponse("<p>page</p>")

    async def static() -> PlainTextResponse:
        return PlainTextResponse("//", media_type="text/javascript")

    world.app.add_api_route("/static/live.js", static)
    world.app.add_api_route("/_dash-update-component", page, methods=["POST"])
    world.app.add_api_route("/{path:path}", page)


@pytest.mark.parametrize(
    "path",
    ["/api/v1/me", "/api/v1/assets", "/api/v1/snapshot", "/api/openapi.json", "/api/v1/site", "/metrics", "/api/none"],
)
async def test_programs_without_sign_in_get_401(world: World, path: str) -> None:
    async with world.client() as client:
        answer = await client.get(path)
    problem(answer, 401, "not-signed-in")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_pages_without_sign_in_lead_to_the_sign_in_page_and_back(world: World) -> None:
    add_pages(world)
    async with world.client() as client:
        answer = await client.get("/alerts?severity=critical")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/signin?next=%2Falerts%3Fseverity%3Dcritical"
        assert (await client.get("/signin")).status_code == 200
        assert (await client.get("/static/live.js")).status_code == 200
        problem(await client.post("/_dash-update-component", json={}), 401, "not-signed-in")


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example", "//evil.example//x"])
async def test_the_way_back_never_leads_to_another_host(world: World, path: str) -> None:
    add_pages(world)
    async with world.client() as client:
        location = (await client.get(BASE + path)).headers["location"]
    following = location.removeprefix("/signin?next=")
    assert following.startswith("%2Fevil")


async def test_unknown_api_paths_are_problems_even_when_pages_take_every_path(world: World) -> None:
    add_pages(world)
    async with world.signed_in("duty") as client:
        problem(await client.get("/api/v1/nothing"), 404, "not-found")
        problem(await client.get("/api/"), 404, "not-found")
        problem(await client.post("/api/v2/nothing", json={}), 404, "not-found")
        answer = await client.put("/api/v1/session", json={})
        problem(answer, 405, "method-not-allowed")
        assert answer.headers["allow"] == "POST, DELETE"
        assert (await client.get("/network")).text == "<p>page</p>"


async def test_head_works_wherever_get_does(world: World) -> None:
    add_pages(world)
    async with world.signed_in("duty") as client:
        for path in ("/", "/api/v1/me", "/healthz"):
            body, head = await client.get(path), await client.head(path)
            assert head.status_code == body.status_code == 200
            assert head.content == b""
            assert head.headers["content-length"] == body.headers["content-length"]


async def test_every_answer_carries_the_security_headers(world: World) -> None:
    add_pages(world)
    world.hashes = ["'sha256-abc'"]
    async with world.signed_in("duty") as client:
        answers = [await client.get(path) for path in ("/", "/api/v1/me", "/api/none", "/static/live.js")]
        answers.append(await client.post("/api/v1/session", json={}))
    for answer in answers:
        csp = answer.headers["content-security-policy"]
        assert csp.startswith("default-src 'none'; script-src 'self'")
        assert "unsafe-eval" not in csp
        assert "frame-ancestors 'none'" in csp
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
    assert "script-src 'self' 'sha256-abc';" in answers[0].headers["content-security-policy"]
    assert "script-src 'self';" in answers[1].headers["content-security-policy"]


async def test_files_are_cached_data_is_not(world: World) -> None:
    add_pages(world)
    async with world.signed_in("duty") as client:
        assert "immutable" in (await client.get("/static/live.js?m=17.5")).headers["cache-control"]
        assert (await client.get("/static/live.js")).headers["cache-control"] == "no-cache"
        assert (await client.get("/api/v1/me")).headers["cache-control"] == "no-store"


async def test_writes_with_a_cookie_need_the_token_and_our_own_origin(world: World) -> None:
    async with world.signed_in("duty") as client:
        csrf = client.headers.pop("X-CSRF-Token")
        problem(await client.post(ACK, json={}), 403, "csrf")
        problem(await client.post(ACK, json={}, headers={"X-CSRF-Token": "guess"}), 403, "csrf")
        good = {"X-CSRF-Token": csrf}
        for bad in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "http://127.0.0.1:9999"},
        ):
            problem(await client.post(ACK, json={}, headers=good | bad), 403, "csrf")
        assert world.desk.seen == []
        own = {"Origin": BASE, "Sec-Fetch-Site": "same-origin"}
        assert (await client.post(ACK, json={}, headers=good | own)).status_code == 200
        assert (await client.post(ACK, json={}, headers=good)).status_code == 200


async def test_dash_callbacks_need_the_browsers_word_for_our_origin(world: World) -> None:
    add_pages(world)
    async with world.signed_in("duty") as client:
        client.headers.pop("X-CSRF-Token")
        problem(await client.post("/_dash-update-component", json={}), 403, "csrf")
        problem(
            await client.post("/_dash-update-component", json={}, headers={"Origin": "https://evil.example"}),
            403,
            "csrf",
        )
        own = {"Origin": BASE}
        assert (await client.post("/_dash-update-component", json={}, headers=own)).status_code == 200


async def test_another_sites_page_cannot_sign_somebody_in(world: World) -> None:
    async with world.client(origin="https://evil.example") as client:
        answer = await client.post("/api/v1/session", json={"name": "x", "password": PASSWORD})
    problem(answer, 403, "csrf")


async def test_a_program_needs_no_csrf_token_but_the_right_scope(world: World) -> None:
    headers = {"Authorization": f"Bearer {await world.token('read')}"}
    async with world.client(**headers) as client:
        assert (await client.get("/api/v1/alerts")).status_code == 200
        assert (await client.get("/metrics")).status_code == 200
        problem(await client.post(ACK, json={}), 403, "forbidden")
        problem(await client.post("/api/v1/ingest/heartbeat/a-sw"), 403, "forbidden")
        problem(await client.get("/api/v1/audit"), 403, "forbidden")
        problem(await client.get("/network"), 403, "forbidden")


async def test_an_ingest_token_sends_in_and_sees_nothing(world: World) -> None:
    headers = {"Authorization": f"Bearer {await world.token('ingest')}"}
    async with world.client(**headers) as client:
        for path in ("assets", "alerts", "alerts/a-alert", "snapshot", "sources", "warnings", "kpi", "map/x.geojson"):
            problem(await client.get(f"/api/v1/{path}"), 403, "forbidden")
        problem(await client.get("/metrics"), 403, "forbidden")


async def test_a_walls_token_leaves_the_address_for_a_cookie_and_reads_only_the_wall(world: World) -> None:
    add_pages(world)
    raw = await world.token("wall")
    async with world.client() as client:
        problem_page = await client.get("/wall")
        assert problem_page.headers["location"].startswith("/signin")
        answer = await client.get(f"/wall?token={raw}&lang=en")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/wall?lang=en"
        assert "HttpOnly" in answer.headers["set-cookie"]
        for path in ("/wall", "/api/v1/snapshot", "/api/v1/site", "/api/v1/me", "/api/v1/kpi", "/api/v1/roster"):
            assert (await client.get(path)).status_code == 200
        me = (await client.get("/api/v1/me")).json()
        assert (me["role"], me["personal"], me["rights"]) == ("viewer", False, ["see"])
        for path in ("/api/v1/alerts", "/api/v1/assets", "/api/v1/audit"):
            problem(await client.get(path), 401, "not-signed-in")
        assert (await client.get("/network")).status_code == 303
        problem(await client.post(ACK, json={}), 401, "not-signed-in")
        own = {"Origin": BASE}
        assert (await client.post("/_dash-update-component", json={}, headers=own)).status_code == 200


async def test_a_walls_token_in_the_address_opens_its_data_and_nothing_else(world: World) -> None:
    wall, read = await world.token("wall"), await world.token("read")
    async with world.client() as client:
        snapshot = (await client.get(f"/api/v1/snapshot?token={wall}")).json()
        assert snapshot["alert"]["b-alert"]["ack"]["by"] == ""
        assert snapshot["alert"]["b-alert"]["ack"]["comment"] == ""
        problem(await client.get(f"/api/v1/alerts?token={wall}"), 401, "not-signed-in")
        problem(await client.get(f"/api/v1/snapshot?token={read}"), 401, "token-refused")
        assert (await client.get("/wall?token=wf_bad")).headers["location"] == "/signin?next=%2Fwall"
        headers = {"Authorization": f"Bearer {wall}"}
        problem(await client.get("/api/v1/alerts", headers=headers), 403, "forbidden")


async def test_bodies_are_bounded(world: World) -> None:
    async with world.signed_in("duty") as client:
        problem(await client.post(ACK, json={"comment": "x" * 1_100_000}), 413, "too-large")

        async def unannounced() -> AsyncIterator[bytes]:
            for _ in range(20):
                yield b" " * 100_000

        answer = await client.post(ACK, content=unannounced(), headers={"Content-Type": "application/json"})
        problem(answer, 413, "too-large")


async def test_answers_are_in_the_language_asked_for_chinese_by_default(world: World) -> None:
    async with world.client() as client:
        chinese = problem(await client.get("/api/v1/me"), 401, "not-signed-in")
        english = problem(
            await client.get("/api/v1/me", headers={"Accept-Language": "de, en-GB;q=0.8, zh;q=0.5"}),
            401,
            "not-signed-in",
        )
    assert (chinese["title"], english["title"]) == ("未登录", "Not signed in")


async def test_what_is_invalid_is_named_but_never_repeated(world: World) -> None:
    async with world.client() as client:
        answer = await client.post("/api/v1/session", json={"name": "x", "password": ["hush-hush"]})
        document = problem(answer, 422, "invalid")
    assert document["errors"] == [{"field": "body.password", "code": "string_type", "message": "须为文本"}]
    assert "hush-hush" not in answer.text


async def test_an_error_of_ours_is_a_problem_without_its_text(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the table b-secret is missing")

    async with world.signed_in("duty") as client:
        monkeypatch.setattr("api.routes.staff.wire.iso", broken)
        answer = await client.get("/api/v1/kpi")
    problem(answer, 500, "internal")
    assert "b-secret" not in answer.text


async def test_a_journal_that_is_gone_is_a_problem_too(world: World) -> None:
    async with world.client(Authorization="Bearer wf_x") as client:
        await world.journal.close()
        problem(await client.get("/api/v1/me"), 503, "journal-lost")
    await world.journal.open()


DEMO = WebSettings(demo=True)


async def test_in_a_demo_everybody_is_a_duty_officer_and_may_switch(world: World) -> None:
    world.settings = DEMO
    async with world.client() as client:
        me = (await client.get("/api/v1/me")).json()
        assert (me["role"], me["demo"], me["csrf"]) == ("duty", True, "")
        assert (await client.post(ACK, json={})).status_code == 200
        switched = (await client.post("/api/v1/demo/role", json={"role": "leader", "region": "532323"})).json()
        assert (switched["role"], switched["region"]) == ("leader", "532323")
        problem(await client.post("/api/v1/demo/role", json={"role": "admin"}), 403, "csrf")
        client.headers["X-CSRF-Token"] = switched["csrf"]
        problem(await client.post(ACK, json={}), 403, "forbidden")
        assert (await client.get("/api/v1/me")).json()["role"] == "leader"
        assert (await client.delete("/api/v1/session")).status_code == 204
        assert (await client.get("/api/v1/me")).json()["role"] == "duty"


async def test_a_demo_answers_neither_foreign_pages_nor_foreign_names(world: World) -> None:
    world.settings = DEMO
    async with world.client() as client:
        problem(await client.post(ACK, json={}, headers={"Origin": "https://evil.example"}), 403, "csrf")
        problem(await client.get("/api/v1/me", headers={"Host": "evil.example:8050"}), 403, "wrong-host")
        assert (await client.get("/api/v1/me", headers={"Host": "localhost:8050"})).status_code == 200


async def test_without_a_demo_nobody_switches(world: World) -> None:
    async with world.signed_in("duty") as client:
        problem(await client.post("/api/v1/demo/role", json={"role": "admin"}), 403, "forbidden")


def test_a_demo_off_loopback_is_refused(world: World) -> None:
    world.settings = WebSettings(demo=True, host="0.0.0.0")
    with pytest.raises(UnsafeSettings, match="loopback"):
        create_app(world.deps())
