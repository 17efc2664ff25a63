"""The entry of the command line: `watchfloor …`.

The process of `watchfloor run` lives as long as the site. It starts without the modules of all other commands, which
would double its memory and take a second of its start.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

PRIVATE = 0o077
"""The umask of all commands and roles: other users of the machine read nothing that they write."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    os.umask(PRIVATE)
    arguments = sys.argv[1:] if argv is None else list(argv)
    match arguments:
        case ["run", *options] if not options or (len(options) == 2 and options[0] in ("-c", "--config")):
            from watchfloor.runtime import supervising

            return supervising.run(Path(options[1]) if options else supervising.SETTINGS)
    from watchfloor import cli_commands

    return cli_commands.main(arguments)
