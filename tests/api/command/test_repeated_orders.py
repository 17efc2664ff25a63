"""Orders without an answer: one that is sent again with its Idempotency-Key is carried out once, and a late one not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.dependencies import Dependencies
from feeds.engine.commands import Unanswered
from feeds.model import Command, Result
from tests.api.command.site import CommandSite, Desk, SteppedClient

INCIDENT = {"title": "化工厂起火", "event_class": "fire", "region": "532323", "place": "园区", "text": "两车间"}
KEY = {"Idempotency-Key": "6f1c-1"}


async def orders(desk: Desk, incident: str) -> dict[str, tuple[str, dict[str, Any], str]]:
    """Orders that make a record: path, body, and the list in which it stands."""
    group = {"numbers": [{"name": "村主任", "number": "13600000001"}]}
    mark = {"incident": incident, "kind": "hazard", "geometry": {"type": "Point", "coordinates": [101.5, 25.0]}}
    task = {"title": "封路", "incident": incident, "role": "duty", "due_within": 3600, "issue": True}
    return {
        "incident": ("/incidents", INCIDENT | {"title": "第二起"}, "/incidents"),
        "task": ("/tasks", task, "/tasks"),
        "campaign": ("/campaigns", {"text": "请到岗", "groups": [group], "incident": incident}, "/campaigns"),
        "mark": ("/marks", mark, "/marks"),
        "log": ("/log", {"text": "来电"}, "/log"),
        "silence": (
            "/silences",
            {"match": {"region": "532323"}, "comment": "割接", "until": "2026-11-28T08:00:00+08:00"},
            "/silences",
        ),
    }


@pytest.mark.parametrize("name", ["incident", "task", "campaign", "mark", "log", "silence"])
async def test_an_order_that_is_sent_again_with_its_key_is_carried_out_once(site: CommandSite, name: str) -> None:
    li = site.staff()
    incident = (await li.ask("POST", "/incidents", json=INCIDENT)).json()["id"]
    path, body, listed = (await orders(li, incident))[name]
    before = len(await li.items(listed))
    first, again = [await li.ask("POST", path, json=body, headers=KEY) for _ in range(2)]
    assert (first.status_code, first.json()["id"]) == (again.status_code, again.json()["id"]), again.text
    assert first.json().keys() == again.json().keys()
    assert len(await li.items(listed)) == before + 1

    await li.ask("POST", path, json=body)
    assert len(await li.items(listed)) == before + 2


async def test_the_key_of_one_account_repeats_no_order_of_another(site: CommandSite) -> None:
    for name in ("li", "wang"):
        assert (await site.staff(name).ask("POST", "/incidents", json=INCIDENT, headers=KEY)).status_code == 201
    assert len(await site.staff().items("/incidents")) == 2


async def test_an_order_of_one_record_is_answered_again_as_the_record_is_now(site: CommandSite) -> None:
    li = site.staff()
    incident = (await li.ask("POST", "/incidents", json=INCIDENT)).json()
    graded = {"grade": "III", "basis": "重伤 10 人"}
    answers = [await li.ask("POST", f"/incidents/{incident['id']}/grade", json=graded, headers=KEY) for _ in range(2)]
    assert [(answer.status_code, answer.json()["rev"]) for answer in answers] == [(200, incident["rev"] + 1)] * 2


class Cut(SteppedClient):
    """Loses each command (`taken` False) or each result."""

    def __init__(self, site: CommandSite, *, taken: bool) -> None:
        super().__init__(site)
        self._taken = taken

    async def submit(self, command: Command, *, engine: str, timeout: float = 5.0) -> Result:
        if self._taken:
            await super().submit(command, engine=engine, timeout=timeout)
        self._site.at += timeout
        raise Unanswered("no answer in time")


@pytest.mark.parametrize(("taken", "problem"), [(True, "recorded"), (False, "unanswered")])
async def test_without_a_result_it_is_told_whether_the_order_was_carried_out(
    site: CommandSite, monkeypatch: pytest.MonkeyPatch, taken: bool, problem: str
) -> None:
    deps = CommandSite.deps

    def cut(self: CommandSite) -> Dependencies:
        return replace(deps(self), commands=Cut(self, taken=taken))

    monkeypatch.setattr(CommandSite, "deps", cut)
    answer = await site.staff().ask("POST", "/incidents", json=INCIDENT)
    assert (answer.status_code, answer.json()["type"]) == (503, f"urn:watchfloor:problem:{problem}")
    assert len(await site.staff().items("/incidents")) == int(taken)


async def test_an_order_that_an_engine_reads_late_is_not_carried_out(site: CommandSite) -> None:
    li = site.staff()
    await li.ask("POST", "/incidents", json=INCIDENT)
    command = Command(
        id="c1",
        action="incident.create",
        subject="",
        actor="li",
        role="duty",
        actor_region="",
        at=site.at,
        valid_until=site.at + 5,
        args=INCIDENT,
    )
    await site.bus.send("command", command)
    site.at += 6
    await site.step()
    assert len(await li.items("/incidents")) == 1
