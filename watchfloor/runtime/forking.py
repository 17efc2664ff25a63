"""The fork server: it imports the modules of all roles and forks the roles.

Importing costs each role one to three seconds of CPU; a fork costs milliseconds. So a killed role is back
at once, a cold start imports once instead of five times, and the roles share the memory of their code.
An import changes pages of all modules before it, and a role that was forked earlier keeps a copy of each. So the roles
start in two batches (SEPARATE): the first one opens its stores while the modules of the second one are imported.
To import those of the web role in itself would save 22 MiB, but it would need 2.0 s of CPU instead of 0.4 to be back.

The process is single-threaded and runs no event loop, so that forking it is safe. It talks JSON lines:
in `{"role", "guests", "config", "environment"}`;
out `{"role", "pid"}`, `{"role", "failed"}` when the kernel refuses a fork, `{"pid", "code"}`.
It ends when its input does, and the kernel ends its children with it.
It and its children report to the supervisor's watchdog over a pipe of their own (see watchfloor.runtime.watchdog).
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import importlib
import json
import logging
import os
import selectors
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from feeds.roles import WEB
from watchfloor.runtime import watchdog
from watchfloor.runtime.process import die_with_parent
from watchfloor.runtime.role_specs import COMMON, ROLES

log = logging.getLogger(__name__)

PR_SET_NAME = 15
M_ARENA_MAX = -8
CRASHED = 70
"""The exit code of a role that an unhandled error ended (EX_SOFTWARE)."""
PRELOAD = {"": COMMON} | {spec.name: spec.preload for spec in ROLES}
"""Modules that each role imports, in the order of the start; "" has the common ones."""
SEPARATE = (WEB,)
"""Roles whose modules are imported after the others were forked: they are half of all, and nobody waits for them."""
SHARED = ("maps.regions:table", "feeds.texts.catalogue:catalogue")
"""Functions that read and cache what every role needs, as `module:function`: 12 MB that the roles then share."""


def _send(**message: Any) -> None:
    print(json.dumps(message), flush=True)  # noqa: T201  # standard output is the protocol


def _child(role: str, guests: Sequence[str], config: str) -> None:
    """Run a role and its guests in the forked process. Never returns."""
    from watchfloor.runtime.role_process import run_role

    # SIGKILL: a role that outlived its parent would be a second writer of the same state.
    die_with_parent(signal.SIGKILL)
    os.setsid()
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    faulthandler.enable()
    null_device = os.open(os.devnull, os.O_RDWR)
    os.dup2(null_device, 0)
    os.dup2(2, 1)
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_NAME, f"wf-{role}".encode())
    code = CRASHED
    try:
        code = run_role(role, Path(config), guests)
    except BaseException as error:
        # This process may not return into its parent's loop, whatever ended the role.
        log.critical("%s ends by an error", role, exc_info=error)
        watchdog.report_crash(error)
    finally:
        with suppress(OSError, ValueError):  # the log's disk may be full
            sys.stderr.flush()
        os._exit(code)


def _ended_children() -> Iterator[tuple[int, int]]:
    """The process id and exit code of every child that has ended (negative: ended by that signal)."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, os.waitstatus_to_exitcode(status)


class _Imports:
    """The modules that are still to be imported, role by role."""

    def __init__(self) -> None:
        self._left = dict(PRELOAD)
        self._read = False

    def load(self, role: str) -> None:
        """Import what a role needs, with all that the other roles of its batch need; everything for an unknown role.

        A module that cannot be imported is left to its role, which ends by the error and says so. The others go on.
        """
        for name in [name for name in self._left if role in SEPARATE or name not in SEPARATE or role not in PRELOAD]:
            for module in self._left.pop(name):
                try:
                    importlib.import_module(module)
                except (ImportError, SyntaxError, OSError) as error:
                    log.error("%s cannot be imported for %s: %s", module, name or "all roles", error)
        if not self._read:
            self._read = True
            _read_shared()

    def load_next(self) -> bool:
        """Import the modules of the next batch. False when all are imported."""
        if self._left:
            self.load(next(iter(self._left)))
            if not self._left:
                gc.collect()
        return bool(self._left)


def _read_shared() -> None:
    """Read what every role reads from files of the program. One that is damaged is left to the role that meets it."""
    for name in SHARED:
        module, _, function = name.partition(":")
        try:
            getattr(importlib.import_module(module), function)()
        except (ImportError, OSError, ValueError, LookupError, TypeError) as error:
            log.error("%s cannot be read before the roles start: %s", name, error)


def _share_one_heap() -> None:
    """Let the threads of each role share one heap of the C library: a heap for each of them costs 1 to 2 MB a role."""
    limit = getattr(ctypes.CDLL(None), "mallopt", None)
    if limit is not None and sys.platform.startswith("linux"):
        limit(M_ARENA_MAX, 1)


def main() -> None:
    """The fork server: import, and fork on request, until standard input ends.

    Its last argument is the descriptor of the watchdog's pipe.
    """
    watchdog.attach(int(sys.argv[-1]))
    watchdog.report(starting=True)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    _share_one_heap()
    gc.disable()  # imports make almost no garbage, and each collection costs more than the one before
    imports = _Imports()
    woken, waker = socket.socketpair()
    woken.setblocking(False)
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ)
    selector.register(woken, selectors.EVENT_READ)
    partial, more = b"", True
    while True:
        ready = {key.fd for key, _ in selector.select(0 if more else watchdog.BEAT)}
        watchdog.report(starting=more)
        if woken.fileno() in ready:
            woken.recv(4096)
            for pid, code in _ended_children():
                _send(pid=pid, code=code)
        if 0 in ready:
            received = os.read(0, 65536)
            if not received:
                return
            *lines, partial = (partial + received).split(b"\n")
            for line in lines:
                request = json.loads(line)
                for role in (request["role"], *request["guests"]):
                    imports.load(role)
                os.environ.update(request["environment"])
                _fork(request["role"], request["guests"], request["config"])
        elif more:
            more = imports.load_next()


def _fork(role: str, guests: Sequence[str], config: str) -> None:
    """Fork a role with its guests, and report its process id, or why the kernel refused.

    Objects that exist by now are hidden from the collector: it would touch their pages, and none would stay shared.
    """
    gc.freeze()
    try:
        pid = os.fork()
    except OSError as error:
        _send(role=role, failed=str(error))
        return
    if pid == 0:
        gc.enable()
        _child(role, guests, config)
    _send(role=role, pid=pid)


if __name__ == "__main__":
    main()
