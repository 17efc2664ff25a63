"""Answers about incidents beside their records: the life of one, the choices of forms, the words of refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from api.dependencies import Dependencies
from api.principal import Principal
from api.records.life import LifeStepRecord, steps
from feeds.incidents.classes import class_name, event_classes
from feeds.incidents.grading import GRADES, grading_tables
from feeds.incidents.next_steps import IncidentContext, NextStep, next_steps
from feeds.incidents.phases import PhasePoint, course_of, reasoned_orders
from feeds.incidents.policies import ReportingPolicy, reporting_policies
from feeds.kinds import BRIEF, OBLIGATION, PROPOSAL, TASK, Record
from feeds.model import Kind
from feeds.model.incidents import FIGURES, POSTS
from feeds.texts.catalogue import LANGUAGES

ENTRIES = 500
"""Journal entries of one incident that are shown."""
TEXTS = {
    "missing": ("必填", "this is needed"),
    "not_offered": ("不在可选范围内", "it is none of the values that are offered"),
    "slots": ("每日定时须写作 08:00，且只用于定时报送", "daily times are written 08:00, and only for daily reports"),
    "same_row": ("与前面一行重复", "an earlier row is of the same reports"),
    "nothing_proposed": ("没有待确认的报送口径", "no reporting policies wait for confirmation"),
    "half_position": ("经纬度须同时填写", "give latitude and longitude together"),
    "coordinate_zero": ("坐标为 0,0，请核对", "the position is 0,0: check it"),
    "coordinate_swapped": ("经纬度似乎写反了？", "latitude and longitude seem swapped?"),
    "classified": (
        "含密级标志的内容不能录入本系统，请走涉密渠道；内容未保存",
        "text that is marked as classified is not taken here: use the classified channel; nothing was stored",
    ),
    "transition": ("此刻不能这样做，当前阶段附后", "this is not possible now; the present state is enclosed"),
    "response_running": ("响应尚未终止，请先终止响应", "a response is running; end it first"),
    "post_taken": ("该岗位已有人，请核对后再接任", "somebody holds the post; look again, then take it over"),
    "receipt_decided": ("该接报单已处理", "the receipt was already decided on"),
    "merge_target": (
        "不能并入该事件：须同为实战或演练且正在处置",
        "it cannot be merged into that one: both must be in hand, and both real or both exercises",
    ),
    "merge_cycle": ("不能互相并入", "two incidents cannot be merged into one another"),
    "too_late": ("并入已超过一天，不能撤销", "a merge can be undone within a day only"),
    "not_due": ("该报送已登记或已作废", "the report is already met, skipped or void"),
    "unknown_region": ("没有这个行政区划代码", "there is no such region code"),
    "future": ("时间在未来", "the time lies in the future"),
    "past": ("时间已过", "the time has passed"),
    "mode": ("演练与实战不能混在一起", "exercises and real events are never mixed"),
    "no_receipt": ("没有这张接报单", "there is no such receipt"),
    "unknown_class": ("没有这个事件类别", "there is no such class of events"),
    "figure_out_of_range": ("数字不可能", "the number is impossible"),
    "corrects_nothing": ("没有可更正的报数", "there is no such report to correct"),
    "unknown_channel": ("没有这种送达方式", "there is no such channel"),
    "other_channel": ("此次报送应走另一种方式", "this report goes by another channel"),
    "proof_time": ("送达时间不在报送期间", "the time of receipt lies outside the term of the report"),
    "no_incident": ("没有这个事件", "there is no such incident"),
    "no_record": ("没有所引用的记录", "there is no such record to refer to"),
    "too_many_references": ("引用过多", "too many references"),
    "unknown_kind": ("没有这种记录", "there is no such kind of entry"),
    "corrected": ("这条记录已有更正，请更正后来的那条", "it was corrected already; correct the later entry"),
    "signed": ("已签发，不能再改", "it has its signature and cannot be changed"),
    "not_checked": ("须先检查无误，才能签发", "it must be checked without a finding that blocks before it is signed"),
    "not_signed": ("尚未签发", "it has no signature yet"),
    "same_person": ("起草人不能签发", "who wrote in it cannot sign it"),
    "withdrawn": ("已撤回", "it was withdrawn"),
    "generated": ("自动生成的部分不能改写", "what is generated takes no words of people"),
    "no_block": ("没有这一部分", "there is no such block"),
    "no_obligation": ("没有这项报送要求", "there is no such report due"),
    "again": ("台账尚在写入，请再试一次", "the journal is still being written; try again"),
    "unknown_urgency": ("没有这种紧急程度", "there is no such urgency"),
    "unknown_method": ("签发方式不对", "there is no such way to sign"),
    "unknown_link": ("不能关联此类记录", "records of this kind cannot be linked"),
}
"""The words of each refusal of an order, in Chinese and English."""


class IncidentStep(LifeStepRecord, kw_only=True):
    """One entry of the journal about an incident: `body` is the order as it was given, {} for walls."""

    body: dict[str, Any]


class IncidentAdditions(msgspec.Struct):
    """The life of the incident, oldest first, its phases, its posts without a holder, and what is to be done next."""

    timeline: list[IncidentStep]
    course: list[PhasePoint]
    vacant_posts: list[str]
    next_steps: list[NextStep]


async def additions(deps: Dependencies, principal: Principal, record: Record) -> dict[str, Any]:
    """The fields of `IncidentAdditions`."""
    life = await steps(deps, principal, Kind.INCIDENT, record["id"], ENTRIES)
    held = {holder["post"] for holder in record["posts"]}
    return {
        "timeline": [step | {"body": body} for step, body in life],
        "course": msgspec.to_builtins(course(record, [step for step, _ in life])),
        "vacant_posts": [post for post in POSTS if post not in held],
        "next_steps": msgspec.to_builtins(next_steps(record, _context(deps, principal, record["id"]))),
    }


def course(record: Record, life: Sequence[Mapping[str, Any]]) -> list[PhasePoint]:
    """The course of an incident in its public form; `life` are its steps, oldest first."""
    entered = {step["name"]: step["at"] for step in life}
    first, *rest = course_of(record["phase"], record["phase_before"], entered)
    return [replace(first, at=record["received_at"]), *rest]


def _context(deps: Dependencies, principal: Principal, incident: str) -> IncidentContext:
    """The records of an incident that the principal sees."""

    def of(kind: str) -> tuple[Record, ...]:
        visible = deps.pump.mirror.records(kind, principal.audience).values()
        return tuple(record for record in visible if record["incident"] == incident)

    return IncidentContext(
        tasks=of(TASK.name), obligations=of(OBLIGATION.name), proposals=of(PROPOSAL.name), briefs=of(BRIEF.name)
    )


def policy_row(policy: ReportingPolicy) -> dict[str, Any]:
    """A reporting policy as it is shown."""
    return {
        "profile": policy.profile,
        "classes": list(policy.classes),
        "grade": policy.grade,
        "step": policy.step,
        "sender": policy.sender,
        "recipient": policy.recipient,
        "channel": policy.channel,
        "minutes": policy.minutes,
        "slots": list(policy.slots),
        "start": policy.start,
        "on_regrade": policy.on_regrade,
        "source": policy.source,
    }


def choices() -> dict[str, Any]:
    """The classes, grading tables and reporting policies with their sources, and the words that orders take."""
    return {
        "classes": [
            {
                "slug": event_class.slug,
                "parent": event_class.parent,
                "category": event_class.category,
                "name": {language: class_name(event_class.slug, language) for language in LANGUAGES},
                "grading": event_class.grading,
                "source": event_class.source,
            }
            for event_class in event_classes().values()
        ],
        "grading": {
            table: [{"grade": row.grade, "criterion": row.words, "source": row.source} for row in rows]
            for table, rows in grading_tables().items()
        },
        "policies": [policy_row(policy) for policy in reporting_policies()],
        "figures": list(FIGURES),
        "posts": list(POSTS),
        "grades": list(GRADES),
        "reasoned": reasoned_orders(),
    }
