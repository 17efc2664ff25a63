"""Installs a bundle where there is no network and runs the demo there until it is ready: `make test-bundle`.

Runs itself again in a network namespace of its own (`unshare -n`, root) that has a loopback and no route, and
proves first that nothing can be reached. Prints what it measured; exit code 1 with a reason.
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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("/", "/wall", "/assets/vendor/maplibre-gl/maplibre-gl.mjs", "/api/v1/site", "/api/v1/map/counties.geojson")
READY_WITHIN = 60.0
ISOLATED = "WATCHFLOOR_ISOLATED"


class Failed(Exception):
    """Something that the bundle promises is not so."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("bundle", nargs="?", type=Path, help="the archive (the newest in dist)")
    parser.add_argument("--python", action="append", help="the Python to install with; may be repeated")
    args = parser.parse_args()
    if os.environ.get(ISOLATED) != "1":
        again = ["unshare", "--net", sys.executable, *sys.argv]
        return subprocess.run(again, env=os.environ | {ISOLATED: "1"}, check=False).returncode
    try:
        isolate()
        for python in args.python or [sys.executable]:
            prove(args.bundle or newest(), shutil.which(python) or python)
    except (Failed, subprocess.CalledProcessError, OSError) as error:
        print(f"bundle: {error}", file=sys.stderr)
        return 1
    return 0


def newest() -> Path:
    found = sorted((ROOT / "dist").glob("watchfloor-*-bundle.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise Failed("there is no bundle in dist: run `make bundle`")
    return found[-1]


def isolate() -> None:
    """Loopback up, and the proof that nothing else is there."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    routes = subprocess.run(["ip", "route", "show"], check=True, capture_output=True, text=True).stdout
    links = {name for _, name in socket.if_nameindex()}
    if routes.strip() or links != {"lo"}:
        raise Failed(f"this namespace is not isolated: links {links}, routes {routes!r}")


def prove(bundle: Path, python: str) -> None:
    """One whole life: unpack, verify, install, demo, pages, a real site's check, remove."""
    with tempfile.TemporaryDirectory(prefix="watchfloor-proof-") as temporary:
        folder = Path(temporary)
        with tarfile.open(bundle) as archive:
            archive.extractall(folder, filter="data")
        (top,) = folder.iterdir()
        target = folder / "opt"
        began = time.monotonic()
        run(python, str(top / "install.py"), "--prefix", str(target), "--site", str(target / "site"),
            "--data", str(target / "data"))  # fmt: skip
        took = time.monotonic() - began
        size = sum(path.lstat().st_size for path in target.rglob("*"))
        shutil.rmtree(top)  # what is installed must not lean on the bundle
        program = target / "current" / "bin" / "watchfloor"
        run(str(program), "check", "-c", str(target / "site" / "watchfloor.toml"))
        ready = demo(program, folder)
        version = run(python, "-c", "import platform; print(platform.python_version())").strip()
        print(f"Python {version}: installed in {took:.0f} s, {size / 1e6:.0f} MB; demo ready in {ready:.1f} s")


def run(*command: str) -> str:
    """Its output. Raises Failed with what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env=environment())
    if done.returncode:
        raise Failed(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def environment() -> dict[str, str]:
    """No package settings and no checkout of the person who runs this."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8"}


def demo(program: Path, folder: Path) -> float:
    """Seconds until the demo says that it is ready; then fetches pages and stops it."""
    env = environment() | {"WATCHFLOOR_DEMO": str(folder / "demo")}
    began = time.monotonic()
    with subprocess.Popen(
        [str(program), "demo", "--port", "0"], cwd="/", env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            address = said_address(process, began + READY_WITHIN)
            ready = time.monotonic() - began
            for page in PAGES:
                with urllib.request.urlopen(address + page, timeout=10) as answer:
                    if answer.status != 200 or not answer.read():
                        raise Failed(f"{page} answered {answer.status}")
        finally:
            process.terminate()
            process.wait(20)
    return ready


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
