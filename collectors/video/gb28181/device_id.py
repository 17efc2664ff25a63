"""Device ids of GB/T 28181 (annex D): 20 digits, checked and explained by position. Pure."""

from __future__ import annotations

import re

CAMERA_TYPES = ("131", "132")
_KINDS = {
    "111": "nvr",
    "112": "encoder",
    "113": "encoder",
    "118": "nvr",
    "130": "nvr",
    "131": "camera",
    "132": "camera",
    "134": "alarm-input",
    "135": "alarm-output",
    "200": "platform",
    "215": "group",
    "216": "organisation",
}
_LENIENT = re.compile(r"[0-9A-Za-z_-]{1,64}$")


def acceptable(device: str) -> bool:
    """True for an id that a binding may have: ids that do not follow the standard exist."""
    return _LENIENT.match(device) is not None


def kind_of(device: str) -> str:
    """The kind of asset by digits 11 to 13, "device" for any other."""
    return _KINDS.get(device[10:13], "device") if len(device) == 20 and device.isdecimal() else "device"


def region_of(device: str) -> str:
    """The first six digits, the civil code (GB/T 2260). "" where they are none."""
    return device[:6] if len(device) == 20 and device.isdecimal() else ""


def fault_of(device: str) -> tuple[str, str]:
    """The first fault of an id, in Chinese and English. ("", "") for one that follows the standard."""
    if device != device.strip() or " " in device:
        return "含空格", "it holds blanks"
    if not device.isascii() or not device.isdecimal():
        return "含字母或符号", "it holds letters or signs"
    if len(device) != 20:
        missing = 20 - len(device)
        if missing > 0:
            return f"少 {missing} 位", f"{missing} digits are missing"
        return f"多 {-missing} 位", f"{-missing} digits too many"
    if device[10:13] == "200":
        return (
            "第 11–13 位 200 是平台编码，设备处填了平台号",
            "digits 11 to 13 are 200, a platform's: it is no device's id",
        )
    return "", ""
