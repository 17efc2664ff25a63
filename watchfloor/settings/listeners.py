"""`[[source]]` of a kind that listens, with its `[[source.rule]]` tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from collectors import registry
from collectors.errors import Misconfigured
from collectors.settings import Credential, ListenerRule, SourceSettings
from feeds.model import Severity
from watchfloor.settings.findings import propose
from watchfloor.settings.reader import LANGUAGES, Table
from watchfloor.settings.server import check_tls, file

_SEVERITIES = tuple(str(severity) for severity in Severity)


def listener(table: Table, seen: dict[str, int], known: Mapping[str, Credential], region: str) -> SourceSettings:
    """One listener, checked by its collector; `cred` may name several credentials, by white space."""
    builtin = SourceSettings(id="", kind="")
    found = SourceSettings(
        id=table.ident("id", seen),
        kind=table.text("kind", None),
        url=table.text("url", None, '"udp://0.0.0.0:1514"'),
        region=table.region("region", "") or region,
        cred=table.text("cred"),
        tls_cert=file(table, "tls_cert"),
        tls_key=file(table, "tls_key"),
        tls_ca=file(table, "tls_ca"),
        level=table.text("level", builtin.level),
        rule=_rules(table),
    )
    table.done()
    check_tls(table, found.tls_cert, found.tls_key)
    for name in found.cred.split():
        if name not in known:
            table.wrong("cred_unknown", "cred", name=name, near=propose(name, known)["near"])
            return found
    files = [path for path in (found.tls_cert, found.tls_key, found.tls_ca) if path]
    if not all(Path(path).is_file() for path in files):
        return found  # the finding is made; to open a FIFO would wait for its writer
    try:
        if found.url:
            registry.check_source(found)
    except Misconfigured as no:
        table.wrong("source", "url", detail={"zh-CN": no.zh, "en": no.en})
    return found


def _rules(table: Table) -> tuple[ListenerRule, ...]:
    seen: dict[str, int] = {}
    found = []
    for one in table.tables("rule"):
        found.append(
            ListenerRule(
                id=one.ident("id", seen),
                raises=_several(one, "raise"),
                clears=_several(one, "clear"),
                key=_several(one, "key"),
                level=one.text("level"),
                lasts=one.duration("lasts", 0.0, "1s", "31d"),
                severity=Severity(one.choice("severity", "minor", _SEVERITIES)),
                title=title(one),
            )
        )
        one.done()
    return tuple(found)


def _several(table: Table, key: str) -> tuple[str, ...]:
    """One text, or a list of them."""
    if isinstance(table.raw.get(key), list):
        return tuple(table.texts(key, [], '["…"]'))
    text = table.text(key)
    return (text,) if text else ()


def title(table: Table) -> dict[str, str]:
    """By language; one text serves both, and a language that is missing takes the other's."""
    if not isinstance(table.raw.get("title"), dict):
        text = table.text("title")
        return dict.fromkeys(LANGUAGES, text) if text else {}
    with table.table("title") as one:
        titles = {language: one.text(language) for language in LANGUAGES}
    some = next(filter(None, titles.values()), "")
    return {language: text or some for language, text in titles.items()} if some else {}
