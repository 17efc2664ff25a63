"""Findings about rosters, receivers and escalation policies, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from feeds.findings import Finding, InRequest, filled

TEXTS = {
    "masked": ("掩码没有对应的旧值，请填写完整地址", "nothing is kept behind this mask: give the whole address"),
    "id_of_file": ("该 id 已在 watchfloor.toml 中", "this id stands in watchfloor.toml already"),
    "id_twice": ("id 重复", "the id is used twice"),
    "assigned_twice": ("同一日期的同一班次重复安排", "the same shift of the same date is assigned twice"),
    "ends_before": ("结束早于开始", "it ends before it begins"),
    "unknown_person": ("名册中没有此人", "nobody in the roster has that id"),
    "bad_date": ("日期无效", "this is no date"),
    "not_on_shift": ("此人当日没有这个班次", "this person does not have that shift on that date"),
    "unknown_shift": ("没有这个班次", "there is no such shift"),
    "unknown_receiver": ("没有这个接收方", "there is no such receiver"),
    "no_steps": ("至少要有一步", "one step at least is needed"),
    "no_who": ("请说明通知谁", "say who is to be told"),
    "bad_who": (
        "应为 duty、leader、unit-head、person:ID 或 receiver:ID",
        "it is duty, leader, unit-head, person:ID or receiver:ID",
    ),
    "no_channels": ("通知人员须给出通道", "persons are reached by a channel: name one at least"),
    "not_ascending": ("各步的时间须递增", "each step must come later than the one before"),
    "bad_after": ("时间须在 0 至 7 天之间", "the time must lie between 0 and 7 days"),
    "repeat_short": ("重复间隔不得短于 10 分钟，以免刷屏", "repeats under 10 minutes would be a storm"),
    "bad_times": ("重复次数须为 1 至 20", "it may be repeated 1 to 20 times"),
    "too_many": ("数量过多", "there are too many"),
}


class InvalidDocument(ValueError):
    """A document of the directory is refused as a whole. `findings` are all its errors."""

    def __init__(self, findings: Sequence[Finding[InRequest]]) -> None:
        super().__init__(
            "; ".join(f"{finding.where.field}: {finding.message.get('en', finding.code)}" for finding in findings)
        )
        self.findings = tuple(findings)


def finding(field: str, code: str) -> Finding[InRequest]:
    """The finding `code` at a field of the document, such as "items.0.id"."""
    return Finding(code=code, where=InRequest(field), message=filled(TEXTS[code], {}))
