# SPDX-License-Identifier: GPL-3.0-or-later
"""A pipeline's inputs: what .gitlab-ci.yml says of them in its header (spec: inputs:), whether given ones fit, and where they go."""
import json
import re

from . import ci_file

SEPARATOR = re.compile(r"^---[ \t]*(?:#.*)?$", re.M)
PLACE = re.compile(r"\$\[\[\s*inputs\.([\w-]+)[^\]]*\]\]")
KINDS = {"string": str, "number": (int, float), "boolean": bool, "array": list}
WORDS = {"string": "a string", "number": "a number", "boolean": "a boolean", "array": "an array"}


def parts(text):
    """(header, rest); the header is None where the file has none."""
    documents = [part for part in SEPARATOR.split(text, 2) if part.strip()]
    if len(documents) > 1 and re.search(r"^spec\s*:", documents[0], re.M):
        return documents[0], documents[1]
    return None, text


def value_of(text):
    """As YAML reads a plain word: numbers and truth values are none of a string, unless they are quoted."""
    text = text.strip()
    if text.startswith("["):
        return [value_of(part) for part in text[1:-1].split(",") if part.strip()]
    plain = ci_file.scalar(text)
    if isinstance(plain, str) and not text.startswith(('"', "'")) and re.fullmatch(r"-?\d+(\.\d+)?", plain):
        return json.loads(plain)
    return plain


def read(header):
    """{name: {"type", "default", "options", "regex"}} of a header's lines."""
    inputs, name, field = {}, None, None
    margin = depth = None  # of "inputs:", and of the names below it
    for line in header.split("\n"):
        key, indent = ci_file.KEY.match(line), len(line) - len(line.lstrip())
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line.lstrip().startswith("- "):
            if field is not None:
                field.append(value_of(line.strip()[2:]))
            continue
        if not key:
            continue
        label, rest = key.group(2) or key.group(3) or key.group(4), (key.group(5) or "").strip()
        if margin is None or indent <= margin:
            margin = indent if label == "inputs" and indent else None
            continue
        depth = indent if depth is None else depth
        field = None
        if indent == depth:
            name = label
            inputs[name] = {}
        elif rest:
            inputs[name][label] = value_of(rest)
        else:
            field = inputs[name][label] = []
    return inputs


def wrong(name, spec, value):
    kind = spec.get("type", "string")
    if not isinstance(value, KINDS.get(kind, str)) or (kind == "number" and isinstance(value, bool)):
        return "`%s` input: provided value is not %s" % (name, WORDS.get(kind, "a string"))
    if "options" in spec and value not in spec["options"]:
        return "`%s` input: `%s` cannot be used because it is not in the list of allowed options" % (name, value)
    if "regex" in spec and not re.search(spec["regex"], value):
        return "`%s` input: provided value does not match required RegEx pattern" % name
    return None


def shown(value):
    return value if isinstance(value, str) else json.dumps(value)


def apply(text, given):
    """(the file with its inputs filled in, None), or (None, what is wrong)."""
    header, rest = parts(text)
    if header is None:
        return (None, "Given inputs not defined in the `spec` section of the included configuration file") if given else (text, None)
    specs = read(header)
    unknown = [name for name in given if name not in specs]
    errors = ["unknown input arguments: " + ", ".join(unknown)] if unknown else []
    values = {}
    for name, spec in specs.items():
        if name not in given and "default" not in spec:
            errors.append("`%s` input: required value has not been provided" % name)
            continue
        values[name] = given.get(name, spec.get("default"))
        error = wrong(name, spec, values[name])
        errors += [error] if error else []
    errors += ["unknown interpolation key: `%s`" % name for name in dict.fromkeys(PLACE.findall(rest)) if name not in specs]
    if errors:
        return None, ", ".join(errors[:3])
    return PLACE.sub(lambda found: shown(values[found.group(1)]), rest), None
