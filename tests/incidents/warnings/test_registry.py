"""The registry's rules as timelines of messages and states."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.engine.requests import DeleteDocument, PutDocument
from feeds.model import EmergencyWarning, Remark
from feeds.moments import LATEST
from incidents.warnings.journal import NOTICE, WAITING, RegistryStore
from incidents.warnings.lifecycle import key_of
from incidents.warnings.registry import KEEP, WAIT, WarningRegistry, WarningStep
from tests.incidents.builders import T0, id_of, message

A = id_of("A", 0)
U = id_of("U", 600)
C = id_of("C", 1200)


def alert(**fields: object) -> EmergencyWarning:
    return message("A", 0, **fields)


def update(**fields: object) -> EmergencyWarning:
    return message("U", 600, **{"msg_type": "Update", "references": (A,), **fields})


def cancel(**fields: object) -> EmergencyWarning:
    return message("C", 1200, **{"msg_type": "Cancel", "references": (A, U), "expires": None, **fields})


def take(registry: WarningRegistry, *messages: EmergencyWarning, at: float = 0) -> list[WarningStep]:
    return [step for message in messages for step in registry.take(message, T0 + at)]


def states(registry: WarningRegistry) -> dict[str, tuple[str, str]]:
    return {w.identifier: (w.state, w.ended_by) for w in registry.shown.values()}


def names(steps: list[WarningStep]) -> list[tuple[str, str]]:
    return [(step.name, step.subject.split(",")[1]) for step in steps]


def codes(registry: WarningRegistry, id: str) -> list[str]:
    return [finding.code for finding in registry.shown[id].findings]


def test_an_update_supersedes_and_a_cancel_retracts_everything_it_names() -> None:
    registry = WarningRegistry()
    assert names(take(registry, alert(), at=1)) == [("received", "A")]
    assert states(registry) == {"A": ("active", "")}
    assert names(take(registry, update(), at=601)) == [("received", "U"), ("superseded", "A")]
    assert names(take(registry, cancel(), at=1201)) == [("received", "C"), ("cancelled", "U")]
    assert states(registry) == {"A": ("superseded", U), "U": ("cancelled", C)}
    assert registry.shown[A].ended_at == T0 + 600


def test_pending_active_expired_by_time_alone() -> None:
    registry = WarningRegistry()
    take(registry, alert(onset=T0 + 100), at=1)
    assert states(registry) == {"A": ("pending", "")}
    assert registry.next_due == T0 + 100
    assert registry.advance(T0 + 99) == []
    assert names(registry.advance(T0 + 100)) == [("activated", "A")]
    assert registry.next_due == T0 + 3600
    assert names(registry.advance(T0 + 3600)) == [("expired", "A")]
    # 已过期,未见解除
    assert states(registry) == {"A": ("expired", "")}


def test_a_warning_that_ended_while_the_clock_was_ahead_is_active_again_when_it_is_set_back() -> None:
    registry = WarningRegistry()
    take(registry, alert(), at=1)
    registry.advance(T0 + 86_400)
    assert states(registry) == {"A": ("expired", "")}
    registry.clock_stepped(T0 + 60)
    assert names(registry.advance(T0 + 60)) == [("activated", "A")]
    assert registry.next_due == T0 + 3600


def test_an_ended_warning_is_shown_for_a_day() -> None:
    registry = WarningRegistry()
    take(registry, alert(), at=1)
    registry.advance(T0 + 3600)
    assert registry.advance(T0 + 3600 + KEEP - 1) == []
    assert names(registry.advance(T0 + 3600 + KEEP)) == [("removed", "A")]
    assert registry.shown == {}
    registry.forget()
    assert registry.next_due is None


def test_a_cancel_after_expiry_still_shows_as_the_release() -> None:
    registry = WarningRegistry()
    take(registry, alert(expires=T0 + 900), at=1)
    registry.advance(T0 + 900)
    assert names(take(registry, cancel(references=(A,)), at=1200)) == [("received", "C"), ("cancelled", "A")]
    assert states(registry) == {"A": ("cancelled", C)}


def test_without_an_end_the_default_duration_counts_from_onset_with_a_finding() -> None:
    registry = WarningRegistry(default_life=7200)
    take(registry, alert(expires=None, onset=T0 + 600))
    assert registry.shown[A].expires == T0 + 600 + 7200
    assert codes(registry, A) == ["EXPIRES_ABSENT"]


def test_equal_bytes_are_a_duplicate_and_other_bytes_give_one_finding() -> None:
    registry = WarningRegistry()
    take(registry, alert())
    assert take(registry, alert(), at=5) == []
    changed = alert(headline="changed")
    assert names(take(registry, changed, at=6)) == [("content_changed", "A")]
    assert take(registry, changed, at=7) == []
    assert registry.shown[A].headline == ""
    assert codes(registry, A) == ["CONTENT_CHANGED"]


def test_an_orphan_cancel_waits_for_its_alert() -> None:
    registry = WarningRegistry()
    assert names(take(registry, cancel(references=(A,)))) == [("received", "C"), ("waiting", "C")]
    assert registry.shown == {}
    take(registry, alert())
    assert states(registry) == {"A": ("cancelled", C)}
    assert registry.waiting == {}


def test_an_orphan_update_has_a_finding_until_its_alert_arrives() -> None:
    registry = WarningRegistry()
    take(registry, update())
    assert codes(registry, U) == ["REFERENCE_UNKNOWN"]
    steps = take(registry, alert())
    assert ("reference_found", "U") in names(steps)
    assert codes(registry, U) == []
    assert states(registry) == {"A": ("superseded", U), "U": ("active", "")}


def test_a_reference_in_another_time_zone_is_the_same_message() -> None:
    registry = WarningRegistry()
    take(registry, alert(), cancel(references=("cx@weather.example,A,2026-11-22T08:00:00+08:00",)))
    assert states(registry) == {"A": ("cancelled", C)}


def test_an_exercise_ends_no_actual_warning() -> None:
    registry = WarningRegistry()
    take(registry, alert(), cancel(status="Exercise"), update(status="Test"))
    assert states(registry)["A"] == ("active", "")


def test_a_message_with_an_invalid_signature_ends_nothing() -> None:
    registry = WarningRegistry()
    take(registry, alert(), cancel(findings=(Remark(code="SIGNATURE_INVALID"),)))
    assert states(registry) == {"A": ("active", "")}


def test_ack_and_error_touch_delivery_only() -> None:
    registry = WarningRegistry()
    take(registry, alert())
    steps = take(registry, message("K", 5, msg_type="Ack", references=(A,)))
    assert names(steps) == [("received", "K"), ("acknowledged", "A")]
    assert names(take(registry, message("E", 6, msg_type="Error", references=(A,))))[1] == ("refused", "A")
    assert states(registry) == {"A": ("active", "")}


def test_a_message_that_names_itself_or_a_later_one_ends_nothing() -> None:
    registry = WarningRegistry()
    take(registry, message("S", 0, msg_type="Update", references=(id_of("S", 0), id_of("L", 60))))
    take(registry, message("L", 60))
    assert states(registry) == {"S": ("active", ""), "L": ("active", "")}


def test_two_messages_of_one_moment_that_reference_each_other_both_stay() -> None:
    registry = WarningRegistry()
    for first, second in (("X", "Y"), ("Y", "X")):
        take(registry, message(first, 0, msg_type="Update", references=(id_of(second, 0),)))
    assert {state for state, _ in states(registry).values()} == {"active"}


def test_a_warning_that_ended_long_ago_is_recorded_and_not_shown() -> None:
    registry = WarningRegistry()
    take(registry, alert(), at=10 * KEEP)
    assert names(registry.advance(T0 + 10 * KEEP)) == [("removed", "A")]
    assert registry.shown == {}


def test_another_inventory_is_a_step_only_where_the_count_differs() -> None:
    registry = WarningRegistry()
    take(registry, alert())
    counted = registry.recount(lambda warning: replace(warning, affected={"router": 2}), T0 + 9)
    assert names(counted) == [("recounted", "A")]
    assert registry.recount(lambda warning: replace(warning, affected={"router": 2}), T0 + 10) == []


MESSAGES = (
    alert(),
    update(),
    cancel(),
    message("U2", 900, msg_type="Update", references=(A, U), onset=T0 + 1500),
    message("C2", 1300, msg_type="Cancel", references=(U, "nobody@x,none,2026-11-22T00:00:00-00:00")),
    message("X", 700, msg_type="Update", references=(A,), status="Exercise"),
)


@pytest.mark.parametrize("order", list(permutations((alert(), update(), cancel()))))
def test_order_of_arrival_does_not_matter_to_the_chain(order: tuple[EmergencyWarning, ...]) -> None:
    registry = WarningRegistry()
    take(registry, *order)
    assert states(registry) == {"A": ("superseded", U), "U": ("cancelled", C)}


@given(
    order=st.permutations(MESSAGES),
    times=st.lists(st.floats(0, 5000), min_size=len(MESSAGES), max_size=len(MESSAGES)).map(sorted),
    again=st.lists(st.sampled_from(MESSAGES), max_size=4),
)
def test_order_times_and_duplicates_do_not_matter_to_the_end(
    order: list[EmergencyWarning], times: list[float], again: list[EmergencyWarning]
) -> None:
    straight, mixed = WarningRegistry(), WarningRegistry()
    take(straight, *MESSAGES)
    for warning, at in zip(order, times, strict=True):
        mixed.advance(T0 + at)
        take(mixed, warning, at=at)
    take(mixed, *again, at=5000)
    for registry in (straight, mixed):
        registry.advance(T0 + 5001)
    assert mixed.shown == straight.shown
    assert {key: set(enders) for key, enders in mixed.waiting.items()} == {
        key: set(enders) for key, enders in straight.waiting.items()
    }
    assert mixed.next_due == straight.next_due


def test_an_all_clear_ends_what_it_references_and_is_itself_over() -> None:
    registry = WarningRegistry()
    first = message("A")
    clear = message("B", 60, msg_type="Update", references=(first.id,), all_clear=True)
    registry.take(first, T0)
    registry.take(clear, T0 + 60)
    states = {warning.identifier: (warning.state, warning.ended_by) for warning in registry.shown.values()}
    assert states == {"A": ("cancelled", clear.id), "B": ("cancelled", clear.id)}


def test_a_step_writes_only_what_it_changed_however_much_is_held() -> None:
    registry = WarningRegistry()
    store = RegistryStore(registry)
    first = take(registry, *(message(f"W{number}") for number in range(300)))
    assert len(documents(store, first)) == 300
    second = take(registry, message("new", 60), message("W7", 0, headline="other bytes"))
    assert documents(store, second) == [("warning", id_of("new", 60)), ("warning", id_of("W7", 0))]
    assert documents(store, registry.advance(T0 + 100)) == []


def test_an_orphan_is_waited_for_so_long_and_then_leaves_the_journal_once() -> None:
    registry = WarningRegistry()
    store = RegistryStore(registry)
    assert [kind for kind, _ in documents(store, take(registry, cancel()))] == [NOTICE, WAITING, WAITING]
    assert registry.next_due == T0 + WAIT
    assert documents(store, registry.advance(T0 + WAIT)) == [("gone", key_of(A)), ("gone", key_of(U))]
    assert documents(store, registry.advance(T0 + WAIT + 1)) == []
    assert registry.next_due is None


def documents(store: RegistryStore, steps: list[WarningStep]) -> list[tuple[str, str]]:
    """The kind ("gone": deleted) and id of each document that a step changes, as a journal is asked for them."""
    changed: list[tuple[str, str]] = []
    writing = store.write(steps, {})
    try:
        request = next(writing)
        while True:
            if isinstance(request, PutDocument):
                changed.append((request.kind, request.id))
            elif isinstance(request, DeleteDocument):
                changed.append(("gone", request.id))
            request = writing.send(1)
    except StopIteration:
        store.written()
    return changed


def test_a_message_of_the_last_moment_that_can_be_written_lasts_no_longer() -> None:
    registry = WarningRegistry()
    registry.take(message("A", sent=LATEST, expires=None), T0)
    (warning,) = registry.shown.values()
    assert warning.expires == LATEST
