"""Permission to look at pictures of cameras.

Duty officers, operators and administrators see pictures of the cameras of their region. A wall sees those of cameras
with the label `wall=yes` only. A camera with the label `sensitive=yes` needs a reason, which the audit record keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from api.principal import Principal, Right
from feeds.cameras.derived import CAMERA
from feeds.kinds import Record

Refusal = Literal["not-found", "forbidden", "wall", "needs-reason"]


def refusal(principal: Principal, camera: Record | None, reason: str) -> Refusal | None:
    """Why a principal may not look at a camera, None when it may. `camera` is the record that the principal sees."""
    if camera is None or camera["kind"] != CAMERA:
        return "not-found"
    labels: Mapping[str, Any] = camera["labels"]
    if principal.via == "wall":
        return None if labels.get("wall") == "yes" and labels.get("sensitive") != "yes" else "wall"
    if not principal.may(Right.LOOK):
        return "forbidden"
    if labels.get("sensitive") == "yes" and not reason:
        return "needs-reason"
    return None
