"""Conversion and checks of one element tree: every rule of CAP 1.2 that concerns one document alone.

`CapTreeReader` walks the tree once and collects all findings.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime

from lxml import etree

from feeds.cap.findings import SOFT, finding
from feeds.cap.geometry import CIRCLE_CORNERS, InvalidShape, Ring, circle_of, circle_ring, ring_of, united
from feeds.cap.model import CapArea, CapInfo, CapRefused
from feeds.cap.paths import ElementPaths
from feeds.cap.schema import (
    CHILDREN,
    COLOUR_SEVERITY,
    DATES,
    DSIG,
    ENUMS,
    INFO,
    NOT_REQUIRED_BEFORE_12,
    PROSE,
    colour_of,
    level_of,
)
from feeds.cap.xml import line_of, text_of
from feeds.findings import Finding, InMessage
from feeds.geometry import PARTS, POINTS
from feeds.moments import is_representable

_DATE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$")
_LANGUAGE = re.compile(r"^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$")
_HTML = re.compile(r"</?[A-Za-z][^<>]*>|<!--")
_URI = re.compile(r"^(?!javascript:|data:|vbscript:)[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+$", re.IGNORECASE)
_OPTIONAL_TEXTS = frozenset(("urgency", "certainty"))
"""Profile cn-12379: relays of China's national system leave these empty."""
FINDINGS = 500
"""Maximum number of findings on one message; beyond it the message is rejected."""
REFERENCES = 500
"""Maximum number of references of one message; each is looked up in the journal."""
GEOCODES = 2_000
"""Maximum number of region codes of one message."""


def moment(text: str) -> float | None:
    """Epoch seconds of a CAP time, None when invalid (clause 3.3.2: no Z, always an offset) or out of range."""
    if not _DATE.match(text):
        return None
    try:
        seconds = datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None
    return seconds if is_representable(seconds) else None


