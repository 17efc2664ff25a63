"""The inventory and the alerts of a storm: servers below three parents, and one unrelated server."""

from __future__ import annotations

from typing import Any

PARENTS = 3
PostedAlert = dict[str, Any]
"""An alert as Prometheus posts it."""


def rows(assets: int) -> str:
    """The inventory rows: the parents, the servers below them, and an unrelated server."""
    tops = [f"p{n},上级 {n},router,532301,,,,,,,," for n in range(PARENTS)]
    lows = [f"s{n},服务器 {n},server,532301,,,p{n % PARENTS},,,,," for n in range(assets)]
    return "\n".join([*tops, *lows, "elsewhere,别处,server,532323,,,,,,,,"]) + "\n"


def uplink(asset: str) -> str:
    """The parent of a server. A parent is its own uplink."""
    return f"p{int(asset[1:]) % PARENTS}" if asset[1:].isdigit() else asset


def posted_alert(asset: str, name: str, severity: str = "critical") -> PostedAlert:
    """An alert that ends in the year 2036."""
    return {
        "labels": {"alertname": name, "asset": asset, "severity": severity, "uplink": uplink(asset)},
        "annotations": {"summary": f"{name} on {asset}"},
        "endsAt": "2036-01-01T00:00:00Z",
    }
