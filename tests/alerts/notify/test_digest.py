"""Under a rate: critical at once, the rest as one digest, nothing lost, nothing twice; over a real journal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.notify.batching import LARGEST
from alerts.notify.priority import is_urgent, person_of
from alerts.notify.rate_limit import Budget
from alerts.notify.sender import Sender
from alerts.receivers.catalogue import compile_receivers
from feeds.documents.receivers import ReceiverSettings
from feeds.journal import Journal
from tests.alerts.builders import T0
from tests.alerts.receiver import Receiver, listening


class Post:
    """A journal and one receiver, "desk", that takes 4 messages a minute, one of them for what is critical alone."""

    def __init__(self, journal: Journal, desk: Receiver, session: aiohttp.ClientSession) -> None:
        self.journal, self.desk, self.session = journal, desk, session
        self.now = T0
        self.restart()

    def restart(self) -> None:
        settings = [ReceiverSettings(id="desk", url=self.desk.url, rate="4/min", reserve=1)]
        self.sender = Sender(
            self.journal, compile_receivers(settings), settings, clock=lambda: self.now, jitter=lambda: 0.0
        )

    async def queue(self, alert: str, reason: str = "first", severity: str = "major", **more: Any) -> None:
        key = f"{alert}:{reason}"
        body = {"key": key, "reason": reason, "alert": {"id": alert, "severity": severity}, **more}
        async with self.journal.begin() as tx:
            await tx.enqueue(
                key,
                receiver="desk",
                subject=alert,
                created=self.now,
                due=self.now,
                body=body,
                urgent=is_urgent(body),
                person=person_of(body),
            )

    async def round(self, seconds: float = 0.0) -> None:
        self.now += seconds
        await self.sender.deliver_due(self.session)

    def notified(self) -> list[Any]:
        """Every message as its key, a digest as the list of its parts' keys."""
        return [
            [part["key"] for part in body["items"]] if body["reason"] == "digest" else key
            for key, body in self.desk.requests
        ]


@pytest.fixture
async def post(journal: Journal) -> AsyncIterator[Post]:
    async with listening() as desk, aiohttp.ClientSession() as session:
        yield Post(journal, desk, session)


async def test_within_the_rate_everything_goes_by_itself(post: Post) -> None:
    for alert in "abc":
        await post.queue(alert)
    await post.round()
    assert post.notified() == ["a:first", "b:first", "c:first"]


async def test_a_digest_goes_to_the_person_whom_its_messages_are_for(post: Post) -> None:
    for number in range(6):
        to = {"person": "zhang" if number % 2 else "li", "address": f"{number % 2}"}
        await post.queue(f"a{number}", to=to)
    await post.round()
    assert sorted((body["to"]["person"], len(body["items"])) for _, body in post.desk.requests) == [
        ("li", 3),
        ("zhang", 3),
    ]


async def test_more_than_the_rate_becomes_one_digest_and_the_next_waits_for_room(post: Post) -> None:
    for number in range(50):
        await post.queue(f"a{number}")
    await post.round()
    assert post.notified() == [[f"a{number}:first" for number in range(50)]]
    for alert in ("b", "c", "d", "e"):
        await post.queue(alert)
        await post.round(1)
    assert post.notified()[1:] == ["b:first", "c:first"]
    await post.round(40)
    assert len(post.notified()) == 3
    await post.round(20)
    assert post.notified()[3:] == ["d:first", "e:first"]
    items = [item for number in range(50) for item in await post.journal.outbox_for(f"a{number}")]
    assert all(item.sent_at is not None for item in items)


async def test_critical_goes_at_once_past_everything(post: Post) -> None:
    for number in range(30):
        await post.queue(f"a{number}")
    await post.queue("root", severity="critical")
    await post.round()
    assert post.notified() == ["root:first", [f"a{number}:first" for number in range(30)]]
    for number in range(3):
        await post.queue(f"b{number}")
    await post.queue("late", severity="critical")
    await post.round(1)
    assert post.notified()[2:] == ["late:first", ["b0:first", "b1:first", "b2:first"]]


async def test_critical_goes_at_once_past_more_than_one_digest_holds(post: Post) -> None:
    for alert in "abc":
        await post.queue(alert)
    await post.round()  # nothing but the reserve is left
    for number in range(2 * LARGEST + 10):
        await post.queue(f"m{number}")
    for _ in range(3):
        await post.round(1)
    assert post.notified() == ["a:first", "b:first", "c:first"]
    await post.queue("k", severity="critical")
    await post.round(1)
    assert post.notified()[3:] == ["k:first"]
    for _ in range(6):
        await post.round(60)
    digests = [keys for keys in post.notified()[4:] if isinstance(keys, list)]
    assert max(map(len, digests)) == LARGEST
    assert [key for keys in digests for key in keys] == [f"m{number}:first" for number in range(2 * LARGEST + 10)]


