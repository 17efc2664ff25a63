"""Durations in requests: seconds, or as the settings file writes them."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

_FORM = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
LONGEST = 31 * 86400.0


def seconds(value: Any) -> Any:
    """Seconds of "10s", "150ms", "2m", "1h", "1d"; a number stays as it is."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    match = _FORM.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise PydanticCustomError("duration", "a duration is seconds, or 150ms, 10s, 2m, 1h, 1d")
    return float(match[1]) * _UNITS[match[2]]


Seconds = Annotated[float, BeforeValidator(seconds), Field(ge=0, le=LONGEST, allow_inf_nan=False)]
