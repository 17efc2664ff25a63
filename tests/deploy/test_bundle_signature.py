"""Signed bundles: verification with ssh-keygen as documented."""

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


def verified(folder: Path, archive: Path, key: str) -> bool:
    (folder / "allowed_signers").write_text(f"bundle@site {key}")
    command = ["ssh-keygen", "-Y", "verify", "-f", str(folder / "allowed_signers"), "-I", "bundle@site"]
    command += ["-n", bundle.PURPOSE, "-s", f"{archive}.sig"]
    with archive.open("rb") as content:
        return subprocess.run(command, stdin=content, capture_output=True, check=False).returncode == 0


def new_key(path: Path) -> str:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path.with_suffix(".pub").read_text()


def test_a_signature_holds_for_this_bundle_and_this_key_alone(tmp_path: Path) -> None:
    archive = tmp_path / "watchfloor-1-bundle.tar.gz"
    archive.write_bytes(b"a bundle")
    ours, theirs = new_key(tmp_path / "ours"), new_key(tmp_path / "theirs")
    assert bundle.sign(archive, tmp_path / "ours") == Path(f"{archive}.sig")
    assert verified(tmp_path, archive, ours)
    assert not verified(tmp_path, archive, theirs)
    archive.write_bytes(b"a bundle, altered")
    assert not verified(tmp_path, archive, ours)
    bundle.sign(archive, tmp_path / "ours")  # a newer one replaces it
    assert verified(tmp_path, archive, ours)
    assert bundle.PURPOSE in (ROOT / "docs" / "operations.md").read_text()