async def test_the_end_of_what_was_told_is_told_too_within_a_digest(post: Post) -> None:
    for number in range(10):
        await post.queue(f"a{number}")
    await post.round()
    for number in range(10):
        await post.queue(f"a{number}", "cleared")
    await post.round(1)
    assert post.notified()[1] == [f"a{number}:cleared" for number in range(10)]


async def test_a_digest_that_was_not_taken_is_the_same_one_after_a_restart(post: Post) -> None:
    for number in range(10):
        await post.queue(f"a{number}")
    post.desk.status = 503
    await post.round()
    post.restart()
    await post.queue("new")
    await post.round(70)
    post.desk.status = 200
    await post.round(70)
    digests = [(key, [part["key"] for part in body["items"]]) for key, body in post.desk.requests if "items" in body]
    assert set(map(repr, digests)) == {repr(("digest:a0:first", [f"a{number}:first" for number in range(10)]))}
    assert post.notified()[-1] in ("new:first", [f"a{number}:first" for number in range(10)])
    await post.round(70)
    assert "new:first" in post.notified()


async def test_what_was_taken_back_does_not_stand_in_a_digest_that_waits(post: Post) -> None:
    for number in range(10):
        await post.queue(f"a{number}")
    post.desk.status = 503
    await post.round()
    async with post.journal.begin() as tx:
        assert len(await tx.cancel_outbox("a3", reason="acknowledged")) == 1
    post.desk.status = 200
    post.desk.requests.clear()
    await post.round(70)
    assert post.notified() == [[f"a{number}:first" for number in range(10) if number != 3]]


async def test_an_older_message_about_what_is_critical_now_goes_with_it(post: Post) -> None:
    for number in range(10):
        await post.queue(f"a{number}")
    await post.queue("a5", "worse", severity="critical")
    await post.round()
    assert post.notified() == ["a5:worse", [f"a{number}:first" for number in range(10) if number != 5]]
    (first, worse) = await post.journal.outbox_for("a5")
    assert first.sent_at == worse.sent_at == post.now


async def test_after_a_restart_what_was_sent_before_still_counts(post: Post) -> None:
    for alert in "abc":
        await post.queue(alert)
    await post.round()
    post.restart()
    for alert in "de":
        await post.queue(alert)
    await post.round(1)
    assert post.notified() == ["a:first", "b:first", "c:first"]
    await post.round(60)
    assert len(post.notified()) > 3


async def test_the_end_is_not_told_to_whom_nothing_was_told(post: Post) -> None:
    await post.queue("a")
    async with post.journal.begin() as tx:
        await tx.cancel_outbox("a", reason="acknowledged")
    await post.queue("a", "cleared")
    await post.queue("b", "cleared")
    await post.round()
    assert post.notified() == ["b:cleared"]
    assert (await post.journal.outbox_for("a"))[1].error == "not needed: never told"


async def test_the_end_is_told_when_the_message_taken_back_was_under_way(post: Post) -> None:
    await post.queue("a")
    post.desk.status = 503
    await post.round()
    async with post.journal.begin() as tx:
        await tx.cancel_outbox("a", reason="acknowledged")
    post.desk.status = 200
    post.desk.requests.clear()
    await post.queue("a", "cleared")
    await post.round(70)
    assert post.notified() == ["a:cleared"]


@given(st.lists(st.tuples(st.floats(0, 30), st.booleans()), max_size=80))
def test_a_budget_is_never_exceeded_and_never_idle(wishes: list[tuple[float, bool]]) -> None:
    budget, now = Budget(5, 60.0, 2), T0
    sent: list[tuple[float, bool]] = []
    for pause, urgent in wishes:
        now += pause
        if budget.room(now, urgent=urgent):
            budget.spend(now, urgent=urgent)
            sent.append((now, urgent))
        else:
            later = budget.next_room(now, urgent=urgent)
            assert later > now
            assert budget.room(later + 1e-6, urgent=urgent) >= 1
            now = later + 1e-6
        window = [message for message in sent if message[0] > now - 60.0]
        assert len(window) <= 5
        assert sum(not urgent for _, urgent in window) <= 3
