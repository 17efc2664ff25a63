"""SNMPv3 notifications that are played again, and sources whose clock goes back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from asyncua import ua
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaerrors import UaStatusCodeError

from collectors.errors import Undetermined
from collectors.network.opcua import values
from collectors.network.opcua.subscription import ValueWatch
from collectors.network.traps.timeliness import LAST_BOOTS, EngineClocks
from feeds.model import Quality
from tests.collectors.network.loopback import target_of

ENGINE = b"\x80\x00\x1f\x88\x01"


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_messages_within_the_window_are_taken_also_out_of_order() -> None:
    clock = Clock()
    clocks = EngineClocks(clock)
    assert [clocks.accept(ENGINE, 5, time) for time in (1000, 1200, 1100)] == [True, True, True]


def test_a_message_that_is_played_again_later_is_refused() -> None:
    clock = Clock()
    clocks = EngineClocks(clock)
    assert clocks.accept(ENGINE, 5, 1000)
    clock.at += 149.0
    assert clocks.accept(ENGINE, 5, 1000)
    clock.at += 3.0
    assert not clocks.accept(ENGINE, 5, 1000)
    clock.at += 86400.0
    assert not clocks.accept(ENGINE, 5, 1000)
    assert clocks.accept(ENGINE, 5, 1000 + 152 + 86400)


def test_a_message_from_before_a_reboot_is_refused_and_one_after_it_is_taken() -> None:
    clocks = EngineClocks(Clock())
    assert clocks.accept(ENGINE, 5, 90_000)
    assert clocks.accept(ENGINE, 6, 3)
    assert not clocks.accept(ENGINE, 5, 90_001)


def test_engines_are_apart_and_one_at_its_last_boots_is_refused() -> None:
    clocks = EngineClocks(Clock())
    assert clocks.accept(ENGINE, 9, 9)
    assert clocks.accept(b"other", 1, 1)
    assert not clocks.accept(b"third", LAST_BOOTS, 1)


def watched(*moments: float) -> list[tuple[float | None, Quality, str]]:
    """Time, quality and text of values with the source times `moments`, all received at 1,800,000,000."""
    now = 1_800_000_000.0
    watch = ValueWatch(target_of("opc.tcp://h?node=i%3D1"), None, None, lambda: now, values)  # type: ignore[arg-type]
    seen = []
    for moment in moments:
        stamp: Any = datetime.fromtimestamp(moment, UTC)
        watch.value(ua.DataValue(Value=ua.Variant(1.5), SourceTimestamp=stamp), now)
        assert watch._seen is not None
        seen.append((watch._seen.observed_at, watch._seen.quality, watch._seen.text))
    return seen


def test_a_source_time_that_goes_back_does_not_freeze_the_value() -> None:
    first, second, third, fourth = watched(1_799_999_990.0, 1_799_990_000.0, 1_799_990_001.0, 1_800_000_001.0)
    assert first[:2] == (1_799_999_990.0, Quality.GOOD)
    assert second[:2] == (1_800_000_000.0, Quality.UNCERTAIN)
    assert "its clock says 2027-01-15 05:13:20Z" in second[2]
    assert third[:2] == (1_800_000_000.0, Quality.UNCERTAIN), "an older time would be passed over"
    assert fourth[:2] == (1_800_000_001.0, Quality.GOOD)


def test_a_source_that_has_no_time_gives_the_time_of_receipt() -> None:
    [only] = watched(3600.0)
    assert only[:2] == (1_800_000_000.0, Quality.UNCERTAIN)
    assert "1970" in only[2]


@pytest.mark.parametrize("name", ["BadTooManySessions", "BadTcpServerTooBusy", "BadTooManyMonitoredItems"])
def test_a_server_without_a_free_session_is_unknown_with_its_words(name: str) -> None:
    code: Any = getattr(StatusCodes, name)
    refusal: Any = UaStatusCodeError
    error = values.of_error(refusal(code))
    assert isinstance(error, Undetermined)
    assert "no session or resources free" in error.en
