"""Moments in requests: RFC 3339 with a zone, within the years that every clock here can say again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime
from pydantic_core import PydanticCustomError

FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def _sayable(at: datetime) -> datetime:
    """The first and the last hours of the calendar are another year in another zone, and one that does not exist."""
    if not FIRST <= at < LAST:
        raise PydanticCustomError("moment", "a time from 1970 to 9998")
    return at


Moment = Annotated[AwareDatetime, AfterValidator(_sayable)]
