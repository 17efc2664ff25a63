"""The format of a plan: one YAML (or JSON) document, read with all findings.

Unknown keys are errors. `adds` are the tasks of the next lower level and these; `tasks` are the whole level.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from feeds.cel.conditions import ConditionError
from feeds.findings import Finding, InFile
from feeds.incidents.classes import event_classes
from feeds.model.plans import PLAN_LEVELS, Plan, PlanLevel, PlanTrigger
from feeds.plans.conditions import plan_trigger
from feeds.plans.levels import read_level
from feeds.plans.texts import proposing
from feeds.plans.yaml_table import YamlReport, YamlTable, compose
from feeds.regions import is_code

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_FILE = re.compile(r"(.+)\.ya?ml")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanContext:
    """What plans may refer to: the units of the site (None: not known, not checked), and the day of the check."""

    units: Collection[str] | None = None
    today: date | None = None


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """A plan as far as it could be read. `plan` is None when there is an error; it has no version yet."""

    plan: Plan | None
    findings: tuple[Finding[InFile], ...]


def read_plan(text: str, file: str, context: PlanContext) -> PlanDocument:
    """Read a plan. `file` is the name in findings; one that ends in .yaml must be named after the plan's id."""
    report = YamlReport(file)
    root = compose(text, report)
    if root is None:
        return PlanDocument(None, tuple(report.findings))
    table = YamlTable(root, "", report)
    plan = _plan(table, text, file, context)
    findings = sorted(report.findings, key=lambda finding: finding.where.line)
    broken = any(finding.error for finding in findings)
    return PlanDocument(None if broken else plan, tuple(findings))


def digest_of(text: str) -> str:
    """The SHA-256 of a plan as it was written, with one kind of line breaks."""
    return hashlib.sha256("\n".join(text.strip().splitlines()).encode("utf-8", "surrogatepass")).hexdigest()


def _plan(table: YamlTable, text: str, file: str, context: PlanContext) -> Plan:
    id, name = _id(table, file), table.by_language("name")
    basis = table.table("basis")
    number, filed = (basis.text("number"), basis.text("filed")) if basis is not None else ("", "")
    if basis is not None:
        basis.done()
    owner = table.text("owner", required=True)
    if owner and context.units is not None and owner not in context.units:
        table.wrong("plan_unit", "owner", **proposing(owner, tuple(context.units)))
    review_by = _review_by(table, context)
    classes = table.chosen("classes", event_classes())
    regions = table.texts("regions")
    for region in regions:
        if not is_code(region):
            table.wrong("plan_choice", "regions", region, near="", known="GB/T 2260")
    levels = _levels(table, context)
    triggers = tuple(_triggers(table, [level.level for level in levels]))
    table.done()
    return Plan(
        id=f"{id}@0",
        plan=id,
        version=0,
        name=name,
        basis=number,
        filed=filed,
        owner=owner,
        review_by=review_by,
        classes=classes,
        regions=regions,
        triggers=triggers,
        levels=levels,
        text=text,
        digest=digest_of(text),
        drafted_at=0.0,
    )


def _id(table: YamlTable, file: str) -> str:
    id = table.text("id", required=True)
    if id and not _ID.fullmatch(id):
        table.wrong("plan_id_form", "id")
    named = _FILE.fullmatch(file.rpartition("/")[2])
    if id and named is not None and named[1] != id:
        table.wrong("plan_file_name", "id", name=f"{id}.yaml")
    return id


def _review_by(table: YamlTable, context: PlanContext) -> str:
    value = table.text("review_by", required=True)
    if not value:
        return ""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        table.wrong("plan_date", "review_by")
        return ""
    if context.today is not None and day < context.today:
        table.wrong("plan_review_past", "review_by", error=False)
    return day.isoformat()


def _levels(table: YamlTable, context: PlanContext) -> tuple[PlanLevel, ...]:
    """The levels, from the highest; each is read after the next lower one, whose tasks it may add to."""
    node = table.table("levels", required=True)
    if node is None:
        return ()
    levels: list[PlanLevel] = []
    for name in reversed(PLAN_LEVELS):
        if node.has(name) and (inner := node.table(name, required=True)) is not None:
            levels.append(read_level(inner, name, levels[-1] if levels else None, context.units))
    for name in node.names():
        if name not in PLAN_LEVELS:
            node.wrong("plan_unknown_key", name, **proposing(name, PLAN_LEVELS))
    if not node.names():
        table.wrong("plan_no_levels", "levels")
    return tuple(reversed(levels))


def _triggers(table: YamlTable, levels: list[str]) -> list[PlanTrigger]:
    triggers = []
    for trigger in table.tables("triggers"):
        when, level = trigger.text("when", required=True), trigger.text("level", required=True)
        if level and level not in levels:
            trigger.wrong("plan_trigger_level", "level", **proposing(level, tuple(levels)))
        if when:
            try:
                plan_trigger(when)
            except ConditionError as error:
                trigger.wrong("plan_trigger", "when", detail=error.detail)
        trigger.done()
        triggers.append(PlanTrigger(when=when, level=level))
    return triggers
