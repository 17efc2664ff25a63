"""Roster, receivers and policies as documents: versions, undo, conflicts, secrets that nobody sees again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from alerts.oncall import versions
from feeds.bus import Bus
from feeds.journal import Journal
from feeds.model import Outcome
from tests.alerts.builders import command
from tests.alerts.rig import DESK, Rig
from tests.alerts.rosters import GROUP, POLICY, SMS, roster

HOOK = {"id": "hook", "url": "jsons://u:hunter2@h:8443/secret-path", "severities": ["critical"]}


@pytest.fixture
async def rig(bus: Bus, journal: Journal) -> Rig:
    rig = Rig(bus, journal, receivers=(DESK, SMS, GROUP), escalations=(POLICY,))
    await rig.assets()
    await rig.start()
    return rig


async def test_a_roster_is_kept_with_who_changed_what_and_goes_on_after_a_restart(rig: Rig) -> None:
    first = await rig.order("roster_put", 0, doc=roster(), comment="十一月")
    assert (first.outcome, first.after and first.after["rev"]) == (Outcome.DONE, 1)
    people = [{**person, "phone": "1"} if person["id"] == "li" else person for person in roster()["persons"]]
    await rig.order("roster_put", 1, doc=roster(persons=people))
    entry = (await rig.journal.entries(kind="roster"))[-1]
    assert (entry.actor, entry.name, entry.body["rev"]) == ("zhang", "put", 2)
    (change,) = entry.body["changes"]
    assert (change["path"], change["before"]["phone"], change["after"]["phone"]) == ("persons/li", "13800000002", "1")
    await rig.start()
    assert rig.engine.people.roster.person("li").phone == "1"  # type: ignore[union-attr]


async def test_an_old_rev_is_refused_and_changes_nothing(rig: Rig) -> None:
    await rig.order("roster_put", 0, doc=roster())
    late = await rig.order("roster_put", 0, doc=roster(persons=[]))
    assert (late.outcome, late.detail, late.after and late.after["rev"]) == (Outcome.CONFLICT, "rev", 1)
    assert len(rig.engine.people.roster.persons) == 4


async def test_undo_takes_an_older_version_up_as_a_new_one(rig: Rig) -> None:
    for number in range(3):
        await rig.order(
            "roster_put",
            number,
            doc=roster(leave=[{"person": "li", "first": f"2026-11-0{number + 1}", "last": "2026-11-09"}]),
        )
    back = await rig.order("roster_undo", 3, to=1)
    assert back.after is not None
    assert (back.after["rev"], back.after["doc"]["leave"][0]["first"]) == (4, "2026-11-01")
    again = await rig.order("roster_undo", 4)
    assert again.after is not None
    assert again.after["doc"]["leave"][0]["first"] == "2026-11-03"
    assert (await rig.order("roster_undo", 5, to=9)).outcome is Outcome.NOT_FOUND


async def test_only_an_administrator_of_the_whole_site_puts_but_whoever_is_on_duty_swaps(rig: Rig) -> None:
    await rig.order("roster_put", 0, doc=roster())
    swap = {"date": "2026-11-22", "shift": "day", "person": "li", "substitute": "zhao", "reason": "病"}
    outcomes = []
    for id, role, region, action, args in (
        ("x1", "duty", "", "roster_put", {"doc": roster()}),
        ("x2", "admin", "532301", "roster_put", {"doc": roster()}),
        ("x3", "duty", "", "roster_substitute", swap),
        ("x4", "duty", "", "roster_substitute", {**swap, "substitute": "ghost"}),
    ):
        await rig.send(command(action, "roster", rig.now, id=id, role=role, actor_region=region, args=args))
        await rig.step()
        outcomes.append((await rig.answers())[-1].outcome)
    assert outcomes == [Outcome.FORBIDDEN, Outcome.FORBIDDEN, Outcome.DONE, Outcome.INVALID]
    assert [substitution.substitute for substitution in rig.engine.people.roster.substitutes] == ["zhao"]


async def test_no_secret_stands_in_the_log_and_a_mask_that_comes_back_keeps_it(rig: Rig) -> None:
    sms = {
        "id": "gw",
        "url": "sms+http://gw:8080/send",
        "direct": False,
        "sms": {"fields": {"mobile": "{to}", "content": "{text}", "password": "hunter3"}},
    }
    put = await rig.order("receivers_put", 0, doc={"items": [HOOK, sms]})
    assert put.outcome is Outcome.DONE, put
    assert put.after is not None
    shown = put.after["doc"]["items"]
    assert [item["url"] for item in shown] == [f"jsons://h:8443/{versions.MASK}", f"sms+http://gw:8080/{versions.MASK}"]
    log = json.dumps([entry.body for entry in await rig.journal.entries(limit=1000)])
    answers = repr(await rig.answers())
    assert not any(secret in log + answers for secret in ("hunter2", "hunter3", "secret-path"))
    back = [
        {name: value for name, value in item.items() if name not in ("secret", "kind", "personal")} for item in shown
    ]
    back[0]["severities"] = ["major"]
    await rig.order("receivers_put", 1, doc={"items": back})
    receivers = {receiver.id: receiver for receiver in rig.engine.people.receivers}
    assert receivers["hook"].url == HOOK["url"]
    assert receivers["gw"].sms is not None
    assert receivers["gw"].sms.fields["password"] == "hunter3"
    await rig.start()
    assert {receiver.id: receiver for receiver in rig.engine.people.receivers} == receivers


async def test_an_id_that_stands_twice_in_one_list_is_said_so(rig: Rig) -> None:
    answer = await rig.order("receivers_put", 0, doc={"items": [HOOK, HOOK]})
    assert answer.after is not None
    assert [fault["code"] for fault in answer.after["faults"]] == ["id_twice"]


async def test_undo_brings_the_older_secret_back(rig: Rig) -> None:
    await rig.order("receivers_put", 0, doc={"items": [HOOK]})
    await rig.order("receivers_put", 1, doc={"items": [{**HOOK, "url": "json://other:1/x"}]})
    await rig.order("receivers_undo", 2)
    assert next(receiver.url for receiver in rig.engine.people.receivers if receiver.id == "hook") == HOOK["url"]


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({**HOOK, "id": "desk"}, "id_of_file"),
        ({**HOOK, "url": "nonsense://x"}, "receiver"),
        ({**HOOK, "url": f"jsons://h:8443/{versions.MASK}"}, "masked"),
        ({**HOOK, "rate": "often"}, "receiver"),
        ({**HOOK, "templates": {"text": {"en": "{alert.__class__}{password}"}}}, "receiver"),
        ({**HOOK, "templates": {"text": {"en": "{asset.name}"}}}, "receiver"),
        ({**HOOK, "templates": {"subject": {"en": "{title!r:>9}"}}}, "receiver"),
    ],
)
async def test_a_receiver_that_cannot_be_used_is_refused_with_the_reason(
    rig: Rig, item: dict[str, Any], code: str
) -> None:
    answer = await rig.order("receivers_put", 0, doc={"items": [item]})
    assert (answer.outcome, answer.detail) == (Outcome.INVALID, "faults")
    assert answer.after is not None
    (fault,) = answer.after["faults"]
    assert fault["code"] == code
    assert fault["message"]["zh-CN"]
    assert "hunter2" not in repr(fault)
    assert rig.engine.people.version("receivers").rev == 0


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ({"who": ["duty"], "channels": ["sms"], "repeat": 599.0}, "repeat_short"),
        ({"who": ["duty"], "channels": ["fax"]}, "unknown_receiver"),
        ({"who": ["person:ghost"], "channels": ["sms"]}, "unknown_person"),
        ({"who": ["duty"], "channels": []}, "no_channels"),
        ({"who": []}, "no_who"),
        ({"who": ["everybody"], "channels": ["sms"]}, "bad_who"),
        ({"who": ["receiver:desk"], "times": 21}, "bad_times"),
        ({"who": ["receiver:desk"], "after": 1e7}, "bad_after"),
    ],
)
async def test_a_policy_that_leads_to_storms_or_nowhere_is_refused(rig: Rig, step: dict[str, Any], code: str) -> None:
    answer = await rig.order("escalations_put", 0, doc={"items": [{"id": "mine", "steps": [step]}]})
    assert answer.outcome is Outcome.INVALID
    assert answer.after is not None
    assert [fault["code"] for fault in answer.after["faults"]] == [code]


async def test_policies_made_here_are_tried_before_the_files(rig: Rig) -> None:
    steps = [{"who": ["receiver:group"]}]
    await rig.order("escalations_put", 0, doc={"items": [{"id": "mine", "severities": ["critical"], "steps": steps}]})
    assert [policy.id for policy in rig.engine.people.policies] == ["mine", "all"]


async def test_what_the_file_says_can_be_read_by_others_without_its_secrets(rig: Rig) -> None:
    doc = await rig.journal.doc("receivers", "file")
    if doc is None:
        await rig.step()
    doc = await rig.journal.doc("receivers", "file")
    assert doc is not None
    assert [item["id"] for item in doc.body["items"]] == ["desk", "sms", "group"]
    assert "send" not in doc.body["items"][1]["url"]
