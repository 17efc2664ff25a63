"""Write the browser's types of records, `dashboard/ui/records.d.ts`, from the kinds of record.

python scripts/typescript_types.py           write the file
python scripts/typescript_types.py --check   exit 1 when the file is not up to date
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from api.kinds.schemas import TEMPLATE, components, record_name
from feeds.kinds import FULL, KINDS
from feeds.live.protocol import FRAMES, MESSAGES

FILE = Path(__file__).parent.parent / "dashboard" / "ui" / "records.d.ts"
HEAD = "// Written by scripts/typescript_types.py from feeds/kinds: change the kinds, not this file.\n"
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


WIDTH = 120


def typescript() -> str:
    """The text of the file."""
    parts = [HEAD, *(_declared(name, schema) for name, schema in components().items())]
    names = "".join(f"  {kind.name}: {record_name(kind)};\n" for kind in KINDS)
    parts.append(f"/** The record of each kind. */\nexport interface Records {{\n{names}}}\n")
    parts += [_faces(kind.name, kind.faces) for kind in KINDS]
    return "\n".join([*parts, *_protocol()])


def _protocol() -> Iterator[str]:
    """The messages of a live feed of views."""
    _, described = msgspec.json.schema_components(MESSAGES, ref_template=TEMPLATE)
    yield from (_declared(name, schema) for name, schema in described.items())
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
    """Write the file, or compare it; the exit code."""
    if "--check" in arguments:
        same = FILE.exists() and FILE.read_text(encoding="utf-8") == typescript()
        print(
            f"{FILE.name} is up to date" if same else f"{FILE.name} is not up to date: run scripts/typescript_types.py"
        )
        return 0 if same else 1
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(typescript(), encoding="utf-8")
    print(f"wrote {FILE}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
