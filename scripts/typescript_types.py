"""Write the browser's types of records and its words in their order, from the kinds of record and the model.

`dashboard/ui/records.d.ts` has the types, `dashboard/ui/vocabulary.ts` the closed sets of words, worst first.

python scripts/typescript_types.py           write the files
python scripts/typescript_types.py --check   exit 1 when a file is not up to date
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from api.kinds.schemas import TEMPLATE, components, record_name
from api.responses.alerts import MatchCounts
from api.responses.campaigns import CampaignPreview
from api.responses.duty_log import LogPage
from api.responses.figures import Kpi
from feeds.cameras.evidence import RUNGS
from feeds.cameras.status import CameraGroup
from feeds.kinds import FULL, KINDS
from feeds.kinds.asset import VIDEO
from feeds.kinds.warning import COLOURS, STATES_BY_FORCE
from feeds.live.protocol import FRAMES, MESSAGES
from feeds.model import Severity
from feeds.model.incidents import OPEN_PHASES
from feeds.model.marks import KINDS_BY_TOOL
from feeds.model.tasks import LIGHTS_BY_WORST

FOLDER = Path(__file__).parent.parent / "dashboard" / "ui"
FILE, WORDS = FOLDER / "records.d.ts", FOLDER / "vocabulary.ts"
HEAD = "// Written by scripts/typescript_types.py from feeds/kinds: change the kinds, not this file.\n"
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


WIDTH = 120
ANSWERS = (CampaignPreview, MatchCounts, Kpi, LogPage)
"""Answers of routes beside those of the kinds."""
Words = tuple[str, ...]
VOCABULARY: Mapping[str, tuple[str, Words | Mapping[str, Words]]] = {
    "SEVERITIES": ("Severities of alerts, worst first.", tuple(Severity)),
    "CAMERA_GROUPS": ("Groups in which cameras are counted, worst first.", tuple(CameraGroup)),
    "CAMERA_RUNGS": ("Rungs of a camera's ladder, lowest first, as `camera.rungs` has their letters.", tuple(RUNGS)),
    "VIDEO_KINDS": ("Kinds of assets of the video feed.", tuple(sorted(VIDEO))),
    "WARNING_COLOURS": ("Colours of warnings, worst first.", tuple(filter(None, COLOURS))),
    "WARNING_STATES": ("States of warnings, those in force first.", STATES_BY_FORCE),
    "TASK_LIGHTS": ("Lights of tasks, worst first.", LIGHTS_BY_WORST),
    "INCIDENT_OPEN_PHASES": ("Phases in which an incident is in hand.", OPEN_PHASES),
    "KINDS_BY_TOOL": ("The tools that draw marks and the kinds of each, those most used first.", KINDS_BY_TOOL),
}
"""The sets of words that pages put in order, by the name of their constant."""


def vocabulary() -> str:
    """The text of the file of words."""
    parts = [HEAD]
    for name, (about, words) in VOCABULARY.items():
        parts.append(f"/** {about} */\n" + _constant(name, words))
    return "\n".join(parts)


def _constant(name: str, words: Words | Mapping[str, Words]) -> str:
    if not isinstance(words, Mapping):
        return _wrapped(f"export const {name} = {_list(words)} as const;")
    lists = "".join(_wrapped(f"  {key}: {_list(part)},", "    ") for key, part in words.items())
    return f"export const {name} = {{\n{lists}}} as const;\n"


def _list(words: Words) -> str:
    return f"[{', '.join(json.dumps(str(word)) for word in words)}]"


def _wrapped(line: str, indent: str = "  ") -> str:
    return "\n".join(textwrap.wrap(line, WIDTH, subsequent_indent=indent, break_on_hyphens=False)) + "\n"


def typescript() -> str:
    """The text of the file."""
    parts = [HEAD, *(_declared(name, schema) for name, schema in components().items())]
    names = "".join(f"  {kind.name}: {record_name(kind)};\n" for kind in KINDS)
    parts.append(f"/** The record of each kind. */\nexport interface Records {{\n{names}}}\n")
    parts += [_faces(kind.name, kind.faces) for kind in KINDS]
    return "\n".join([*parts, *_described(ANSWERS), *_protocol()])


def _described(types: Sequence[type[Any]]) -> Iterator[str]:
    _, described = msgspec.json.schema_components(types, ref_template=TEMPLATE)
    yield from (_declared(name, schema) for name, schema in described.items())


def _protocol() -> Iterator[str]:
    """The messages of a live feed of views."""
    yield from _described(MESSAGES)
    frames = " | ".join(frame.__name__ for frame in FRAMES)
    yield f"/** Whatever comes on a live feed of views. */\nexport type LiveFrame = {frames};\n"


def _declared(name: str, schema: dict[str, Any]) -> str:
    about = _comment(schema["description"]) if schema.get("description") else ""
    if "properties" not in schema:
        return f"{about}export type {name} = {_type(schema)};\n"
    fields = "".join(
        _field(f"{field}{'' if field in schema.get('required', ()) else '?'}: {_type(kind)};")
        for field, kind in schema["properties"].items()
    )
    return f"{about}export interface {name} {{\n{fields}}}\n"


def _comment(text: str) -> str:
    lines = textwrap.wrap(f"{' '.join(text.split())} */", WIDTH - len("/** "), break_on_hyphens=False)
    return "/** " + "\n *  ".join(lines) + "\n"


def _field(line: str) -> str:
    """The line of a field, broken before a `|` or the next field where it is too long."""
    joined = re.sub(r'"[^"]*"|[|:] ', lambda unit: unit[0].replace(" ", "\0"), line)
    lines = textwrap.wrap(joined, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
    return "\n".join(lines).replace("\0", " ") + "\n"


def _type(schema: dict[str, Any]) -> str:
    """A JSON Schema as a type of TypeScript."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(f'"{value}"' for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(part) for part in schema["anyOf"]))
    if "allOf" in schema:
        return " & ".join(_type(part) for part in schema["allOf"])
    if schema.get("type") == "array":
        inner = _type(schema["items"]) if schema.get("items") else "unknown"
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if "properties" in schema:
        return "{ " + " ".join(f"{name}: {_type(kind)};" for name, kind in schema["properties"].items()) + " }"
    if schema.get("type") == "object":
        return f"Record<string, {_type(schema.get('additionalProperties') or {})}>"
    return _PLAIN.get(schema.get("type", ""), "unknown")


def _faces(kind: str, faces: Any) -> str:
    """The fields of each face, for subscriptions."""
    unions = {name: " | ".join(f'"{field}"' for field in fields) for name, fields in faces.items()}
    title = "".join(part.title() for part in kind.split("_"))
    lines = "".join(_field(f"{name}: {union};") for name, union in unions.items())
    lines += f'  {FULL}: keyof Records["{kind}"];\n'
    return (
        f"/** Names of the fields that each face of kind {kind} has. */\nexport interface {title}Faces {{\n{lines}}}\n"
    )


def main(arguments: list[str]) -> int:
    """Write the files, or compare them; the exit code."""
    texts = {FILE: typescript(), WORDS: vocabulary()}
    if "--check" in arguments:
        old = [file.name for file, text in texts.items() if not file.exists() or file.read_text("utf-8") != text]
        print(f"not up to date, run scripts/typescript_types.py: {', '.join(old)}" if old else "up to date")
        return 1 if old else 0
    FOLDER.mkdir(exist_ok=True)
    for file, text in texts.items():
        file.write_text(text, encoding="utf-8")
        print(f"wrote {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
