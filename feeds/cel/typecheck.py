"""Type check of a rule's expression: its names, their types and the texts that they may be compared with."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from feeds.cel.names import ExpressionError, ExpressionReferences
from feeds.cel.syntax import Node, string_value
from feeds.kinds.subject import RuleName, SubjectKind
from feeds.kinds.warning import LEVELS
from feeds.model import Health

__all__ = ["ExpressionError", "ExpressionReferences", "check"]

COMPREHENSIONS = {"all": "bool", "exists": "bool", "exists_one": "bool", "filter": "list", "map": "list"}
METHODS = {"contains": "bool", "startsWith": "bool", "endsWith": "bool", "matches": "bool", "size": "int"}
FUNCTIONS = {"size": "int", "int": "int", "uint": "uint", "double": "double", "string": "string"}
_AROUND = {  # arguments, type, example
    "count": (3, "int", 'count(region, "camera", "down")'),
    "health_of": (1, "string", 'health_of("core")'),
    "warned": (2, "bool", 'warned("orange", "")'),
    "touches": (1, "int", 'touches("camera")'),
}
_EVERYWHERE = frozenset(("count", "health_of"))  # the others only over the kinds of subject that have them
NUMBERS = frozenset(("int", "uint", "double"))
WORDS = ("", *LEVELS)
"""Levels of warnings that `warned` may be asked about."""
ACTIVE = {"active": RuleName("bool")}
"""The name that exists over every kind of subject: true while the rule's alert is active."""


def check(tree: Node, over: SubjectKind, more: Mapping[str, RuleName] | None = None) -> ExpressionReferences:
    """Like `check_names`, over a kind of subject; `more` are names beside those of the subject."""
    return check_names(tree, {**over.names, **ACTIVE, **(more or {})}, over.functions | _EVERYWHERE)


def check_names(
    tree: Node, names: Mapping[str, RuleName], functions: frozenset[str] = frozenset()
) -> ExpressionReferences:
    """Check an expression over names, return what it refers to; ExpressionError at the first error."""
    checker = _Checker(names, functions)
    result = checker.type_of(tree)
    if result not in ("bool", "dyn"):
        raise ExpressionError(tree, f"结果是 {result}，应为真或假", f"the result is {result}, not true or false")
    return checker.uses


