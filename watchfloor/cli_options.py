"""The options of commands that have many."""

from __future__ import annotations

import argparse
from pathlib import Path


def collect(collect: argparse.ArgumentParser) -> None:
    collect.add_argument("--once", required=True, metavar="URI", help="for example tcp://10.0.0.1:22")
    collect.add_argument("--timeout", type=float, default=5.0, metavar="SECONDS")
    collect.add_argument("-c", "--config", type=Path, metavar="FILE", help="settings, for the credential of cred=")
    collect.add_argument("--language", choices=("zh-CN", "en"), help="the settings' own, else zh-CN")


def demo(demo: argparse.ArgumentParser) -> None:
    demo.add_argument("verb", nargs="?", choices=("break", "mend", "scenario"), help="a fault in the running demo")
    demo.add_argument("what", nargs="?", help="an asset's id, or a scenario's name")
    demo.add_argument("--port", type=int, default=8050)
    demo.add_argument("--speed", type=float, default=1.0, metavar="N", help="how fast scenarios run")


def mending(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Options of `watchfloor journal documents`."""
    parser.add_argument("--mend", nargs=2, metavar=("KIND", "ID"), help="rebuild one from its entries in the log")
    parser.add_argument("--drop", nargs=2, metavar=("KIND", "ID"), help="delete one; an entry says who, and its text")
    parser.add_argument("--by", default="", metavar="NAME", help="who does that; needed for both")
    return parser
