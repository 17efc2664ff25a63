"""What a person reads: subject and text of a message, from templates that only put known values in.

Foreign text (labels, names, another tool's words) is never read as a template, loses its control characters and what
chat programs would obey ("@", "<"), and is bounded. Texts: feeds/texts, keys `tell.*`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from feeds.documents.receivers import Templates
from feeds.texts.catalogue import DEFAULT, LANGUAGES, catalogue, placeholders, text
from feeds.texts.evidence import explanation
from feeds.wire import parse_time

FIELDS = frozenset(
    (
        "site",
        "reason",
        "severity",
        "title",
        "text",
        "asset",
        "asset_id",
        "kind",
        "region",
        "since",
        "first",
        "count",
        "affected",
        "id",
        "person",
        "link",
    )
)
_BODY_TEXTS = ("description", "instruction")
LONGEST_FIELD, LONGEST_SUBJECT, LONGEST_TEXT = 200, 120, 2000
SMS_TEXT = 300
_PLACE = re.compile(r"\{(\w+)\}")
_ODD = re.compile(r"\{(\s*[A-Za-z_]\w*[^\w{}][^{}]*)\}")
_OBEYED = str.maketrans({"@": "＠", "<": "＜", ">": "＞", "`": "｀"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTemplates:
    """The templates of a receiver's messages.

    `longest` bounds the text in characters. `chat`: the service interprets marks such as "@"; they are replaced.
    """

    templates: Templates = field(default_factory=Templates)
    language: str = DEFAULT
    zone: str = "Asia/Shanghai"
    link: str = ""
    longest: int = LONGEST_TEXT
    chat: bool = True

    def words(self, body: Mapping[str, Any]) -> tuple[str, str]:
        """Subject and text of a message's body (see alerts.receivers.webhook); a relay's is worded already."""
        if "subject" in body:
            return str(body["subject"]), str(body["text"])
        language = (body.get("to") or {}).get("language") or self.language
        language = language if language in LANGUAGES else DEFAULT
        if body["reason"] == "digest":
            return self._digest(body, language)
        if body["reason"] == "warning":
            return self._warning(body, language)
        values = self._values(body, language)
        subject = self._fill("subject", language, values, LONGEST_SUBJECT)
        return subject, self._fill("text", language, values, self.longest)

    def _warning(self, body: Mapping[str, Any], language: str) -> tuple[str, str]:
        """A warning that is passed on: what became of it, its headline, and its text."""
        subject = text(
            f"tell.warning.{body['step']}",
            language,
            site=self._clean(body.get("site", "")),
            headline=self._clean(_warning_text(body["warning"], "headline", language)),
        )
        parts = (
            clean(_warning_text(body["warning"], name, language), chat=self.chat, longest=self.longest)
            for name in _BODY_TEXTS
        )
        lines = "\n".join(filter(None, (subject, *parts)))
        return shorten(subject, LONGEST_SUBJECT), shorten(lines, self.longest)

    def _fill(self, part: str, language: str, values: Mapping[str, str], longest: int) -> str:
        own: Mapping[str, str] = getattr(self.templates, part)
        template = own.get(language) or catalogue(language)[f"tell.{part}"]
        filled = _PLACE.sub(lambda match: values.get(match[1], ""), template)
        lines = [line.rstrip() for line in filled.split("\n")]
        return shorten("\n".join(line for line in lines if line), longest)

    def _values(self, body: Mapping[str, Any], language: str) -> dict[str, str]:
        alert, asset = body.get("alert") or {}, body.get("asset") or {}
        title = alert.get("title") or {}
        values = {
            "site": body.get("site", ""),
            "title": title.get(language) or next(iter(title.values()), ""),
            "text": explanation(alert.get("text", ""))[language],
            "asset": self._subject(body, language),
            "asset_id": alert.get("asset", ""),
            "kind": asset.get("kind", ""),
            "region": alert.get("region", ""),
            "id": alert.get("id", ""),
            "person": (body.get("to") or {}).get("name", ""),
        }
        values = {name: self._clean(value) for name, value in values.items()}
        severity = alert.get("severity", "")
        values["region"] = catalogue(language).get(f"region.{values['region']}", values["region"])
        values["severity"] = text(f"severity.{severity}", language) if severity else ""
        values["reason"] = text(f"tell.reason.{body['reason']}", language)
        values["since"] = self._time(alert.get("raised_at"))
        values["first"] = self._time(alert.get("first_raised_at"))
        count = int(alert.get("count") or 1)
        values["count"] = text("tell.count", language, count=count) + " " if count > 1 else ""
        behind = sum((alert.get("affected") or {}).values())
        if body["reason"] == "test":
            values["title"] = text("tell.test", language)
        values["affected"] = text("tell.affected", language, count=behind) if behind else ""
        values["link"] = self.link
        return values

    def _subject(self, body: Mapping[str, Any], language: str) -> str:
        """The title of the alert's subject: an asset, a source, a warning, a region …"""
        named = (body.get("about") or {}).get("title") or {}
        name = (body.get("asset") or {}).get("name") or named.get(language)
        return str(name or (body.get("alert") or {}).get("asset", ""))

    def _clean(self, value: object) -> str:
        return clean(str(value), chat=self.chat)

    def _time(self, moment: Any) -> str:
        if not isinstance(moment, str) or not moment:
            return ""
        return datetime.fromtimestamp(parse_time(moment), ZoneInfo(self.zone)).strftime("%Y-%m-%d %H:%M:%S")

    def _digest(self, body: Mapping[str, Any], language: str) -> tuple[str, str]:
        """As many lines as fit, and how many more there are."""
        items, site = body["items"], self._clean(body.get("site", ""))
        subject = text("tell.digest", language, site=site, count=len(items))
        lines, room = [], self.longest - len(subject) - 40
        for number, item in enumerate(items):
            worded = "subject" in item or item.get("reason") == "warning"
            line = self.words(item)[0] if worded else text("tell.digest.line", language, **self._values(item, language))
            if len(line) + 1 > room:
                lines.append(text("tell.digest.more", language, count=len(items) - number))
                break
            lines.append(line)
            room -= len(line) + 1
        return shorten(subject, LONGEST_SUBJECT), "\n".join(lines)


def _warning_text(warning: Mapping[str, Any], name: str, language: str) -> str:
    """A text of a warning in the reader's language, else in the one that it was chosen in."""
    own = (warning.get("texts") or {}).get(language) or {}
    return str(own.get(name) or warning.get(name) or "")


def unknown_places(templates: Templates) -> list[str]:
    """The placeholders of a receiver's own templates that nothing can fill."""
    texts = [*templates.subject.values(), *templates.text.values()]
    odd = {
        placeholder for template in texts for placeholder in _ODD.findall(template)
    }  # {asset.name}: it would be sent as it stands
    return sorted({placeholder for template in texts for placeholder in placeholders(template)} - FIELDS | odd)


def clean(value: str, *, chat: bool = True, longest: int = LONGEST_FIELD) -> str:
    """Foreign text on one line, without control and direction marks, and without what a chat program would obey."""
    plain = "".join(
        " " if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs") else character for character in value
    )
    plain = " ".join(plain[: 4 * longest].split())
    return shorten(plain.translate(_OBEYED) if chat else plain, longest)


def shorten(value: str, longest: int) -> str:
    """At most so many characters, with a mark where something was cut off."""
    return value if len(value) <= longest else value[: longest - 1] + "…"
