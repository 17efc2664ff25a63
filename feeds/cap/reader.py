"""One element tree, read and judged: every rule of CAP 1.2 that concerns one document alone.

`Reader` walks the tree once and collects findings; it never stops at the first.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime

from lxml import etree

from feeds.cap.findings import SOFT, finding
from feeds.cap.geometry import CIRCLE_CORNERS, BadShape, Ring, circle_of, circle_ring, ring_of, united
from feeds.cap.model import CapArea, CapInfo, CapRefused
from feeds.cap.schema import CHILDREN, COLOUR_SEVERITY, DATES, DSIG, ENUMS, NOT_REQUIRED_BEFORE_12, PROSE, colour_of
from feeds.cap.xml import line_of, text_of
from feeds.findings import Finding, InMessage
from feeds.geometry import PARTS, POINTS

_DATE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$")
_LANGUAGE = re.compile(r"^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$")
_HTML = re.compile(r"</?[A-Za-z][^<>]*>|<!--")
_URI = re.compile(r"^(?!javascript:|data:|vbscript:)[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+$", re.IGNORECASE)
_MAY_BE_EMPTY = frozenset(("urgency", "certainty"))
"""Profile cn-12379: relays of China's national system leave these empty."""
FINDINGS = 500
"""Remarks on one message; with more of them it is refused unread."""
REFERENCES = 500
"""Messages that one message may refer to: each is looked up in the journal."""
GEOCODES = 2_000
"""Region codes of one message."""


def moment(text: str) -> float | None:
    """Epoch seconds of a CAP time, None when it is none (clause 3.3.2: no Z, always an offset)."""
    if not _DATE.match(text):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


