"""The workflow of tasks, supervision orders and instructions (feeds.model.tasks). Pure.

拟稿 draft → 审核 review → 下达 issued → 签收 signed → 申请办结 asked → 办结 done → 销号 closed; 退回 returned and 拒收
refused lead back; 改派, 延期 and 撤销 stand beside. A review after the issue is recorded as one after the fact.
"""

from __future__ import annotations

from feeds.model.approvals import TaskChoice
from feeds.model.tasks import Task
from feeds.tasks.workflow import TaskTransition, Workflow

ISSUER, HOLDER, REVIEWER, ANYONE = "issuer", "holder", "reviewer", "anyone"
"""Who acts: the issuing side, who has the task, a second person of the issuing side, either side."""
BY_ISSUERS = ("duty", "leader")
"""Roles of the issuing side: whoever is on duty then goes on with what the last shift gave out."""
SIGN = "sign"
"""The limit of signing (签收时限)."""
_ISSUED = ("issued", "signed", "returned", "asked", "refused")
_ISSUE = TaskTransition(to="issued", limit=SIGN, by=ISSUER)
_LATE_REVIEW = TaskTransition(by=REVIEWER, other_than="issue", most=1)

TASK = Workflow(
    name="task",
    first="draft",
    final=frozenset({"closed", "withdrawn"}),
    transitions={
        ("draft", "review"): TaskTransition(to="review", by=REVIEWER, other_than="create"),
        ("draft", "issue"): _ISSUE,
        ("review", "issue"): _ISSUE,
        ("refused", "issue"): _ISSUE,
        ("issued", "sign"): TaskTransition(to="signed", limit="", by=HOLDER),
        ("returned", "sign"): TaskTransition(to="signed", limit="", by=HOLDER),
        ("issued", "refuse"): TaskTransition(to="refused", limit="", by=HOLDER, reason=True),
        ("signed", "feedback"): TaskTransition(by=HOLDER),
        ("signed", "extend"): TaskTransition(by=HOLDER, reason=True),
        ("signed", "answer-extension"): TaskTransition(by=ISSUER),
        ("signed", "ask-done"): TaskTransition(to="asked", by=HOLDER),
        ("asked", "done"): TaskTransition(to="done", by=ISSUER),
        ("asked", "return"): TaskTransition(to="returned", limit=SIGN, by=ISSUER, reason=True),
        ("done", "close"): TaskTransition(to="closed", by=ISSUER),
        **{
            (state, "reassign"): TaskTransition(to="issued", limit=SIGN, by=ISSUER, reason=True)
            for state in (*_ISSUED, "draft", "review")
        },
        **{
            (state, "withdraw"): TaskTransition(to="withdrawn", limit="", by=ISSUER, reason=True)
            for state in (*_ISSUED, "draft", "review")
        },
        **{(state, "review"): _LATE_REVIEW for state in ("issued", "signed", "returned", "asked", "done")},
        **{(state, "sign-sheet"): TaskTransition(by=HOLDER) for state in ("issued", "signed", "returned", "asked")},
        **{
            (state, "evidence"): TaskTransition(by=ANYONE)
            for state in ("draft", "review", "issued", "signed", "returned", "asked")
        },
    },
)
CLOCK_STANDS = ("draft", "review", "asked", "refused")
"""States in which the due time does not run towards the holder."""


def choices_of(task: Task) -> list[TaskChoice]:
    """The actions that the state of a task allows now, with who may do each."""
    transitions = {name: TASK.transition(task.state, name) for name in TASK.possible(task.state)}
    done = [event.action for event in task.history]
    return [
        TaskChoice(action=name, by=transition.by, reason=transition.reason)
        for name, transition in transitions.items()
        if not (transition.most and (done.count(name) >= transition.most or task.reviewed_by)) and _fits(name, task)
    ]


def _fits(action: str, task: Task) -> bool:
    if action == "sign-sheet":
        return any(sheet.signed_at is None for sheet in task.sheets)
    awaits_answer = any(extension.granted is None for extension in task.extensions)
    if action == "extend":
        return task.due is not None and not awaits_answer
    return awaits_answer if action == "answer-extension" else True
