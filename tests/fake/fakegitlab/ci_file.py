# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of .gitlab-ci.yml as makes pipelines: jobs with their stage, script, when, tags and trigger.

A reader of lines, not of YAML: jobs are keys at the margin, their properties are indented, lists are "- item" lines or
[a, b]. That is what files with an image_build look like.
"""
import re

NO_JOBS = {"stages", "variables", "default", "include", "image", "services", "before_script", "after_script", "cache", "workflow", "pages",
           "spec"}
KEY = re.compile(r"""^(\s*)(?:"([^"]+)"|'([^']+)'|([^\s#:'"\[{-][^#:]*?))\s*:(?:\s+(.*))?$""")


def scalar(text):
    text = (text or "").strip()
    if text[:1] in "\"'" and len(text) > 1 and text[-1] == text[0]:
        return text[1:-1]
    text = re.sub(r"\s+#.*$", "", text)
    return {"true": True, "false": False}.get(text, text)


def items(text):
    return [scalar(part) for part in text.strip()[1:-1].split(",") if part.strip()]


class Reader:
    def __init__(self, text):
        self.jobs, self.stages, self.variables = {}, [], {}
        self.block = self.field = self.open_text = None
        for line in text.replace("\t", "    ").split("\n"):
            self.line(line.rstrip("\r"))

    def line(self, line):
        if not line.strip() or line.lstrip().startswith("#"):
            return
        indent = len(line) - len(line.lstrip())
        if self.open_text is not None:
            if indent > self.open_text[0]:
                self.open_text[1].append(line.strip())
                return
            self.open_text = None
        key = KEY.match(line)
        if line.lstrip().startswith("- "):
            self.item(line.strip()[2:], indent)
        elif key and indent == 0:
            self.top(key.group(2) or key.group(3) or key.group(4), key.group(5))
        elif key and self.block is not None:
            self.property(key.group(2) or key.group(3) or key.group(4), key.group(5), indent)

    def top(self, name, rest):
        self.field = None
        self.block = self.jobs.setdefault(name, {}) if name not in NO_JOBS or name == "pages" else {}
        if name == "stages":
            self.field = self.stages
            self.stages.extend(items(rest) if (rest or "").startswith("[") else [])
        elif name == "variables":
            self.block = self.variables

    def property(self, name, rest, indent):
        rest = (rest or "").strip()
        if self.block.get("_indent") is None:
            self.block["_indent"] = indent
        if indent > self.block["_indent"]:
            return  # deeper than a property: of a rule, an artifact, a cache
        if rest.startswith("["):
            self.block[name] = self.field = items(rest)
        elif rest in ("|", ">", "|-", ">-", ""):
            self.block[name] = self.field = []
            if rest:
                self.open_text = (indent, self.field)
        else:
            self.block[name] = scalar(rest)
            self.field = None

    def item(self, text, indent):
        if self.field is None:
            return
        if text.strip() in ("|", ">", "|-", ">-"):
            lines = []
            self.field.append(lines)
            self.open_text = (indent, lines)
        else:
            self.field.append(scalar(text))


def read(text):
    """(stages, [job]) of the file; a job is a dict with name, stage, script, when, allow_failure, tags, trigger, start_in."""
    reader = Reader(text)
    stages = reader.stages or ["build", "test", "deploy"]
    jobs = []
    for name, block in reader.jobs.items():
        if name.startswith(".") or not ({"script", "trigger", "extends", "run"} & set(block)):
            continue
        extended = reader.jobs.get(block.get("extends") if isinstance(block.get("extends"), str) else "", {})
        block = {**extended, **block}
        script = block.get("script", [])
        jobs.append({
            "name": name, "stage": block.get("stage", "test"), "when": block.get("when", "on_success"), "tags": block.get("tags", []),
            "script": ["\n".join(s) if isinstance(s, list) else str(s) for s in ([script] if isinstance(script, str) else script)],
            "allow_failure": block.get("allow_failure") is True or (block.get("when") == "manual" and block.get("allow_failure") is not False),
            "trigger": "trigger" in block, "start_in": block.get("start_in"),
        })
    for job in jobs:
        if job["stage"] not in stages:
            stages = stages + [job["stage"]]
    return stages, jobs
