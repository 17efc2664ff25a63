"""One level of a plan: its tasks with what they wait for, its posts, messages, resources and checklist."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from feeds.incidents.policies import profiles
from feeds.model.incidents import POSTS
from feeds.model.plans import TASK_EVIDENCE, PlanLevel, PlanMessage, TaskTemplate
from feeds.plans.fields import FIELDS, unknown_fields
from feeds.plans.texts import proposing
from feeds.plans.yaml_table import YamlTable

DUTY = "duty"
TASK_ROLES = (DUTY, "leader", "operator")
"""Roles that a task may be given to."""
NEVER_AUTO = ("I", "II")
ASK, AUTO = "ask", "auto_after"


def read_level(table: YamlTable, name: str, lower: PlanLevel | None, units: Collection[str] | None) -> PlanLevel:
    """Read one level; what is wrong is a finding. `lower` is the next lower level of the plan."""
    own = _own_tasks(table, name, lower, units)
    inherited = lower.tasks if lower is not None and table.has("adds") else ()
    own_keys = {task.key for _, task in own}
    tasks = (*(task for task in inherited if task.key not in own_keys), *(task for _, task in own))
    _check_depends(own, tasks)
    auto_after = _start(table)
    level = PlanLevel(
        level=name,
        auto_after=auto_after,
        posts=table.chosen("posts", POSTS),
        tasks=tasks,
        messages=tuple(_message(message) for message in table.tables("messages")),
        resources=table.texts("resources"),
        report_policy=table.choice("report_policy", profiles()),
        checklist=table.texts("checklist"),
    )
    if auto_after is not None:
        _check_auto(table, level)
    table.done()
    return level


def _own_tasks(
    table: YamlTable, level: str, lower: PlanLevel | None, units: Collection[str] | None
) -> list[tuple[YamlTable, TaskTemplate]]:
    """The tasks that the file gives for this level, each with its table."""
    if table.has("tasks") and table.has("adds"):
        table.wrong("plan_adds_and_tasks", "adds")
    if table.has("adds") and lower is None:
        table.wrong("plan_adds", "adds")
    tasks: list[tuple[YamlTable, TaskTemplate]] = []
    lines: dict[str, int] = {}
    for task_table in (*table.tables("tasks"), *table.tables("adds")):
        task = _task(task_table, level, units)
        if task.key in lines:
            task_table.wrong("plan_task_twice", "key", first=lines[task.key])
        lines.setdefault(task.key, task_table.line("key"))
        tasks.append((task_table, task))
    if not tasks:
        table.wrong("plan_no_tasks", "tasks")
    return tasks


def _task(table: YamlTable, level: str, units: Collection[str] | None) -> TaskTemplate:
    key, title = table.text("key", required=True), table.text("title", required=True)
    role, post = table.choice("role", TASK_ROLES), table.choice("post", POSTS)
    unit = table.text("unit")
    if sum(table.has(holder) for holder in ("role", "unit", "post")) != 1:
        table.wrong("plan_holder", "key")
    if unit and units is not None and unit not in units:
        table.wrong("plan_unit", "unit", **proposing(unit, tuple(units)))
    task = TaskTemplate(
        key=key,
        level=level,
        title=title,
        text=table.text("text"),
        role=role,
        unit=unit,
        post=post,
        due=table.duration("due", required=True) or 1.0,
        sign_within=table.duration("sign_within"),
        evidence=table.choice("evidence", TASK_EVIDENCE, default="none"),
        depends=table.texts("depends"),
        reversible=table.flag("reversible"),
        checklist=table.texts("checklist"),
    )
    _check_fields(table, "title", task.title)
    _check_fields(table, "text", task.text)
    table.done()
    return task


def _check_fields(table: YamlTable, key: str, template: str) -> None:
    unknown, lonely = unknown_fields(template)
    for name in unknown:
        table.wrong("plan_field", key, name=name, **proposing(name, FIELDS))
    if lonely:
        table.wrong("plan_brace", key)


def _message(table: YamlTable) -> PlanMessage:
    message = PlanMessage(
        template=table.text("template", required=True),
        groups=table.texts("groups"),
        need=table.whole("need"),
        waves=table.durations("waves"),
    )
    table.done()
    return message


def _start(table: YamlTable) -> float | None:
    """Seconds after which the level starts by itself; None for `start: ask`, the default."""
    if table.has("start") and table.is_table("start"):
        inner = table.table("start")
        assert inner is not None
        seconds = inner.duration(AUTO, required=True)
        inner.done()
        return seconds
    table.choice("start", (ASK,), default=ASK)
    return table.duration(AUTO)


def _check_auto(table: YamlTable, level: PlanLevel) -> None:
    if level.level in NEVER_AUTO:
        table.wrong("plan_auto_level", "start")
    if level.messages:
        table.wrong("plan_auto_message", "messages")
    for task in level.tasks:
        if not task.reversible or task.role != DUTY:
            table.wrong("plan_auto_task", "start", task.key)


def _check_depends(own: Sequence[tuple[YamlTable, TaskTemplate]], tasks: Iterable[TaskTemplate]) -> None:
    waits = {task.key: task.depends for task in tasks}
    cycle = _cycle(waits)
    for table, task in own:
        for key in task.depends:
            if key not in waits:
                table.wrong("plan_depends", "depends", key, **proposing(key, tuple(waits)))
        if task.key == next((key for key in cycle if key in {own_task.key for _, own_task in own}), None):
            table.wrong("plan_cycle", "depends", task.key, path=" → ".join(cycle))


def _cycle(waits: dict[str, tuple[str, ...]]) -> list[str]:
    """The keys of one circle of waiting tasks, its first key again at the end; [] without a circle."""
    over: set[str] = set()
    for start in waits:
        path, following = [start], [iter(waits[start])]
        while path:
            key = next((other for other in following[-1] if other in waits and other not in over), None)
            if key is None:
                over.add(path.pop())
                following.pop()
            elif key in path:
                return [*path[path.index(key) :], key]
            else:
                path.append(key)
                following.append(iter(waits[key]))
    return []
