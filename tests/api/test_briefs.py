"""Briefs over REST: orders, the password at the signature, exports that are recorded, and who may open one."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest

from api.routes import briefs as routes
from feeds.briefs import docx_file, pdf_file
from feeds.briefs.fonts import NoFont
from feeds.kinds import BRIEF
from feeds.model import Change, Command, Kind, Outcome, Result
from feeds.model.briefs import Brief
from tests.api.conftest import NOW, PASSWORD, A, B, World, problem
from tests.feeds.briefs.samples import a_brief

ID = "532300:B20261127-0001"


def done(command: Command) -> Result:
    return Result(command=command.id, outcome=Outcome.DONE, after=BRIEF.view(a_brief(region=A)))


async def stored(world: World, brief: Brief) -> Brief:
    async with world.journal.begin() as tx:
        seq = await tx.append(kind="brief", name="signed", subject=brief.id, at=NOW, actor="zhang", body={"version": 1})
        await tx.put("brief", brief.id, msgspec.to_builtins(brief), seq=seq)
    world.pump.mirror.apply([Change(kind=Kind.BRIEF, id=brief.id, after=brief, at=NOW)])
    return brief


async def test_orders_are_commands(world: World) -> None:
    world.desk.answer = done
    async with world.signed_in("duty") as client:
        body: dict[str, Any] = {"kind": "special", "step": "first", "incident": "i", "to": ["省"]}
        assert (await client.post("/api/v1/briefs", json=body)).status_code == 201
        words: dict[str, Any] = {"blocks": [{"key": "situation", "text": "泄漏"}], "rev": 2}
        for order, body in (
            ("edit", words),
            ("generate", {}),
            ("check", {}),
            ("send", {"channel": "network", "number": "17", "obligation": "i/first"}),
        ):
            assert (await client.post(f"/api/v1/briefs/{ID}/{order}", json=body)).status_code == 200
        problem(await client.post(f"/api/v1/briefs/{ID}/withdraw", json={}), 422, "invalid")
    create, edit, _, _, send = world.desk.seen
    assert (create.action, create.args) == (
        "brief.create",
        {"kind": "special", "step": "first", "incident": "i", "to": ["省"]},
    )
    assert (edit.args, edit.expected_rev) == ({"blocks": words["blocks"]}, 2)
    assert send.args["obligation"] == "i/first"


async def test_a_daily_brief_is_of_a_day_in_the_sites_zone(world: World) -> None:
    world.desk.answer = done
    async with world.signed_in("duty") as client:
        await client.post("/api/v1/briefs", json={"kind": "daily", "day": "2026-11-17"})
    args = world.desk.seen[0].args
    assert (args["period_end"] - args["period_start"], (args["period_start"] + 8 * 3600) % 86_400) == (86_400.0, 0.0)


@pytest.mark.parametrize("order", ["sign", "countersign"])
async def test_signing_asks_for_the_password_again(world: World, order: str) -> None:
    world.desk.answer = done
    path = f"/api/v1/briefs/{ID}/{order}"
    async with world.signed_in("leader") as client:
        problem(await client.post(path, json={}), 422, "invalid")
        problem(await client.post(path, json={"password": "wrong"}), 401, "wrong-credentials")
        assert not world.desk.seen
        assert (await client.post(path, json={"password": PASSWORD, "rev": 4})).status_code == 200
    (command,) = world.desk.seen
    assert (command.action, command.args, command.expected_rev) == (
        f"brief.{order}",
        {"method": "password", "actor_name": "leader-all"},
        4,
    )
    assert "sign-in-failed" in await world.names()


async def test_a_method_that_a_client_names_is_refused(world: World) -> None:
    async with world.signed_in("leader") as client:
        problem(await client.post(f"/api/v1/briefs/{ID}/sign", json={"method": "password"}), 422, "invalid")
    assert not world.desk.seen


async def test_a_signature_by_phone_is_recorded_by_somebody_on_duty(world: World) -> None:
    world.desk.answer = done
    async with world.signed_in("duty") as client:
        assert (await client.post(f"/api/v1/briefs/{ID}/sign", json={"signer": "zhang"})).status_code == 200
    assert world.desk.seen[0].args == {
        "method": "phone",
        "signer": "zhang",
        "signer_name": "zhang",
        "actor_name": "duty-all",
    }


async def test_an_export_is_recorded_with_the_hash_of_the_file(world: World) -> None:
    brief = await stored(world, a_brief(region=A))
    async with world.signed_in("duty") as client:
        answer = await client.get(f"/api/v1/briefs/{ID}.docx")
        assert answer.headers["content-type"] == routes.DOCX
        assert "attachment" in answer.headers["content-disposition"]
        assert docx_file.carried(answer.content).brief == brief
        whole = (await client.get(f"/api/v1/briefs/{ID}.json")).json()
    assert whole["blocks"][3]["figures"][0]["entries"][0]["number"] == 17
    entries = [
        entry for entry in await world.journal.entries(kind="audit", subject=ID) if entry.name == "brief-exported"
    ]
    assert [entry.body["format"] for entry in entries] == ["docx", "json"]
    assert entries[0].body["sha256"] == hashlib.sha256(answer.content).hexdigest()


async def test_a_pdf_says_which_fonts_stand_in(world: World) -> None:
    pytest.importorskip("typst")
    await stored(world, a_brief(region=A))
    async with world.signed_in("duty") as client:
        answer = await client.get(f"/api/v1/briefs/{ID}.pdf")
    if answer.status_code == 501:
        pytest.skip("no font with Chinese on this machine")
    assert answer.content.startswith(b"%PDF-")
    assert pdf_file.carried(answer.content).brief.id == ID
    assert "x-fonts-substituted" in answer.headers


async def test_without_typst_or_fonts_there_is_docx_only(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await stored(world, a_brief(region=A))

    def render(*_: Any) -> None:
        raise NoFont("none")

    async with world.signed_in("duty") as client:
        monkeypatch.setattr(pdf_file, "available", lambda: True)
        monkeypatch.setattr(pdf_file, "render", render)
        assert problem(await client.get(f"/api/v1/briefs/{ID}.pdf"), 501, "no-pdf")["code"] == "fonts"
        monkeypatch.setattr(pdf_file, "available", lambda: False)
        assert problem(await client.get(f"/api/v1/briefs/{ID}.pdf"), 501, "no-pdf")["code"] == "typst"
        assert (await client.get(f"/api/v1/briefs/{ID}")).json()["pdf"] is False
        assert (await client.get(f"/api/v1/briefs/{ID}.docx")).status_code == 200


async def test_opening_a_brief_is_recorded(world: World) -> None:
    await stored(world, a_brief(region=A))
    async with world.signed_in("leader") as client:
        record = (await client.get(f"/api/v1/briefs/{ID}")).json()
    assert [step["name"] for step in record["timeline"]] == ["signed"]
    (entry,) = await world.journal.entries(kind="audit", subject=ID)
    assert (entry.name, entry.actor) == ("brief-read", "leader-all")


@pytest.mark.parametrize("form", ["", ".docx", ".pdf", ".json"])
async def test_a_brief_of_another_county_is_not_there(world: World, form: str) -> None:
    await stored(world, a_brief(region=B))
    async with world.signed_in("duty", A) as client:
        problem(await client.get(f"/api/v1/briefs/{ID}{form}"), 404, "not-found")
    async with world.signed_in("viewer") as client:
        problem(await client.get(f"/api/v1/briefs/{ID}{form}"), 404, "not-found")
