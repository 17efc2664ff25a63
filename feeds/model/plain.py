"""Values that are public JSON already."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

PLAIN = msgspec.Meta(extra={"plain": True})
Json = Annotated[dict[str, Any], PLAIN]
"""An object of texts, numbers and lists, as decoded from JSON: it is shown as it is, not copied. Never change one."""
