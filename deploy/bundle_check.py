"""Checks that a bundle is complete and made for this machine. Needs only Python."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SUMS = "SHA256SUMS"
REQUIREMENTS = "requirements.txt"


class Stop(Exception):
    """The installer stops; the text has the remedy, in both languages. The version in use is unchanged."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh}\n{en}")


@dataclass(frozen=True)
class BundleManifest:
    """Description of a bundle: its version, and the Pythons ("3.12"), machines ("aarch64") and least glibc that it
    supports.

    `build` distinguishes two bundles of one version; it is derived from the hashes of everything that is installed.
    """

    version: str
    build: str
    pythons: tuple[str, ...]
    machines: tuple[str, ...]
    glibc: str

    @property
    def folder(self) -> str:
        """Name of its folder under PREFIX/versions."""
        return f"{self.version}-{self.build}"


def manifest(bundle: Path) -> BundleManifest:
    """Read bundle.json. Raises Stop when this is not a bundle."""
    try:
        document = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Stop("请在解开的安装包中运行", "run this inside an unpacked bundle") from None
    build = digest_of(bundle / REQUIREMENTS)[:8]
    return BundleManifest(
        document["version"], build, tuple(document["pythons"]), tuple(document["machines"]), document["glibc"]
    )


def fits(manifest_: BundleManifest) -> None:
    """Raise Stop when the bundle does not support this machine's Python, processor or C library."""
    actual, want = f"{sys.version_info[0]}.{sys.version_info[1]}", ", ".join(manifest_.pythons)
    if actual not in manifest_.pythons:
        raise Stop(f"本包适用 Python {want}，这里是 {actual}", f"this bundle is for Python {want}; this is {actual}")
    if platform.machine() not in manifest_.machines:
        want, actual = ", ".join(manifest_.machines), platform.machine()
        raise Stop(f"本包适用 {want}，本机是 {actual}", f"this bundle is for {want}; this machine is {actual}")
    name, version = platform.libc_ver()
    if name != "glibc" or _numbers(version) < _numbers(manifest_.glibc):
        raise Stop(
            f"需要 glibc {manifest_.glibc} 或更新，这里是 {name} {version}",
            f"glibc {manifest_.glibc} or newer is needed; this is {name} {version}",
        )


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def same_python(python: Path) -> bool:
    """True when the interpreter starts and has our release; an upgrade of the system may have removed its target."""
    ask = [str(python), "-I", "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        output = subprocess.run(ask, capture_output=True, text=True, check=False).stdout
    except OSError:
        return False
    return output.split() == [str(part) for part in sys.version_info[:2]]


def verify(bundle: Path) -> int:
    """Compare every file with SHA256SUMS and return their number. Raises Stop for a changed, missing or extra file."""
    listed: dict[str, str] = {}
    for line in (bundle / SUMS).read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
    present = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()} - {SUMS}
    # Python itself leaves these when it runs the installer.
    present = {name for name in present if "__pycache__" not in name}
    wrong = sorted(listed.keys() ^ present)
    wrong += [name for name in sorted(listed.keys() & present) if digest_of(bundle / name) != listed[name]]
    if wrong:
        names = ", ".join(wrong[:5])
        raise Stop(f"校验和不符: {names}；请重新拷贝安装包", f"wrong checksum: {names}; copy the bundle again")
    return len(listed)


def digest_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
