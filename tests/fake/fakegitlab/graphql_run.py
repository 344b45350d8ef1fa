# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks a GraphQL query against the schema, weighs it, and answers it, with GitLab's words for what is wrong."""
import json

from . import access, answers
from .graphql_parse import ParseError, Parser, Spread, Variable
from .graphql_schema import TYPES, Context, NotThere

MAX_QUERY = 10000
MAX_COMPLEXITY = {"anonymous": 200, "user": 250, "admin": 300}
MAX_DEPTH = {"anonymous": 15, "user": 20, "admin": 20}
MAX_PAGE = 100


class Wrong(Exception):
    """What ends a query before it is run: a list of error objects."""


def endpoint(site, request):
    """POST /api/graphql, or GET with the same parameters (config/routes/api.rb takes both; app/controllers/graphql_controller.rb refuses mutations by GET)."""
    request.endpoint = request.method + " /api/graphql"
    try:
        access.identify(site.world, request)
    except answers.Refusal:
        return answers.as_json({"errors": [{"message": "Invalid token"}]}, 401)
    limited = site.limits.check(request)
    if limited is not None:
        return limited
    if request.token and not set(request.token.scopes) & {"api", "read_api"}:
        return answers.as_json({"errors": [{"message": "Invalid token"}]}, 401)
    if request.method == "GET":
        return answers.as_json(one(site, request, of_query(request)))
    try:
        given = json.loads(request.body or b"null")
    except ValueError:
        return answers.as_json({"errors": [{"message": "Unexpected token in the request body"}]}, 400)
    if isinstance(given, list):
        return answers.as_json([one(site, request, entry) for entry in given])
    return answers.as_json(one(site, request, given))


def of_query(request):
    """The variables are JSON in a parameter."""
    given = dict(request.pairs)
    try:
        given["variables"] = json.loads(given.get("variables") or "{}")
    except ValueError:
        given["variables"] = {}
    return given


def one(site, request, given):
    if not isinstance(given, dict) or not isinstance(given.get("query"), str):
        return {"errors": [{"message": "An error occurred: no query was given"}]}
    try:
        return Query(site, request, given).answer()
    except Wrong as wrong:
        return {"errors": wrong.args[0]}
    except ParseError as exc:
        return {"errors": [{"message": str(exc), "locations": [{"line": exc.line, "column": exc.column}], "extensions": {}}]}


