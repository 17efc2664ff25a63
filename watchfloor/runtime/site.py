"""What a site's settings say about its processes.

As a program it reads them for the supervisor and writes a plan.
"""

from __future__ import annotations

import json
import sys
from itertools import chain
from pathlib import Path

from feeds.findings import line_of_text
from feeds.roles import APPROVALS, NAMES
from watchfloor.runtime import logs
from watchfloor.runtime.role_specs import ROLES
from watchfloor.runtime.supervisor import Supervisor
from watchfloor.settings import applied
from watchfloor.settings.site_settings import Settings, SettingsError
from watchfloor.settings.start import settings_to_start


def supervisor(settings: Settings) -> Supervisor:
    """The supervisor of a site's data folder, not yet running."""
    guests = guests_of(settings)
    return Supervisor(
        data=settings.data,
        config=settings.path,
        embedded=settings.redis_url == "embedded",
        port=settings.web.port,
        roles=tuple(name for name in NAMES if name not in chain(*guests.values())),
        guests=guests,
    )


def guests_of(settings: Settings) -> dict[str, tuple[str, ...]]:
    """The guests of each role: roles that the site has no use for run in the process of another one.

    A guest runs in full, so nothing that arrives for it is missed, also when the settings are reloaded. It has a
    process of its own from the next start on.
    """
    in_use = {APPROVALS: settings.uses_approvals}
    guests: dict[str, tuple[str, ...]] = {}
    for spec in ROLES:
        if spec.guest_of and not in_use[spec.name]:
            guests[spec.guest_of] = (*guests.get(spec.guest_of, ()), spec.name)
    return guests


def main() -> int:
    """Write the plan of the site to standard output as JSON, for watchfloor.runtime.supervising."""
    logs.setup("watchfloor")
    try:
        start = settings_to_start(Path(sys.argv[-1]))
    except SettingsError as error:
        for finding in error.findings:
            sys.stderr.write(f"{line_of_text(finding, 'zh-CN')}\n  {line_of_text(finding, 'en')}\n")
        return 1
    if start.fallback_reason:
        sys.stderr.write(f"{start.fallback_reason['zh-CN']}\n{start.fallback_reason['en']}\n")
    planned = supervisor(start.settings)
    plan = {
        "data": str(planned.data),
        "config": str(planned.config),
        "embedded": planned.embedded,
        "port": planned.port,
        "roles": planned.roles,
        "guests": planned.guests,
        "environment": {applied.DATA: str(planned.data)},
    }
    sys.stdout.write(json.dumps(plan))
    return 0


if __name__ == "__main__":
    sys.exit(main())
