"""What a platform knows of one device: registration, catalog, subscriptions, deviations and proposals, for its page."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from collectors.video.gb28181.bindings import Binding
from collectors.video.gb28181.platform import GbPlatform

SHOWN = 500
"""Changes that are told at once. Their total is told in any case."""


def described(platform: GbPlatform, device: str) -> dict[str, Any]:
    """A device as plain values; times are in epoch seconds, None where there is none."""
    binding, changes = platform.bindings.get(device), platform.catalogs.changes(device)
    return {
        "device": device,
        "registration": _registration(platform, binding) if binding is not None else None,
        "catalog": _catalog(platform, device),
        "subscriptions": [
            {
                "topic": str(each.topic),
                "state": str(each.state),
                "expires_at": _wall(platform, each.expires_at) if each.expires_at else None,
            }
            for each in platform.subscriptions.of(device)
        ],
        "deviations": platform.deviations.of(device),
        "refused": platform.registrar.failures_of(device, platform.now()),
        "changes": [asdict(change) | {"kind": str(change.kind)} for change in changes[:SHOWN]],
        "changes_total": len(changes),
    }


def _wall(platform: GbPlatform, moment: float | None) -> float | None:
    return platform.wall() + moment - platform.now() if moment is not None else None


def _registration(platform: GbPlatform, binding: Binding) -> dict[str, Any]:
    return {
        "online": binding.online,
        "left": binding.left,
        "transport": binding.transport,
        "address": f"{binding.address[0]}:{binding.address[1]}",
        "registered_at": _wall(platform, binding.registered_at),
        "expires_at": _wall(platform, binding.expires_at),
        "heard_at": _wall(platform, binding.heard_at),
        "keepalive_at": _wall(platform, binding.keepalive_at),
        "interval_s": round(binding.interval, 1),
        "offline_at": _wall(platform, binding.silent_at),
        "version": binding.version,
        "charset": binding.charset,
        "faulty": sorted(binding.faulty),
    }


def _catalog(platform: GbPlatform, device: str) -> dict[str, Any]:
    """`state`: asking while an answer is under way, incomplete when the last one broke off, complete, or never."""
    keeper = platform.catalogs
    stored, answer = keeper.stored(device), keeper.answer(device)
    state = "never" if stored.listed is None else "complete"
    if keeper.failures(device):
        state = "incomplete"
    if answer is not None:
        state = "asking"
    return {
        "state": state,
        "received": len(answer.items) if answer is not None else None,
        "total": answer.total if answer is not None else None,
        "listed": len(stored.listed) if stored.listed is not None else None,
        "complete_at": stored.stored_at,
        "unanswered": platform.queries.unsupported(device, "Catalog"),
    }
