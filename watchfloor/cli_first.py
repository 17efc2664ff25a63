"""`watchfloor init` and `watchfloor import …`: their options and what they run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from watchfloor.cli_journal import Failed
from watchfloor.settings.site_settings import load

With = Callable[[argparse.ArgumentParser], argparse.ArgumentParser]


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], with_config: With, with_json: With) -> None:
    """Add `watchfloor init` and `watchfloor import devices`."""
    text = "write a new site, from a few answers and the lists of devices there are"
    init = commands.add_parser("init", help=text, description=text)
    init.add_argument("dir", type=Path, nargs="?", default=Path("."), metavar="DIR", help="a folder; made if needed")
    init.add_argument("--yes", action="store_true", help="ask nothing: defaults for what no option says")
    init.add_argument("--name", default="", help="name of the site")
    init.add_argument("--region", default="", metavar="CODE", help="GB/T 2260 code, or the name of the region")
    init.add_argument("--language", choices=("zh-CN", "en"))
    init.add_argument("--host", default="127.0.0.1", help="loopback; others need TLS, see docs/operations.md")
    init.add_argument("--port", type=int, default=0)
    init.add_argument("--devices", type=Path, nargs="+", default=[], metavar="FILE", help="lists, or a folder of them")
    init.add_argument("--force", action="store_true", help="replace a site that is there; its files are renamed")
    init.set_defaults(act=_init)
    imports = commands.add_parser("import", help="lists of other tools").add_subparsers(required=True)
    text = "preview devices of Excel, CSV, Zabbix or Uptime Kuma as a change of the inventory; --write makes it"
    devices = with_json(with_config(imports.add_parser("devices", help=text, description=text)))
    devices.add_argument("files", type=Path, nargs="+", metavar="FILE", help="lists, or a folder of them")
    devices.add_argument("--write", action="store_true", help="add the new devices to the first CSV of the inventory")
    devices.add_argument("--snmp", default="", metavar="NAME", help="the credential for devices that speak SNMP")
    devices.set_defaults(act=_devices)


def _init(args: argparse.Namespace) -> int:
    from watchfloor.tools import init_site

    try:
        return init_site.run(args)
    except init_site.InitRefused as error:
        raise Failed(str(error)) from error


def _devices(args: argparse.Namespace) -> int:
    from watchfloor.imports.difference import NotWritable
    from watchfloor.tools import import_devices

    try:
        text, code = import_devices.run(
            load(args.config), args.files, snmp=args.snmp, writing=args.write, as_json=args.json
        )
    except NotWritable as error:
        raise Failed(str(error)) from error
    sys.stdout.write(text + "\n")
    return code
