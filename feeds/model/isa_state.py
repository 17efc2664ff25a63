"""The ISA-18.2 state of an alert, derived for display from its orthogonal dimensions."""

from __future__ import annotations

from typing import Literal

from feeds.model import Alert

IsaState = Literal["NORM", "UNACK", "ACKED", "RTNUN", "SHLVD", "DSUPR", "OOSRV"]


def isa_state(alert: Alert) -> IsaState:
    """NORM (A), UNACK (B), ACKED (C), RTNUN (D), SHLVD (E), DSUPR (F) or OOSRV (G): ISA-18.2, figure 2."""
    if "shelved" in alert.suppressed_by:
        return "SHLVD"
    if any(reason.startswith("maintenance:") for reason in alert.suppressed_by):
        return "OOSRV"
    if alert.suppressed_by:
        return "DSUPR"
    if alert.active:
        return "ACKED" if alert.acked else "UNACK"
    return "NORM" if alert.acked else "RTNUN"
