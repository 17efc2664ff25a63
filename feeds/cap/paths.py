"""XPaths of elements for findings."""

from __future__ import annotations

from collections import Counter

from lxml import etree

from feeds.cap.schema import CHILDREN


class ElementPaths:
    """XPaths of one document's elements; the children of a parent are counted once."""

    def __init__(self) -> None:
        self._labels: dict[etree._Element, dict[etree._Element, str]] = {}

    def path_of(self, element: etree._Element) -> str:
        """XPath such as `/alert/info[2]/severity`, with an index where CAP allows several."""
        parts: list[str] = []
        node: etree._Element | None = element
        while node is not None:
            name, parent = etree.QName(node).localname, node.getparent()
            parts.append(name if parent is None else self._numbered(parent, node))
            node = parent
        return "/" + "/".join(reversed(parts))

    def _numbered(self, parent: etree._Element, child: etree._Element) -> str:
        """The child's name with its index; the children of a parent are counted once."""
        if parent not in self._labels:
            rules = CHILDREN.get(etree.QName(parent).localname, {})
            counts: Counter[str] = Counter()
            labels = self._labels[parent] = {}
            for sibling in parent.iterchildren(etree.Element):
                name = etree.QName(sibling).localname
                counts[sibling.tag] += 1
                repeatable = name in rules and rules[name].many
                labels[sibling] = f"{name}[{counts[sibling.tag]}]" if repeatable else name
        return self._labels[parent][child]
