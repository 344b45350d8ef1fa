# SPDX-License-Identifier: GPL-3.0-or-later
"""The query language of GraphQL: text to a tree."""
import dataclasses
import json
import re

TOKEN = re.compile(r'(?P<skip>[\s,\ufeff]+|#[^\n\r]*)|(?P<punct>\.\.\.|[!$&()\[\]{}:=@|])|(?P<name>[_A-Za-z][_0-9A-Za-z]*)'
                   r'|(?P<number>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<block>"""(?:[^"]|"(?!""))*""")|(?P<string>"(?:[^"\\\n\r]|\\.)*")')


class ParseError(Exception):
    def __init__(self, message, line, column):
        super().__init__(message)
        self.line, self.column = line, column


class Variable(str):
    pass


class Enum(str):
    pass


@dataclasses.dataclass
class Field:
    name: str
    alias: str
    arguments: dict
    directives: list
    selections: list
    line: int
    column: int


@dataclasses.dataclass
class Spread:
    fragment: str  # a name, or None for an inline fragment
    on: str
    directives: list
    selections: list
    line: int = 0
    column: int = 0


@dataclasses.dataclass
class Operation:
    kind: str
    name: str
    variables: dict  # name -> (type, default, has default)
    selections: list


class Parser:
    def __init__(self, text):
        self.tokens, at = [], 0
        line, start = 1, 0
        while at < len(text):
            found = TOKEN.match(text, at)
            if not found:
                raise ParseError('Expected NAME, actual: UNKNOWN_CHAR ("%s") at [%d, %d]' % (text[at], line, at - start + 1), line, at - start + 1)
            if found.lastgroup != "skip":
                self.tokens.append((found.lastgroup, found.group(), line, at - start + 1))
            newlines = found.group().count("\n")
            if newlines:
                line, start = line + newlines, at + found.group().rindex("\n") + 1
            at = found.end()
        self.tokens.append(("end", "", line, at - start + 1))
        self.at = 0

    def peek(self, text=None):
        kind, found, *_ = self.tokens[self.at]
        return kind if text is None else found == text and kind != "string"

    def next(self):
        token = self.tokens[self.at]
        if token[0] != "end":
            self.at += 1
        return token

    def fail(self, wanted):
        kind, text, line, column = self.tokens[self.at]
        what = "Unexpected end of document" if kind == "end" else 'Expected %s, actual: %s ("%s") at [%d, %d]' % (wanted, kind.upper(), text, line, column)
        raise ParseError(what, line, column)

    def expect(self, text):
        if not self.peek(text):
            self.fail(text)
        return self.next()

    def name(self):
        if self.peek() != "name":
            self.fail("NAME")
        return self.next()[1]

    def document(self):
        """([Operation], {name: Spread})"""
        operations, fragments = [], {}
        while self.peek() != "end":
            if self.peek("fragment"):
                self.next()
                name = self.name()
                self.expect("on")
                fragments[name] = Spread(name, self.name(), self.directives(), self.selections())
            elif self.peek("{"):
                operations.append(Operation("query", None, {}, self.selections()))
            else:
                operations.append(self.operation())
        if not operations:
            self.fail("NAME")
        return operations, fragments

    def operation(self):
        kind = self.name()
        if kind not in ("query", "mutation", "subscription"):
            self.at -= 1
            self.fail("query")
        name = self.name() if self.peek() == "name" else None
        variables = {}
        if self.peek("("):
            self.next()
            while not self.peek(")"):
                self.expect("$")
                variable = self.name()
                self.expect(":")
                type_ = self.type()
                has = self.peek("=")
                variables[variable] = (type_, (self.next(), self.value())[1] if has else None, has)
            self.next()
        self.directives()
        return Operation(kind, name, variables, self.selections())

    def type(self):
        if self.peek("["):
            self.next()
            inner = "[%s]" % self.type()
            self.expect("]")
        else:
            inner = self.name()
        if self.peek("!"):
            self.next()
            inner += "!"
        return inner

    def selections(self):
        self.expect("{")
        found = []
        while not self.peek("}"):
            found.append(self.selection())
        self.next()
        if not found:
            self.at -= 1
            self.fail("NAME")
        return found

    def selection(self):
        if self.peek("..."):
            _, _, line, column = self.next()
            if self.peek() == "name" and not self.peek("on"):
                return Spread(self.name(), None, self.directives(), [], line, column)
            on = (self.next(), self.name())[1] if self.peek("on") else None
            return Spread(None, on, self.directives(), self.selections(), line, column)
        _, _, line, column = self.tokens[self.at]
        name = alias = self.name()
        if self.peek(":"):
            self.next()
            name = self.name()
        arguments = self.arguments()
        directives = self.directives()
        return Field(name, alias, arguments, directives, self.selections() if self.peek("{") else [], line, column)

    def arguments(self):
        found = {}
        if self.peek("("):
            self.next()
            while not self.peek(")"):
                name = self.name()
                self.expect(":")
                found[name] = self.value()
            self.next()
        return found

    def directives(self):
        found = []
        while self.peek("@"):
            self.next()
            found.append((self.name(), self.arguments()))
        return found

    def value(self):
        kind, text, *_ = self.next()
        if kind == "number":
            return float(text) if re.search(r"[.eE]", text) else int(text)
        if kind == "string":
            return json.loads(text.replace("\t", "\\t"))
        if kind == "block":
            return text[3:-3].strip("\n")
        if kind == "name":
            return {"true": True, "false": False, "null": None}.get(text, Enum(text))
        if text == "$":
            return Variable(self.name())
        if text == "[":
            found = []
            while not self.peek("]"):
                found.append(self.value())
            self.next()
            return found
        if text == "{":
            found = {}
            while not self.peek("}"):
                name = self.name()
                self.expect(":")
                found[name] = self.value()
            self.next()
            return found
        self.at -= 1
        return self.fail("VALUE")
