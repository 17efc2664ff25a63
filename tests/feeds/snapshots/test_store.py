"""The store of snapshots: bounded, aged, and never without the evidence that it has kept."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from feeds.snapshots.reader import SnapshotReader
from feeds.snapshots.records import FaultEvidence
from feeds.snapshots.store import EVIDENCE_AGE, SnapshotStore

DAY = 86_400.0


def pictures_on_disk(data: Path) -> int:
    return len(list((data / "snapshots" / "pictures").glob("*.jpg")))


def put(store: SnapshotStore, camera: str, at: float, *, size: int = 100, good: bool = True) -> bytes:
    jpeg = f"{camera}{at}".encode().ljust(size, b"-")
    store.put(camera, jpeg, at, source="stream", good=good)
    return jpeg


def test_a_reader_finds_the_newest_picture_and_the_last_good_one(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    good = put(store, "c", 10.0)
    bad = put(store, "c", 20.0, good=False)
    put(store, "other", 5.0)
    reader = SnapshotReader(tmp_path)
    index = reader.of("c")
    assert index.latest is not None
    assert index.good is not None
    assert (reader.read(index.latest), reader.read(index.good)) == (bad, good)
    assert reader.of("no such camera").latest is None
    put(store, "c", 30.0)
    assert pictures_on_disk(tmp_path) == 2, "what nothing names any more is removed"


def test_files_do_not_tell_the_camera_and_others_cannot_read_them(tmp_path: Path) -> None:
    put(SnapshotStore(tmp_path), "secret-camera", 10.0)
    files = [path for path in (tmp_path / "snapshots").rglob("*") if path.is_file()]
    assert not any("secret" in path.name for path in files)
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


def test_the_oldest_pictures_go_when_the_cache_is_full(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path, max_bytes=1000)
    for number in range(20):
        put(store, f"c{number}", float(number))
    assert store.cached <= 1000
    assert store.of("c0").latest is None
    assert store.of("c19").latest is not None
    assert pictures_on_disk(tmp_path) == store.pictures <= 10


def test_the_number_of_pictures_is_bounded(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path, max_pictures=4)
    for number in range(9):
        put(store, f"c{number}", float(number))
    assert pictures_on_disk(tmp_path) <= 4


def test_a_picture_is_forgotten_after_a_day(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    put(store, "dead", 0.0)
    put(store, "alive", DAY + 61)
    assert SnapshotReader(tmp_path).of("dead").latest is None
    assert pictures_on_disk(tmp_path) == 1


def test_evidence_outlives_the_cache_and_a_restart_and_ends_after_thirty_days(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path, max_bytes=250)
    before, after = put(store, "c", 10.0), put(store, "c", 20.0, good=False)
    index = store.of("c")
    proof = store.keep("c", FaultEvidence(at=20.0, rung="picture", before=index.good, after=index.latest))
    assert proof.digest == "/".join(hashlib.sha256(jpeg).hexdigest() for jpeg in (before, after))
    for number in range(9):
        put(store, f"later{number}", 30.0 + number)
    (tmp_path / "snapshots" / "pictures" / f"{'0' * 32}.jpg").write_bytes(b"a stray of a killed writer")
    again = SnapshotStore(tmp_path, max_bytes=250)
    again.open()
    assert (again.evidence, again.cached, again.pictures) == (store.evidence, store.cached, store.pictures)
    reader = SnapshotReader(tmp_path)
    (evidence,) = reader.of("c").evidence
    assert evidence.before is not None
    assert evidence.after is not None
    assert (reader.read(evidence.before), reader.read(evidence.after)) == (before, after)
    assert not (tmp_path / "snapshots" / "pictures" / f"{'0' * 32}.jpg").exists()
    put(again, "c", 20.0 + EVIDENCE_AGE + 61)
    assert not reader.of("c").evidence


def test_the_evidence_is_bounded_too_and_its_newest_stays(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path, evidence_bytes=350)
    for number in range(5):
        put(store, f"c{number}", float(number), good=False)
        after = store.of(f"c{number}").latest
        store.keep(f"c{number}", FaultEvidence(at=float(number), rung="picture", after=after))
        put(store, f"c{number}", number + 0.5)
    assert store.evidence <= 350
    assert not store.of("c0").evidence
    assert store.of("c4").evidence


def test_a_picture_that_was_changed_on_the_disk_is_not_shown(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    put(store, "c", 10.0)
    picture = store.of("c").latest
    assert picture is not None
    (tmp_path / "snapshots" / "pictures" / f"{picture.id}.jpg").write_bytes(b"forged")
    assert SnapshotReader(tmp_path).read(picture) is None


def test_a_damaged_index_costs_one_camera_its_pictures_only(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    put(store, "c", 10.0)
    put(store, "d", 10.0)
    paths = sorted((tmp_path / "snapshots" / "index").glob("*.json"))
    paths[0].write_bytes(b"{")
    again = SnapshotStore(tmp_path)
    assert len(again.open()) == 1
    assert pictures_on_disk(tmp_path) == 2, "it may be evidence"


def test_pictures_of_a_damaged_index_go_when_evidence_would(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    put(store, "c", 10.0)
    (index,) = (tmp_path / "snapshots" / "index").glob("*.json")
    index.unlink()
    index.mkdir()
    SnapshotStore(tmp_path).open()
    (picture,) = (tmp_path / "snapshots" / "pictures").glob("*.jpg")
    os.utime(picture, (0, 0))
    SnapshotStore(tmp_path).open()
    assert pictures_on_disk(tmp_path) == 0