class Reader:
    """`version` is what the document came as, `lenient` and `profile` how it is to be read."""

    def __init__(self, version: str, *, lenient: bool, profile: str) -> None:
        self.version = version
        self.lenient = lenient
        self.profile = profile
        self.findings: list[Finding[InMessage]] = []
        self._spent: Counter[str] = Counter()
        self._places: dict[etree._Element, dict[etree._Element, str]] = {}

    # -- bounds ----------------------------------------------------------------------

    def spend(self, what: str, amount: int, limit: int) -> None:
        """Count towards a bound of the whole message. Raises CapRefused beyond it."""
        self._spent[what] += amount
        if self._spent[what] > limit:
            raise CapRefused((*self.findings[:FINDINGS], finding("TOO_COMPLEX", detail=f"{what} > {limit}")))

    # -- remarks and values ----------------------------------------------------------

    def say(
        self,
        code: str,
        at: etree._Element,
        *,
        child: str = "",
        value: str = "",
        detail: str = "",
        error: bool | None = None,
    ) -> None:
        """Remark on `at`, or on its missing `child`."""
        self.spend("findings", 1, FINDINGS)
        path = self.path_of(at) + (f"/{child}" if child else "")
        if code in SOFT and self.lenient:
            error = False
        self.findings.append(finding(code, xpath=path, line=line_of(at), value=value, detail=detail, error=error))

    def all(self, parent: etree._Element, name: str) -> list[etree._Element]:
        """Its children of that name, of CAP's namespace."""
        return parent.findall(f"{{{etree.QName(parent).namespace}}}{name}")

    def one(self, parent: etree._Element, name: str) -> str:
        """The text of its first child of that name, "" without."""
        found = self.all(parent, name)
        return text_of(found[0]) if found else ""

    def time(self, parent: etree._Element, name: str) -> float | None:
        """The child's time; None when it is missing or none."""
        return moment(self._old_time(self.one(parent, name)))

    def _old_time(self, text: str) -> str:
        # CAP 1.0 and 1.1 allowed any xs:dateTime; 1.2 forbids Z.
        return re.sub(r"Z$", "-00:00", text) if self.version != "1.2" else text

    def pairs(self, parent: etree._Element, name: str) -> tuple[tuple[str, str], ...]:
        """All (valueName, value) below children of that name."""
        return tuple((self.one(pair, "valueName"), self.one(pair, "value")) for pair in self.all(parent, name))

    # -- structure: what may stand where ---------------------------------------------

    def check(self, element: etree._Element) -> None:
        """This element and everything below: which children, how often, in which order, with which values."""
        allowed = CHILDREN[etree.QName(element).localname]
        counts: Counter[str] = Counter()
        last = 0
        for child in element.iterchildren(etree.Element):
            name = etree.QName(child)
            if name.namespace == DSIG and name.localname == "Signature":
                continue
            if name.namespace != etree.QName(element).namespace or name.localname not in allowed:
                self.say("UNSUPPORTED_ELEMENT", child, value=name.localname, detail=name.localname)
                continue
            last = self._place(child, name.localname, list(allowed), last)
            counts[name.localname] += 1
            if counts[name.localname] == 2 and not allowed[name.localname].many:
                self.say("DUPLICATE_ELEMENT", child, value=text_of(child), detail=name.localname)
            if name.localname in CHILDREN:
                self.check(child)
            else:
                self._leaf(child, name.localname)
        for name_, rule in allowed.items():
            old = self.version != "1.2" and name_ in NOT_REQUIRED_BEFORE_12
            if rule.required and not counts[name_] and not old:
                self.say("MISSING_REQUIRED", element, child=name_, detail=name_)

    def _place(self, child: etree._Element, name: str, order: list[str], last: int) -> int:
        """Where the child stands in the order; remarks when that is before `last`."""
        here = order.index(name)
        if here < last:
            self.say("INVALID_SEQUENCE", child, value=name, detail=name)
        return max(here, last)

    def _leaf(self, element: etree._Element, name: str) -> None:
        text = text_of(element)
        for foreign in element.iterchildren(etree.Element):
            self.say("UNSUPPORTED_ELEMENT", foreign, value=foreign.tag, detail=etree.QName(foreign).localname)
        if name in ENUMS:
            self._enum(element, name, text)
        elif not text:
            self._empty(element, name)
        elif name in DATES and moment(self._old_time(text)) is None:
            self.say("INVALID_DATE", element, value=text, detail=name)
        elif name == "language" and not _LANGUAGE.match(text):
            self.say("INVALID_LANGUAGE", element, value=text)
        elif name in ("web", "uri") and not self._uri(element, name, text):
            self.say("INVALID_URI", element, value=text, detail=name)
        elif name in PROSE and _HTML.search(text):
            self.say("TEXT_CONTAINS_HTML", element, value=text, detail=name)

    def _empty(self, element: etree._Element, name: str) -> None:
        parent = element.getparent()
        required = parent is not None and CHILDREN[etree.QName(parent).localname][name].required
        if name == "polygon":
            self.say("POLYGON_EMPTY", element)
        elif required and name not in ("value", "mimeType"):
            self.say("MISSING_REQUIRED", element, detail=name)
        elif name not in ("circle", "altitude", "ceiling"):
            self.say("EMPTY_ELEMENT", element, detail=name)

    def _uri(self, element: etree._Element, name: str, text: str) -> bool:
        parent = element.getparent()
        # Clause 3.2.3: with derefUri the uri may be relative.
        relative = name == "uri" and parent is not None and bool(self.one(parent, "derefUri"))
        return bool(_URI.match(text)) or (relative and not re.search(r"[\s:<>]", text))

    def _enum(self, element: etree._Element, name: str, text: str) -> None:
        if text in ENUMS[name]:
            return
        if name == "certainty" and text.lower() == "very likely":
            self.say("DEPRECATED_VALUE", element, value=text, detail=name, error=self.version == "1.2")
        elif self.profile == "cn-12379" and name in _MAY_BE_EMPTY and not text:
            self.say("EMPTY_ELEMENT", element, detail=name)
        elif self.profile == "cn-12379" and name == "severity" and colour_of(text):
            self.say("INVALID_ENUM", element, value=text, detail=name, error=False)
        else:
            self.say("INVALID_ENUM", element, value=text, detail=name)

    # -- info and area ---------------------------------------------------------------

    def info(self, element: etree._Element, sent: float | None, *, alive: bool) -> CapInfo:
        """One `info`; `alive` for messages that put something in force (Alert, Update)."""
        one = {
            name: self.one(element, name)
            for name in (
                "event",
                "urgency",
                "audience",
                "headline",
                "description",
                "instruction",
                "web",
                "contact",
                "language",
                "certainty",
                "severity",
                "senderName",
            )
        }
        effective, onset, expires = (self.time(element, name) for name in ("effective", "onset", "expires"))
        begins = sent if effective is None else effective
        if effective is not None and sent is not None and effective < sent:
            self.say("EFFECTIVE_BEFORE_SENT", element, child="effective", value=self.one(element, "effective"))
        if expires is not None and begins is not None and expires <= begins:
            self.say("EXPIRES_NOT_AFTER_EFFECTIVE", element, child="expires", value=self.one(element, "expires"))
        if alive and not self.all(element, "expires"):
            self.say("EXPIRES_ABSENT", element, child="expires")
        areas = tuple(self.area(area) for area in self.all(element, "area"))
        if alive and not areas:
            self.say("NO_AREA", element, child="area")
        severity = COLOUR_SEVERITY.get(colour_of(one["severity"]), one["severity"])
        return CapInfo(
            language=one["language"] or "en-US",
            category=self._texts(element, "category"),
            event=one["event"],
            response_type=self._texts(element, "responseType"),
            urgency=one["urgency"],
            severity=severity if self.profile == "cn-12379" else one["severity"],
            certainty="Likely" if one["certainty"].lower() == "very likely" else one["certainty"],
            audience=one["audience"],
            event_codes=self.pairs(element, "eventCode"),
            effective=effective,
            onset=onset,
            expires=expires,
            sender_name=one["senderName"],
            headline=one["headline"],
            description=one["description"],
            instruction=one["instruction"],
            web=one["web"],
            contact=one["contact"],
            parameters=self.pairs(element, "parameter"),
            resources=self._resources(element),
            areas=areas,
        )

    def _texts(self, parent: etree._Element, name: str) -> tuple[str, ...]:
        return tuple(text for child in self.all(parent, name) if (text := text_of(child)))

    def _resources(self, element: etree._Element) -> tuple[dict[str, str], ...]:
        # derefUri holds a whole file in base64: what nobody shows is not carried along.
        return tuple(
            {
                name: text
                for name in ("resourceDesc", "mimeType", "size", "uri", "digest")
                if (text := self.one(resource, name))
            }
            for resource in self.all(element, "resource")
        )

    def area(self, element: etree._Element) -> CapArea:
        """One `area`, its polygons and circles united; a shape that is wrong is remarked on and left out."""
        rings = [ring for polygon in self.all(element, "polygon") if (ring := self._ring(polygon))]
        points = []
        for circle in self.all(element, "circle"):
            round_ = self._circle(circle)
            if round_ is not None and round_[2] == 0:
                points.append(round_[:2])
            elif round_ is not None:
                rings.append(circle_ring(*round_))
        geocodes = self.pairs(element, "geocode")
        altitude, ceiling = self._decimal(element, "altitude"), self._decimal(element, "ceiling")
        if ceiling is not None and not self.all(element, "altitude"):
            self.say("CEILING_WITHOUT_ALTITUDE", element, child="ceiling", value=self.one(element, "ceiling"))
        self.spend("geocode", len(geocodes), GEOCODES)
        shaped = self.all(element, "polygon") or self.all(element, "circle")
        if not shaped and not geocodes:
            self.say("NO_AREA", element, value=self.one(element, "areaDesc"))
        shape, exact = united(rings, points)
        if not exact:
            self.say("AREA_SIMPLIFIED", element, value=self.one(element, "areaDesc"))
        return CapArea(
            text=self.one(element, "areaDesc"), geometry=shape, geocodes=geocodes, altitude=altitude, ceiling=ceiling
        )

    def _ring(self, element: etree._Element) -> Ring | None:
        text = text_of(element)
        if not text:
            return None
        self._spend_shape(text.count(",") + 1)
        try:
            return ring_of(text)
        except BadShape as bad:
            self.say(bad.code, element, value=text, detail=bad.fault)
            return bad.ring if self.lenient else None

    def _spend_shape(self, points: int) -> None:
        self.spend("polygon, circle", 1, PARTS)
        self.spend("points", points, POINTS)

    def _circle(self, element: etree._Element) -> tuple[float, float, float] | None:
        text = text_of(element)
        self._spend_shape(CIRCLE_CORNERS + 1)
        try:
            circle = circle_of(text)
        except BadShape as bad:
            self.say(bad.code, element, value=text)
            return None
        if circle[2] == 0:
            self.say("CIRCLE_ZERO", element, value=text)
        return circle

    def _decimal(self, parent: etree._Element, name: str) -> float | None:
        text = self.one(parent, name)
        return float(text) if re.fullmatch(r"[+-]?\d+(\.\d*)?", text) else None

    def path_of(self, element: etree._Element) -> str:
        """`/alert/info[2]/severity`: an index where CAP allows several."""
        parts: list[str] = []
        here: etree._Element | None = element
        while here is not None:
            name, parent = etree.QName(here).localname, here.getparent()
            parts.append(name if parent is None else self._numbered(parent, here))
            here = parent
        return "/" + "/".join(reversed(parts))

    def _numbered(self, parent: etree._Element, child: etree._Element) -> str:
        """The child's name with its index; the children of a parent are counted once."""
        if parent not in self._places:
            rules = CHILDREN.get(etree.QName(parent).localname, {})
            counts: Counter[str] = Counter()
            places = self._places[parent] = {}
            for other in parent.iterchildren(etree.Element):
                name = etree.QName(other).localname
                counts[other.tag] += 1
                many = name in rules and rules[name].many
                places[other] = f"{name}[{counts[other.tag]}]" if many else name
        return self._places[parent][child]
