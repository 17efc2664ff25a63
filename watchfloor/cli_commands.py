"""All commands of the command line. Exit codes: 0 fine, 1 a finding, 2 wrong usage."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from feeds.findings import line_of_text
from feeds.roles import NAMES
from watchfloor import cli_approvals, cli_brief, cli_emergency, cli_first, cli_journal, cli_options
from watchfloor.cli_journal import Failed, in_journal
from watchfloor.runtime.supervising import SETTINGS
from watchfloor.settings.server import installed_version
from watchfloor.settings.site_settings import Settings, SettingsError, load


def main(argv: Sequence[str]) -> int:
    """Run one command; returns its exit code."""
    args = parser().parse_args(argv)
    act: Callable[[argparse.Namespace], int] = args.act
    try:
        return act(args)
    except SettingsError as error:
        for finding in error.findings:
            print(line_of_text(finding, "zh-CN"), file=sys.stderr)
            print("  " + line_of_text(finding, "en"), file=sys.stderr)
        return 1
    except Failed as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="watchfloor", description="值守台: one live picture of a prefecture")
    parser.add_argument("--version", action="version", version=f"%(prog)s {installed_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, act: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
        parser.set_defaults(act=act)
        return parser

    def with_config(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
        parser.add_argument("-c", "--config", type=Path, default=SETTINGS, metavar="FILE", help="settings")
        return parser

    def with_json(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
        parser.add_argument("--json", action="store_true", help="for scripts")
        return parser

    cli_first.add(commands, with_config, with_json)
    cli_options.demo(add("demo", _demo, "a simulated prefecture on loopback, with real protocols"))
    with_config(add("run", _run, "all roles of a site on this machine"))
    role = with_config(add("role", _role, "one role, for several machines"))
    role.add_argument("name", choices=NAMES)
    with_json(with_config(add("status", _status, "roles, stores and the data folder")))
    again = with_json(
        with_config(add("reload", _reload, "apply changed settings in every process of the running site"))
    )
    again.add_argument("--accept", action="store_true", help="also a change that removes much and is held")
    with_json(with_config(add("check", _check, "settings, inventory and rules: every error with its mend")))
    settings = with_json(add("settings", _settings, "the reference of all settings"))
    settings.add_argument("--language", choices=("en", "zh-CN"), default="en")
    cli_options.collect(with_json(add("collect", _collect, "one probe, now")))
    discover = commands.add_parser("discover", help="what the inventory may lack").add_subparsers(required=True)
    cli_options.discover(discover, with_config, _discover)
    cli_emergency.add(commands, with_config, with_json)
    cli_approvals.add(commands, with_config, with_json)
    cli_brief.add(commands, with_config, with_json)
    relay = add("relay", _relay, "the border relay: forwards messages from inside to chat, mail and SMS outside")
    relay.add_argument("-c", "--config", type=Path, default=Path("relay.toml"), metavar="FILE", help="its settings")
    cli_options.user(commands, with_config).set_defaults(act=_user_add)
    cli_options.token(commands, with_config).set_defaults(act=_token_add)
    cli_journal.add(commands, with_config, with_json)
    cli_options.backup(with_json(with_config(add("backup", _backup, "journal and history into a new folder; online"))))
    cli_options.restore(
        with_json(with_config(add("restore", _restore, "an empty journal from a backup, of a stopped site")))
    )
    return parser


def _demo(args: argparse.Namespace) -> int:
    from watchfloor.demo import demo

    if args.verb is None:
        return demo.run(port=args.port, speed=args.speed)
    if not args.what:
        raise Failed(f"watchfloor demo {args.verb} wants a name, for example: watchfloor demo break X532329")
    return demo.control(args.verb, args.what, args.speed)


def _run(args: argparse.Namespace) -> int:
    from watchfloor.runtime import supervising

    return supervising.run(args.config)


def _relay(args: argparse.Namespace) -> int:
    from watchfloor.tools import relay

    return relay.run(args.config)


def _role(args: argparse.Namespace) -> int:
    from watchfloor.runtime.role_process import run_role

    return run_role(args.name, args.config)


def _status(args: argparse.Namespace) -> int:
    from watchfloor.runtime import status
    from watchfloor.settings.removal_guard import held

    settings = load(args.config)
    picture = status.read(settings) | {"held": held(settings)}
    print(json.dumps(picture, ensure_ascii=False, indent=2) if args.json else status.render(picture))
    return 0 if picture["running"] else 1


def _reload(args: argparse.Namespace) -> int:
    from watchfloor.tools import reload_site

    text, applied = reload_site.run(args.config, accept=args.accept, as_json=args.json)
    print(text)
    return 0 if applied else 1


def _check(args: argparse.Namespace) -> int:
    from watchfloor.settings import check

    findings = check.check(args.config)
    if args.json:
        print(json.dumps(check.as_json(findings), ensure_ascii=False, indent=2))
    else:
        print(check.render(findings, check.language_of(args.config)))
    return 1 if any(finding.error for finding in findings) else 0


def _settings(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from watchfloor.settings import reference

    if args.json:
        print(json.dumps([asdict(entry) for entry in reference.entries()], ensure_ascii=False, indent=2))
    else:
        print(reference.markdown(args.language), end="")
    return 0


def _collect(args: argparse.Namespace) -> int:
    from watchfloor.tools import collect_once

    if not 0 < args.timeout <= 300:
        raise Failed("--timeout 须大于 0 且不超过 300 秒\n--timeout must be above 0 and at most 300 seconds")
    text, up = collect_once.run(args.once, args.timeout, args.config, args.language or "", as_json=args.json)
    print(text)
    return 0 if up else 1


def _discover(args: argparse.Namespace) -> int:
    from collectors.errors import Misconfigured

    settings = load(args.config)
    try:
        text, code = import_module(f"watchfloor.tools.{args.tool}").run(
            settings, args.asset, form=args.form, language=settings.site.language
        )
    except Misconfigured as error:
        raise Failed(f"{error.zh}\n{error.en}") from error
    if text:
        print(text.rstrip("\n"))
    return int(code)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("密码 Password: ")
    if first != getpass.getpass("再输一次 Again: "):
        raise Failed("两次密码不一致。The two passwords differ; nothing was changed.")
    return first


def _user_add(args: argparse.Namespace) -> int:
    settings, password = load(args.config), _password(args.password_stdin)
    from api.auth.accounts import Unacceptable, add_account

    async def act(_settings: Settings, journal: Any) -> None:
        await add_account(journal, args.name, args.role, args.region, password, actor="cli")

    try:
        in_journal(args.config, act)
    except Unacceptable as error:
        raise Failed(str(error)) from error
    print(f"{args.name}: {args.role} {args.region or settings.site.region}")
    return 0


def _token_add(args: argparse.Namespace) -> int:
    from api.auth.accounts import Unacceptable, add_token

    async def act(_settings: Settings, journal: Any) -> str:
        return await add_token(journal, args.name, args.scope, args.region, actor="cli")

    try:
        print(in_journal(args.config, act))
    except Unacceptable as error:
        raise Failed(str(error)) from error
    return 0


def _backup(args: argparse.Namespace) -> int:
    from watchfloor.backup import report

    history, broken = not args.no_history, args.broken
    return report.backup(load(args.config), args.dir, history=history, broken=broken, as_json=args.json)


def _restore(args: argparse.Namespace) -> int:
    from watchfloor.backup import report

    return report.restore(load(args.config), args.dir, force=args.force, history=not args.no_history, as_json=args.json)
