"""Settings as the administration page shows them: those in use and the findings of the files. Without secrets."""

from __future__ import annotations

from typing import Any

from feeds import wire
from watchfloor.settings.check import as_json, check
from watchfloor.settings.inventory import load_inventory
from watchfloor.settings.removal_guard import hold_of
from watchfloor.settings.site_settings import Settings, read


def shown(applied: Settings, since: float) -> dict[str, Any]:
    """The settings in use since `since` (epoch seconds), and the findings of the present files. Reads files."""
    findings = check(applied.path)
    draft = read(applied.path)
    hold = hold_of(draft.settings) if draft.settings is not None else None
    return {
        "file": applied.path.name,
        "applied_at": wire.iso(since),
        "applied": _parts(applied),
        "held": hold.public() if hold is not None else None,
        "restart": ["web", "site", "load"],
        "findings": as_json(findings),
        "errors": sum(finding.error for finding in findings),
    }


def _parts(settings: Settings) -> list[dict[str, Any]]:
    """A row for each section: `{section, values}`. Values never contain an address with a password."""
    web, site, assets = settings.web, settings.site, load_inventory(settings).assets
    return [
        _part("site", name=site.name, region=site.region, timezone=site.timezone, language=site.language),
        _part(
            "web",
            host=web.host,
            port=web.port,
            tls=web.tls,
            session_hours=web.session_hours,
            idle_hours=web.idle_hours,
            second_factor=web.second_factor,
            separated_powers=web.separated_powers,
        ),
        _part("redis", kind=_scheme(settings.redis_url)),
        _part("journal", kind=_scheme(settings.journal_url)),
        _part("inventory", files=[path.name for path in settings.inventory], assets=len(assets)),
        _part("source", ids=[source.id for source in settings.sources]),
        _part("rule", ids=[rule.id for rule in settings.rules]),
        _part("receiver", ids=[receiver.id for receiver in settings.receivers]),
        _part("outbox", keep=settings.outbox.keep, stalled_after=settings.outbox.stalled_after),
        _part("handover", sign_within=settings.handover.sign_within, severity=settings.handover.severity.value),
        _part("credentials", names=sorted(settings.credentials)),
        _part("defaults", schemes={name: scheme.interval for name, scheme in sorted(settings.schemes.items())}),
        _part("reference", targets=list(settings.reference)),
    ]


def _part(section: str, **values: Any) -> dict[str, Any]:
    return {"section": section, "values": values}


def _scheme(url: str) -> str:
    return url.partition("://")[0]
