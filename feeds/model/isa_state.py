"""What is shown of an alert beside its fields: its ISA-18.2 state, and the root alert that explains it."""

from __future__ import annotations

from typing import Literal

from feeds.model import Alert

INHIBITED = "inhibited:"
"""What begins the reason of an alert that another one explains; the id of the root alert follows."""

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


def cut_by(alert: Alert) -> str:
    """The id of the root alert that explains this one, as the alert engine decided it; "" when none does."""
    return next((reason.removeprefix(INHIBITED) for reason in alert.suppressed_by if reason.startswith(INHIBITED)), "")
