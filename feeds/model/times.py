"""The type of a moment: epoch seconds (UTC) in records, RFC 3339 in what people and other tools read."""

from __future__ import annotations

from typing import Annotated

import msgspec

TIME = msgspec.Meta(extra={"format": "date-time"})
Time = Annotated[float, TIME]
