"""Answers about mass messages: who is meant, what became of each message, and the words of refusals."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from api.dependencies import Dependencies
from api.http.findings import finding
from api.http.problems import Problem
from api.records import people
from feeds import wire
from feeds.documents.roster import Person, Roster
from feeds.duty.roster import on_duty, zone
from feeds.journal import OutboxItem
from feeds.kinds import Audience, Record
from feeds.model import Kind

ONE_PART, EACH_PART = 70, 67
"""Characters of a short message in UCS-2: alone, and as a part of several (3GPP TS 23.040)."""
TEXTS = {
    "not_approved": (
        "收件人超过 20 人，须先由另一人批准",
        "more than twenty people: a second person approves it first",
    ),
    "approval_void": (
        "批准已失效：内容或收件人有改动，或已超过 15 分钟",
        "the approval is void: text or recipients changed, or it is older than fifteen minutes",
    ),
    "unknown_recipient": ("此人不在已发送的名单中", "nobody of that name was sent to"),
    "too_many_recipients": ("收件人过多", "too many recipients"),
    "need_above_recipients": ("须应答人数多于收件人", "more answers are needed than there are recipients"),
    "not_participant": (
        "演练不得惊动名单以外的人：请先列入参演名单",
        "an exercise reaches participants only: put everybody on its list first",
    ),
    "too_many_answers": ("此人的应答已记录二十次", "twenty answers of this person are on record already"),
    "exercise_over": ("演练已结束，不能再发短信", "the exercise is over: no message of it is sent any more"),
    "no_recipient": ("名册、单位或资源中没有", "not in the roster, the units or the resources"),
    "speed": ("演练时钟须为 1 至 60 倍", "the clock of an exercise runs at 1 to 60 times"),
    "inject_kind": ("没有这种注入", "there is no such inject"),
    "inject_body": ("注入内容不完整", "the inject lacks what its kind needs"),
    "too_many_injects": ("注入过多", "too many injects"),
}


def parts_of(text: str) -> int:
    """How many short messages a text takes."""
    units = len(text.encode("utf-16-le")) // 2
    return 1 if units <= ONE_PART else -(-units // EACH_PART)


async def resolved(
    deps: Dependencies, audience: Audience, groups: Iterable[Mapping[str, Any]], channel: str
) -> list[dict[str, Any]]:
    """The people of each group with their addresses on a channel. Raises Problem for a name that nobody bears.

    Resources are those that the audience sees.
    """
    roster = (await people.roster_version(deps)).doc
    answered, unknown = [], []
    for number, group in enumerate(groups):
        named = list(_people(deps, audience, roster, group, channel))
        unknown += [f"body.groups.{number}.{kind}" for kind, person in named if person is None]
        answered.append({"name": group["name"], "people": [person for _, person in named if person is not None]})
    if unknown:
        zh, en = TEXTS["no_recipient"]
        message = {"zh-CN": zh, "en": en}
        raise Problem("invalid", findings=[finding(field, "no_recipient", message=message) for field in unknown])
    return answered


def _people(
    deps: Dependencies, audience: Audience, roster: Roster, group: Mapping[str, Any], channel: str
) -> Iterator[tuple[str, dict[str, str] | None]]:
    by_account = {person.account: person for person in roster.persons if person.account}
    by_id = {person.id: person for person in roster.persons}
    for id in group["people"]:
        person = by_id.get(id) or by_account.get(id)
        yield "people", _contact(person, channel) if person is not None else None
    for id in group["units"]:
        unit = deps.units().get(id)
        members = [by_account[account] for account in unit.people if account in by_account] if unit is not None else []
        yield from (("units", _contact(person, channel)) for person in members)
        if not members:
            yield "units", None
    if group["duty"]:
        for id in _on_duty(deps, roster):
            if (person := by_id.get(id)) is not None:
                yield "duty", _contact(person, channel)
    for id in group["resources"]:
        resource = deps.pump.mirror.records(Kind.RESOURCE, audience).get(id)
        yield "resources", _of_resource(resource) if resource is not None else None
    for number in group["numbers"]:
        yield "numbers", {"id": id_of(number["number"]), "name": number["name"], "address": number["number"]}


def id_of(number: str) -> str:
    """The id of a recipient who is only a number: it stands in records, entries and paths, where no number may."""
    return f"number-{hashlib.sha256(number.encode()).hexdigest()[:12]}"


def _on_duty(deps: Dependencies, roster: Roster) -> list[str]:
    shifts = on_duty(roster, deps.clock(), zone(deps.site.timezone))
    return [id for shift in shifts for id in (*shift.officers, shift.leader) if id]


def _contact(person: Person, channel: str) -> dict[str, str]:
    return {"id": person.id, "name": person.name, "address": person.contacts.get(channel) or person.phone}


def _of_resource(resource: Mapping[str, Any]) -> dict[str, str]:
    name = " ".join(filter(None, (resource["name"], resource["contact"])))
    return {"id": resource["id"], "name": name, "address": resource["phone"]}


async def recipients(deps: Dependencies, campaign: Record) -> list[dict[str, Any]]:
    """Every recipient with what became of the message: handed over is not read, and only an answer is an answer."""
    items = {item.key: item for item in await deps.journal.outbox_for(campaign["id"])}
    answers = {answer["person"]: answer for answer in campaign["answers"]}
    sent = [wave["at"] for wave in campaign["waves"]]
    open_to_answers = "answer" in campaign["orders"]
    rows = []
    for number, group in enumerate(campaign["groups"]):
        for person in group["people"]:
            answer = answers.get(person["id"])
            item = items.get(f"{campaign['id']}:{person['id']}")
            rows.append(
                {
                    "id": person["id"],
                    "name": person["name"],
                    "group": group["name"],
                    "state": "answered" if answer is not None else _state(person, number < len(sent), item),
                    "wave_at": sent[number] if number < len(sent) else None,
                    "handed_at": wire.iso(item.sent_at) if item is not None and item.sent_at is not None else None,
                    "answered_at": answer["at"] if answer is not None else None,
                    "answer": answer["text"] if answer is not None else "",
                    "takes_answer": open_to_answers and number < len(sent) and answer is None,
                    "error": item.error if item is not None and item.sent_at is None else "",
                }
            )
    return rows


def _state(person: Mapping[str, Any], given_out: bool, item: OutboxItem | None) -> str:
    """waiting (a later wave), unreachable, queued, handed, failed."""
    if not person["address"]:
        return "unreachable"
    if not given_out:
        return "waiting"
    if item is None or (item.due is not None and item.sent_at is None):
        return "queued"
    return "handed" if item.sent_at is not None else "failed"
