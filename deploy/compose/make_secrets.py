"""为 compose.yaml 生成口令，已有的不动 Makes the passwords of compose.yaml; what exists stays as it is."""

from __future__ import annotations

import argparse
import secrets
import sys
from pathlib import Path

VALKEY = """\
requirepass {password}
dir /data
appendonly yes
appendfsync everysec
save ""
maxmemory 512mb
maxmemory-policy noeviction
"""


def make(folder: Path) -> bool:
    """Write the four files; False when they exist (a new password would lock out of the existing data)."""
    if folder.exists():
        return False
    valkey, postgres = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    # The folder's permissions keep others out; the files are read by the containers' own users.
    folder.mkdir(mode=0o700)
    files = {
        "redis-url": f"redis://:{valkey}@valkey:6379/0",
        "journal-url": f"postgresql+asyncpg://watchfloor:{postgres}@postgres:5432/watchfloor",
        "postgres-password": postgres,
        "valkey-conf": VALKEY.format(password=valkey),
    }
    for name, text in files.items():
        path = folder / name
        path.write_text(text if text.endswith("\n") else text + "\n", encoding="ascii")
        path.chmod(0o644)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=Path(__file__).resolve().parent / "secrets", metavar="FOLDER")
    folder: Path = parser.parse_args().to
    created = make(folder)
    sys.stdout.write(f"{'已生成 made' if created else '已存在，未改动 kept'}: {folder.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