class CapTreeReader:
    """Reads one document. `version` is the document's version; `lenient` and `profile` are parser options."""

    def __init__(self, version: str, *, lenient: bool, profile: str) -> None:
        self.version = version
        self.lenient = lenient
        self.profile = profile
        self.findings: list[Finding[InMessage]] = []
        self._spent: Counter[str] = Counter()
        self._paths = ElementPaths()

    def count_towards(self, bound: str, amount: int, limit: int) -> None:
        """Count towards a limit of the whole message. Raises CapRefused beyond it."""
        self._spent[bound] += amount
        if self._spent[bound] > limit:
            raise CapRefused((*self.findings[:FINDINGS], finding("TOO_COMPLEX", detail=f"{bound} > {limit}")))

    def report(
        self,
        code: str,
        at: etree._Element,
        *,
        child: str = "",
        value: str = "",
        detail: str = "",
        error: bool | None = None,
    ) -> None:
        """Add a finding on `at`, or on its missing `child`."""
        self.count_towards("findings", 1, FINDINGS)
        path = self._paths.path_of(at) + (f"/{child}" if child else "")
        if code in SOFT and self.lenient:
            error = False
        self.findings.append(finding(code, xpath=path, line=line_of(at), value=value, detail=detail, error=error))

    def children(self, parent: etree._Element, name: str) -> list[etree._Element]:
        """The children of that name, in CAP's namespace."""
        return parent.findall(f"{{{etree.QName(parent).namespace}}}{name}")

    def text(self, parent: etree._Element, name: str) -> str:
        """The text of the first child of that name, "" without one."""
        children = self.children(parent, name)
        return text_of(children[0]) if children else ""

    def time(self, parent: etree._Element, name: str) -> float | None:
        """The child's time; None when it is missing or invalid."""
        return moment(self._old_time(self.text(parent, name)))

    def _old_time(self, text: str) -> str:
        # CAP 1.0 and 1.1 allowed any xs:dateTime; 1.2 forbids Z.
        return re.sub(r"Z$", "-00:00", text) if self.version != "1.2" else text

    def pairs(self, parent: etree._Element, name: str) -> tuple[tuple[str, str], ...]:
        """All (valueName, value) below children of that name."""
        return tuple((self.text(pair, "valueName"), self.text(pair, "value")) for pair in self.children(parent, name))

    def check(self, element: etree._Element) -> None:
        """Check this element and its descendants: children, number, order and values."""
        allowed = CHILDREN[etree.QName(element).localname]
        counts: Counter[str] = Counter()
        last = 0
        for child in element.iterchildren(etree.Element):
            name = etree.QName(child)
            if name.namespace == DSIG and name.localname == "Signature":
                continue
            if name.namespace != etree.QName(element).namespace or name.localname not in allowed:
                self.report("UNSUPPORTED_ELEMENT", child, value=name.localname, detail=name.localname)
                continue
            last = self._order_index(child, name.localname, list(allowed), last)
            counts[name.localname] += 1
            if counts[name.localname] == 2 and not allowed[name.localname].many:
                self.report("DUPLICATE_ELEMENT", child, value=text_of(child), detail=name.localname)
            if name.localname in CHILDREN:
                self.check(child)
            else:
                self._leaf(child, name.localname)
        for name_, rule in allowed.items():
            old = self.version != "1.2" and name_ in NOT_REQUIRED_BEFORE_12
            if rule.required and not counts[name_] and not old:
                self.report("MISSING_REQUIRED", element, child=name_, detail=name_)

    def _order_index(self, child: etree._Element, name: str, order: list[str], last: int) -> int:
        """The child's index in the schema's order; adds a finding when it is before `last`."""
        index = order.index(name)
        if index < last:
            self.report("INVALID_SEQUENCE", child, value=name, detail=name)
        return max(index, last)

    def _leaf(self, element: etree._Element, name: str) -> None:
        text = text_of(element)
        for foreign in element.iterchildren(etree.Element):
            self.report("UNSUPPORTED_ELEMENT", foreign, value=foreign.tag, detail=etree.QName(foreign).localname)
        if name in ENUMS:
            self._enum(element, name, text)
        elif not text:
            self._empty(element, name)
        elif name in DATES and moment(self._old_time(text)) is None:
            self.report("INVALID_DATE", element, value=text, detail=name)
        elif name == "language" and not _LANGUAGE.match(text):
            self.report("INVALID_LANGUAGE", element, value=text)
        elif name in ("web", "uri") and not self._uri(element, name, text):
            self.report("INVALID_URI", element, value=text, detail=name)
        elif name in PROSE and _HTML.search(text):
            self.report("TEXT_CONTAINS_HTML", element, value=text, detail=name)

    def _empty(self, element: etree._Element, name: str) -> None:
        parent = element.getparent()
        required = parent is not None and CHILDREN[etree.QName(parent).localname][name].required
        if name == "polygon":
            self.report("POLYGON_EMPTY", element)
        elif required and name not in ("value", "mimeType"):
            self.report("MISSING_REQUIRED", element, detail=name)
        elif name not in ("circle", "altitude", "ceiling"):
            self.report("EMPTY_ELEMENT", element, detail=name)

    def _uri(self, element: etree._Element, name: str, text: str) -> bool:
        parent = element.getparent()
        # Clause 3.2.3: with derefUri the uri may be relative.
        relative = name == "uri" and parent is not None and bool(self.text(parent, "derefUri"))
        return bool(_URI.match(text)) or (relative and not re.search(r"[\s:<>]", text))

    def _enum(self, element: etree._Element, name: str, text: str) -> None:
        if text in ENUMS[name]:
            return
        if name == "certainty" and text.lower() == "very likely":
            self.report("DEPRECATED_VALUE", element, value=text, detail=name, error=self.version == "1.2")
        elif self.profile == "cn-12379" and name in _OPTIONAL_TEXTS and not text:
            self.report("EMPTY_ELEMENT", element, detail=name)
        elif self.profile == "cn-12379" and name == "severity" and (colour_of(text) or level_of(text)):
            self.report("INVALID_ENUM", element, value=text, detail=name, error=False)
        else:
            self.report("INVALID_ENUM", element, value=text, detail=name)

    def info(self, element: etree._Element, sent: float | None, *, alive: bool) -> CapInfo:
        """One `info`; `alive` for messages that put a warning in force (Alert, Update)."""
        texts = {name: self.text(element, name) for name in INFO}
        effective, onset, expires = (self.time(element, name) for name in ("effective", "onset", "expires"))
        begins = sent if effective is None else effective
        if effective is not None and sent is not None and effective < sent:
            self.report("EFFECTIVE_BEFORE_SENT", element, child="effective", value=self.text(element, "effective"))
        if expires is not None and begins is not None and expires <= begins:
            self.report("EXPIRES_NOT_AFTER_EFFECTIVE", element, child="expires", value=self.text(element, "expires"))
        if alive and not self.children(element, "expires"):
            self.report("EXPIRES_ABSENT", element, child="expires")
        areas = tuple(self.area(area) for area in self.children(element, "area"))
        if alive and not areas:
            self.report("NO_AREA", element, child="area")
        colour = colour_of(texts["severity"]) or level_of(texts["severity"])
        severity = COLOUR_SEVERITY.get(colour, texts["severity"])
        return CapInfo(
            language=texts["language"] or "en-US",
            category=self._texts(element, "category"),
            event=texts["event"],
            response_type=self._texts(element, "responseType"),
            urgency=texts["urgency"],
            severity=severity if self.profile == "cn-12379" else texts["severity"],
            certainty="Likely" if texts["certainty"].lower() == "very likely" else texts["certainty"],
            audience=texts["audience"],
            event_codes=self.pairs(element, "eventCode"),
            effective=effective,
            onset=onset,
            expires=expires,
            sender_name=texts["senderName"],
            headline=texts["headline"],
            description=texts["description"],
            instruction=texts["instruction"],
            web=texts["web"],
            contact=texts["contact"],
            parameters=self.pairs(element, "parameter"),
            resources=self._resources(element),
            areas=areas,
        )

    def _texts(self, parent: etree._Element, name: str) -> tuple[str, ...]:
        return tuple(text for child in self.children(parent, name) if (text := text_of(child)))

    def _resources(self, element: etree._Element) -> tuple[dict[str, str], ...]:
        # derefUri holds a whole file in base64; it is dropped because no screen shows it.
        return tuple(
            {
                name: text
                for name in ("resourceDesc", "mimeType", "size", "uri", "digest")
                if (text := self.text(resource, name))
            }
            for resource in self.children(element, "resource")
        )

    def area(self, element: etree._Element) -> CapArea:
        """One `area` with its polygons and circles united. Invalid shapes are reported and skipped."""
        rings = [ring for polygon in self.children(element, "polygon") if (ring := self._ring(polygon))]
        points = []
        for circle in self.children(element, "circle"):
            round_ = self._circle(circle)
            if round_ is not None and round_[2] == 0:
                points.append(round_[:2])
            elif round_ is not None:
                rings.append(circle_ring(*round_))
        geocodes = self.pairs(element, "geocode")
        altitude, ceiling = self._decimal(element, "altitude"), self._decimal(element, "ceiling")
        if ceiling is not None and not self.children(element, "altitude"):
            self.report("CEILING_WITHOUT_ALTITUDE", element, child="ceiling", value=self.text(element, "ceiling"))
        self.count_towards("geocode", len(geocodes), GEOCODES)
        shaped = self.children(element, "polygon") or self.children(element, "circle")
        if not shaped and not geocodes:
            self.report("NO_AREA", element, value=self.text(element, "areaDesc"))
        shape, exact = united(rings, points)
        if not exact:
            self.report("AREA_SIMPLIFIED", element, value=self.text(element, "areaDesc"))
        return CapArea(
            text=self.text(element, "areaDesc"), geometry=shape, geocodes=geocodes, altitude=altitude, ceiling=ceiling
        )

    def _ring(self, element: etree._Element) -> Ring | None:
        text = text_of(element)
        if not text:
            return None
        self._count_shape(text.count(",") + 1)
        try:
            return ring_of(text)
        except InvalidShape as bad:
            self.report(bad.code, element, value=text, detail=bad.fault)
            return bad.ring if self.lenient else None

    def _count_shape(self, points: int) -> None:
        self.count_towards("polygon, circle", 1, PARTS)
        self.count_towards("points", points, POINTS)

    def _circle(self, element: etree._Element) -> tuple[float, float, float] | None:
        text = text_of(element)
        self._count_shape(CIRCLE_CORNERS + 1)
        try:
            circle = circle_of(text)
        except InvalidShape as bad:
            self.report(bad.code, element, value=text)
            return None
        if circle[2] == 0:
            self.report("CIRCLE_ZERO", element, value=text)
        return circle

    def _decimal(self, parent: etree._Element, name: str) -> float | None:
        text = self.text(parent, name)
        return float(text) if re.fullmatch(r"[+-]?\d+(\.\d*)?", text) else None
