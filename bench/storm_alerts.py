"""What a storm is about: servers below three parents, and one that has nothing to do with them."""

from __future__ import annotations

from typing import Any

PARENTS = 3
Said = dict[str, Any]
"""An alert as Prometheus posts it."""


def rows(assets: int) -> str:
    """The inventory: parents, what hangs on them, and one elsewhere."""
    tops = [f"p{n},上级 {n},router,532301,,,,,,,," for n in range(PARENTS)]
    lows = [f"s{n},服务器 {n},server,532301,,,p{n % PARENTS},,,,," for n in range(assets)]
    return "\n".join([*tops, *lows, "elsewhere,别处,server,532323,,,,,,,,"]) + "\n"


def uplink(asset: str) -> str:
    """What it hangs on; a parent is its own."""
    return f"p{int(asset[1:]) % PARENTS}" if asset[1:].isdigit() else asset


def said(asset: str, name: str, severity: str = "critical") -> Said:
    return {
        "labels": {"alertname": name, "asset": asset, "severity": severity, "uplink": uplink(asset)},
        "annotations": {"summary": f"{name} on {asset}"},
        "endsAt": "2036-01-01T00:00:00Z",
    }
