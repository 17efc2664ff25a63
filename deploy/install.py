"""安装、升级、回退值守台 Installs, upgrades and rolls back Watchfloor from its bundle. Needs Python alone, no network.

    python3 install.py --systemd --create-user     install, or upgrade what is installed
    python3 install.py verify                      only compare the checksums
    python3 install.py rollback                    back to the version before (--restore: its journal too)
    python3 install.py status                      what is installed

Versions stand side by side under PREFIX/versions; PREFIX/current is a link to the one in use. Settings (SITE)
and data (DATA) are never overwritten. Exit codes: 0 fine, 1 could not, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import os
import pwd
import re
import shutil
import sys
from pathlib import Path

import bundle_check
from bundle_check import Stop
from bundle_site import InstalledSite, put_back, run, say, set_history_aside

HERE = Path(__file__).resolve().parent
RECORD = "install.json"
WHOLE = ".whole"
DEFAULTS = {"site": "/etc/watchfloor", "data": "/var/lib/watchfloor", "user": "watchfloor"}
UNITS = ("watchfloor.service", "watchfloor-role@.service", "watchfloor-relay.service")
UNIT_FOLDER = Path("/etc/systemd/system")
ADD_USER = ("useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", "--home-dir")


# -- one version -----------------------------------------------------------------------------------------


def make_version(folder: Path) -> None:
    """Create the virtual environment. An incomplete one, or one that lost its Python, is created again."""
    if (folder / WHOLE).exists() and bundle_check.same_python(folder / "bin" / "python"):
        say(f"{folder.name} 已在 {folder}", "is there already")
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Debian's Python has no ensurepip without another package; pip comes in the bundle.
    run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
    (pip,) = (HERE / "tools").glob("pip-*.whl")
    run(
        [
            str(folder / "bin" / "python"),
            str(pip / "pip"),
            "--isolated",
            "--disable-pip-version-check",
            "--quiet",
            "install",
            "--no-index",
            "--find-links",
            str(HERE / "wheels"),
            "--no-cache-dir",
            "--require-hashes",
            "--only-binary",
            ":all:",
            "-r",
            str(HERE / bundle_check.REQUIREMENTS),
        ]
    )
    share = folder / "share"
    for name in ("docs", "site", "systemd"):
        shutil.copytree(HERE / name, share / name, dirs_exist_ok=True)
    for name in ("LICENCES.md", "install.py", "bundle_check.py", "bundle_site.py"):
        shutil.copy2(HERE / name, share)
    (folder / WHOLE).touch()


# -- the site --------------------------------------------------------------------------------------------


def make_user(name: str, data: str) -> None:
    try:
        pwd.getpwnam(name)
    except KeyError:
        run([*ADD_USER, data, name])
        say(f"已建用户 {name}", "user added")


def lay_site(version: Path, site: Path, data: Path, user: str) -> None:
    """Create the sample site where there is none, and the data folder, owned by the service's user when run as root."""
    fresh = not (site / "watchfloor.toml").exists()
    site.mkdir(parents=True, exist_ok=True)
    if fresh:
        for path in sorted((version / "share" / "site").iterdir()):
            shutil.copyfile(path, site / path.name)
        settings = site / "watchfloor.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(re.sub(r'(?m)^data = "data"$', lambda _: f'data = "{data}"', text), encoding="utf-8")
        say(f"示例站点已放入 {site}，请修改", "sample site laid; change it")
    account = _user(user)
    created = not data.exists()
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if account is None or os.geteuid() != 0:
        return
    if created:
        os.chown(data, account.pw_uid, account.pw_gid)
    if fresh:
        for path in (site, *site.iterdir()):
            os.chown(path, 0, account.pw_gid)
            path.chmod(0o750 if path.is_dir() else 0o640)


def _user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


# -- what is in use --------------------------------------------------------------------------------------


def read_record(prefix: Path) -> dict[str, str]:
    """The record of an earlier run: current, previous, site, data, user, backup; empty at first."""
    path = prefix / RECORD
    record: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return record


def switch(prefix: Path, version: str, record: dict[str, str]) -> None:
    """Switch to a version with one rename, so that `current` is always valid."""
    fresh = prefix / "current.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(Path("versions") / version)
    fresh.replace(prefix / "current")
    if record.get("current") not in ("", None, version):
        record["previous"] = record["current"]
    record["current"] = version
    new = prefix / f"{RECORD}.new"
    new.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    new.replace(prefix / RECORD)


def write_units(version: Path, prefix: Path, record: dict[str, str]) -> None:
    """Write the systemd units with real paths to the recorded folder."""
    values = {"PREFIX": str(prefix), "SITE": record["site"], "DATA": record["data"], "USER": record["user"]}
    values["GROUP"] = run(["id", "-gn", record["user"]]).strip()
    folder = Path(record["units"])
    folder.mkdir(parents=True, exist_ok=True)
    for name in UNITS:
        text = (version / "share" / "systemd" / name).read_text(encoding="utf-8")
        for key, value in values.items():
            text = text.replace(f"@{key}@", value)
        (folder / name).write_text(text, encoding="utf-8")
    if _systemd(record):
        run(["systemctl", "daemon-reload"])


def restart(record: dict[str, str]) -> None:
    """Restart the running services; stopped ones stay stopped."""
    if _systemd(record):
        run(["systemctl", "try-restart", "watchfloor.service", "watchfloor-role@*.service"])
        say("运行中的已重启", "what ran was restarted")
        say("启动: systemctl enable --now watchfloor", "start it, if it does not run yet")
    elif record.get("previous"):
        say("请重启运行中的值守台", "restart what is running")


