"""The section `[briefs]`: who issues briefs, how they are numbered, and the fonts of their PDF."""

from __future__ import annotations

from feeds.incidents.brief_settings import FACES, NUMBERS, BriefSettings
from watchfloor.settings.reader import SettingsTable


def briefs(table: SettingsTable) -> BriefSettings:
    """The settings of briefs. A pattern without its place for the count, and a font that is no file, are findings."""
    organ = table.text("organ", "", '"楚雄州人民政府总值班室"')
    to = tuple(table.texts("to", [], '["省政府总值班室"]'))
    numbers = {}
    for kind, pattern in NUMBERS.items():
        numbers[kind] = table.text(kind, pattern, f'"{pattern}"')
        if "{n}" not in numbers[kind] or "{year}" not in numbers[kind]:
            table.wrong("brief_number", kind)
            numbers[kind] = pattern
    fonts = {}
    with table.table("fonts") as faces:
        for face in FACES:
            name = faces.text(face, "", '"fonts/FZFSK.TTF"')
            if not name:
                continue
            fonts[face] = faces.folder / name
            if not fonts[face].is_file():
                faces.wrong("path_missing", face)
    return BriefSettings(organ=organ, to=to, numbers=numbers, fonts=fonts)
