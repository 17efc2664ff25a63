"""Points of `modbus://` probes, and the decoding of their registers.

`hr=ADDRESS:TYPE`, `ir=…` (16-bit registers, type uint16 when none is given), `co=ADDRESS`, `di=ADDRESS` (bits).
Addresses are those of the protocol and begin at 0: what a manual calls 40001 is `hr=0`. Registers are big-endian
(MODBUS Application Protocol V1.1b3, 4.2); the order of longer values is not in the standard: `order=abcd` (the
default), `cdab`, `badc`, `dcba`, the letters being the bytes of a 32-bit value as they come. `nodata=0x8000,-9999` are
the maker's numbers for "no value": such a reading is bad. Strings are UTF-8 or GB 18030.
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass

from collectors.charset import decoded, printable
from collectors.contract import Measurement, Target
from collectors.errors import CollectorError, Misconfigured
from collectors.network.unusable_values import no_value
from feeds.model import Quality, Value

FUNCTIONS = {"co": 1, "di": 2, "hr": 3, "ir": 4}
BITS = (1, 2)
FORMATS = {
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "float32": "f",
    "int64": "q",
    "uint64": "Q",
    "float64": "d",
}
ORDERS = ("abcd", "cdab", "badc", "dcba")
LAST = 65535
STRING_MOST = 120
_POINT = re.compile(r"^(\d{1,5})(?:\.(\d{1,2}))?(?::([a-z]+\d*)(?::(\d{1,3}))?)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One value of a unit. `count` registers (or bits) from `address` on; `bit` is the place in a register, or None.

    `nodata` are the raw numbers, signed or unsigned, by which the device says that it has no value.
    """

    unit: int
    function: int
    address: int
    count: int = 1
    type: str = "uint16"
    bit: int | None = None
    order: str = "abcd"
    scale: float = 1.0
    offset: float = 0.0
    nodata: tuple[float, ...] = ()

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.address + self.count


def read(target: Target) -> Point:
    """The point that the URI names. Raises Misconfigured with the correction."""
    functions = [name for name in FUNCTIONS if name in target.params]
    if len(functions) != 1:
        raise Misconfigured(
            f"{target.uri!r} must name one value: hr=0:float32 (or ir=, co=, di=)",
            f"{target.uri!r} 须写明一个数值：hr=0:float32（或 ir=、co=、di=）",
        )
    name = functions[0]
    match = _POINT.match(target.params[name])
    if match is None:
        raise _unclear(target, name)
    address, bit_text, kind, length = match.groups()
    function = FUNCTIONS[name]
    if function in BITS:
        if kind not in (None, "bit") or bit_text or length:
            raise _unclear(target, name)
        point = Point(unit=unit(target), function=function, address=int(address), type="bit")
    else:
        kind = kind or ("bit" if bit_text else "uint16")
        bit, count = _shape(target, name, kind, bit_text, length)
        point = Point(
            unit=unit(target),
            function=function,
            address=int(address),
            count=count,
            type=kind,
            bit=bit,
            order=_order(target),
            scale=_number(target, "scale", 1.0),
            offset=_number(target, "offset", 0.0),
            nodata=no_values(target),
        )
    if point.end - 1 > LAST:
        raise _unclear(target, name)
    return point


def _shape(target: Target, name: str, kind: str, bit: str | None, length: str | None) -> tuple[int | None, int]:
    """The bit and the number of registers."""
    if kind == "bit" and bit is not None and int(bit) < 16 and length is None:
        return int(bit), 1
    if kind == "string" and length is not None and 1 <= int(length) <= STRING_MOST and bit is None:
        return None, (int(length) + 1) // 2
    if kind in FORMATS and bit is None and length is None:
        return None, struct.calcsize(FORMATS[kind]) // 2
    raise _unclear(target, name)


def _unclear(target: Target, name: str) -> Misconfigured:
    types = ", ".join(FORMATS)
    if FUNCTIONS[name] in BITS:
        return Misconfigured(
            f"{target.uri!r}: write {name}=ADDRESS, 0 to 65535", f"{target.uri!r}：请写 {name}=地址，0 至 65535"
        )
    return Misconfigured(
        f"{target.uri!r}: write {name}=ADDRESS:TYPE with an address of 0 to 65535 and one of {types}, "
        f"string:LENGTH (up to {STRING_MOST}), or {name}=ADDRESS.BIT for one bit (0 to 15)",
        f"{target.uri!r}：请写 {name}=地址:类型，地址 0 至 65535，类型为 {types}、"
        f"string:长度（最多 {STRING_MOST}），或以 {name}=地址.位 取一位（0 至 15）",
    )


