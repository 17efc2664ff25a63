"""Small bundles with a stub of watchfloor that records its calls, for tests of the installer."""

from __future__ import annotations

import base64
import ensurepip
import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy"
PROGRAM = """\
import json, os, pathlib, sys
VERSION = {version!r}
def main():
    words = sys.argv[1:]
    config = pathlib.Path(words[words.index("-c") + 1]) if "-c" in words else None
    if config and "--help" not in words:
        with open(config.parent / "asked.txt", "a") as out:
            print(VERSION, *words[:1], file=out)
    if words[0] == "check":
        if "NEEDED" in config.read_text() and os.environ.get("NEEDED") != "two words":
            return 1
        return int(VERSION in config.read_text() and "refuse" in config.read_text())
    data = config.parent.parent / "data" if config else None
    if words[0] == "status":
        running = (data / "running").exists()
        print(json.dumps({{"running": running, "stores": {{"journal": {journal!r}}}, "data": {{"folder": str(data)}}}}))
        return 0 if running else 1
    if words[:2] == ["journal", "verify"]:
        journal = data / "journal.sqlite3"
        if journal.exists() and journal.read_text().split()[0] > VERSION:
            print("a newer one wrote it", file=sys.stderr)
            return 1
        print("{{}}")
        return 0
    if words[0] == "version":
        print(VERSION, {says!r})
        return 0
    if words[0] == "backup" and {backup}:
        if "--help" not in words:
            pathlib.Path(words[1]).mkdir(parents=True)
        return 0
    return 2
"""


@dataclass(frozen=True)
class Bundle:
    """An unpacked bundle."""

    folder: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Its installer, as a person would start it."""
        command = [sys.executable, "-B", str(self.folder / "install.py"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)


def bundle(
    folder: Path, version: str, *, backup: bool = True, says: str = "", journal: str = "embedded", **manifest: object
) -> Bundle:
    """A complete bundle of that version in `folder`, whose program prints `says`; `manifest` goes into bundle.json.

    A journal is a text that begins with the version that wrote it.
    """
    (folder / "wheels").mkdir(parents=True)
    (folder / "tools").mkdir()
    (pip,) = (Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl")
    shutil.copyfile(pip, folder / "tools" / pip.name)
    program = PROGRAM.format(version=version, backup=backup, says=says, journal=journal)
    wheel = _wheel(folder / "wheels", version, program)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (folder / "requirements.txt").write_text(f"watchfloor=={version} --hash=sha256:{digest}\n")
    for name in ("install.py", "bundle_check.py", "bundle_site.py", "LICENCES.md"):
        shutil.copyfile(DEPLOY / name, folder / name)
    for name in ("systemd", "site"):
        shutil.copytree(DEPLOY / name, folder / name)
    (folder / "docs").mkdir()
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    bundle_manifest = {
        "version": version,
        "pythons": [python],
        "machines": ["x86_64", "aarch64"],
        "glibc": "2.17",
    } | manifest
    (folder / "bundle.json").write_text(json.dumps(bundle_manifest))
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    (folder / "SHA256SUMS").write_text("".join(sums))
    return Bundle(folder)


def _wheel(folder: Path, version: str, program: str) -> Path:
    info = f"watchfloor-{version}.dist-info"
    files = {
        "watchfloor.py": program,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: watchfloor\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nwatchfloor = watchfloor:main\n",
    }
    rows = []
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{name},sha256={digest},{len(text.encode())}")
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"
    path = folder / f"watchfloor-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path
