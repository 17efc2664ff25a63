"""Runs the linters of the files in deploy/: `make lint-deploy`.

hadolint checks the Containerfile and docker-compose the compose file, both without an engine. systemd-analyze verifies
the units as the installer writes them, and reports their exposure. Missing tools are reported and skipped. Exit code 1
when a linter reports a problem.
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
    problems = [*containerfile(), *compose(), *units()]
    for finding in problems:
        print(finding, file=sys.stderr)
    return 1 if problems else 0


def tool(name: str) -> str | None:
    """The tool beside this Python, else on PATH; None, with a message, when missing."""
    beside = Path(sys.executable).parent / name
    path = str(beside) if beside.exists() else shutil.which(name)
    if path is None:
        print(f"lint-deploy: {name} is not here; its check is skipped")
    return path


def containerfile() -> Iterator[str]:
    if hadolint := tool("hadolint"):
        yield from _ask("hadolint", hadolint, "--no-color", str(DEPLOY / "Containerfile"))


def compose() -> Iterator[str]:
    """The compose file as parsed by docker-compose, with temporary secrets."""
    if (command := tool("docker-compose")) is None:
        return
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "deploy"
        shutil.copytree(DEPLOY, copy, ignore=shutil.ignore_patterns("secrets"))
        subprocess.run([sys.executable, str(copy / "compose" / "make_secrets.py")], check=True, capture_output=True)
        yield from _ask("compose", command, "-f", str(copy / "compose.yaml"), "config", "--quiet")


def units() -> Iterator[str]:
    """Load each unit with real paths, and check its exposure."""
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
    match = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    if match is None:
        yield f"{unit.name}: systemd-analyze tells no exposure: {done.stdout[-300:]}{done.stderr[-300:]}"
    elif float(match[1]) > EXPOSURE_MOST:
        yield f"{unit.name}: exposure {match[1]} is above {EXPOSURE_MOST}"
    else:
        print(f"{unit.name}: exposure {match[1]} of 10")


def _ask(name: str, *command: str) -> Iterator[str]:
    """The output of a linter; nothing without problems."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    output = (done.stdout + done.stderr).strip()
    if done.returncode or output:
        yield f"{name}: {output or f'ended with {done.returncode}'}"
    else:
        print(f"{name}: fine")


if __name__ == "__main__":
    sys.exit(main())