def unit(target: Target) -> int:
    """The unit id of the path, 1 when there is none. Raises Misconfigured."""
    text = target.path.strip("/") or "1"
    if not text.isdecimal() or int(text) > 255:
        raise Misconfigured(
            f"{target.uri!r}: {text!r} is no unit id (0 to 255): modbus://{target.address}/1?hr=0",
            f"{target.uri!r}：{text!r} 不是单元号（0 至 255）：modbus://{target.address}/1?hr=0",
        )
    return int(text)


def _order(target: Target) -> str:
    order = target.params.get("order", "abcd").lower()
    if order not in ORDERS:
        order_names = ", ".join(ORDERS)
        raise Misconfigured(
            f"{target.uri!r}: order={order!r} is not one of: {order_names}",
            f"{target.uri!r}：order={order!r} 无效，可用：{order_names}",
        )
    return order


def _number(target: Target, name: str, default: float) -> float:
    try:
        number = float(target.params.get(name, default))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Misconfigured(
            f"{target.uri!r}: {name}={target.params[name]!r} is no number",
            f"{target.uri!r}：{name}={target.params[name]!r} 不是数字",
        )
    return number


def decode(point: Point, raw: bytes) -> tuple[Value, Quality, str]:
    """Value, quality and text of `point.count` registers (two bytes each) as they came, or of one bit (one byte)."""
    if point.function in BITS:
        return bool(raw[0]), Quality.GOOD, ""
    if point.bit is not None:
        return bool(int.from_bytes(ordered(raw, point.order)) >> point.bit & 1), Quality.GOOD, ""
    if point.type == "string":
        return _text(ordered(raw, point.order)), Quality.GOOD, ""
    (number,) = struct.unpack(f">{FORMATS[point.type]}", ordered(raw, point.order))
    if point.nodata and (number in point.nodata or int.from_bytes(ordered(raw, point.order)) in point.nodata):
        return None, Quality.BAD, no_value(f"{number:g}" if isinstance(number, float) else hex(number))
    if isinstance(number, float) and not math.isfinite(number):
        return None, Quality.BAD, str(number)  # how devices say that a sensor has no value
    if point.type == "float32":
        number = shortest(number)
    if point.scale != 1.0 or point.offset != 0.0:
        number = round(number * point.scale + point.offset, 10)
    return number, Quality.GOOD, ""


def no_values(target: Target) -> tuple[float, ...]:
    """The numbers of `nodata=0x8000,-9999`. Raises Misconfigured."""
    numbers = []
    for text in filter(None, target.params.get("nodata", "").split(",")):
        try:
            numbers.append(float(int(text, 0)) if re.fullmatch(r"[+-]?(0[xX][0-9a-fA-F]+|\d+)", text) else float(text))
        except ValueError:
            raise Misconfigured(
                f"{target.uri!r}: nodata={text!r} is no number; write nodata=0x8000,0xFFFF or nodata=-9999",
                f"{target.uri!r}：nodata={text!r} 不是数字；请写 nodata=0x8000,0xFFFF 或 nodata=-9999",
            ) from None
    return tuple(numbers)


def ordered(raw: bytes, order: str) -> bytes:
    """The bytes of a value in big-endian order; `order` says how they came."""
    if order in ("badc", "dcba"):
        raw = b"".join(raw[at + 1 : at + 2] + raw[at : at + 1] for at in range(0, len(raw), 2))
    if order in ("cdab", "dcba"):
        raw = b"".join(raw[at : at + 2] for at in range(len(raw) - 2, -1, -2))
    return raw


def shortest(number: float) -> float:
    """The shortest decimal that is the same 32-bit float: 1.1, not 1.10000002384."""
    same = struct.pack(">f", number)
    for digits in (6, 7, 8):
        short = float(f"{number:.{digits}g}")
        if struct.pack(">f", short) == same:
            return short
    return number


def _text(raw: bytes) -> str:
    return printable(decoded(raw.split(b"\0", 1)[0])).strip()


def unreadable(target: Target, reason: CollectorError) -> Measurement:
    """The bad reading of a unit that answers with a failure."""
    return Measurement(
        metric=target.params.get("metric", "modbus.value"),
        value=None,
        unit=target.params.get("unit", ""),
        quality=Quality.BAD,
        text=f"{reason.zh} | {reason.en}",
    )


def measurement(target: Target, point: Point, raw: bytes) -> Measurement:
    """The reading that the probe's `metric` and `unit` name."""
    value, quality, text = decode(point, raw)
    metric, its_unit = target.params.get("metric", "modbus.value"), target.params.get("unit", "")
    return Measurement(metric=metric, value=value, unit=its_unit, quality=quality, text=text)
