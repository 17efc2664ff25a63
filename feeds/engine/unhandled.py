"""Counts and logs exceptions that nothing caught: in tasks, callbacks, threads and finalizers of this process."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from typing import Any

log = logging.getLogger(__name__)

FATAL_TLS = "Fatal error on SSL protocol"
_seen = 0


def count() -> int:
    """Number of unhandled exceptions since the process started."""
    return _seen


def watch_process() -> None:
    """Log and count exceptions that end a thread or that Python can only ignore."""
    threading.excepthook = _thread_exception
    sys.unraisablehook = _finalizer_exception


def watch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Log and count exceptions of the loop's tasks and callbacks that nothing awaits."""
    loop.set_exception_handler(_loop_exception)


def _note(where: str, error: BaseException | None) -> None:
    global _seen
    _seen += 1
    log.error("unhandled exception in %s", where, exc_info=error)


def _is_of_given_up_tls(context: dict[str, Any]) -> bool:
    """True for a record of TLS that came in for a connection closed meanwhile, as by a timeout amid the handshake.

    uvloop reports it as an error; the loop of the standard library passes over it.
    """
    transport = context.get("transport")
    return context.get("message") == FATAL_TLS and transport is not None and transport.is_closing()


def _loop_exception(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if _is_of_given_up_tls(context):
        log.debug("%s", context["message"], exc_info=context.get("exception"))
        return
    task = context.get("future") or context.get("handle")
    name = task.get_name() if isinstance(task, asyncio.Task) else ""
    error = context.get("exception")
    where = f"{name or 'the event loop'}: {context.get('message', '')}"
    if error is None:  # a warning of the loop's own, such as a connection that was never closed
        log.warning("%s", where)
    else:
        _note(where, error)


def _thread_exception(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is not SystemExit:
        _note(f"thread {args.thread.name if args.thread else '?'}", args.exc_value)


def _finalizer_exception(unraisable: sys.UnraisableHookArgs) -> None:
    _note(f"{unraisable.err_msg or 'a finalizer'}", unraisable.exc_value)
