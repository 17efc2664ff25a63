"""`/api/v1/rules`: read by all, changed by administrators, rehearsed, undone; the engine's own rulebook answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx2
import pytest

from alerts.core.core import AlertCore
from alerts.rulebook.book import RuleBook
from alerts.rulebook.notes import record
from alerts.rules.rule import compile_rules
from alerts.rules.subjects import Subjects
from alerts.sampling import SampleTimes
from feeds.engine.requests import written
from feeds.journal import Journal
from feeds.model import Command, Kind, Result
from tests.alerts.builders import rule
from tests.api.conftest import A, AlertDesk, B, World, picture, problem

HOT = {"id": "hot", "when": "kind == 'switch' && m['sensor.temp'] > 80.0", "for": "10s", "title": "过热"}


class RuleDesk(AlertDesk):
    """The engine's rulebook over the same journal, without a bus between."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self.journal = journal
        self.book = RuleBook(
            compile_rules([rule(title={"zh-CN": "中断", "en": "down"})]), sample=SampleTimes(shortest=2.0)
        )
        self.core = AlertCore(self.book.running(), subjects=Subjects(picture()))

    async def submit(self, command: Command, *, engine: str, timeout: float = 5.0) -> Result:
        self.seen.append(command)
        result = self.book.carry_out(command, self.core, command.at)
        await self.keep()
        return result

    async def keep(self) -> None:
        async with self.journal.begin() as tx:
            await written(tx, record(self.book.take_notes(), rev=self.book.rev, sample=self.book.sample.shortest))


@pytest.fixture
async def site(world: World) -> World:
    desk = RuleDesk(world.journal)
    desk.book.restore([], world.at)
    await desk.keep()
    world.desk = desk
    return world


async def items(client: httpx2.AsyncClient) -> dict[str, Any]:
    answer = (await client.get("/api/v1/rules")).json()
    return {row["id"]: row for row in answer["items"]} | {"rev": answer["rev"]}


async def test_the_list_says_what_rules_may_be_over_and_by_which_names(site: World) -> None:
    async with site.signed_in("duty") as client:
        subjects = {each["name"]: each for each in (await client.get("/api/v1/rules")).json()["subjects"]}
    assert list(subjects) == [
        "asset",
        "source",
        "warning",
        "receipt",
        "incident",
        "obligation",
        "task",
        "resource",
        "brief",
        "plan",
        "proposal",
        "case",
        "region",
    ]
    assert subjects["asset"]["names"]["health"] == {"type": "string", "words": ["degraded", "down", "ok", "unknown"]}
    assert subjects["warning"]["functions"] == ["touches"]
    assert set(subjects["region"]["names"]) == {"id", "region"}


