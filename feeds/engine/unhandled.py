"""Counts and logs exceptions that nothing caught: in tasks, callbacks, threads and finalizers of this process."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from typing import Any

log = logging.getLogger(__name__)

_seen = 0


def count() -> int:
    """How many there were since the process started."""
    return _seen


def watch_process() -> None:
    """Log and count what ends a thread or is raised where Python can only ignore it."""
    threading.excepthook = _of_thread
    sys.unraisablehook = _of_finalizer


def watch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Log and count what a task or callback of the loop raises and nobody awaits."""
    loop.set_exception_handler(_of_loop)


def _note(where: str, error: BaseException | None) -> None:
    global _seen
    _seen += 1
    log.error("unhandled exception in %s", where, exc_info=error)


def _of_loop(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    task = context.get("future") or context.get("handle")
    name = task.get_name() if isinstance(task, asyncio.Task) else ""
    error = context.get("exception")
    where = f"{name or 'the event loop'}: {context.get('message', '')}"
    if error is None:  # a warning of the loop's own, such as a connection that was never closed
        log.warning("%s", where)
    else:
        _note(where, error)


def _of_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is not SystemExit:
        _note(f"thread {args.thread.name if args.thread else '?'}", args.exc_value)


def _of_finalizer(unraisable: sys.UnraisableHookArgs) -> None:
    _note(f"{unraisable.err_msg or 'a finalizer'}", unraisable.exc_value)
