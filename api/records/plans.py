"""Answers about plans beside their records: differences between versions, and the words of refusals."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from feeds.model.plans import Plan
from feeds.plans.differences import differences, text_difference

TEXTS = {
    "same_person": ("须由另一人发布", "another person has to publish it"),
    "same_text": ("已有内容相同的版本", "a version with this text exists already"),
    "not_rehearsed": ("请先推演触发条件再发布", "rehearse its triggers before it is published"),
    "not_published": ("该版本未发布", "this version is not published"),
    "answered": ("已有人答复，结果附后", "somebody has answered it; the answer is enclosed"),
    "incident_closed": ("事件不在处置中", "the incident is not in hand"),
    "unknown_incident": ("没有这个事件", "there is no such incident"),
    "unknown_plan": ("没有这个预案", "there is no such plan"),
    "unknown_level": ("预案没有这一级", "the plan has no such level"),
    "undecided": ("请逐项选择保留或撤销", "choose for each task whether it is kept or withdrawn"),
    "unknown_decision": ("只能保留或撤销列出的任务", "only the listed tasks can be kept or withdrawn"),
}
"""The words of each refusal of an order about plans, in Chinese and English."""


def comparison(plan: Plan, against: Plan | None) -> dict[str, Any]:
    """The fields of `PlanComparison`."""
    return {
        "version": plan.id,
        "against": against.id if against is not None else "",
        "changes": [asdict(change) for change in differences(against, plan)],
        "lines": text_difference(against, plan),
    }
