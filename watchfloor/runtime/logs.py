"""Logging on standard error, one line a record: JSON for machines, plain for a terminal.

A line of a library may contain an address with a password. So logins in addresses, and values that are named like
secrets, are masked in every line.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import datetime

from feeds.masking import masked

FORM = "WATCHFLOOR_LOG"
"""Environment variable: "json" or "console". Without it a terminal gets plain lines."""
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class _Json(logging.Formatter):
    def __init__(self, role: str) -> None:
        super().__init__()
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "role": self._role,
            "logger": record.name,
            "text": masked(record.getMessage()),
        }
        more = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        line |= {name: masked(value) if isinstance(value, str) else value for name, value in more.items()}
        if record.exc_info:
            line["error"] = masked(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=lambda value: masked(str(value)))


class _Plain(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


def setup(role: str, *, level: int = logging.INFO) -> None:
    """Log to standard error: plain text on a terminal, else JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    form = os.environ.get(FORM, "")
    if form == "console" or (form != "json" and sys.stderr.isatty()):
        handler.setFormatter(_Plain(f"%(asctime)s %(levelname).1s {role}: %(message)s", "%H:%M:%S"))
    else:
        handler.setFormatter(_Json(role))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("aiosqlite", "httpx", "asyncio", "alembic.runtime.plugins"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
