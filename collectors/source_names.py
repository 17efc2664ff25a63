"""The names under which the sources of a site report, derived from its settings and its inventory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from collectors import registry
from collectors import uri as uris
from collectors.settings import SourceSettings
from feeds.model import REFERENCE, Asset


def named_sources(
    sources: Iterable[SourceSettings], reference: Sequence[str], assets: Iterable[Asset]
) -> frozenset[str]:
    """Every configured source: each `[[source]]`, the collector of each probed scheme, and the reference targets."""
    schemes = {uris.scheme_of(probe) for asset in assets for probe in asset.probes}
    names = {source.id for source in sources} | {registry.source_name(scheme) for scheme in schemes}
    return frozenset(names | {REFERENCE} if reference else names)
