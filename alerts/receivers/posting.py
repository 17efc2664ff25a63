"""One HTTP request of a receiver, with the errors of a delivery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from alerts.receivers.base import RetryLater, judge_status

if TYPE_CHECKING:
    import aiohttp


async def post(
    session: aiohttp.ClientSession, url: str, body: bytes, headers: Mapping[str, str], timeout: float
) -> None:
    """POST JSON. `timeout` is in seconds; redirects are not followed.

    Raises RetryLater or Rejected by the status (see `judge_status`), and RetryLater without an answer.
    """
    import aiohttp  # not at the top: reading the settings needs no client, and the import takes 0.1 s and 8 MB

    limit = aiohttp.ClientTimeout(total=timeout)
    headers = {"Content-Type": "application/json", **headers}
    try:
        async with session.post(url, data=body, headers=headers, timeout=limit, allow_redirects=False) as answer:
            judge_status(answer.status, answer.headers.get("Retry-After", ""))
    except TimeoutError as error:
        raise RetryLater(f"no answer within {timeout:g} s") from error
    except aiohttp.ClientError as error:
        raise RetryLater(f"{type(error).__name__}: {error}"[:300]) from error
