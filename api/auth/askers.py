"""The asker of a request: principal, address, and the form in which audit entries have both."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from api.principal import Principal


def principal_or_none(connection: HTTPConnection) -> Principal | None:
    """The principal of a request; None before the guard has identified it, and for a public path without one."""
    principal = connection.scope.get("state", {}).get("principal")
    return principal if isinstance(principal, Principal) else None


def peer_of(connection: HTTPConnection) -> str:
    """The address of the peer; "" when it has none."""
    return connection.client.host if connection.client else ""


def asker_of(connection: HTTPConnection) -> dict[str, str]:
    """The asker as recorded in audit entries. `session` is the beginning of the digest of the session or token."""
    principal, address = principal_or_none(connection), peer_of(connection)
    if principal is None:
        return {"address": address}
    return {
        "role": principal.role,
        "region": principal.region,
        "address": address,
        "session": principal.key[:16],
        "via": principal.via,
    }
