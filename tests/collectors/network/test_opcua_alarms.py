"""What a server's condition events come to, by themselves: a server may send any number of them."""

from __future__ import annotations

from asyncua import ua

from collectors.network.opcua.conditions import MOST, Alarms


def event(number: int, *, active: bool, acked: bool) -> list[ua.Variant]:
    """One condition's, in the order of FIELDS; it is retained until it is over and acknowledged."""
    values = [
        b"e",
        ua.NodeId(ua.Int32(2915), ua.Int16(0)),
        "Plant",
        None,
        ua.LocalizedText("high"),
        500,
        f"c{number}",
        ua.NodeId(),
        active or not acked,
        acked,
        active,
        ua.NodeId(ua.Int32(number), ua.Int16(2)),
        ua.LocalizedText("seen to"),
        "li.lei",
    ]
    return [ua.Variant(value) for value in values]


def test_a_server_that_never_ceases_to_raise_and_end_alarms_is_bounded() -> None:
    alarms = Alarms()
    for number in range(MOST * 3):
        for active, acked in ((True, False), (False, False), (False, True)):
            alarms.take(event(number, active=active, acked=acked), 1.0)
    conditions = alarms.report(2.0)
    assert len(conditions) == MOST
    assert conditions[-1].name == f"Plant/c{MOST * 3 - 1}", "the newest are kept"
    assert all(condition.acked and not condition.active for condition in conditions)
    assert len(alarms.measurements(2.0)) <= 2 + MOST
