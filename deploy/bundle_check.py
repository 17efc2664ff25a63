"""Whether a bundle is whole, and whether it is for this machine. Needs Python alone."""

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
    """It cannot go on; the text says what to do, in both languages. What was in use stays in use."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh}\n{en}")


@dataclass(frozen=True)
class Manifest:
    """What a bundle is: its version, and the Pythons ("3.12"), machines ("aarch64") and least glibc it is for.

    `build` tells two bundles of one version apart: it follows from the hashes of everything that is installed.
    """

    version: str
    build: str
    pythons: tuple[str, ...]
    machines: tuple[str, ...]
    glibc: str

    @property
    def folder(self) -> str:
        """What its folder under PREFIX/versions is called."""
        return f"{self.version}-{self.build}"


def manifest(bundle: Path) -> Manifest:
    """Reads bundle.json. Raises Stop when this is no bundle."""
    try:
        told = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Stop("请在解开的安装包中运行", "run this inside an unpacked bundle") from None
    build = digest_of(bundle / REQUIREMENTS)[:8]
    return Manifest(told["version"], build, tuple(told["pythons"]), tuple(told["machines"]), told["glibc"])


def fits(told: Manifest) -> None:
    """Raises Stop when this machine's Python, processor or C library is not the bundle's."""
    here, want = f"{sys.version_info[0]}.{sys.version_info[1]}", ", ".join(told.pythons)
    if here not in told.pythons:
        raise Stop(f"本包适用 Python {want}，这里是 {here}", f"this bundle is for Python {want}; this is {here}")
    if platform.machine() not in told.machines:
        want, here = ", ".join(told.machines), platform.machine()
        raise Stop(f"本包适用 {want}，本机是 {here}", f"this bundle is for {want}; this machine is {here}")
    name, version = platform.libc_ver()
    if name != "glibc" or _numbers(version) < _numbers(told.glibc):
        raise Stop(
            f"需要 glibc {told.glibc} 或更新，这里是 {name} {version}",
            f"glibc {told.glibc} or newer is needed; this is {name} {version}",
        )


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def same_python(python: Path) -> bool:
    """Whether it starts and is of our release: an upgrade of the system may have taken away what it leads to."""
    ask = [str(python), "-I", "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        said = subprocess.run(ask, capture_output=True, text=True, check=False).stdout
    except OSError:
        return False
    return said.split() == [str(part) for part in sys.version_info[:2]]


def verify(bundle: Path) -> int:
    """Compares every file with SHA256SUMS; the number of files. Raises Stop: one differs, is missing or is extra."""
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
