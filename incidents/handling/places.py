"""Where an incident is: whether its position lies outside the site, so that it may be somebody else's. Pure."""

from __future__ import annotations

from dataclasses import replace

from feeds.model.incidents import Incident
from feeds.regions import covers
from maps.regions import table


def located(incident: Incident, site: str) -> Incident:
    """The incident with `outside` as its position has it. `site` is a region code.

    Without a position, or where the outline of the site is not known, nothing lies outside.
    """
    if incident.lat is None or incident.lon is None or table().geometry(site) is None:
        return replace(incident, outside=False)
    regions = table().regions_of({"type": "Point", "coordinates": [incident.lon, incident.lat]})
    return replace(incident, outside=not any(covers(site, region) for region in regions))
