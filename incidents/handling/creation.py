"""A new incident: its number, its title, and what it takes from the receipts that reported it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from feeds.incidents.classes import event_classes
from feeds.model import Command, Receipt
from feeds.model.incidents import MODES, NATURES, Incident
from feeds.receipts import FUTURE
from incidents.handling.titles import LENGTH, made_title
from incidents.refusals import OrderRefused


def number_prefix(site: str, mode: str, received_at: float, zone: tzinfo) -> str:
    """What the numbers of a day begin with. Those of an exercise can be mistaken for none."""
    day = datetime.fromtimestamp(received_at, zone).strftime("%Y%m%d")
    return f"{site}:{'X' if mode == 'exercise' else ''}{day}"


def created(command: Command, receipts: Sequence[Receipt], region: str, now: float) -> Incident:
    """The incident of an order to create one, without its number.

    What the order does not give comes from its first receipt. Raises OrderRefused.
    """
    args = command.args
    receipt = receipts[0] if receipts else None
    event_class = str(args.get("event_class") or _first(receipts, "event_class") or "")
    place = str(args.get("place") or _first(receipts, "place") or "")
    occurred_at = args.get("occurred_at") or (receipt.occurred_at if receipt else None)
    received_at = min([float(args.get("received_at") or now), *(receipt.received_at for receipt in receipts)])
    _check(args, event_class, occurred_at, received_at, now)
    located = args if args.get("lat") is not None else _position(receipts)
    return Incident(
        id="",
        mode=_mode_of(args, receipts),
        nature=str(args.get("nature") or "event"),
        event_class=event_class,
        title=str(args.get("title") or made_title(place, region, event_class))[:LENGTH],
        text=str(args.get("text") or (receipt.text if receipt else "")),
        region=region,
        regions=(region,),
        lead_region=region,
        place=place,
        place_unknown=bool(args.get("place_unknown")),
        lat=located.get("lat"),
        lon=located.get("lon"),
        accuracy_m=float(located.get("accuracy_m") or 0.0),
        location_method=str(located.get("location_method") or ""),
        occurred_at=occurred_at,
        occurred_precision=str(args.get("occurred_precision") or ("about" if occurred_at else "unknown")),
        received_at=received_at,
        created_at=now,
        created_by=command.actor,
        phase_at=now,
        receipts=tuple(receipt.id for receipt in receipts),
        warnings=tuple(args.get("warnings") or ()),
        alerts=tuple(args.get("alerts") or ()),
        assets=tuple(args.get("assets") or ()),
    )


def _mode_of(args: Mapping[str, Any], receipts: Sequence[Receipt]) -> str:
    """Real or exercise; receipts of both kinds never make one incident. Raises OrderRefused."""
    modes = {receipt.mode for receipt in receipts} | ({str(args["mode"])} if args.get("mode") else set())
    if len(modes) > 1 or not modes <= set(MODES):
        raise OrderRefused("mode")
    return modes.pop() if modes else "real"


def _check(
    args: Mapping[str, Any], event_class: str, occurred_at: float | None, received_at: float, now: float
) -> None:
    if event_class and event_class not in event_classes() and not args.get("receipts"):
        raise OrderRefused("unknown_class")
    if args.get("nature") and args["nature"] not in NATURES:
        raise OrderRefused("unknown_nature")
    if received_at > now + FUTURE or (occurred_at is not None and occurred_at > now + FUTURE):
        raise OrderRefused("future")


def _first(receipts: Sequence[Receipt], field: str) -> Any:
    return next((value for receipt in receipts if (value := getattr(receipt, field))), None)


def _position(receipts: Sequence[Receipt]) -> Mapping[str, Any]:
    receipt = next((receipt for receipt in receipts if receipt.lat is not None), None)
    if receipt is None:
        return {}
    return {"lat": receipt.lat, "lon": receipt.lon, "accuracy_m": receipt.accuracy_m, "location_method": "source"}
