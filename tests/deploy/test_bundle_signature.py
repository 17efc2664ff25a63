"""A bundle that is signed with an SSH key is told from every other one, as the documents say."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import bundle  # noqa: E402

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")


def verified(folder: Path, made: Path, key: str) -> bool:
    (folder / "allowed_signers").write_text(f"bundle@site {key}")
    words = ["ssh-keygen", "-Y", "verify", "-f", str(folder / "allowed_signers"), "-I", "bundle@site"]
    words += ["-n", bundle.PURPOSE, "-s", f"{made}.sig"]
    with made.open("rb") as content:
        return subprocess.run(words, stdin=content, capture_output=True, check=False).returncode == 0


def new_key(path: Path) -> str:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path.with_suffix(".pub").read_text()


def test_a_signature_holds_for_this_bundle_and_this_key_alone(tmp_path: Path) -> None:
    made = tmp_path / "watchfloor-1-bundle.tar.gz"
    made.write_bytes(b"a bundle")
    ours, theirs = new_key(tmp_path / "ours"), new_key(tmp_path / "theirs")
    assert bundle.sign(made, tmp_path / "ours") == Path(f"{made}.sig")
    assert verified(tmp_path, made, ours)
    assert not verified(tmp_path, made, theirs)
    made.write_bytes(b"a bundle, altered")
    assert not verified(tmp_path, made, ours)
    bundle.sign(made, tmp_path / "ours")  # a newer one replaces it
    assert verified(tmp_path, made, ours)
    assert bundle.PURPOSE in (ROOT / "docs" / "operations.md").read_text()
