"""Logs as one line each on standard error: JSON for machines, plain for a terminal."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime

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
            "text": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def setup(role: str, *, level: int = logging.INFO) -> None:
    """Log to standard error: plain text when a person reads along, else JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    if sys.stderr.isatty():
        handler.setFormatter(logging.Formatter(f"%(asctime)s %(levelname).1s {role}: %(message)s", "%H:%M:%S"))
    else:
        handler.setFormatter(_Json(role))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("aiosqlite", "httpx", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
