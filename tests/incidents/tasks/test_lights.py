"""The lights and the reminder sheets of a task. Pure."""

from __future__ import annotations

from feeds.model.tasks import Task, TaskEvent
from incidents.tasks.lights import timed

T0 = 1_795_000_000.0


def test_an_extension_after_the_warning_raises_each_sheet_once_and_not_before_itself() -> None:
    granted = TaskEvent(action="answer-extension", at=T0 + 900, data={"granted": "true"})
    task = Task(
        id="1",
        kind="supervision",
        title="督办",
        region="532300",
        state="signed",
        issuer="zhang",
        unit="gaj",
        created_by="zhang",
        created_at=T0,
        state_at=T0,
        issued_at=T0,
        starts_at=T0,
        due=T0 + 1000,
        warn_at=T0 + 600,
        light="green",
        history=(granted,),
    )
    after, happened = timed(task, T0 + 1001)
    assert happened == ["red", "sheet", "sheet"]
    assert [(sheet.colour, sheet.at) for sheet in after.sheets] == [("blue", T0 + 900), ("orange", T0 + 1000)]
    assert timed(after, T0 + 1002) == (after, [])
