"""Answers with status 200 that say of themselves that they failed. Pure."""

from __future__ import annotations

import re
from typing import Any

_VERDICTS = ("success", "ok")
_CODES = ("code", "errcode", "errorcode", "error_code", "status", "statuscode", "resultcode", "ret")
_ERROR_CODE = re.compile(r"-\d+|[45]\d\d|[45]\d{4,5}", re.ASCII)
"""A negative code, one of HTTP, or one that begins with that of HTTP (40101)."""


def failure_of(document: Any) -> str:
    """The member by which an answer says that it failed, "" where it does not: {"code": 401, "data": null}."""
    for name, value in document.items() if isinstance(document, dict) else ():
        key = name.lower() if isinstance(name, str) else ""
        if key in _VERDICTS and value is False:
            return f"{name} = false"
        if key in _CODES and not isinstance(value, bool) and _ERROR_CODE.fullmatch(str(value)):
            return f"{name} = {value}"
    return ""
