"""The lock of a data folder keeps other supervisors out, also after somebody has removed its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from watchfloor.runtime.data_lock import AlreadyRunning, DataLock


def remove(file: Path) -> None:
    file.unlink()


def replace(file: Path) -> None:
    other = file.with_name("other")
    other.touch()
    other.replace(file)


@pytest.mark.parametrize("harm", [remove, replace])
def test_a_lock_whose_file_was_removed_or_replaced_is_taken_again(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    file = tmp_path / "run" / "lock"
    file.parent.mkdir()
    lock, second = DataLock(tmp_path), DataLock(tmp_path)
    lock.take()
    harm(file)
    lock.hold()
    with pytest.raises(AlreadyRunning):
        second.take()
    lock.release()
    second.take()
    second.release()


def test_a_lock_that_cannot_be_taken_again_is_told_once_and_taken_when_it_is_free(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "run" / "lock"
    file.parent.mkdir()
    lock, second, third = DataLock(tmp_path), DataLock(tmp_path), DataLock(tmp_path)
    lock.take()
    file.unlink()
    second.take()
    for _ in range(3):
        lock.hold()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    second.release()
    lock.hold()
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    with pytest.raises(AlreadyRunning):
        third.take()
    lock.release()
