"""Documents of accounts and sessions in the journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def is_open(session: Mapping[str, Any], name: str, stamp: str | None, at: float) -> bool:
    """True for a session of the account `name` that has neither expired nor another stamp than the account."""
    return bool(session["account"] == name and session["stamp"] == stamp and session["expires"] > at)


def without_secrets(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a document without password hashes. An account with a second factor keeps an empty one."""
    public = {name: value for name, value in body.items() if name not in ("hash", "hashes")}
    return public | {"factor": {}} if "factor" in public else public
