"""A receiver's queue is its own: one that hangs, fails or is slow delays nobody else; over real sockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web

from alerts.notify.priority import is_urgent, person_of
from alerts.notify.sender import Sender
from alerts.notify.turns import SUSPECTS
from alerts.receivers.catalogue import compile_receivers
from feeds.documents.receivers import ReceiverSettings
from feeds.journal import Journal
from tests.alerts.builders import T0
from tests.alerts.receiver import Receiver, listening
from tests.patience import until

BACKLOG = 5000


class Slow(Receiver):
    """Answers after `seconds`, or never; `under_way` counts requests that wait for an answer."""

    def __init__(self, seconds: float | None) -> None:
        super().__init__()
        self.seconds, self.under_way, self.most = seconds, 0, 0
        self.released = asyncio.Event()

    async def handle(self, request: web.Request) -> web.Response:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            if self.seconds is None:
                await self.released.wait()
            else:
                await asyncio.sleep(self.seconds)
            return await super().handle(request)
        finally:
            self.under_way -= 1


class Persons(Receiver):
    """A gateway that takes nothing for the persons in `broken`."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: set[str] = set()
        self.tries: list[str] = []

    async def handle(self, request: web.Request) -> web.Response:
        person = person_of(await request.json())
        self.tries.append(person)
        if person in self.broken:
            return web.Response(status=503)
        return await super().handle(request)


@dataclass
class Post:
    """A journal with messages for receivers, and senders of a clock that is moved."""

    journal: Journal
    now: float = T0
    count: int = 0
    settings: list[ReceiverSettings] = field(default_factory=list)

    def add(self, id: str, url: str, timeout: float = 5.0) -> None:
        self.settings.append(ReceiverSettings(id=id, url=url, timeout=timeout))

    def sender(self, clock: Callable[[], float] | None = None) -> Sender:
        return Sender(
            self.journal, compile_receivers(self.settings), clock=clock or (lambda: self.now), jitter=lambda: 0.0
        )

    async def queue(
        self, receiver: str, many: int = 1, severity: str = "major", person: str = "", id: str = ""
    ) -> None:
        async with self.journal.begin() as tx:
            for _ in range(many):
                self.count += 1
                alert = id or f"a{self.count}"
                key = f"{alert}:{self.count}:{receiver}"
                body = {"key": key, "reason": "first", "alert": {"id": alert, "severity": severity}}
                if person:
                    body["to"] = {"person": person, "address": person}
                await tx.enqueue(
                    key,
                    receiver=receiver,
                    subject=alert,
                    created=self.now,
                    due=self.now,
                    body=body,
                    urgent=is_urgent(body),
                    person=person_of(body),
                )


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
def post(journal: Journal) -> Post:
    return Post(journal)


def severities(receiver: Receiver) -> list[str]:
    return [body["alert"]["severity"] for _, body in receiver.requests]


async def test_critical_alerts_reach_a_healthy_receiver_within_two_seconds_beside_those_that_hang_fail_and_are_slow(
    post: Post, stack: AsyncExitStack
) -> None:
    hanging = await stack.enter_async_context(listening(Slow(None)))
    failing = await stack.enter_async_context(listening())
    slow = await stack.enter_async_context(listening(Slow(2.0)))
    healthy = await stack.enter_async_context(listening())
    failing.status = 500
    for id, receiver in (("hanging", hanging), ("failing", failing), ("slow", slow), ("healthy", healthy)):
        post.add(id, receiver.url, timeout=60.0)
        if receiver is not healthy:
            await post.queue(id, BACKLOG)
    await post.queue("healthy", 300)
    sender = post.sender(clock=lambda: T0 + time.monotonic())
    sending = asyncio.create_task(sender.run())
    await until(lambda: hanging.under_way and failing.requests and slow.under_way)
    await post.queue("healthy", 12, "critical")
    sender.wake()
    await until(lambda: severities(healthy).count("critical") == 12)
    hanging_still = hanging.most == 1 and hanging.under_way == 1
    plain = severities(healthy).count("major")
    sending.cancel()
    await asyncio.wait([sending])
    hanging.released.set()
    assert hanging_still, "what hangs was not waited for"
    assert plain < 300, "the critical ones went past those that waited before them"
    assert (await post.journal.outbox_states(["hanging"]))["hanging"].waiting == BACKLOG
    assert len(failing.requests) < 5, "a receiver that fails is left alone for a while"


