"""Refusals of changes to rules, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts.rulebook.forms import InvalidRule
from feeds.model import Command, Outcome, Result

STORM = 200
"""A change that raises more alerts than this at once needs the actor's confirmation."""


class InvalidRules(ValueError):
    """Some of the sent rules are invalid. `errors` are JSON-able."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__("rules")
        self.errors = errors


def read_only(id: str) -> InvalidRule:
    """The rule is in the settings file."""
    return InvalidRule(
        "id",
        "read_only",
        f"规则 {id} 在设置文件中，请在文件里修改并重新加载",
        f"rule {id} stands in the settings file: change it there and reload",
    )


def elsewhere(id: str) -> InvalidRule:
    """The rule belongs to a region outside the actor's."""
    return InvalidRule(
        "id",
        "outside_region",
        f"编号 {id} 属于您辖区以外的规则：请另取编号",
        f"the id {id} is of a rule beyond your region: take another",
    )


def wrong(command: Command, errors: list[dict[str, Any]], more: Mapping[str, Any] | None = None) -> Result:
    """The answer to an invalid change. `more` is added beside the errors."""
    after = {"errors": errors} | dict(more or {})
    return Result(command=command.id, outcome=Outcome.INVALID, detail="rules", after=after)


def storm(raised: int) -> dict[str, Any]:
    """The change raises more alerts at once than the actor confirmed."""
    return {
        "field": "accept",
        "code": "storm",
        "message": {
            "zh-CN": f"将一次产生 {raised} 条告警（上限 {STORM}）；请收紧条件，或以 accept={raised} 确认",
            "en": f"{raised} alerts would be raised at once (more than {STORM}): narrow it, "
            f"or confirm by accept={raised}",
        },
    }
