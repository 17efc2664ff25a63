"""The sentence of a row of the duty log, in both languages, from the journal entry alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from feeds.journal import JournalEntry
from feeds.texts.catalogue import LANGUAGES, catalogue, text

Name = Mapping[str, str] | str


def sentences(entry: JournalEntry, name: Name = "", person: Callable[[str], str] = str) -> dict[str, str]:
    """What happened, by language; what a person wrote is in the language in which it was written.

    `name` is what people call the subject, where the entry itself does not say: its title, perhaps by language.
    `person` gives the name of an account's owner.
    """
    return {language: _sentence(entry, language, name, person) for language in LANGUAGES}


def _sentence(entry: JournalEntry, language: str, name: Name, person: Callable[[str], str]) -> str:
    if entry.kind == "log":
        return str(entry.body.get("text", ""))
    words = _words(entry, language)
    if "holder" in words:
        words["holder"] = person(words["holder"])
    words["title"] = _in_language(entry.body.get("title") or name, language) or entry.subject
    key = _key(entry, language)
    if not key:
        return f"{entry.kind} {entry.name}"
    sentence = text(key, language, **words)
    if leader := str(entry.body.get("acting_for") or ""):
        sentence += text("log.acting", language, name=person(leader))
    reason = entry.reason if entry.kind == "incident" else ""
    return f"{sentence}{_COLON[language]}{reason}" if reason else sentence


def _key(entry: JournalEntry, language: str) -> str:
    """The key of the sentence: of a kind of proposal, of the step, or of the kind; "" for none."""
    keys = [f"log.{entry.kind}.{entry.name}", f"log.{entry.kind}"]
    if entry.kind == "proposal" and entry.subject.startswith("promote/"):
        keys.insert(0, "log.proposal.promotion")
    elif entry.body.get("version") and entry.kind == "proposal":
        keys.insert(0, "log.proposal.plan")
    return next((key for key in keys if key in catalogue(language)), "")


def _in_language(name: Name, language: str) -> str:
    if isinstance(name, str):
        return name
    return name.get(language) or next(iter(name.values()), "")


_COLON = {"zh-CN": "：", "en": ": "}


def _words(entry: JournalEntry, language: str) -> dict[str, Any]:
    """Values for the placeholders of an entry's sentence."""
    body = entry.body
    words = {name: _plain(value) for name, value in body.items() if isinstance(value, str | int | float)}
    words |= {"name": _step(entry, language), "subject": entry.subject}
    if entry.kind == "obligation":
        words |= _obligation(entry.subject, body, language)
    if entry.kind == "proposal":
        level = str(body.get("level") or "")
        words["level"] = text("log.level", language, level=level) if level else text("log.level.none", language)
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
