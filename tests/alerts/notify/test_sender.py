"""What is sent: at least once, in order, with one key, for as long as it takes, and to whom it was promised."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from alerts.notify import due_bounds, sender
from alerts.notify.backoff import LONGEST_PAUSE, pause_after
from alerts.notify.rate_limit import Budget
from alerts.notify.sender import Sender
from alerts.receivers.base import ReceiverError
from alerts.receivers.catalogue import compile_receivers
from alerts.receivers.webhook import webhook
from feeds.documents.receivers import ReceiverSettings
from feeds.journal import Journal, JournalLost
from tests.alerts.builders import T0
from tests.alerts.receiver import Receiver, listening
from tests.patience import PATIENCE, until


class Post:
    """A journal, a receiver called "desk" and a sender with a moved clock."""

    def __init__(self, journal: Journal, desk: Receiver, session: aiohttp.ClientSession) -> None:
        self.journal, self.desk, self.session = journal, desk, session
        self.now = T0
        self.sender = self.fresh()

    def fresh(self) -> Sender:
        return Sender(self.journal, compile_receivers([self.settings()]), clock=lambda: self.now, jitter=lambda: 0.0)

    def settings(self, id: str = "desk") -> ReceiverSettings:
        return ReceiverSettings(id=id, url=self.desk.url, timeout=PATIENCE)

    async def queue(self, alert: str, seq: int, reason: str, receiver: str = "desk") -> None:
        key = f"{alert}:{seq}:{receiver}"
        body = {"key": key, "reason": reason}
        async with self.journal.begin() as tx:
            await tx.enqueue(key, receiver=receiver, subject=alert, created=self.now, due=self.now, body=body)

    async def round(self, seconds: float = 0.0) -> None:
        self.now += seconds
        await self.sender.deliver_due(self.session)

    async def waiting(self, alert: str = "a1") -> list[str]:
        return [item.key for item in await self.journal.outbox_for(alert) if item.due is not None]


@pytest.fixture
async def post(journal: Journal) -> AsyncIterator[Post]:
    async with listening() as desk, aiohttp.ClientSession() as session:
        yield Post(journal, desk, session)


async def test_a_message_is_sent_once_with_its_key(post: Post) -> None:
    await post.queue("a1", 1, "first")
    await post.round()
    await post.round(400)
    assert post.desk.requests == [("a1:1:desk", {"key": "a1:1:desk", "reason": "first"})]
    (item,) = await post.journal.outbox_for("a1")
    assert (item.sent_at, item.attempts, item.due) == (T0, 1, None)


async def test_a_receiver_that_is_away_for_an_hour_gets_everything_in_order_with_the_same_keys(post: Post) -> None:
    post.desk.status = 503
    await post.queue("a1", 1, "first")
    await post.round()
    await post.queue("a1", 2, "cleared")
    for _ in range(60):
        await post.round(60)
    assert set(post.desk.keys) == {"a1:1:desk"}
    post.desk.requests.clear()
    post.desk.status = 204
    await post.round(300)
    await post.round(300)
    assert post.desk.keys == ["a1:1:desk", "a1:2:desk"]
    assert await post.waiting() == []


async def test_a_journal_that_goes_away_after_sending_is_told_when_it_is_back_and_nothing_is_sent_twice(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "POLL", 0.001)
    mark, away = post.journal.outbox_mark, [JournalLost("no server")] * 3

    async def failing(key: str, **how: Any) -> None:
        if away:
            raise away.pop()
        await mark(key, **how)

    monkeypatch.setattr(post.journal, "outbox_mark", failing)
    await post.queue("a1", 1, "first")
    await post.round()
    await post.round(400)
    assert post.desk.keys == ["a1:1:desk"]
    assert await post.waiting() == []


async def test_a_sender_survives_a_journal_that_is_away(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    ready, away = post.journal.outbox_ready, [JournalLost("no server")] * 3

    async def failing(now: float) -> dict[str, bool]:
        if away:
            raise away.pop()
        return await ready(now)

    monkeypatch.setattr(sender, "POLL", 0.001)
    monkeypatch.setattr(post.journal, "outbox_ready", failing)
    await post.queue("a1", 1, "first")
    sending = asyncio.create_task(post.sender.run())
    await until(lambda: post.desk.keys)
    sending.cancel()
    await asyncio.wait([sending])
    assert (away, post.desk.keys) == ([], ["a1:1:desk"])


async def test_what_was_sent_while_the_journal_was_read_is_not_sent_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready, reads = post.journal.outbox_ready, 0

    async def slow(now: float) -> dict[str, bool]:
        nonlocal reads
        reads += 1
        ready_messages = await ready(now)
        while reads == 2 and await post.waiting():  # the second reading is answered when the first one's work is done
            await asyncio.sleep(0.001)
        return ready_messages

    monkeypatch.setattr(sender, "POLL", 0.001)
    monkeypatch.setattr(post.journal, "outbox_ready", slow)
    await post.queue("a1", 1, "first")
    sending = asyncio.create_task(post.sender.run())
    await until(lambda: reads > 4)
    sending.cancel()
    await asyncio.wait([sending])
    assert post.desk.keys == ["a1:1:desk"]


async def test_attempts_are_spaced_out_up_to_five_minutes(post: Post) -> None:
    assert [pause_after(n, lambda: 0.0) for n in (1, 2, 3, 9, 10, 500)] == [1, 2, 4, 256, 300, 300]
    assert pause_after(10, lambda: 1.0) == LONGEST_PAUSE / 2
    post.desk.status = 500
    await post.queue("a1", 1, "first")
    for seconds, attempts in ((0, 1), (0.9, 1), (0.1, 2), (1.9, 2), (0.1, 3)):
        await post.round(seconds)
        assert len(post.desk.requests) == attempts


async def test_a_receiver_that_asks_for_patience_is_given_it(post: Post) -> None:
    post.desk.status, post.desk.headers = 429, {"Retry-After": "30"}
    await post.queue("a1", 1, "first")
    await post.round()
    await post.round(29)
    assert len(post.desk.requests) == 1
    await post.round(1)
    assert len(post.desk.requests) == 2


async def test_a_refusal_is_recorded_and_not_repeated(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    post.desk.status = 422
    await post.queue("a1", 1, "first")
    await post.round()
    await post.round(1000)
    (item,) = await post.journal.outbox_for("a1")
    assert (item.due, item.sent_at, item.error, item.attempts) == (None, None, "refused: HTTP 422", 1)
    assert len(post.desk.requests) == 1


async def test_a_clearing_waits_for_the_firing_of_its_own_alert_only(post: Post) -> None:
    await post.queue("a1", 1, "first")
    await post.journal.outbox_mark("a1:1:desk", due=T0 + 50, attempts=3)
    await post.queue("a1", 2, "cleared")
    await post.queue("a2", 1, "first")
    await post.round()
    assert post.desk.keys == ["a2:1:desk"]
    await post.round(50)
    await post.round(1)
    assert post.desk.keys == ["a2:1:desk", "a1:1:desk", "a1:2:desk"]


async def test_one_receiver_that_is_away_does_not_hold_another_up(post: Post) -> None:
    gone = ReceiverSettings(id="gone", url="json://127.0.0.1:1/")
    post.sender.replace(compile_receivers([gone, post.settings()]))
    await post.queue("a1", 1, "first", "gone")
    await post.queue("a1", 1, "first")
    await post.round()
    assert post.desk.keys == ["a1:1:desk"]
    assert await post.waiting() == ["a1:1:gone"]


async def test_what_waits_for_a_receiver_that_is_no_longer_there_is_given_up(post: Post) -> None:
    post.sender.replace({})
    await post.queue("a1", 1, "first")
    await post.round()
    (item,) = await post.journal.outbox_for("a1")
    assert (item.due, item.error) == (None, "receiver removed")


async def test_lost_and_back_are_logged_once_each(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "alerts.notify.sender")
    post.desk.status = 503
    await post.queue("a1", 1, "first")
    for _ in range(4):
        await post.round(300)
    post.desk.status = 200
    await post.round(300)
    assert [record.getMessage() for record in caplog.records] == [
        "receiver desk does not take messages: HTTP 503",
        "receiver desk is back",
    ]


async def test_killed_between_sending_and_marking_it_is_sent_again_with_the_same_key(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    await post.queue("a1", 1, "first")
    with monkeypatch.context() as patch:
        patch.setattr(post.journal, "outbox_mark", dies)
        with pytest.raises(ExceptionGroup):
            await post.round()
    post.sender = post.fresh()
    await post.round()
    assert post.desk.keys == ["a1:1:desk", "a1:1:desk"]


async def test_the_loop_sends_as_soon_as_it_is_woken(post: Post) -> None:
    task = asyncio.create_task(post.sender.run())
    await post.queue("a1", 1, "first")
    post.sender.wake()
    async with asyncio.timeout(PATIENCE):
        await post.desk.came.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert post.desk.keys == ["a1:1:desk"]
    assert not [task for task in asyncio.all_tasks() if "Sender" in repr(task)]


async def test_credentials_of_the_address_go_into_the_header_and_not_into_the_url(post: Post) -> None:
    url = post.desk.url.replace("127.0.0.1", "desk:s%40crt@127.0.0.1")
    target = webhook(ReceiverSettings(id="desk", url=url))
    assert "crt" not in target.url
    await target.send(post.session, "k", {"reason": "first"})
    assert post.desk.authorization == "Basic ZGVzazpzQGNydA=="


@pytest.mark.parametrize(
    ("url", "sent_to"),
    [
        ("json://h/", "http://h/"),
        ("jsons://h:9000", "https://h:9000/"),
        ("json://h/a/b?c=d", "http://h/a/b?c=d"),
        ("json://[::1]:80/x", "http://[::1]:80/x"),
    ],
)
def test_addresses(url: str, sent_to: str) -> None:
    assert webhook(ReceiverSettings(id="r", url=url)).url == sent_to


@pytest.mark.parametrize("url", ["http://h/", "json://", "dingtalk://x", "json://h:99999/", "json://[::/", ""])
def test_addresses_that_are_refused_in_both_languages(url: str) -> None:
    with pytest.raises(ReceiverError) as caught:
        webhook(ReceiverSettings(id="r", url=url))
    assert set(caught.value.message) == {"zh-CN", "en"}


def test_two_receivers_of_one_id_are_refused() -> None:
    receiver = ReceiverSettings(id="desk", url="json://h/")
    with pytest.raises(ReceiverError, match="used twice"):
        compile_receivers([receiver, receiver])


@pytest.mark.parametrize("by", [-300.0, 300.0, -86_400.0, 86_400.0, -31_536_000.0, 31_536_000.0])
@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
async def test_a_message_in_back_off_waits_no_longer_when_the_clock_is_set(
    post: Post, by: float, restarted: bool
) -> None:
    post.desk.status = 503
    await post.queue("a1", 1, "first")
    for _ in range(6):
        await post.round(60)
    post.desk.status = 204
    post.now += by
    if restarted:
        post.sender = post.fresh()
    else:
        post.sender.clock_stepped(by)
    await post.round()
    await post.round(LONGEST_PAUSE)
    assert await post.waiting() == []


async def test_a_due_time_that_was_written_by_another_clock_is_noticed_while_running(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post.round()
    post.now += 86_400.0
    await post.queue("a1", 1, "first")
    post.now -= 86_400.0
    await post.round()
    assert post.desk.keys == []
    monkeypatch.setattr(due_bounds, "EVERY", 0.0)
    await post.round()
    assert post.desk.keys == ["a1:1:desk"]


@pytest.mark.parametrize("by", [-86_400.0, 86_400.0])
def test_a_rate_is_kept_when_the_clock_is_set(by: float) -> None:
    budget = Budget(2, 60.0, 0)
    budget.spend(T0, urgent=False)
    budget.spend(T0 + 10, urgent=False)
    budget.clock_stepped(by)
    assert budget.room(T0 + 20 + by, urgent=True) == 0
    assert budget.room(T0 + 60 + by, urgent=True) == 1
    assert budget.room(T0 + 70 + by, urgent=True) == 2


def test_what_was_sent_in_the_future_by_another_clock_counts_from_now() -> None:
    budget = Budget(1, 60.0, 0)
    budget.remember([T0 + 86_400.0])
    assert budget.room(T0, urgent=True) == 0
    assert budget.room(T0 + 60, urgent=True) == 1
