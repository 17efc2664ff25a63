"""The sentence of a row of the duty log, in both languages, from the journal entry alone."""

from __future__ import annotations

from typing import Any

from feeds.journal import JournalEntry
from feeds.texts.catalogue import LANGUAGES, catalogue, text


def sentences(entry: JournalEntry) -> dict[str, str]:
    """What happened, by language; what a person wrote is in the language in which it was written."""
    return {language: _sentence(entry, language) for language in LANGUAGES}


def _sentence(entry: JournalEntry, language: str) -> str:
    if entry.kind == "log":
        return str(entry.body.get("text", ""))
    words = _words(entry, language)
    key = f"log.{entry.kind}.{entry.name}"
    if key not in catalogue(language):
        key = f"log.{entry.kind}"
    if key not in catalogue(language):
        return f"{entry.kind} {entry.name}"
    sentence = text(key, language, **words)
    reason = entry.reason if entry.kind == "incident" else ""
    return f"{sentence}{_COLON[language]}{reason}" if reason else sentence


_COLON = {"zh-CN": "：", "en": ": "}


def _words(entry: JournalEntry, language: str) -> dict[str, Any]:
    """Values for the placeholders of an entry's sentence."""
    body = entry.body
    words = {name: _plain(value) for name, value in body.items() if isinstance(value, str | int | float)}
    words |= {"name": _step(entry, language), "subject": entry.subject}
    if entry.kind == "obligation":
        words |= _obligation(entry.subject, body, language)
    if "what" in body:
        words["what"] = _named(f"incidents.figure.{body['what']}", language)
    if "grade" in body:
        words["grade"] = _named(f"incidents.grade.{body['grade'] or 'none'}", language)
    if "post" in body:
        words["post"] = _named(f"incidents.post.{body['post']}", language)
        words["holder"] = body.get("holder") or entry.actor
    return {"into": "", "to": "", "source": "", "basis": "", "incident": "", "number": ""} | words


def _step(entry: JournalEntry, language: str) -> str:
    """The name of the order that made the entry, or of what time alone did, in words."""
    order = f"{entry.kind}s.order.{entry.name}"
    return catalogue(language).get(order) or _named(f"log.step.{entry.name}", language)


def _obligation(subject: str, body: dict[str, Any], language: str) -> dict[str, Any]:
    """The step and channel stand in the obligation's id: "{incident}/{step}/{recipient}/{channel}/{grade}/{n}"."""
    parts = subject.split("/")
    step, recipient, channel = parts[1:4] if len(parts) > 4 else ("", "", "")
    proof = body.get("proof") or {}
    return {
        "step": _named(f"incidents.step.{step}", language),
        "recipient": _named(f"incidents.to.{recipient}", language),
        "channel": _named(f"incidents.by.{channel}", language),
        "proof": " ".join(str(proof.get(name) or "") for name in ("recipient", "number")).strip(),
    }


def _named(key: str, language: str) -> str:
    return catalogue(language).get(key, key.rpartition(".")[2])


def _plain(value: str | float) -> str:
    """A value as people write it: 10 and not 10.0."""
    if isinstance(value, str):
        return value
    return str(int(value)) if float(value).is_integer() else str(value)
