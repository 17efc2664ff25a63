"""What is shown of an alert beside its fields: its ISA-18.2 state, and the root alert that explains it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from feeds.model import Alert

INHIBITED = "inhibited:"
"""What begins the reason of an alert that another one explains; the id of the root alert follows."""

IsaState = Literal["NORM", "UNACK", "ACKED", "RTNUN", "SHLVD", "DSUPR", "OOSRV"]


def isa_state(alert: Alert) -> IsaState:
    """See `state_of`."""
    return state_of(active=alert.active, acked=alert.acked, suppressed_by=alert.suppressed_by)


def state_of(*, active: bool, acked: bool, suppressed_by: Sequence[str]) -> IsaState:
    """NORM (A), UNACK (B), ACKED (C), RTNUN (D), SHLVD (E), DSUPR (F) or OOSRV (G): ISA-18.2, figure 2."""
    if suppressed_by:
        if "shelved" in suppressed_by:
            return "SHLVD"
        return "OOSRV" if any(reason.startswith("maintenance:") for reason in suppressed_by) else "DSUPR"
    if active:
        return "ACKED" if acked else "UNACK"
    return "NORM" if acked else "RTNUN"


def cut_by(alert: Alert) -> str:
    """See `root_of`."""
    return root_of(alert.suppressed_by)


def root_of(suppressed_by: Sequence[str]) -> str:
    """The id of the root alert that explains an alert, as the alert engine decided it; "" when none does."""
    return next((reason.removeprefix(INHIBITED) for reason in suppressed_by if reason.startswith(INHIBITED)), "")
