"""The signal of life to systemd, for a role that a unit runs by itself: sd_notify(3) and `WatchdogSec=`."""

from __future__ import annotations

import os
import socket
from contextlib import suppress


def report() -> None:
    """Tell systemd that this process lives. Does nothing when no unit with `WatchdogSec=` has started it."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    # A role of a supervisor inherits the variables, but is watched by the supervisor.
    if not address or os.environ.get("WATCHDOG_PID") != str(os.getpid()):
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as notifier:
        notifier.sendto(b"WATCHDOG=1", "\0" + address[1:] if address.startswith("@") else address)
