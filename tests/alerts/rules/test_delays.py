"""How long a condition has held, with and without data, and across a restart."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from alerts.deadlines import Deadlines
from alerts.rules.delays import Signal, Timers, Verdict

KEY = ("down", "asset", "r1")


def observe(timers: Timers, verdict: Verdict, now: float, *, active: bool = False) -> Signal | None:
    return timers.observe(KEY, verdict, active=active, hold=10, recover_for=5, now=now)


def test_what_holds_for_long_enough_falls_due_at_its_exact_moment() -> None:
    timers = Timers()
    assert observe(timers, Verdict.TRUE, 100) is None
    assert observe(timers, Verdict.TRUE, 104) is None
    assert timers.next_due() == 110
    assert timers.pop_due() == (KEY, Signal.RAISE, 110)
    assert timers.next_due() is None


def test_what_stops_holding_starts_anew() -> None:
    timers = Timers()
    observe(timers, Verdict.TRUE, 100)
    observe(timers, Verdict.FALSE, 105)
    assert timers.next_due() is None
    observe(timers, Verdict.TRUE, 106)
    assert timers.next_due() == 116


def test_recovery_must_hold_too() -> None:
    timers = Timers()
    observe(timers, Verdict.FALSE, 100, active=True)
    observe(timers, Verdict.TRUE, 104, active=True)
    assert timers.next_due() is None
    observe(timers, Verdict.FALSE, 105, active=True)
    assert timers.pop_due() == (KEY, Signal.CLEAR, 110)


def test_time_without_data_counts_neither_for_nor_against() -> None:
    timers = Timers()
    observe(timers, Verdict.TRUE, 100)
    observe(timers, Verdict.NO_DATA, 104)
    assert timers.next_due() is None
    observe(timers, Verdict.NO_DATA, 150)
    observe(timers, Verdict.TRUE, 160)
    assert timers.next_due() == 166


def test_no_data_alone_starts_nothing() -> None:
    timers = Timers()
    assert observe(timers, Verdict.NO_DATA, 100) is None
    assert observe(timers, Verdict.NO_DATA, 100, active=True) is None
    assert len(timers) == 0


def test_without_a_hold_the_signal_comes_at_once() -> None:
    timers = Timers()
    signal = timers.observe(KEY, Verdict.TRUE, active=False, hold=0, recover_for=0, now=1)
    assert (signal, len(timers)) == (Signal.RAISE, 0)


def test_a_shorter_hold_applies_to_what_is_waiting_already() -> None:
    timers = Timers()
    observe(timers, Verdict.TRUE, 100)
    assert timers.observe(KEY, Verdict.TRUE, active=False, hold=3, recover_for=0, now=104) is Signal.RAISE


@given(st.lists(st.tuples(st.sampled_from(list(Verdict)), st.floats(0.1, 8)), max_size=20), st.integers(0, 20))
def test_a_restart_at_any_point_changes_nothing(steps: list[tuple[Verdict, float]], killed: int) -> None:
    def play(kill: int) -> list[object]:
        timers, now, active, out = Timers(), 1000.0, False, []
        for number, (verdict, pause) in enumerate(steps):
            if number == kill:
                timers = Timers(json.loads(json.dumps(timers.dump())))
            now += pause
            while (due := timers.next_due()) is not None and due <= now:
                _, signal, at = timers.pop_due()
                active = signal is Signal.RAISE
                out.append((signal, at))
            if (signal_now := observe(timers, verdict, now, active=active)) is not None:
                active = signal_now is Signal.RAISE
                out.append((signal_now, now))
        return [*out, timers.dump()]

    assert play(killed) == play(-1)


def test_the_revision_moves_with_every_change_of_the_dumped_form() -> None:
    timers = Timers()
    seen = [(timers.revision, timers.dump())]
    for now, verdict in enumerate((Verdict.TRUE, Verdict.TRUE, Verdict.NO_DATA, Verdict.TRUE, Verdict.FALSE)):
        observe(timers, verdict, now)
        seen.append((timers.revision, timers.dump()))
    for (rev, dumped), (next_rev, next_dumped) in zip(seen, seen[1:], strict=False):
        assert (rev == next_rev) == (dumped == next_dumped)


def test_an_agenda_forgets_what_was_moved_or_dropped() -> None:
    agenda: Deadlines[str] = Deadlines()
    agenda.set("a", 5)
    agenda.set("b", 3)
    agenda.set("a", 1)
    agenda.set("a", 7)
    agenda.drop("b")
    assert (agenda.next_due(), agenda.pop(), agenda.next_due()) == (7, "a", None)
