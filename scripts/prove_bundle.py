"""Installs a bundle where there is no network and runs the demo there until it is ready: `make test-bundle`.

Runs itself again in a network namespace of its own (`unshare`, root) that has a loopback and no route, and proves
first that nothing can be reached. With --root it does so inside another system's root folder, also one of another
processor that the kernel has an emulator for: `make test-bundle-aarch64`. Prints what it measured; exit code 1 with
a reason.
"""

from __future__ import annotations

import argparse
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What an answer must hold; {files} is where the pages say that their files are.
PAGES = (
    ("/", b"<html"),
    ("/wall", b"<html"),
    ("/api/v1/site", b'"version"'),
    ("/api/v1/map/counties.geojson", b"532323"),
    ("/readyz", b'"ready"'),
    ("{files}/vendor/maplibre-gl/maplibre-gl.mjs", b"MapLibre GL JS"),
)
READY_WITHIN = 60.0
EMULATED = 600.0  # seconds, when another processor is played by this one
ISOLATED = "WATCHFLOOR_ISOLATED"


class Failed(Exception):
    """Something that the bundle promises is not so."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("bundle", nargs="?", type=Path, help="the archive (the newest in dist)")
    parser.add_argument("--python", action="append", help="the Python to install with; may be repeated")
    parser.add_argument("--root", type=Path, help="a system's root folder to do it in, with a Python 3 of its own")
    args = parser.parse_args()
    args.root = args.root and args.root.absolute()
    if os.environ.get(ISOLATED) != "1":
        # Processes of their own too: whatever an emulated system leaves behind ends with us.
        again = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", sys.executable, *sys.argv]
        return subprocess.run(again, env=os.environ | {ISOLATED: "1"}, check=False).returncode
    try:
        isolate(args.root)
        for python in args.python or ["/usr/bin/python3" if args.root else sys.executable]:
            prove(args.bundle or newest(), shutil.which(python) or python, args.root)
    except (Failed, subprocess.CalledProcessError, OSError) as error:
        print(f"bundle: {error}", file=sys.stderr)
        return 1
    return 0


def newest() -> Path:
    found = sorted((ROOT / "dist").glob("watchfloor-*-bundle.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise Failed("there is no bundle in dist: run `make bundle`")
    return found[-1]


def isolate(root: Path | None) -> None:
    """Loopback up, and the proof that nothing else is there; what a system needs in its root folder."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    routes = subprocess.run(["ip", "route", "show"], check=True, capture_output=True, text=True).stdout
    links = {name for _, name in socket.if_nameindex()}
    if routes.strip() or links != {"lo"}:
        raise Failed(f"this namespace is not isolated: links {links}, routes {routes!r}")
    if root:
        subprocess.run(["mount", "-t", "proc", "proc", str(root / "proc")], check=True)
        subprocess.run(["mount", "--rbind", "/dev", str(root / "dev")], check=True)


@dataclass(frozen=True)
class Place:
    """Where it is proven: this system, or that in `root`. Paths are as seen from inside."""

    root: Path | None
    folder: Path

    def outside(self, path: Path) -> Path:
        return self.root / path.relative_to("/") if self.root else path

    def command(self, *words: str) -> list[str]:
        return [*(["chroot", str(self.root)] if self.root else []), *words]

    @property
    def env(self) -> dict[str, str]:
        """No package settings and no checkout of the person who runs this."""
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": "/nonexistent",
            "LANG": "C.UTF-8",
            "WATCHFLOOR_DEMO": str(self.folder / "demo"),
        }

    def run(self, *words: str) -> str:
        """Its output. Raises Failed with what it said."""
        command = self.command(*words)
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env=self.env)
        if done.returncode:
            raise Failed(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout


def prove(bundle: Path, python: str, root: Path | None) -> None:
    """One whole life: unpack, verify, install, demo, pages, a real site's check, remove."""
    with tempfile.TemporaryDirectory(prefix="watchfloor-proof-", dir=root / "tmp" if root else None) as temporary:
        place = Place(root, Path("/", Path(temporary).relative_to(root)) if root else Path(temporary))
        with tarfile.open(bundle) as archive:
            archive.extractall(temporary, filter="data")
        (top,) = Path(temporary).iterdir()
        target = place.folder / "opt"
        began = time.monotonic()
        place.run(
            python,
            str(place.folder / top.name / "install.py"),
            "--prefix",
            str(target),
            "--site",
            str(target / "site"),
            "--data",
            str(target / "data"),
        )
        took = time.monotonic() - began
        size = sum(path.lstat().st_size for path in place.outside(target).rglob("*"))
        shutil.rmtree(top)  # what is installed must not lean on the bundle
        program = target / "current" / "bin" / "watchfloor"
        version = place.run(str(program), "--version").strip()
        place.run(str(program), "check", "-c", str(target / "site" / "watchfloor.toml"))
        ready = demo(place, program)
        told = place.run(python, "-c", "import platform as p; print(p.machine(), 'with Python', p.python_version())")
        print(f"{version} on {told.strip()}: installed in {took:.0f} s, {size / 1e6:.0f} MB; ready in {ready:.1f} s")


def demo(place: Place, program: Path) -> float:
    """Seconds until the demo says that it is ready; then fetches pages and stops it."""
    began = time.monotonic()
    within = EMULATED if place.root else READY_WITHIN
    with subprocess.Popen(
        place.command(str(program), "demo", "--port", "0"),
        cwd="/",
        env=place.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            address = said_address(process, began + within)
            ready = time.monotonic() - began
            page = fetch(address + "/")
            files = re.search(rb'"(/static/\w+)/', page)
            if files is None:
                raise Failed("the page names no file of its own")
            for path, holds in PAGES:
                path = path.format(files=files[1].decode())
                if holds not in fetch(address + path):
                    raise Failed(f"{path} does not hold {holds!r}")
        finally:
            stop(process, within)
    return ready


def stop(process: subprocess.Popen[bytes], within: float) -> None:
    """As Ctrl-C does; Failed when it does not end."""
    process.terminate()
    try:
        process.communicate(timeout=within)
    except subprocess.TimeoutExpired:
        process.kill()
        raise Failed("the demo does not stop") from None


def fetch(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=60) as answer:
        body: bytes = answer.read()
    return body


def said_address(process: subprocess.Popen[bytes], until: float) -> str:
    """The duty desk's address, as the demo prints it. Raises Failed."""
    said = b""
    assert process.stdout is not None
    while (left := until - time.monotonic()) > 0:
        if not select.select([process.stdout], [], [], left)[0]:
            break
        block = os.read(process.stdout.fileno(), 65536)
        said += block
        if found := re.search(rb"Duty desk\s+(http://\S+?)/?\s", said):
            return found[1].decode()
        if not block:
            break
    raise Failed(f"the demo did not get ready:\n{said.decode(errors='replace')[-3000:]}")


if __name__ == "__main__":
    sys.exit(main())
