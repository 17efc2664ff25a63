"""Options of the commands that have several."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

ACCOUNT_ROLES = ("viewer", "leader", "duty", "operator", "admin", "security", "auditor", "unit")
SCOPES = ("read", "ingest", "wall")
WithConfig = Callable[[argparse.ArgumentParser], argparse.ArgumentParser]


def collect(parser: argparse.ArgumentParser) -> None:
    """Options of `watchfloor collect`."""
    parser.add_argument("--once", required=True, metavar="URI", help="for example tcp://10.0.0.1:22")
    parser.add_argument("--timeout", type=float, default=5.0, metavar="SECONDS")
    parser.add_argument("-c", "--config", type=Path, metavar="FILE", help="settings, for the credential of cred=")
    parser.add_argument("--language", choices=("zh-CN", "en"), help="the settings' own, else zh-CN")


def demo(parser: argparse.ArgumentParser) -> None:
    """Options of `watchfloor demo`."""
    parser.add_argument("verb", nargs="?", choices=("break", "mend", "scenario"), help="a fault in the running demo")
    parser.add_argument("what", nargs="?", help="an asset's id, or a scenario's name")
    parser.add_argument("--port", type=int, default=8050)
    parser.add_argument("--speed", type=float, default=1.0, metavar="N", help="how fast scenarios run")


def documents(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Options of `watchfloor journal documents`."""
    parser.add_argument("--mend", nargs=2, metavar=("KIND", "ID"), help="rebuild one from its entries in the log")
    parser.add_argument("--drop", nargs=2, metavar=("KIND", "ID"), help="delete one; an entry says who, and its text")
    parser.add_argument("--by", default="", metavar="NAME", help="who does that; needed for both")
    return parser


def verifying(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Options of `watchfloor journal verify`."""
    parser.add_argument("--against", type=Path, metavar="DIR", help="a backup, whose entries must all be there")
    return parser


def accepting(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Options of `watchfloor journal accept`."""
    parser.add_argument("--by", required=True, metavar="NAME", help="who decides that; an entry says so")
    return parser


def backup(parser: argparse.ArgumentParser) -> None:
    """Options of `watchfloor backup`."""
    parser.add_argument("dir", type=Path, metavar="DIR", help="a folder that is new or empty")
    parser.add_argument("--no-history", action="store_true", help="without the metric history, which may be large")
    parser.add_argument("--broken", action="store_true", help="also of a journal that has faults")


def discover(commands: Any, with_config: WithConfig, act: Callable[[argparse.Namespace], int]) -> None:
    """The commands `watchfloor discover …`. Each names its module in watchfloor/tools as `tool`."""
    lldp = with_config(commands.add_parser("lldp", help="propose links and devices from LLDP; changes nothing"))
    neighbours(lldp)
    lldp.set_defaults(act=act, form="table", tool="discover")
    listed = with_config(commands.add_parser("gb28181", help="propose cameras from devices' catalogs; changes nothing"))
    listed.add_argument("asset", nargs="*", metavar="DEVICE", help="these devices only; else all with a stored catalog")
    listed.add_argument("--json", dest="form", action="store_const", const="json", help="for scripts")
    listed.set_defaults(act=act, form="table", tool="discover_gb28181")
    answering = with_config(commands.add_parser("onvif", help="ask addresses for ONVIF devices; changes nothing"))
    answering.add_argument("asset", nargs="+", metavar="NETWORK", help="addresses or networks to ask, up to a /22")
    answering.add_argument("--json", dest="form", action="store_const", const="json", help="for scripts")
    answering.set_defaults(act=act, form="table", tool="discover_onvif")


def neighbours(parser: argparse.ArgumentParser) -> None:
    """Options of `watchfloor discover lldp`."""
    parser.add_argument("asset", nargs="*", metavar="ASSET", help="ask these only; else all with an snmp:// probe")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", dest="form", action="store_const", const="json", help="for scripts")
    form.add_argument("--patch", dest="form", action="store_const", const="patch", help="a diff of the inventory's CSV")


def restore(parser: argparse.ArgumentParser) -> None:
    """Options of `watchfloor restore`."""
    parser.add_argument("dir", type=Path, metavar="DIR", help="what watchfloor backup wrote")
    parser.add_argument("--no-history", action="store_true", help="leave the metric history as it is")
    parser.add_argument("--force", action="store_true", help="replace what is there, after a backup of it")


def user(commands: Any, with_config: WithConfig) -> argparse.ArgumentParser:
    """Options of `watchfloor user add`."""
    users = commands.add_parser("user", help="accounts").add_subparsers(required=True)
    add = with_config(users.add_parser("add", help="add an account"))
    add.add_argument("name")
    add.add_argument("--role", required=True, choices=ACCOUNT_ROLES)
    add.add_argument("--region", default="", metavar="ADCODE", help="GB/T 2260; covers everything below it")
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    return add


def token(commands: Any, with_config: WithConfig) -> argparse.ArgumentParser:
    """Options of `watchfloor token add`."""
    tokens = commands.add_parser("token", help="bearer tokens").add_subparsers(required=True)
    add = with_config(tokens.add_parser("add", help="make a token; it is printed once"))
    add.add_argument("name")
    add.add_argument("--scope", required=True, choices=SCOPES)
    add.add_argument("--region", default="", metavar="ADCODE")
    return add