async def test_two_hundred_receivers_are_all_served_while_a_third_of_them_hang(
    post: Post, stack: AsyncExitStack
) -> None:
    hanging = await stack.enter_async_context(listening(Slow(None)))
    healthy = await stack.enter_async_context(listening())
    for number in range(200):
        hangs = number % 3 == 0
        post.add(f"r{number}", (hanging if hangs else healthy).url, timeout=60.0)
        await post.queue(f"r{number}", 20 if hangs else 1)
    sender = post.sender(clock=lambda: T0 + time.monotonic())
    sending = asyncio.create_task(sender.run())
    expected_count = sum(number % 3 != 0 for number in range(200))
    await until(lambda: len(healthy.requests) == expected_count)
    sending.cancel()
    await asyncio.wait([sending])
    hanging.released.set()
    assert hanging.most <= 67, "one message at a time to each that hangs"
    assert len(set(healthy.keys)) == expected_count, "nothing was told twice"


async def test_receivers_that_hang_never_take_the_workers_that_are_kept_for_critical_alerts(post: Post) -> None:
    sender = post.sender()
    for number in range(300):
        sender._backoff.failed(f"r{number}", "", 1, T0)
    ready = {f"r{number}": False for number in range(300)}
    chosen = sender._turns.choose(ready | {"desk": True}, (), T0 + 400)
    assert (len(chosen), chosen[0]) == (SUSPECTS + 1, "desk")


async def test_one_person_whose_messages_fail_does_not_hold_up_the_others_behind_the_gateway(
    post: Post, stack: AsyncExitStack
) -> None:
    gateway = await stack.enter_async_context(listening(Persons()))
    gateway.broken = {"zhang"}
    post.add("sms", gateway.url)
    await post.queue("sms", 100, person="zhang")
    await post.queue("sms", 3, person="li")
    sender = post.sender()
    async with aiohttp.ClientSession() as session:
        for _ in range(5):
            await sender.deliver_due(session)
        assert [person_of(body) for _, body in gateway.requests] == ["li"] * 3
        assert gateway.tries.count("zhang") == 1
        gateway.broken.clear()
        post.now += 1.0
        await sender.deliver_due(session)
    assert len(gateway.requests) == 103


async def test_a_gateway_that_takes_nothing_for_three_persons_in_a_row_is_left_alone_and_tried_with_one_message(
    post: Post, stack: AsyncExitStack
) -> None:
    gateway = await stack.enter_async_context(listening(Persons()))
    gateway.broken = {f"p{number}" for number in range(50)}
    post.add("sms", gateway.url)
    for number in range(50):
        await post.queue("sms", person=f"p{number}")
    sender = post.sender()
    async with aiohttp.ClientSession() as session:
        await sender.deliver_due(session)
        assert 3 <= len(gateway.tries) <= 6
        tried = len(gateway.tries)
        post.now += 1.0
        await sender.deliver_due(session)
        assert len(gateway.tries) == tried + 1
        gateway.broken.clear()
        post.now += 300.0
        await sender.deliver_due(session)
    assert len(gateway.requests) == 50


async def test_a_critical_alert_goes_past_a_backlog_but_not_past_older_messages_about_itself(
    post: Post, stack: AsyncExitStack
) -> None:
    desk = await stack.enter_async_context(listening())
    post.add("desk", desk.url)
    await post.queue("desk", 200)
    await post.queue("desk", id="pump")
    await post.queue("desk", id="pump", severity="critical")
    async with aiohttp.ClientSession() as session:
        await post.sender().deliver_due(session)
    about = [body["alert"]["id"] for _, body in desk.requests]
    assert about[:3] == ["pump", "pump", "a1"]
    assert severities(desk)[:2] == ["major", "critical"]
    assert len(set(desk.keys)) == 202


async def test_a_receiver_that_was_away_for_an_hour_is_tried_for_a_new_critical_alert_and_then_gets_everything(
    post: Post, stack: AsyncExitStack
) -> None:
    desk = await stack.enter_async_context(listening())
    desk.status = 503
    post.add("desk", desk.url)
    await post.queue("desk", 3)
    sender = post.sender()
    async with aiohttp.ClientSession() as session:
        for _ in range(360):
            post.now += 10
            await sender.deliver_due(session)
        desk.status = 200
        desk.requests.clear()
        await post.queue("desk", severity="critical")
        post.now += 10
        await sender.deliver_due(session)
        assert severities(desk)[0] == "critical"
        await sender.deliver_due(session)
    assert len(desk.requests) == 4


async def test_a_clock_that_is_set_back_ends_a_pause(post: Post, stack: AsyncExitStack) -> None:
    desk = await stack.enter_async_context(listening())
    desk.status = 503
    post.add("desk", desk.url)
    await post.queue("desk")
    sender = post.sender()
    async with aiohttp.ClientSession() as session:
        post.now += 86400
        await sender.deliver_due(session)
        desk.status = 200
        post.now = T0
        await post.queue("desk")
        await sender.deliver_due(session)
    assert desk.keys[-2:] == ["a2:2:desk", "a1:1:desk"]
