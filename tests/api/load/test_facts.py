"""Whatever happens to alerts, what is folded step by step is what their whole lives say."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alerts.lifecycle import suppression_reasons, transitions
from api.load.facts import Facts
from feeds.documents.alert import Bookkeeping, dump
from feeds.journal import JournalEntry
from feeds.kinds import KINDS
from feeds.model import Alert, Severity

SUBJECT_GONE = KINDS.subjects["asset"].gone
EVENTS = st.sampled_from(
    ["raise", "raise-hidden", "clear", "gone", "ack", "nobody", "unack", "hide", "reveal", "worse"]
)
STORY = st.lists(st.tuples(st.integers(0, 2), EVENTS), max_size=40)


def event(action: str, number: int, raised_count: int) -> transitions.Event:
    who = transitions.AlertIdentity(rule="down", subject_kind="asset", subject=f"x{number}")
    hidden = ("silenced:s",) if action == "raise-hidden" else ()
    events: dict[str, transitions.Event] = {
        "raise": transitions.Raise(id=f"a{raised_count}", identity=who, severity=Severity.MAJOR),
        "raise-hidden": transitions.Raise(
            id=f"a{raised_count}", identity=who, severity=Severity.MAJOR, suppressed_by=hidden
        ),
        "clear": transitions.Clear(),
        "gone": transitions.Clear(evidence=SUBJECT_GONE),
        "ack": transitions.Acknowledge(actor="zhang"),
        "nobody": transitions.Acknowledge(actor=""),
        "unack": transitions.Unacknowledge(actor="zhang"),
        "hide": suppression_reasons.Hide(reason="silenced:s"),
        "reveal": suppression_reasons.Reveal(reason="silenced:s"),
        "worse": transitions.Regrade(severity=Severity.CRITICAL),
    }
    return events[action]


def lived(story: list[tuple[int, str]]) -> list[tuple[Alert, JournalEntry]]:
    """Each alert after each step that was possible, with the journal's entry."""
    now: dict[int, Alert] = {}
    alerts_with_entries: list[tuple[Alert, JournalEntry]] = []
    for at, (number, action) in enumerate(story, 1):
        alert = now.get(number)
        alert = alert if alert is not None and alert.open else None
        try:
            after, moved = transitions.apply(alert, event(action, number, at), float(at))
        except transitions.NotAllowed:
            continue
        now[number] = after
        body = {"seq": moved.seq, "before": moved.before, "after": moved.after, "text": moved.text}
        alerts_with_entries.append(
            (
                after,
                JournalEntry(
                    seq=at,
                    chain="alert",
                    chain_seq=at,
                    at=float(at),
                    kind="alert",
                    name=moved.name,
                    subject=after.id,
                    actor=moved.actor,
                    reason="",
                    command="",
                    body=body,
                ),
            )
        )
    return alerts_with_entries


@given(STORY)
def test_folding_says_what_the_lives_say(story: list[tuple[int, str]]) -> None:
    steps, facts = lived(story), Facts()
    for _, entry in steps:
        facts.fold(entry, lambda _: None)
    lives: dict[str, list[tuple[Alert, JournalEntry]]] = {}
    for step in steps:
        lives.setdefault(step[0].id, []).append(step)
    shown = 0
    for id, mine in lives.items():
        body, last = facts.lives[id], mine[-1][0]
        assert (body.active, body.severity) == (last.active, last.severity)
        if last.open:
            assert body.hidden == bool(last.suppressed_by)
        taken = [entry.at for _, entry in mine if entry.name == "ack" and entry.actor]
        assert body.taken_at == (taken[0] if taken else None)
        ends = [entry for _, entry in mine if entry.name in ("raise", "reraise", "clear")]
        over = ends[-1].name == "clear" and ends[-1].body["text"] != SUBJECT_GONE
        assert body.over_at == (ends[-1].at if over else None)
        shown += _shown(mine)
    assert len(facts.shown) == shown
    assert len(facts.raised) == sum(entry.name in ("raise", "reraise") for _, entry in steps)


def _shown(mine: list[tuple[Alert, JournalEntry]]) -> int:
    """How often it came into sight for the first time since it was raised."""
    count, waits = 0, False
    for alert, entry in mine:
        waits = waits or entry.name in ("raise", "reraise")
        if waits and alert.active and not alert.suppressed_by:
            count, waits = count + 1, False
        waits = waits and alert.active
    return count


@given(STORY, st.integers(0, 40))
def test_what_was_raised_before_we_looked_is_taken_up_as_it_is(story: list[tuple[int, str]], first: int) -> None:
    steps, facts = lived(story), Facts()
    docs: dict[str, Any] = {alert.id: dump(alert, Bookkeeping()) for alert, _ in steps}
    for _, entry in steps[first:]:
        facts.fold(entry, docs.get)
    whole = Facts()
    for _, entry in steps:
        whole.fold(entry, docs.get)
    last: dict[str, JournalEntry] = {entry.subject: entry for _, entry in steps[first:]}
    for id, entry in last.items():
        if id in facts.lives and entry.name in ("raise", "reraise", "clear"):
            assert facts.lives[id].active == whole.lives[id].active
            assert facts.lives[id].over_at == whole.lives[id].over_at
