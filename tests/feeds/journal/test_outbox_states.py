"""The delivery state of a receiver in the journal."""

from __future__ import annotations

from feeds.journal import Journal
from feeds.journal.records import OutboxState


async def queue(journal: Journal, key: str) -> None:
    async with journal.begin() as tx:
        await tx.enqueue(key, receiver="sms", subject=key, created=1.0, due=1.0, body={})


async def test_the_state_of_a_receiver_follows_its_waiting_and_last_messages(journal: Journal) -> None:
    assert (await journal.outbox_states(["sms"]))["sms"] == OutboxState(waiting=0, last_sent_at=None, last_error="")
    await queue(journal, "a")
    await journal.outbox_mark("a", sent_at=5.0, attempts=1)
    await queue(journal, "b")
    await journal.outbox_mark("b", due=9.0, attempts=2, error="HTTP 503")
    await queue(journal, "c")
    async with journal.begin() as tx:
        await tx.cancel_outbox("c", reason="acknowledged")
    assert (await journal.outbox_states(["sms"]))["sms"] == OutboxState(
        waiting=1, oldest_at=1.0, last_sent_at=5.0, last_error="HTTP 503"
    )
    await journal.outbox_mark("b", sent_at=10.0, attempts=3)
    assert (await journal.outbox_states(["sms"]))["sms"] == OutboxState(waiting=0, last_sent_at=10.0, last_error="")


async def test_a_message_being_sent_while_cancelled_has_an_error_that_states_it(journal: Journal) -> None:
    await queue(journal, "a")
    await journal.outbox_put_off(["a"], due=1.0, error="sending")
    async with journal.begin() as tx:
        assert len(await tx.cancel_outbox("a", reason="acknowledged")) == 1
    item = await journal.outbox_item("a")
    assert item is not None
    assert (item.due, item.error) == (None, "acknowledged, sending")


async def test_old_finished_messages_are_deleted_and_waiting_ones_are_not(journal: Journal) -> None:
    for key in ("a", "b"):
        await queue(journal, key)
    await journal.outbox_mark("a", sent_at=2.0, attempts=1)
    assert (await journal.outbox_forget(100.0), await journal.outbox_count()) == (1, 1)
    assert await journal.outbox_item("a") is None


async def test_a_part_of_a_digest_is_finished_only_with_the_digest(journal: Journal) -> None:
    for key in ("a", "b"):
        await queue(journal, key)
    async with journal.begin() as tx:
        await tx.fold_outbox(["a", "b"], "digest:a")
        await tx.enqueue("digest:a", receiver="sms", subject="digest:a", created=2.0, due=2.0, body={})
    assert await journal.outbox_forget(100.0) == 0
    async with journal.begin() as tx:
        assert await tx.take_old_outbox(100.0, 10) == []
    await journal.outbox_sent_parts("digest:a", ["a", "b"], 3.0)
    await journal.outbox_mark("digest:a", sent_at=3.0, attempts=1)
    async with journal.begin() as tx:
        assert [row["key"] for row in await tx.take_old_outbox(2.0, 10)] == ["a", "b"]
    assert await journal.outbox_forget(100.0) == 1
