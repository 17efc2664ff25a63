"""TLS to PostgreSQL: `ssl` and `sslrootcert` in the journal's URL.

For `verify-full` asyncpg itself reads the certificate authority from the home folder of the process's user and has no
URL option for it. Here it is a file named in the URL, else the system's authorities.
"""

from __future__ import annotations

import ssl
from typing import Any

from sqlalchemy.engine import URL, make_url

from feeds.journal.records import StoreRefused

VERIFY = ("verify-ca", "verify-full")


def taken_out(address: str) -> tuple[URL, dict[str, Any]]:
    """The URL without these options, and the arguments for asyncpg. Raises StoreRefused for an unusable file."""
    url = make_url(address)
    mode, root = (str(url.query.get(name, "")) for name in ("ssl", "sslrootcert"))
    if mode not in VERIFY and not root:
        return url, {}
    if mode not in VERIFY:
        raise StoreRefused(
            "[journal] url 中的 sslrootcert 只与 ssl=verify-full 或 ssl=verify-ca 同用。",
            "sslrootcert in [journal] url goes with ssl=verify-full or ssl=verify-ca only.",
        )
    try:
        context = ssl.create_default_context(cafile=root or None)
    except (OSError, ValueError) as error:
        raise StoreRefused(
            f"[journal] url 的 sslrootcert 不能用：{root}：{error}。",
            f"sslrootcert of [journal] url cannot be used: {root}: {error}.",
        ) from error
    context.check_hostname = mode == "verify-full"
    return url.difference_update_query(["ssl", "sslrootcert"]), {"ssl": context}