class _Checker:
    def __init__(self, names: Mapping[str, RuleName], functions: frozenset[str]) -> None:
        self._names, self._functions = names, functions
        self._bound: list[str] = []
        self.uses = ExpressionReferences()

    def type_of(self, node: Node) -> str:
        """The CEL type of a node: bool int uint double string bytes null list map dyn."""
        match node.op:
            case "name":
                return self._name(node)
            case "bool" | "null" | "int" | "uint" | "double" | "string" | "bytes":
                return node.op
            case "member" | "index":
                return self._part(node)
            case "call":
                return self._call(node)
            case "method":
                return self._method(node)
            case "list" | "map":
                for arg in node.args:
                    self.type_of(arg)
                return node.op
            case "struct":
                raise ExpressionError(node, "不支持消息类型", "message types are not supported")
        return self._operator(node)

    def _name(self, node: Node) -> str:
        if node.text in self._bound:
            return "dyn"
        if node.text not in self._names:
            names = ", ".join(sorted(self._names))
            raise ExpressionError(
                node, f"未知名称 {node.text}；可用：{names}", f"unknown name {node.text}; known are: {names}", node.text
            )
        self.uses.names.add(node.text)
        self.uses.whole = self.uses.whole or node.text == "m"
        return self._names[node.text].type

    def _part(self, node: Node) -> str:
        whole = node.args[0]
        key = self._key(node)
        if whole.op == "name" and whole.text == "m" and "m" not in self._bound and "m" in self._names:
            self.uses.names.add("m")
            self.uses.whole |= (bound := node.op == "index" and node.args[1].text in self._bound)
            if bound:
                return "dyn"
            if node.op == "member" or key is None:
                raise ExpressionError(
                    node, '读数请写作 m["icmp.rtt_ms"]', 'name a reading by its key: m["icmp.rtt_ms"]'
                )
            self.uses.readings.add(key)
            return "dyn"
        inner = self.type_of(whole)
        if whole.op == "name" and whole.text == "labels" and key is not None:
            self.uses.labels.add(key)
            return "string"
        if node.op == "index":
            self.type_of(node.args[1])
        if inner not in ("dyn", "map", "list"):
            raise ExpressionError(node, f"{inner} 没有成员", f"a {inner} has no parts")
        return "dyn"

    def _key(self, node: Node) -> str | None:
        if node.op == "member":
            return node.text
        return string_value(node.args[1]) if node.args[1].op == "string" else None

    def _call(self, node: Node) -> str:
        if node.text in self._functions and not (node.text == "age" and "age" in self._bound):
            return self._age(node) if node.text == "age" else self._around(node)
        if node.text == "has" and len(node.args) == 1 and node.args[0].op == "member":
            self.type_of(node.args[0])
            return "bool"
        if node.text not in FUNCTIONS:
            raise self._unknown(node, [*self._functions, "has", *FUNCTIONS])
        for arg in node.args:
            self.type_of(arg)
        if len(node.args) != 1:
            raise ExpressionError(node, f"{node.text}() 需要一个参数", f"{node.text}() takes one argument")
        return FUNCTIONS[node.text]

    def _around(self, node: Node) -> str:
        if node.text == "rate":
            return self._rate(node)
        types = [self.type_of(arg) for arg in node.args]
        arguments, result, example = _AROUND[node.text]
        first = ("string", "dyn", "list") if node.text == "count" else ("string", "dyn")
        fits = len(types) == arguments and types[0] in first and all(type in ("string", "dyn") for type in types[1:])
        if not fits:
            raise ExpressionError(node, f"应写作 {example}", f"write {example}")
        if node.text == "count" and node.args[2].op == "string":
            health = string_value(node.args[2])
            if health not in ("", *Health):
                raise ExpressionError(
                    node.args[2], f"没有 {health} 这种健康状态", f"no asset's health is ever {health}"
                )
        if node.text == "warned" and node.args[0].op == "string" and string_value(node.args[0]) not in WORDS:
            listed = ", ".join(level or '""' for level in WORDS)
            raise ExpressionError(node.args[0], f"级别应为：{listed}", f"the level is one of: {listed}")
        self.uses.warned |= node.text == "warned"
        self.uses.touches |= node.text == "touches"
        self.uses.many |= node.text in ("count", "health_of")
        return result

    def _rate(self, node: Node) -> str:
        example = 'rate(m["river.level"], 300)'
        seconds = node.args[1] if len(node.args) == 2 else node
        key = self._reading(node.args[0]) if node.args else None
        if key is None or seconds.op not in ("int", "double"):
            raise ExpressionError(
                node, f"rate() 的参数是读数和秒数：{example}", f"rate() takes a reading and seconds: {example}"
            )
        span = float(ast.literal_eval(seconds.text))
        if not 10 <= span <= 86400:
            raise ExpressionError(seconds, "秒数应为 10 到 86400", "the seconds must be 10 to 86400")
        self.uses.rates.append((node.start, node.end, key, span))
        return "double"

    def _reading(self, arg: Node) -> str | None:
        """The key of the reading that an argument names; None when it names none."""
        if arg.op == "string":
            return string_value(arg)
        whole = arg.args[0] if arg.op == "index" else arg
        return self._key(arg) if arg.op == "index" and whole.op == "name" and whole.text == "m" else None

    def _age(self, node: Node) -> str:
        key = self._reading(node.args[0]) if len(node.args) == 1 else None
        if key is None:
            written = 'age(m["icmp.rtt_ms"])'
            raise ExpressionError(node, f"age() 的参数是读数：{written}", f"age() takes a reading: {written}")
        self.uses.ages.append((node.start, node.end, key))
        return "double"

    def _method(self, node: Node) -> str:
        if node.text in COMPREHENSIONS and len(node.args) in (3, 4) and node.args[1].op == "name":
            return self._comprehension(node)
        if node.text not in METHODS:
            raise self._unknown(node, [*METHODS, *COMPREHENSIONS])
        target, *arguments = [self.type_of(arg) for arg in node.args]
        if len(arguments) != (0 if node.text == "size" else 1):
            raise ExpressionError(
                node, f"{node.text}() 的参数个数不对", f"{node.text}() has a wrong number of arguments"
            )
        if node.text == "matches" and node.args[1].op == "string":
            self.uses.patterns.append((node.args[1].start, node.args[1].text))
        if node.text != "size":
            for type in (target, *arguments):
                if type not in ("string", "dyn"):
                    raise ExpressionError(
                        node, f"{node.text}() 用于文本，不是 {type}", f"{node.text}() is for text, not {type}"
                    )
        return METHODS[node.text]

    def _comprehension(self, node: Node) -> str:
        whole = self.type_of(node.args[0])
        self.uses.iterated |= node.args[0].op == "name" and node.args[0].text == "m"
        if whole not in ("list", "map", "dyn"):
            raise ExpressionError(
                node, f"{node.text}() 用于列表，不是 {whole}", f"{node.text}() is for lists, not {whole}"
            )
        self._bound.append(node.args[1].text)
        for arg in node.args[2:]:
            self.type_of(arg)
        self._bound.pop()
        return COMPREHENSIONS[node.text]

    def _unknown(self, node: Node, functions: list[str]) -> ExpressionError:
        listed = ", ".join(f"{name}()" for name in sorted(functions))
        name = f"{node.text}()"
        return ExpressionError(
            node, f"未知函数 {name}；可用：{listed}", f"unknown function {name}; known are: {listed}"
        )

    def _operator(self, node: Node) -> str:
        types = [self.type_of(arg) for arg in node.args]
        match node.op:
            case "&&" | "||" | "not":
                self._want(node, types, frozenset(("bool",)))
                return "bool"
            case "ternary":
                self._want(node, types[:1], frozenset(("bool",)))
                return types[1] if types[1] == types[2] else "dyn"
            case "==" | "!=":
                self._comparable(node, types)
                self._words(node, *node.args)
                return "bool"
            case "in":
                self._membership(node, types)
                return "bool"
            case "<" | "<=" | ">" | ">=":
                self._comparable(node, types)
                self._limit(*node.args)
                return "bool"
            case "neg":
                self._want(node, types, NUMBERS)
                return types[0]
        return self._arithmetic(node, types)

    def _limit(self, *pair: Node) -> None:
        """Record an age that is compared with a number: time alone changes the verdict at that limit."""
        for age, number in (pair, pair[::-1]):
            if age.op == "call" and age.text == "age" and number.op in ("int", "double"):
                self.uses.limits[age.start] = float(ast.literal_eval(number.text))

    def _want(self, node: Node, types: list[str], expected: frozenset[str]) -> None:
        for type, arg in zip(types, node.args, strict=False):
            if type != "dyn" and type not in expected:
                listed = "/".join(sorted(expected))
                raise ExpressionError(arg, f"这里应为 {listed}，不是 {type}", f"{listed} is wanted here, not {type}")

    def _comparable(self, node: Node, types: list[str]) -> None:
        left, right = types
        if "dyn" in types or "null" in types or left == right or (left in NUMBERS and right in NUMBERS):
            return
        raise ExpressionError(node, f"{left} 不能与 {right} 比较", f"{left} cannot be compared with {right}")

    def _membership(self, node: Node, types: list[str]) -> None:
        if types[1] not in ("list", "map", "dyn"):
            raise ExpressionError(
                node, f"in 的右边应为列表，不是 {types[1]}", f"in wants a list on its right, not {types[1]}"
            )
        if node.args[1].op == "list":
            for item in node.args[1].args:
                self._comparable(item, [types[0], self.type_of(item)])
                self._words(node, node.args[0], item)

    def _words(self, node: Node, *pair: Node) -> None:
        """Reject a text that a name never takes: such a rule would always be false, or always true."""
        for name, literal in (pair, pair[::-1]):
            if name.op == "name" and literal.op == "string" and name.text not in self._bound:
                allowed = self._names[name.text].words
                value = string_value(literal)
                if allowed and value not in allowed:
                    listed = ", ".join(sorted(w or '""' for w in allowed))
                    en = f"{name.text} is never {value}; it is one of: {listed}"
                    raise ExpressionError(literal, f"{name.text} 不会是 {value}；可为：{listed}", en)

    def _arithmetic(self, node: Node, types: list[str]) -> str:
        left, right = types
        if "dyn" in types:
            if "int" in types and any(arg.op == "int" for arg in node.args):
                raise ExpressionError(
                    node, "读数是小数，请写 1.0 而不是 1", "a reading is a decimal number: write 1.0, not 1"
                )
            return right if left == "dyn" else left
        if left == right and (left in NUMBERS or (node.op == "+" and left in ("string", "list"))):
            return left
        term = f"{left} {node.op} {right}"
        raise ExpressionError(
            node, f"{term} 不成立；请用 double(…) 转换", f"{term} is not defined; convert with double(…)"
        )
