"""A key file that is damaged: nothing is sealed or opened, words say so, and it goes on when the file is put right."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.cases import sealing
from feeds.cases.sealing import KeyFile, KeyLost, load_sealer

DAMAGES = {"empty": b"", "cut": b"0123", "garbage": b"\xff\xfe\x00", "words": b"no key"}


@pytest.mark.parametrize("content", DAMAGES.values(), ids=DAMAGES)
def test_nothing_is_sealed_with_a_damaged_key_until_it_is_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    path = tmp_path / "personal.key"
    sealed = load_sealer(path).seal({"name": "王"})
    good = path.read_bytes()
    path.write_bytes(content)
    sealer = KeyFile(path)
    for use in (lambda: sealer.seal({"name": "李"}), lambda: sealer.open(sealed), lambda: sealer.mac("x")):
        with pytest.raises(KeyLost):
            use()
    assert sealer.seal({}) == b""
    assert "personal.key" in sealer.words("en")
    assert path.read_bytes() == content, "a key that somebody may restore is not replaced"
    path.write_bytes(good)
    monkeypatch.setattr(sealing, "RETRY_EVERY", 0.0)
    assert sealer.open(sealed) == {"name": "王"}
    assert sealer.words("zh-CN") == ""


def test_a_folder_in_place_of_the_key_is_said(tmp_path: Path) -> None:
    (tmp_path / "personal.key").mkdir()
    assert "personal.key" in KeyFile(tmp_path / "personal.key").words("zh-CN")


def test_an_absent_key_is_made_and_stays(tmp_path: Path) -> None:
    first = KeyFile(tmp_path / "personal.key")
    assert KeyFile(tmp_path / "personal.key").open(first.seal({"a": "b"})) == {"a": "b"}
    assert first.id == KeyFile(tmp_path / "personal.key").id
