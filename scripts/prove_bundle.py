"""Installs a bundle without a network and runs the demo until it is ready: `make test-bundle`.

Restarts itself in a network namespace (`unshare`, root) that has only a loopback, and first proves that nothing else
can be reached. With --root it works inside another system's root folder, also one of another processor for which the
kernel has an emulator: `make test-bundle-aarch64`. Prints its measurements; exit code 1 with a reason.
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
# Required content of each page; {files} is the address of the page's own files.
PAGES = (
    ("/", b"<html"),
    ("/wall", b"<html"),
    ("/api/v1/site", b'"version"'),
    ("/api/v1/map/counties.geojson", b"532323"),
    ("/readyz", b'"ready"'),
    ("{files}/vendor/maplibre-gl/maplibre-gl.mjs", b"MapLibre GL JS"),
)
READY_WITHIN = 60.0
EMULATED = 600.0  # seconds, when another processor is emulated
ISOLATED = "WATCHFLOOR_ISOLATED"


class ProofFailed(Exception):
    """A promise of the bundle is broken."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("bundle", nargs="?", type=Path, help="the archive (the newest in dist)")
    parser.add_argument("--python", action="append", help="the Python to install with; may be repeated")
    parser.add_argument("--root", type=Path, help="a system's root folder to do it in, with a Python 3 of its own")
    args = parser.parse_args()
    args.root = args.root and args.root.absolute()
    if os.environ.get(ISOLATED) != "1":
        # A separate process namespace as well: processes left behind by an emulated system end with this one.
        again = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", sys.executable, *sys.argv]
        return subprocess.run(again, env=os.environ | {ISOLATED: "1"}, check=False).returncode
    try:
        isolate(args.root)
        for python in args.python or ["/usr/bin/python3" if args.root else sys.executable]:
            prove(args.bundle or newest(), shutil.which(python) or python, args.root)
    except (ProofFailed, subprocess.CalledProcessError, OSError) as error:
        print(f"bundle: {error}", file=sys.stderr)
        return 1
    return 0


def newest() -> Path:
    archives = sorted((ROOT / "dist").glob("watchfloor-*-bundle.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not archives:
        raise ProofFailed("there is no bundle in dist: run `make bundle`")
    return archives[-1]


def isolate(root: Path | None) -> None:
    """Bring loopback up, prove that nothing else exists, and prepare the root folder."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    routes = subprocess.run(["ip", "route", "show"], check=True, capture_output=True, text=True).stdout
    links = {name for _, name in socket.if_nameindex()}
    if routes.strip() or links != {"lo"}:
        raise ProofFailed(f"this namespace is not isolated: links {links}, routes {routes!r}")
    if root:
        subprocess.run(["mount", "-t", "proc", "proc", str(root / "proc")], check=True)
        subprocess.run(["mount", "--rbind", "/dev", str(root / "dev")], check=True)


@dataclass(frozen=True)
class SystemUnderTest:
    """The system under test: this one, or the one in `root`. Paths are as seen from inside."""

    root: Path | None
    folder: Path

    def outside(self, path: Path) -> Path:
        return self.root / path.relative_to("/") if self.root else path

    def command(self, *arguments: str) -> list[str]:
        return [*(["chroot", str(self.root)] if self.root else []), *arguments]

    @property
    def env(self) -> dict[str, str]:
        """An environment without package settings and without the user's checkout."""
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": "/nonexistent",
            "LANG": "C.UTF-8",
            "WATCHFLOOR_DEMO": str(self.folder / "demo"),
        }

    def run(self, *arguments: str) -> str:
        """Run a command and return its output. Raises ProofFailed."""
        command = self.command(*arguments)
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env=self.env)
        if done.returncode:
            raise ProofFailed(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout


def prove(bundle: Path, python: str, root: Path | None) -> None:
    """One whole lifecycle: unpack, verify, install, demo, pages, a real site's check, remove."""
    with tempfile.TemporaryDirectory(prefix="watchfloor-proof-", dir=root / "tmp" if root else None) as temporary:
        system = SystemUnderTest(root, Path("/", Path(temporary).relative_to(root)) if root else Path(temporary))
        with tarfile.open(bundle) as archive:
            archive.extractall(temporary, filter="data")
        (top,) = Path(temporary).iterdir()
        target = system.folder / "opt"
        began = time.monotonic()
        system.run(
            python,
            str(system.folder / top.name / "install.py"),
            "--prefix",
            str(target),
            "--site",
            str(target / "site"),
            "--data",
            str(target / "data"),
        )
        took = time.monotonic() - began
        size = sum(path.lstat().st_size for path in system.outside(target).rglob("*"))
        shutil.rmtree(top)  # the installation must not depend on the bundle
        program = target / "current" / "bin" / "watchfloor"
        version = system.run(str(program), "--version").strip()
        system.run(str(program), "check", "-c", str(target / "site" / "watchfloor.toml"))
        ready = demo(system, program)
        platform = system.run(
            python, "-c", "import platform as p; print(p.machine(), 'with Python', p.python_version())"
        )
        print(
            f"{version} on {platform.strip()}: installed in {took:.0f} s, {size / 1e6:.0f} MB; ready in {ready:.1f} s"
        )


def demo(system: SystemUnderTest, program: Path) -> float:
    """Start the demo, fetch pages and stop it. Returns the seconds until it was ready."""
    began = time.monotonic()
    within = EMULATED if system.root else READY_WITHIN
    with subprocess.Popen(
        system.command(str(program), "demo", "--port", "0"),
        cwd="/",
        env=system.env,
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
                raise ProofFailed("the page names no file of its own")
            for path, holds in PAGES:
                path = path.format(files=files[1].decode())
                if holds not in fetch(address + path):
                    raise ProofFailed(f"{path} does not hold {holds!r}")
        finally:
            stop(process, within)
    return ready


def stop(process: subprocess.Popen[bytes], within: float) -> None:
    """Stop it like Ctrl-C. Raises ProofFailed when it does not end."""
    process.terminate()
    try:
        process.communicate(timeout=within)
    except subprocess.TimeoutExpired:
        process.kill()
        raise ProofFailed("the demo does not stop") from None


def fetch(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=60) as answer:
        body: bytes = answer.read()
    return body


def said_address(process: subprocess.Popen[bytes], until: float) -> str:
    """The duty desk's address, as the demo prints it. Raises ProofFailed."""
    output = b""
    assert process.stdout is not None
    while (remaining := until - time.monotonic()) > 0:
        if not select.select([process.stdout], [], [], remaining)[0]:
            break
        block = os.read(process.stdout.fileno(), 65536)
        output += block
        if match := re.search(rb"Duty desk\s+(http://\S+?)/?\s", output):
            return match[1].decode()
        if not block:
            break
    raise ProofFailed(f"the demo did not get ready:\n{output.decode(errors='replace')[-3000:]}")


if __name__ == "__main__":
    sys.exit(main())
