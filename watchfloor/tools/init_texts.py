"""Sentences of `watchfloor init`, in Chinese and English."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "devices": ("设备清单（Excel、CSV、Zabbix 导出，或放着它们的文件夹）", "The list of devices (a file or a folder)"),
    "none": ("没有", "none"),
    "language": ("语言 Language（zh-CN / en）", "Language (zh-CN / en)"),
    "region": ("行政区划（代码或名称）", "Region (its code or name)"),
    "name": ("站点名称", "Name of the site"),
    "port": ("网页端口", "Port of the pages"),
    "no_terminal": (
        "没有终端可以提问；加 --yes 用默认值，或写 --region、--name、--devices",
        "there is no terminal to ask at; add --yes for the defaults, or give --region, --name, --devices as well",
    ),
    "no_file": ("找不到 {path}", "{path} does not exist"),
    "bad_language": ("语言 {value} 不可用；写 zh-CN 或 en", "the language {value} is not there; write zh-CN or en"),
    "no_region": ("没有叫“{value}”的区域", "no region is called {value}"),
    "several_regions": ("叫“{value}”的有：{listed}", "several regions are called {value}: {listed}"),
    "host": (
        "{host} 不是本机地址；先在本机建好，再按 docs/operations.md 设 host、tls_cert 和 tls_key",
        "{host} is not loopback; set host, tls_cert and tls_key in the settings afterwards (docs/operations.md)",
    ),
    "exists": (
        "已有 {files}，什么都没有写；要替换就加 --force（旧文件改名保留）",
        "{files} exist already and nothing was written; --force replaces them and keeps the old ones under other names",
    ),
    "written": ("站点已写入 {path}：{assets} 台设备", "the site is written, {path}: {assets} devices"),
    "checked": ("watchfloor check：没有发现问题", "watchfloor check: nothing is wrong"),
    "check_again": ("改好后再查：watchfloor check -c {path}", "check again: watchfloor check -c {path}"),
    "next": (
        "接下来：\n  watchfloor user add admin --role admin -c {path}\n  watchfloor run -c {path}\n"
        "然后打开 {base}/（值班台）或 {base}/wall（大屏），用 admin 登录",
        "Next:\n  watchfloor user add admin --role admin -c {path}\n  watchfloor run -c {path}\n"
        "Then open {base}/ (duty desk) or {base}/wall (wall) and sign in as admin",
    ),
    "empty": (
        "清单还是空的：watchfloor import devices 清单.xlsx -c {path} --write",
        "the inventory is empty: watchfloor import devices LIST.xlsx -c {path} --write",
    ),
}
