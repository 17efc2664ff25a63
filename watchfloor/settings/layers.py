"""The sections `[[layer]]`: files with the places of the site, one kind each."""

from __future__ import annotations

from collections.abc import Iterable

from maps.places import BadLayer, PlaceLayer, read_layer
from watchfloor.settings.reader import SettingsTable


def layers(tables: Iterable[SettingsTable]) -> tuple[PlaceLayer, ...]:
    """Every layer, read. A file that cannot be used is a finding."""
    read_layers = []
    for table in tables:
        kind, name = table.text("kind", None, '"school"'), table.text("file", None, '"layers/schools.csv"')
        table.done()
        try:
            read_layers.append(read_layer(table.references.read(table.folder / name), kind))
        except (OSError, BadLayer) as error:
            table.wrong("reference_file", "file", detail=getattr(error, "strerror", None) or str(error))
    return tuple(read_layers)