async def test_a_rule_is_made_read_changed_and_taken_out(site: World) -> None:
    async with site.signed_in("admin") as client:
        answer = await client.put("/api/v1/rules/hot", json=HOT | {"comment": "试一试"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["changed"] == ["hot"]
        assert answer.json()["preview"][0]["asked"] == 4
        body = (await items(client))["hot"]
        assert (body["for"], body["recover_for"], body["severity"]) == (10.0, 10.0, "major")
        assert body["thresholds"] == [
            {"metric": "sensor.temp", "op": ">", "value": 80.0, "clear": None, "per_second_over": None}
        ]
        assert (body["source"], body["by"], body["comment"], body["active"]) == ("api", "admin-all", "试一试", 0)
        assert body["only"] == {"kinds": ["switch"], "regions": [], "labels": {}}
        answer = await client.put("/api/v1/rules/hot", json=body | {"severity": "minor"})
        assert answer.status_code == 200, answer.text
        problem(await client.put("/api/v1/rules/hot", json=body | {"severity": "info"}), 409, "conflict")
        assert (await client.delete("/api/v1/rules/hot")).status_code == 200
        problem(await client.delete("/api/v1/rules/hot"), 404, "not-found")
        assert "hot" not in await items(client)


async def test_a_rule_that_was_read_goes_back_with_its_severities_and_text(site: World) -> None:
    grades = [{"when": "m['sensor.temp'] > 95", "severity": "critical"}]
    async with site.signed_in("admin") as client:
        answer = await client.put("/api/v1/rules/hot", json=HOT | {"grades": grades, "text": "打开空调"})
        assert answer.status_code == 200, answer.text
        hot = (await items(client))["hot"]
        assert (hot["severity"], hot["grades"], hot["text"]) == ("major", grades, "打开空调")
        assert (await client.put("/api/v1/rules/hot", json=hot)).json()["changed"] == []
        twice = HOT | {"grades": [*grades, *grades]}
        body = problem(await client.put("/api/v1/rules/hot", json=twice), 422, "invalid")
        assert body["errors"][0]["code"] == "rule_grades"


async def test_a_county_reads_no_change_of_a_rule_whose_severity_names_an_asset_of_another(site: World) -> None:
    grades = [{"when": "health_of('b-sw') == 'down'", "severity": "critical"}]
    async with site.signed_in("admin") as client:
        answer = await client.put("/api/v1/rules/hot", json=HOT | {"grades": grades})
        assert answer.status_code == 200, answer.text
    async with site.signed_in("admin", A) as client:
        history = (await client.get("/api/v1/rules/history", params={"rule": "hot"})).json()
    assert (history["items"], history["hidden"]) == ([], 1)


async def test_a_rule_of_the_file_counts_its_alerts_and_is_read_only(site: World) -> None:
    async with site.signed_in("admin") as client:
        down = (await items(client))["down"]
        assert (down["source"], down["active"], down["title"]["zh-CN"]) == ("file", 2, "中断")
        body = problem(await client.put("/api/v1/rules/down", json=HOT | {"id": "down"}), 422, "invalid")
        assert (body["errors"][0]["field"], body["errors"][0]["code"]) == ("body.id", "read_only")
        problem(await client.delete("/api/v1/rules/down"), 422, "invalid")
        problem(await client.post("/api/v1/rules/down/undo", json={}), 404, "not-found")


async def test_the_whole_list_goes_back_as_it_was_read_and_what_is_missing_goes(site: World) -> None:
    async with site.signed_in("admin") as client:
        await client.put("/api/v1/rules", json={"items": [HOT, HOT | {"id": "warm"}]})
        whole = (await client.get("/api/v1/rules")).json()
        answer = (await client.put("/api/v1/rules", json={"items": whole["items"], "rev": whole["rev"]})).json()
        assert (answer["changed"], answer["rev"]) == ([], whole["rev"])
        less = [row for row in whole["items"] if row["id"] != "warm"]
        answer = (await client.put("/api/v1/rules", json={"items": less, "rev": whole["rev"]})).json()
        assert answer["changed"] == ["warm"]
        assert {row["id"] for row in answer["items"]} == {"down", "hot"}
        body = problem(await client.put("/api/v1/rules", json={"items": less, "rev": whole["rev"]}), 409, "conflict")
        assert body["current"]["rev"] == answer["rev"]
        worse = [row | {"severity": "info"} if row["id"] == "down" else row for row in less]
        body = problem(await client.put("/api/v1/rules", json={"items": worse}), 422, "invalid")
        assert body["errors"][0]["code"] == "read_only"


async def test_a_preview_and_a_dry_run_say_what_would_be_and_keep_nothing(site: World) -> None:
    every = {"when": "health == 'down' && kind == 'switch'"}
    async with site.signed_in("admin") as client:
        shown = (await client.post("/api/v1/rules:preview", json=every)).json()["preview"]
        assert (shown["asked"], shown["raises"], shown["examples"]) == (4, 2, ["a-sw", "b-sw"])
        answer = (await client.put("/api/v1/rules/x", json=every | {"dry_run": True})).json()
        assert answer["dry_run"]
        assert answer["preview"][0]["raises"] == 2
        assert set(await items(client)) == {"down", "rev"}
        body = problem(await client.post("/api/v1/rules:preview", json={"when": "temp > 3"}), 422, "invalid")
        assert body["errors"][0]["field"] == "body.when"
        assert "temp" in body["errors"][0]["message"]
        client.headers["Accept-Language"] = "zh"
        body = problem(await client.post("/api/v1/rules:preview", json={"when": "temp > 3"}), 422, "invalid")
        assert "未知名称 temp" in body["errors"][0]["message"]


async def test_history_says_who_and_an_undo_goes_back(site: World) -> None:
    async with site.signed_in("admin") as client:
        await client.put("/api/v1/rules/hot", json=HOT)
        await client.put("/api/v1/rules/hot", json=HOT | {"severity": "minor"})
        body = (await client.get("/api/v1/rules/history?rule=hot")).json()["items"]
        assert [(row["name"], row["actor"], row["undoable"]) for row in body] == [
            ("changed", "admin-all", True),
            ("created", "admin-all", True),
        ]
        assert (body[0]["before"]["severity"], body[0]["after"]["severity"]) == ("major", "minor")
        assert (await client.post("/api/v1/rules/hot/undo", json={"comment": "不行"})).status_code == 200
        assert (await items(client))["hot"]["severity"] == "major"
        answer = await client.post("/api/v1/rules/hot/undo", json={"seq": body[1]["seq"]})
        assert answer.status_code == 200
        assert "hot" not in await items(client)
        assert (await client.post("/api/v1/rules/hot/undo", json={})).status_code == 200
        assert (await items(client))["hot"]["severity"] == "major"
        pages = (await client.get("/api/v1/rules/history?limit=2")).json()
        assert len(pages["items"]) == 2
        assert pages["next"]


@pytest.mark.parametrize("role", ["viewer", "leader", "duty", "operator", "auditor"])
async def test_only_administrators_change_rules(site: World, role: str) -> None:
    async with site.signed_in(role) as client:
        assert (await client.get("/api/v1/rules")).status_code == 200
        for method, path in (("PUT", "/rules/hot"), ("POST", "/rules:preview"), ("PUT", "/rules")):
            body = {"items": [HOT]} if path == "/rules" else HOT
            problem(await client.request(method, f"/api/v1{path}", json=body), 403, "forbidden")
        problem(await client.delete("/api/v1/rules/hot"), 403, "forbidden")
    assert site.desk.seen == []


async def test_an_administrator_of_a_county_has_rules_of_that_county_and_reads_the_sites(site: World) -> None:
    async with site.signed_in("admin") as client:
        assert (await client.put("/api/v1/rules/hot", json=HOT)).status_code == 200
        removed = HOT | {"when": "id == 'b-sw'", "id": "removed"}
        assert (await client.put("/api/v1/rules/removed", json=removed)).status_code == 200
        assert (await client.delete("/api/v1/rules/removed")).status_code == 200
    async with site.signed_in("admin", A) as client:
        shown = (await client.post("/api/v1/rules:preview", json={"when": "health == 'down'"})).json()["preview"]
        assert (shown["asked"], shown["raises"], shown["examples"]) == (2, 1, ["a-sw"])
        answer = await client.put("/api/v1/rules/warm", json=HOT | {"id": "warm"})
        assert answer.status_code == 200, answer.text
        rules = await items(client)
        assert (rules["warm"]["region"], rules["warm"]["only"]["regions"]) == (A, [A])
        assert {"down", "hot"} <= set(rules)
        for id, body in (("hot", HOT), ("cold", HOT | {"id": "cold", "region": B}), ("cold", HOT | {"region": "x"})):
            answer = await client.put(f"/api/v1/rules/{id}", json=body | {"id": id, "severity": "info"})
            codes = {error["code"] for error in problem(answer, 422, "invalid")["errors"]}
            assert codes <= {"outside_region", "region"}
        problem(await client.delete("/api/v1/rules/hot"), 422, "invalid")
        problem(await client.post("/api/v1/rules/hot/undo", json={}), 422, "invalid")
        problem(await client.post("/api/v1/rules/removed/undo", json={}), 404, "not-found")
        assert (await client.post("/api/v1/rules/warm/undo", json={})).status_code == 200
    async with site.signed_in("admin", B) as client:
        assert "warm" not in await items(client)
        assert "warm" not in (await client.get("/api/v1/rules/history")).text
        assert A not in (await client.get("/api/v1/rules/history")).text


async def test_a_county_reads_no_rule_that_names_another_ones_things(site: World) -> None:
    both = {"when": "health == 'down' && health_of('b-sw') == 'down'"}
    async with site.signed_in("admin") as client:
        for id, wish in (("both", both), ("there", {"when": f"region == '{B}'"}), ("hot", HOT)):
            assert (await client.put(f"/api/v1/rules/{id}", json=wish)).status_code == 200
    async with site.signed_in("operator", "532323") as client:
        answer = (await client.get("/api/v1/rules")).json()
        assert ({row["id"] for row in answer["items"]}, answer["hidden"]) == ({"down", "hot"}, 2)
        assert {row["id"]: row["active"] for row in answer["items"]} == {"down": 1, "hot": 0}
        past = (await client.get("/api/v1/rules/history")).json()
        assert ({row["rule"] for row in past["items"]}, past["hidden"]) == ({"down", "hot"}, 2)


async def test_who_changed_a_rule_is_not_for_walls(site: World) -> None:
    async with site.signed_in("admin") as client:
        await client.put("/api/v1/rules/hot", json=HOT | {"comment": "电话 138…"})
    async with site.signed_in("viewer") as client:
        shown = (await client.get("/api/v1/rules")).json()["items"]
        assert {(row["by"], row["comment"]) for row in shown} == {("", "")}
        past = (await client.get("/api/v1/rules/history")).json()["items"]
        assert {(row["actor"], row["comment"]) for row in past} == {("", "")}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"when": ""}, "body.when"),
        ({"when": "x" * 2001}, "body.when"),
        ({"when": "true", "for": "soon"}, "body.for"),
        ({"when": "true", "for": -1}, "body.for"),
        ({"when": "true", "severity": "dreadful"}, "body.severity"),
        ({"when": "true", "text": "x" * 2001}, "body.text"),
        ({"when": "true", "recover_for": 1}, "body.recover_for"),
        ({"id": "another", "when": "true"}, "body.id"),
    ],
)
async def test_hostile_and_wrong_rules_are_told_by_field(site: World, body: dict[str, Any], field: str) -> None:
    async with site.signed_in("admin") as client:
        errors = problem(await client.put("/api/v1/rules/x", json=body), 422, "invalid")["errors"]
        assert errors[0]["field"] == field


async def test_a_storm_is_told_with_its_preview(site: World) -> None:
    desk = site.desk
    assert isinstance(desk, RuleDesk)
    records = picture()
    switch = records[Kind.ASSET]["a-sw"]
    records[Kind.ASSET] |= {f"n{number}": replace(switch, id=f"n{number}") for number in range(300)}
    desk.core.subjects = Subjects(records)
    async with site.signed_in("admin") as client:
        wish = {"when": "kind == 'switch'"}
        body = problem(await client.put("/api/v1/rules/x", json=wish), 422, "invalid")
        assert body["errors"][0]["code"] == "storm"
        assert body["preview"][0]["raises"] == 302
        assert (await client.put("/api/v1/rules/x", json=wish | {"accept": 302})).status_code == 200
