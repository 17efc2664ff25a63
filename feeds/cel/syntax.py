"""The syntax tree of a CEL expression, for checking names and types when rules are loaded.

The library that evaluates expressions (see alerts.rules.rule) offers no tree. It decides whether a text is CEL.
This parser follows the grammar of the language definition (github.com/google/cel-spec,
doc/langdef.md, "Syntax") and is used only for expressions that the library has accepted.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*)
  | (?P<string>[rRbB]{0,2}(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
  | (?P<double>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)
  | (?P<int>0[xX][0-9a-fA-F]+[uU]?|\d+[uU]?)
  | (?P<name>[_a-zA-Z][_a-zA-Z0-9]*)
  | (?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%!?:.,()\[\]{}<>])
    """,
    re.VERBOSE | re.DOTALL,
)
_LEVELS = (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))


class ParseError(ValueError):
    """This parser does not understand the text. `at` is the offset in characters."""

    def __init__(self, at: int) -> None:
        super().__init__(f"not understood at character {at + 1}")
        self.at = at


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node of the syntax tree. `start` and `end` are offsets in the source, in characters.

    `op`: bool null int uint double string bytes (a literal, its source in `text`), name, member (`args[0].text`),
    index, call (`text(args…)`), method (`args[0].text(args[1:]…)`), list, map (keys and values in turn), struct,
    not, neg, ternary, or a binary operator's own sign.
    """

    op: str
    start: int
    end: int
    text: str = ""
    args: tuple[Node, ...] = ()


def string_value(node: Node) -> str:
    """The value of a string literal."""
    raw = node.text.lstrip("rR")
    return str(ast.literal_eval(("r" if raw != node.text else "") + raw))


def parse(source: str) -> Node:
    """Parse an expression; raises ParseError."""
    parser = _Parser(source)
    node = parser.expression()
    if parser.sign() != "":
        raise ParseError(parser.at)
    return node


class _Parser:
    """Recursive descent with one method per level of precedence."""

    def __init__(self, source: str) -> None:
        self._tokens: list[tuple[str, str, int]] = []
        at = 0
        while at < len(source):
            match = _TOKEN.match(source, at)
            if match is None or match.lastgroup is None:
                raise ParseError(at)
            if match.lastgroup != "space":
                self._tokens.append((match.lastgroup, match.group(), at))
            at = match.end()
        self._tokens.append(("end", "", len(source)))
        self._next = 0
        self._end = 0

    @property
    def at(self) -> int:
        return self._tokens[self._next][2]

    def sign(self) -> str:
        """The next token's text when it is a sign or `in`, else " "."""
        kind, text, _ = self._tokens[self._next]
        return text if kind in ("sign", "end") or text == "in" else " "

    def _take(self, *expected: str) -> tuple[str, str]:
        kind, text, at = self._tokens[self._next]
        if kind == "end" or (expected and text not in expected):
            raise ParseError(at)
        self._next += 1
        self._end = at + len(text)
        return kind, text

    def expression(self) -> Node:
        start, condition = self.at, self._binary(0)
        if self.sign() != "?":
            return condition
        self._take()
        yes = self._binary(0)
        self._take(":")
        no = self.expression()
        return Node(op="ternary", start=start, end=self._end, args=(condition, yes, no))

    def _binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        start, left = self.at, self._binary(level + 1)
        while self.sign() in _LEVELS[level]:
            _, op = self._take()
            right = self._binary(level + 1)
            left = Node(op=op, start=start, end=self._end, args=(left, right))
        return left

    def _unary(self) -> Node:
        start = self.at
        if (sign := self.sign()) in ("!", "-"):
            self._take()
            inner = self._unary()
            return Node(op="not" if sign == "!" else "neg", start=start, end=self._end, args=(inner,))
        return self._member()

    def _member(self) -> Node:
        start, node = self.at, self._primary()
        while (sign := self.sign()) in (".", "[", "{"):
            self._take()
            if sign == "[":
                key = self.expression()
                self._take("]")
                node = Node(op="index", start=start, end=self._end, args=(node, key))
            elif sign == "{":
                self._listed("}")
                node = Node(op="struct", start=start, end=self._end)
            else:
                _, name = self._take()
                node = self._selected(node, name, start)
        return node

    def _selected(self, node: Node, name: str, start: int) -> Node:
        if self.sign() != "(":
            return Node(op="member", start=start, end=self._end, text=name, args=(node,))
        self._take()
        args = self._listed(")")
        return Node(op="method", start=start, end=self._end, text=name, args=(node, *args))

    def _primary(self) -> Node:
        start, (kind, text) = self.at, self._take()
        if kind == "name" and self.sign() == "(":
            self._take()
            args = self._listed(")")
            return Node(op="call", start=start, end=self._end, text=text, args=args)
        if text == "(":
            inner = self.expression()
            self._take(")")
            return inner
        if text in ("[", "{"):
            items = self._listed("]" if text == "[" else "}")
            return Node(op="list" if text == "[" else "map", start=start, end=self._end, args=items)
        op = _literal(kind, text)
        if not op:
            raise ParseError(start)
        return Node(op=op, start=start, end=self._end, text=text)

    def _listed(self, end: str) -> tuple[Node, ...]:
        """Parse expressions up to a closing sign, separated by `,` or (in a map) `:`."""
        items: list[Node] = []
        while self.sign() != end:
            items.append(self.expression())
            if self.sign() != end:
                self._take(",", ":")
        self._take(end)
        return tuple(items)


def _literal(kind: str, text: str) -> str:
    if kind == "string":
        return "bytes" if "b" in re.split("['\"]", text, maxsplit=1)[0].lower() else "string"
    if kind == "int":
        return "uint" if text[-1] in "uU" else "int"
    if kind == "name":
        return {"true": "bool", "false": "bool", "null": "null"}.get(text, "name")
    return "double" if kind == "double" else ""
