"""The intake: durable before it acknowledges, many parcels in one commit, each parcel given out once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from feeds.engine.inbox import Inbox
from feeds.journal import Intake, IntakeFull, Journal, JournalLost, Parcel, intake_url
from feeds.journal.connections import Store
from feeds.journal.intake_copies import filling


def parcel(body: bytes = b"x", *, target: str = "alert", size: int = 1) -> Parcel:
    return Parcel(target=target, kind="test", at=1.0, body=body, size=size, actor="tool", region="532301")


async def test_a_parcel_is_unchanged_and_goes_to_its_own_engine_only(intake: Intake) -> None:
    await intake.put(parcel(b"\x00\xff"))
    await intake.put(parcel(target="command"))
    (parcel_,) = await intake.read("alert", 0, limit=10)
    assert (parcel_.body, parcel_.actor, parcel_.region, parcel_.size, parcel_.at) == (
        b"\x00\xff",
        "tool",
        "532301",
        1,
        1.0,
    )
    assert await intake.read("alert", parcel_.id, limit=10) == []


async def test_concurrent_callers_share_few_commits(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = 0
    plain = Store._end

    async def counted(self: Store, connection: Any, *, commit: bool) -> None:
        nonlocal commits
        commits += commit
        await plain(self, connection, commit=commit)

    monkeypatch.setattr(Store, "_end", counted)
    assert all(await asyncio.gather(*(intake.put(parcel(b"%d" % n)) for n in range(500))))
    assert commits <= 3
    assert [parcel_.body for parcel_ in await intake.read("alert", 0, limit=1000)] == [b"%d" % n for n in range(500)]


async def test_an_acknowledged_parcel_is_visible_to_another_process(intake: Intake, journal_url: str) -> None:
    await intake.put(parcel(b"kept"))
    another = Intake(intake_url(journal_url), "other")
    await another.open()
    assert [parcel_.body for parcel_ in await another.read("alert", 0, limit=10)] == [b"kept"]
    assert another.life == intake.life != ""
    await another.close()


async def test_a_key_is_accepted_once_also_within_one_commit(intake: Intake) -> None:
    assert await asyncio.gather(*(intake.put(parcel(), key="k") for _ in range(3))) == [True, False, False]
    assert await intake.put(parcel(), key="k") is False
    assert len(await intake.read("alert", 0, limit=10)) == 1


async def test_beyond_the_bound_it_is_refused_until_the_engine_has_caught_up(journal_url: str) -> None:
    at = [0.0]
    intake = Intake(intake_url(journal_url), "test", clock=lambda: at[0], full=100)
    await intake.open()
    await intake.put(parcel(size=100))
    at[0] += 1
    with pytest.raises(IntakeFull):
        await intake.put(parcel())
    (first,) = await intake.read("alert", 0, limit=10)
    await intake.drop("alert", first.id)
    at[0] += 1
    assert await intake.put(parcel())
    await intake.close()


async def test_an_unavailable_store_rejects_and_stores_nothing(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(self: Store) -> None:
        raise JournalLost("disk full")

    monkeypatch.setattr(Store, "writing", away)
    with pytest.raises(JournalLost):
        await intake.put(parcel())
    monkeypatch.undo()
    assert await intake.put(parcel(b"later"))
    assert [parcel_.body for parcel_ in await intake.read("alert", 0, limit=10)] == [b"later"]


async def test_a_place_is_found_again_and_rows_go_only_when_the_journal_has_it(
    intake: Intake, journal: Journal
) -> None:
    at = [0.0]
    inbox = Inbox(intake, journal, "alert", clock=lambda: at[0])
    await inbox.open()
    for n in range(3):
        await intake.put(parcel(b"%d" % n))
    assert len(await inbox.take()) == 3
    await inbox.tidy()
    assert len(await intake.read("alert", 0, limit=10)) == 3
    again = Inbox(intake, journal, "alert", clock=lambda: at[0])
    await again.open()
    assert len(await again.take()) == 3  # nothing had followed from them
    async with journal.begin() as tx:
        await inbox.write(tx)
    inbox.settled()
    await again.open()
    at[0] += 1
    assert await again.take() == []
    await inbox.tidy()
    assert await intake.read("alert", 0, limit=10) == []


async def test_a_place_in_another_file_means_nothing(journal: Journal, tmp_path: Path) -> None:
    at = [0.0]
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        intake = Intake(f"sqlite+aiosqlite:///{tmp_path / folder / 'intake.sqlite3'}", "test")
        inbox = Inbox(intake, journal, "alert", clock=lambda: at[0])
        await inbox.open()
        await intake.put(parcel(folder.encode()))
        at[0] += 1
        assert [parcel_.body for parcel_ in await inbox.take()] == [folder.encode()]
        async with journal.begin() as tx:
            await inbox.write(tx)
        await intake.close()


async def opened(journal: Journal, folder: Path) -> tuple[Intake, Inbox]:
    """An inbox over the intake of a folder, with its position written."""
    intake = Intake(f"sqlite+aiosqlite:///{folder / 'intake.sqlite3'}", "test")
    inbox = Inbox(intake, journal, "alert", clock=lambda: 1.0)
    await inbox.open()
    async with journal.begin() as tx:
        await inbox.write(tx)
    inbox.settled()
    return intake, inbox


async def test_an_intake_that_was_emptied_is_told_and_recorded_once(journal: Journal, tmp_path: Path) -> None:
    intake, inbox = await opened(journal, tmp_path)
    assert inbox.trouble("en") == ""
    await intake.put(parcel(b"accepted"))
    await intake.close()
    for file in tmp_path.glob("intake.sqlite3*"):
        file.unlink()
    for _ in range(2):
        intake, inbox = await opened(journal, tmp_path)
        await intake.close()
    assert inbox.trouble("en") == "", "a second start knows the new file"
    (entry,) = await journal.entries(kind="audit")
    assert (entry.name, entry.body["engine"], entry.body["now"]) == ("intake-replaced", "alert", intake.life)


async def test_the_role_says_so_as_long_as_it_runs(journal: Journal, tmp_path: Path) -> None:
    intake, _ = await opened(journal, tmp_path)
    await intake.close()
    (tmp_path / "intake.sqlite3").write_bytes(b"")
    for more in tmp_path.glob("intake.sqlite3-*"):
        more.unlink()
    intake, inbox = await opened(journal, tmp_path)
    assert "emptied or replaced" in inbox.trouble("en")
    assert "清空" in inbox.trouble("zh-CN")
    await intake.close()


async def test_an_intake_that_a_restore_filled_is_no_loss(journal: Journal, tmp_path: Path) -> None:
    intake, _ = await opened(journal, tmp_path)
    async with filling(intake.store, {}, replace=True):
        pass
    await intake.close()
    intake, inbox = await opened(journal, tmp_path)
    await intake.close()
    assert inbox.trouble("en") == ""
    assert await journal.entries(kind="audit") == []


async def test_an_unchanged_intake_is_rarely_read(
    intake: Intake, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    if intake.mark() is None:
        pytest.skip("PostgreSQL has no mark: there it is asked every time")
    at, looks, read = [0.0], 0, intake.read

    async def counted(*args: object, **kwargs: object) -> list[Parcel]:
        nonlocal looks
        looks += 1
        return await read(*args, **kwargs)  # type: ignore[arg-type]

    inbox = Inbox(intake, journal, "alert", clock=lambda: at[0])
    await inbox.open()
    monkeypatch.setattr(intake, "read", counted)
    for _ in range(10):
        at[0] += 0.03
        assert await inbox.take() == []
    assert looks == 1
    await intake.put(parcel(b"news"))
    at[0] += 0.03
    assert [parcel_.body for parcel_ in await inbox.take()] == [b"news"]
    at[0] += 5.1
    await inbox.take()
    assert looks == 3  # now and then it is read all the same
