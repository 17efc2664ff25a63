"""Asks each tool's own linter about the files in deploy/: `make lint-deploy`.

hadolint reads the Containerfile and docker-compose the compose file, both without an engine; systemd-analyze
verifies the units as the installer writes them, and tells how much they still allow. What is not at hand is said
and skipped. Exit code 1 when one of them finds something.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
# systemd's own scale: 0 allows nothing, 10 everything. An ordinary service has 9 and more.
EXPOSURE_MOST = 2.0


def main() -> int:
    found = [*containerfile(), *compose(), *units()]
    for finding in found:
        print(finding, file=sys.stderr)
    return 1 if found else 0


def tool(name: str) -> str | None:
    """Beside this Python, else on PATH; None after saying so."""
    beside = Path(sys.executable).parent / name
    path = str(beside) if beside.exists() else shutil.which(name)
    if path is None:
        print(f"lint-deploy: {name} is not here; its check is skipped")
    return path


def containerfile() -> Iterator[str]:
    if hadolint := tool("hadolint"):
        yield from _ask("hadolint", hadolint, "--no-color", str(DEPLOY / "Containerfile"))


def compose() -> Iterator[str]:
    """The whole file as docker-compose understands it, with secrets made for the occasion."""
    if (command := tool("docker-compose")) is None:
        return
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "deploy"
        shutil.copytree(DEPLOY, copy, ignore=shutil.ignore_patterns("secrets"))
        subprocess.run([sys.executable, str(copy / "compose" / "make_secrets.py")], check=True, capture_output=True)
        yield from _ask("compose", command, "-f", str(copy / "compose.yaml"), "config", "--quiet")


def units() -> Iterator[str]:
    """Each unit with real paths in it: whether it loads, and its exposure."""
    if (analyze := tool("systemd-analyze")) is None:
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        program = folder / "opt" / "current" / "bin" / "watchfloor"
        program.parent.mkdir(parents=True)
        program.touch(mode=0o755)
        for source in sorted((DEPLOY / "systemd").glob("*.service")):
            # An instance of the template, as it would be started.
            unit = folder / source.name.replace("@.", "@collect.")
            unit.write_text(render(source.read_text(encoding="utf-8"), folder / "opt"), encoding="utf-8")
            yield from _ask(unit.name, analyze, "verify", "--man=no", str(unit))
            yield from exposure(analyze, unit)


def render(text: str, prefix: Path) -> str:
    """A unit's text with values in place of its @NAMES@."""
    values = {"PREFIX": str(prefix), "SITE": "/etc", "DATA": "/var/lib", "USER": "daemon", "GROUP": "daemon"}
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text


def exposure(analyze: str, unit: Path) -> Iterator[str]:
    command = [analyze, "security", "--offline=true", "--no-pager", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    if said is None:
        yield f"{unit.name}: systemd-analyze tells no exposure: {done.stdout[-300:]}{done.stderr[-300:]}"
    elif float(said[1]) > EXPOSURE_MOST:
        yield f"{unit.name}: exposure {said[1]} is above {EXPOSURE_MOST}"
    else:
        print(f"{unit.name}: exposure {said[1]} of 10")


def _ask(name: str, *command: str) -> Iterator[str]:
    """What a linter says; nothing when it is content."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = (done.stdout + done.stderr).strip()
    if done.returncode or said:
        yield f"{name}: {said or f'ended with {done.returncode}'}"
    else:
        print(f"{name}: fine")


if __name__ == "__main__":
    sys.exit(main())
