"""Builds dist/watchfloor-VERSION-py3-none-any.whl and checks that it holds every file of the checkout.

The version is in pyproject.toml alone. Equal files give a wheel equal byte for byte. Exit code 1 with a reason when the
browser assets or a file of a package are missing.
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
# Sources of the browser code: what is built of them is shipped.
UI = Path("dashboard/ui")


class Incomplete(Exception):
    """Files are missing in the wheel; the text names them."""


def project() -> dict[str, Any]:
    """The parsed pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def version() -> str:
    """The version of the wheel, the bundle and /api/v1/site."""
    return str(project()["project"]["version"])


def expected() -> set[str]:
    """Every file of the packages as a path in the wheel, without compiled code and files of a running site."""
    paths: set[str] = set()
    for package in project()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
        for path in (ROOT / package).rglob("*"):
            inside = path.relative_to(ROOT)
            shipped = "__pycache__" not in inside.parts and UI not in inside.parents
            if path.is_file() and path.suffix != ".pyc" and shipped:
                paths.add(inside.as_posix())
    return paths


def build(target: Path) -> Path:
    """Build the wheel in `target` and return its path. Raises Incomplete."""
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
    """Raise Incomplete when a file of a package, or the licence, is not in the wheel."""
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
