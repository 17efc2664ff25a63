"""An installed wheel works like the checkout, in another folder and independent of the checkout."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import subprocess
import sys
import sysconfig
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.ports import demo_networks

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Installed:
    """A virtual environment that holds our wheel, and the folder where its commands are run."""

    bin: Path
    here: Path

    @property
    def env(self) -> dict[str, str]:
        # An environment variable of the checkout must not make up for a file that is missing in the wheel.
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "WATCHFLOOR"))}
        return environment | {"WATCHFLOOR_DEMO": str(self.here / "demo")}

    def run(self, *command: str) -> str:
        done = subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            cwd=self.here,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, str(ROOT / "scripts/build_wheel.py"), "--to", str(folder / "dist")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = (folder / "dist").glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    (site_packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    # The dependencies as they are. A path in a .pth file is added without the .pth files in it: no editable install.
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    python = folder / "venv" / "bin" / "python"
    pip = ["-m", "pip", "--isolated", "--disable-pip-version-check", "-q", "install", "--no-index", "--no-deps"]
    subprocess.run([str(python), *pip, "--ignore-installed", str(wheel)], check=True)
    (folder / "elsewhere").mkdir()
    return Installed(folder / "venv" / "bin", folder / "elsewhere")


def test_what_runs_is_the_wheel_and_it_knows_its_version(installed: Installed) -> None:
    output = installed.run(
        "python",
        "-c",
        "import feeds, maps, watchfloor, importlib.metadata as m;"
        "print(feeds.__file__, maps.__file__, watchfloor.__file__, m.version('watchfloor'))",
    )
    *files, version = output.split()
    assert all(file.startswith(str(installed.bin.parent)) for file in files)
    assert installed.run("watchfloor", "--version").split() == ["watchfloor", version]
    assert f'version = "{version}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_sample_site_is_fine(installed: Installed) -> None:
    site = installed.here / "site"
    site.mkdir()
    for path in (ROOT / "deploy" / "site").iterdir():
        (site / path.name).write_bytes(path.read_bytes())
    assert json.loads(installed.run("watchfloor", "check", "--json", "-c", str(site / "watchfloor.toml"))) == []


@pytest.fixture(scope="module")
def demo(installed: Installed) -> Iterator[str]:
    """The address of a demo that is ready, started in a folder that holds modules of the same names."""
    for name in ("watchfloor", "collectors"):
        (installed.here / name).mkdir()
        (installed.here / name / "__init__.py").write_text("raise SystemExit('not the installed one')\n")
    command = [str(installed.bin / "watchfloor"), "demo", "--port", "0"]
    with contextlib.ExitStack() as stack:
        with demo_networks():
            process = stack.enter_context(
                subprocess.Popen(
                    command, cwd=installed.here, env=installed.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
                )
            )
            stack.callback(process.terminate)
            address = _address(process)
        yield address


def _address(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    output, until = b"", time.monotonic() + PATIENCE
    while (remaining := until - time.monotonic()) > 0:
        readable, _, _ = select.select([process.stdout], [], [], remaining)
        block = os.read(process.stdout.fileno(), 65536) if readable else b""
        if not block:
            break
        output += block
        for line in output.decode(errors="replace").split("\n")[:-1]:
            if "Duty desk" in line:
                return line.split()[-1].rstrip("/")
    raise AssertionError(output.decode(errors="replace")[-3000:])


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        ("/", b"<html"),
        ("/wall", b"<html"),
        ("{files}/vendor/maplibre-gl/maplibre-gl.mjs", b"MapLibre GL JS"),
        ("{files}/vendor/plotly/plotly-basic.min.js", b"plotly.js"),
        ("{files}/built/main.js", b"import"),
        ("/api/v1/map/counties.geojson", b"532323"),
        ("/api/v1/site", b'"version"'),
    ],
)
def test_the_demo_serves(demo: str, path: str, holds: bytes) -> None:
    if "{files}" in path:
        match = re.search(r'"(/static/\w+)/', read(demo + "/").decode())
        assert match, "the page names no file of its own"
        path = path.format(files=match[1])
    assert holds in read(demo + path)


def read(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
        body: bytes = answer.read()
    return body
