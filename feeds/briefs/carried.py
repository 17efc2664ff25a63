"""The data that an exported brief carries, so that it can be verified without the site's network. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from feeds.briefs.layout import Issuer
from feeds.model.briefs import Brief

FORMAT = 1
NAMESPACE = "urn:watchfloor:brief:1"


class NoBrief(ValueError):
    """The file carries no brief that this version can read. The text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedBrief:
    """The brief and its issuer as the exported file has them."""

    brief: Brief
    issuer: Issuer


def dump(brief: Brief, issuer: Issuer) -> str:
    """The data as JSON, the same for the same brief."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "site": issuer.site,
        "organ": issuer.organ,
        "zone": str(issuer.zone),
        "brief": msgspec.to_builtins(brief),
    }
    return json.dumps(document, sort_keys=True, ensure_ascii=True)


def load(text: str | bytes) -> CarriedBrief:
    """Raises NoBrief."""
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise NoBrief(f"format {document['format']}")
        zone = ZoneInfo(document["zone"])
        issuer = Issuer(site=str(document["site"]), organ=str(document["organ"]), zone=zone)
        return CarriedBrief(brief=msgspec.convert(document["brief"], Brief), issuer=issuer)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise NoBrief(str(error)) from error