def _systemd(record: dict[str, str]) -> bool:
    """True when the units are installed in this system and systemd runs it."""
    return record.get("units") == str(UNIT_FOLDER) and Path("/run/systemd/system").exists()


# -- commands --------------------------------------------------------------------------------------------


def install(args: argparse.Namespace) -> None:
    manifest = bundle_check.manifest(HERE)
    bundle_check.fits(manifest)
    say(f"{bundle_check.verify(HERE)} 个文件的校验和相符", "checksums fit")
    prefix, record = Path(args.prefix).absolute(), chosen(args)
    site, data = Path(record["site"]), Path(record["data"])
    version = prefix / "versions" / manifest.folder
    make_version(version)
    lay_site(version, site, data, record["user"])
    InstalledSite(version, site, data).check()
    upgrade = record.get("current") not in (None, manifest.folder)
    if upgrade and not args.no_backup:
        old = InstalledSite((prefix / "current").resolve(), site, data)
        record["backup"] = old.back_up() or record.get("backup", "")
    if record.get("units"):
        write_units(version, prefix, record)
    switch(prefix, manifest.folder, record)
    say(f"值守台 {manifest.folder} 已就位: {prefix}/current/bin/watchfloor", "in use")
    restart(record)


def chosen(args: argparse.Namespace) -> dict[str, str]:
    """The paths: from the arguments, else from an earlier run, else the defaults. Raises Stop."""
    record = read_record(args.prefix)
    for key, value in DEFAULTS.items():
        record[key] = getattr(args, key) or record.get(key) or value
    record |= {key: str(Path(record[key]).absolute()) for key in ("site", "data")}
    if args.create_user:
        make_user(record["user"], record["data"])
    if args.systemd:
        record["units"] = str(args.unit_folder or record.get("units") or UNIT_FOLDER)
        if _user(record["user"]) is None:
            name = record["user"]
            raise Stop(f"没有用户 {name}；加 --create-user 或 --user", f"no user {name}; add --create-user or --user")
    return record


def rollback(args: argparse.Namespace) -> None:
    prefix, record = Path(args.prefix).absolute(), read_record(args.prefix)
    previous = record.get("previous", "")
    version = prefix / "versions" / previous
    if not previous or not (version / WHOLE).exists():
        raise Stop("没有可回退的版本", "there is no version to go back to")
    site, data = Path(record["site"]), Path(record["data"])
    now, before = (InstalledSite(where, site, data) for where in ((prefix / "current").resolve(), version))
    before.check()
    # The newer version would migrate the journal at once, while the older one still runs.
    if installed_at(before.version) <= installed_at(now.version) and (reason := before.refuses_journal()):
        take_back(now, before, reason, args.restore)
    aside = set_history_aside(now, before)
    switch(prefix, previous, record)
    restart(record)
    if aside is not None:
        say(f"旧版本读不了较新的历史数据，已移到 {aside}", "the metric history, which it cannot read, was set aside")
    say(f"已回退到 {previous}", "in use again")
    if record.get("backup"):
        say(f"升级前的备份: {record['backup']}", "the backup from before the upgrade")


def installed_at(version: Path) -> float:
    """Time of its installation."""
    return (version / WHOLE).stat().st_mtime


def take_back(now: InstalledSite, before: InstalledSite, reason: str, restore: bool) -> None:
    """Restore the journal from before its migration. Raises Stop when that was not requested."""
    if not restore:
        raise Stop(
            f"{before.version.name} 打不开台账，未切换：{reason}\n停站后用 rollback --restore，台账回到升级时",
            "nothing was changed. Stop the site and say rollback --restore: the journal goes back to the upgrade, "
            "and what was recorded since is set aside",
        )
    aside = put_back(now, before)
    say(f"升级之后的台账已移到 {aside}", "the journal since the upgrade was set aside")


def verify(args: argparse.Namespace) -> None:
    say(f"{bundle_check.verify(HERE)} 个文件的校验和相符", "checksums fit")


def status(args: argparse.Namespace) -> None:
    record = read_record(args.prefix)
    there = sorted(path.parent.name for path in Path(args.prefix).glob(f"versions/*/{WHOLE}"))
    say(f"已安装: {', '.join(there) or '无 none'}", "installed")
    for key in ("current", "previous", "site", "data", "user", "units", "backup"):
        if record.get(key):
            sys.stdout.write(f"  {key:9} {record[key]}\n")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = {"install": install, "verify": verify, "rollback": rollback, "status": status}
    top.add_argument("command", nargs="?", choices=sorted(commands), default="install")
    top.add_argument("--prefix", type=Path, default=Path("/opt/watchfloor"), help="程序 programs (/opt/watchfloor)")
    top.add_argument("--site", help=f"设置 settings ({DEFAULTS['site']})")
    top.add_argument("--data", help=f"数据 data ({DEFAULTS['data']})")
    top.add_argument("--user", help=f"运行用户 who runs it ({DEFAULTS['user']})")
    top.add_argument("--create-user", action="store_true", help="没有此用户则建 add that user when there is none")
    top.add_argument("--systemd", action="store_true", help="写 systemd 单元 write the systemd units")
    top.add_argument("--unit-folder", type=Path, help=f"单元文件夹 where units go ({UNIT_FOLDER})")
    top.add_argument("--no-backup", action="store_true", help="升级前不备份 upgrade without a backup")
    top.add_argument("--restore", action="store_true", help="rollback: 台账也回到升级时 the journal goes back too")
    top.set_defaults(commands=commands)
    return top


def main() -> int:
    args = parser().parse_args()
    try:
        args.commands[args.command](args)
    except Stop as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except PermissionError as error:
        sys.stderr.write(f"没有权限，请用 root 运行\nnot permitted; run it as root: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