class Query:
    def __init__(self, site, request, given):
        text = given["query"]
        if len(text) > MAX_QUERY:
            raise Wrong([{"message": "Query too large"}])
        self.context = Context(site, request.user)
        self.who = "anonymous" if request.user is None else "admin" if request.user.admin else "user"
        operations, self.fragments = Parser(text).document()
        wanted = given.get("operationName")
        chosen = [o for o in operations if wanted in (None, "", o.name)]
        if len(chosen) != 1:
            raise Wrong([{"message": "An operation name is required" if not wanted else 'No operation named "%s"' % wanted}])
        self.operation = chosen[0]
        self.errors = []
        self.variables = self._variables(given.get("variables") or {})

    def _variables(self, given):
        values = {}
        for name, (kind, otherwise, has) in self.operation.variables.items():
            value = given.get(name, otherwise if has else None)
            if value is None and kind.endswith("!"):
                raise Wrong([{"message": "Variable $%s of type %s was provided invalid value" % (name, kind), "locations": [{"line": 1, "column": 7}],
                              "extensions": {"value": None, "problems": [{"path": [], "explanation": "Expected value to not be null"}]}}])
            if value is not None and not fits(kind.strip("!"), value):
                raise Wrong([{"message": "Variable $%s of type %s was provided invalid value" % (name, kind), "locations": [{"line": 1, "column": 7}],
                              "extensions": {"value": value, "problems": [{"path": [], "explanation": 'Could not coerce value %s to %s' % (
                                  json.dumps(value), kind.strip("!"))}]}}])
            values[name] = value
        return values

    def answer(self):
        if self.operation.kind != "query":
            raise Wrong([{"message": "Schema is not configured for %ss" % self.operation.kind, "locations": [{"line": 1, "column": 1}], "path": [
                self.operation.kind], "extensions": {"code": "missing%sConfiguration" % self.operation.kind.capitalize()}}])
        wrong = self.check("Query", self.operation.selections, ["query" + (" " + self.operation.name if self.operation.name else "")], 1)
        if wrong:
            raise Wrong(wrong)
        depth = self.depth(self.operation.selections)
        if depth > MAX_DEPTH[self.who]:
            raise Wrong([{"message": "Query has depth of %d, which exceeds max depth of %d" % (depth, MAX_DEPTH[self.who])}])
        score = self.weigh("Query", self.operation.selections)
        limit = MAX_COMPLEXITY[self.who]
        if score > limit:
            raise Wrong([{"message": "Query has complexity of %d, which exceeds max complexity of %d" % (score, limit)}])
        self.context.complexity = {"score": score, "limit": limit}
        with self.context.site.world.lock:
            data = self.run("Query", None, self.operation.selections, [])
        shown = {"data": data}
        if self.errors:
            shown["errors"] = self.errors
        return shown

    # looking at it before it runs -----------------------------------------------------------------------------------------

    def flat(self, selections):
        """Fields, with fragments opened and those that @skip and @include leave out gone."""
        for selection in selections:
            if any(self.value(arguments.get("if")) is (name == "skip") for name, arguments in selection.directives if name in ("skip", "include")):
                continue
            if isinstance(selection, Spread):
                inner = selection
                if selection.fragment:
                    inner = self.fragments.get(selection.fragment)
                    if inner is None:
                        raise Wrong([{"message": "Fragment %s was used, but not defined" % selection.fragment,
                                      "locations": [{"line": selection.line, "column": selection.column}], "extensions": {"code": "useAndDefineFragment"}}])
                yield from self.flat(inner.selections)
            else:
                yield selection

    def check(self, type_name, selections, path, level):
        wrong = []
        if level > 60:
            raise Wrong([{"message": "Query is too deep"}])
        fields = TYPES[type_name]
        for field in self.flat(selections):
            where = {"locations": [{"line": field.line, "column": field.column}], "path": path + [field.alias]}
            if field.name == "__typename":
                continue
            spec = fields.get(field.name)
            if spec is None:
                wrong.append(dict({"message": "Field '%s' doesn't exist on type '%s'" % (field.name, type_name)}, **where,
                                  extensions={"code": "undefinedField", "typeName": type_name, "fieldName": field.name}))
                continue
            wrong += self.check_arguments(field, spec, where)
            if spec.type in TYPES and not field.selections:
                wrong.append(dict({"message": "Field must have selections (field '%s' returns %s but has no selections. Did you mean '%s { ... }'?)" % (
                    field.name, spec.type, field.name)}, **where, extensions={"code": "selectionMismatch", "nodeName": "field '%s'" % field.name, "typeName": spec.type}))
            elif spec.type not in TYPES and field.selections:
                wrong.append(dict({"message": "Selections can't be made on scalars (field '%s' returns %s but has selections)" % (field.name, spec.type)},
                                  **where, extensions={"code": "selectionMismatch", "nodeName": "field '%s'" % field.name, "typeName": spec.type}))
            elif field.selections:
                wrong += self.check(spec.type, field.selections, where["path"], level + 1)
        return wrong

    def check_arguments(self, field, spec, where):
        wrong = []
        for name, value in field.arguments.items():
            if name not in spec.arguments:
                wrong.append(dict({"message": "Field '%s' doesn't accept argument '%s'" % (field.name, name)}, **where,
                                  extensions={"code": "argumentNotAccepted", "name": field.name, "typeName": "Field", "argumentName": name}))
            elif isinstance(value, Variable) and value not in self.operation.variables:
                wrong.append(dict({"message": "Variable $%s is used by %s but not declared" % (value, self.operation.name or "anonymous query")}, **where,
                                  extensions={"code": "variableNotDefined", "variableName": str(value)}))
        for name, kind in spec.arguments.items():
            if kind.endswith("!") and name not in field.arguments:
                wrong.append(dict({"message": "Field '%s' is missing required arguments: %s" % (field.name, name)}, **where,
                                  extensions={"code": "missingRequiredArguments", "className": "Field", "name": field.name, "arguments": name}))
        return wrong

    def depth(self, selections):
        return max((1 + self.depth(field.selections) for field in self.flat(selections)), default=0)

    def weigh(self, type_name, selections):
        """1 a field, more where git is asked; a connection multiplies what is below it by its page."""
        total = 0
        for field in self.flat(selections):
            if field.name in ("__typename", "nodes", "edges", "node", "pageInfo") or type_name == "PageInfo":
                total += self.weigh(self.type_below(type_name, field), field.selections) if field.selections and field.name != "pageInfo" else 0
                continue
            spec = TYPES[type_name][field.name]
            arguments = {name: self.value(value) for name, value in field.arguments.items()}
            own = spec.complexity(arguments) if callable(spec.complexity) else spec.complexity
            below = self.weigh(spec.type, field.selections) if field.selections else 0
            if spec.connection:
                size = min(int(arguments.get("first") or arguments.get("last") or MAX_PAGE), MAX_PAGE)
                below = below * (1 + 0.01 * size)
            total += own + below
        return int(total)

    def type_below(self, type_name, field):
        return TYPES[type_name][field.name].type

    # running it -------------------------------------------------------------------------------------------------------------

    def value(self, value):
        if isinstance(value, Variable):
            return self.variables.get(value)
        if isinstance(value, list):
            return [self.value(v) for v in value]
        if isinstance(value, dict):
            return {k: self.value(v) for k, v in value.items()}
        return value

    def run(self, type_name, thing, selections, path):
        shown = {}
        for field in self.flat(selections):
            if field.name == "__typename":
                shown[field.alias] = type_name
                continue
            spec = TYPES[type_name][field.name]
            arguments = {name: self.value(value) for name, value in field.arguments.items()}
            try:
                value = spec.resolve(self.context, thing, arguments)
            except NotThere as exc:
                self.errors.append({"message": str(exc), "locations": [{"line": field.line, "column": field.column}], "path": path + [field.alias]})
                value = None
            below = self.below(spec, value, field, path)
            if field.alias in shown and isinstance(below, dict):
                below = {**shown[field.alias], **below}
            shown[field.alias] = below
        return shown

    def below(self, spec, value, field, path):
        if value is None or spec.type not in TYPES:
            return value
        if spec.many:
            return [self.run(spec.type, entry, field.selections, path + [field.alias, i]) for i, entry in enumerate(value)]
        return self.run(spec.type, value, field.selections, path + [field.alias])


def fits(kind, value):
    """Whether a variable's value can be of that type."""
    if kind.startswith("["):
        return all(fits(kind.strip("[]!"), v) for v in (value if isinstance(value, list) else [value]))
    if kind == "Int":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "Boolean":
        return isinstance(value, bool)
    if kind == "String":
        return isinstance(value, str)
    if kind == "ID":
        return isinstance(value, (str, int)) and not isinstance(value, bool)
    return True


