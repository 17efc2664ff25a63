"""Builds dist/watchfloor-VERSION-py3-none-any.whl and proves that it holds everything the checkout has.

The version stands in pyproject.toml alone. The wheel is the same, byte for byte, from the same files.
Exit code 1 with a reason when the browser assets are missing or a file of a package did not get in.
"""

from __future__ import annotations

import argparse
import os
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import build_assets

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"


class Incomplete(Exception):
    """The wheel would not work like the checkout; the text says what is missing."""


def project() -> dict[str, Any]:
    """pyproject.toml as it stands."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def version() -> str:
    """The one version: of the wheel, the bundle and what /api/v1/site says."""
    return str(project()["project"]["version"])


def expected() -> set[str]:
    """Every file of the packages as a path inside the wheel; compiled code and a running site's files are none."""
    found: set[str] = set()
    for package in project()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
        for path in (ROOT / package).rglob("*"):
            inside = path.relative_to(ROOT)
            if path.is_file() and "__pycache__" not in inside.parts and path.suffix != ".pyc":
                found.add(inside.as_posix())
    return found


def build(target: Path) -> Path:
    """Makes the wheel in `target`; returns its path. Raises Incomplete."""
    if not build_assets.is_built():
        raise Incomplete("the browser assets are not built: run scripts/build_assets.py")
    from hatchling.build import build_wheel

    target.mkdir(parents=True, exist_ok=True)
    before = Path.cwd()
    os.chdir(ROOT)  # the build backend takes the project from the working directory
    try:
        wheel = target / build_wheel(str(target))
    finally:
        os.chdir(before)
    check(wheel)
    return wheel


def check(wheel: Path) -> None:
    """Raises Incomplete when a file of a package, or the licence, is not in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    missing = sorted(expected() - inside)
    if missing:
        raise Incomplete(f"{len(missing)} files are not in {wheel.name}: {', '.join(missing[:10])}")
    if not any(name.endswith(".dist-info/licenses/LICENSE") for name in inside):
        raise Incomplete(f"{wheel.name} holds no LICENSE")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--to", type=Path, default=DIST, metavar="FOLDER", help="where the wheel goes (dist)")
    arguments = parser.parse_args()
    try:
        wheel = build(arguments.to)
    except Incomplete as error:
        print(f"wheel: {error}", file=sys.stderr)
        return 1
    print(f"wheel: {wheel.name}, {wheel.stat().st_size / 1e6:.1f} MB, {len(expected())} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
