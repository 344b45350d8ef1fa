# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripted jobs do: a list of steps, or the name of one that is here."""
import copy

LOG = """\x1b[32;1m$ docker build --tag "$CI_REGISTRY_IMAGE:${CI_COMMIT_SHA:0:7}" .\x1b[0;m
Step 1/3 : FROM debian:trixie-slim
 ---> 6d3bd0ff2a23
Step 2/3 : RUN apt-get update && apt-get install -y python3
 ---> Running in 0a7f3a2d5c11
"""

FAILURE = LOG + """\x1b[91mE: Unable to locate package python3-pandsa
\x1b[0mThe command '/bin/sh -c apt-get update && apt-get install -y python3-pandsa' returned a non-zero code: 100
"""

BEGIN = [{"status": "pending"}, {"status": "running"}, {"prepare": True}]

PRESETS = {
    "success": {"steps": BEGIN + [{"text": LOG + "Successfully built 5f1c2a3b4d5e\n"}, {"finish": "success"}]},
    "failure": {"steps": BEGIN + [{"text": FAILURE}, {"finish": "failed", "exit_code": 100}]},
    "timeout": {"steps": BEGIN + [{"text": LOG}, {"finish": "failed", "failure_reason": "job_execution_timeout",
                                                  "why": "execution took longer than 1h0m0s seconds"}]},
    "system-failure": {"steps": [{"status": "pending"}, {"status": "running"}, {"finish": "failed", "failure_reason": "runner_system_failure",
                                                                                 "why": "(system failure): Cannot connect to the Docker daemon"}]},
    "pending": {"steps": [{"status": "pending"}]},
    "running": {"steps": BEGIN + [{"text": LOG}]},
    "manual": {"when": "manual", "steps": BEGIN + [{"text": LOG}, {"finish": "success"}]},
    "delayed": {"when": "delayed", "start_in_ms": None, "steps": BEGIN + [{"text": LOG}, {"finish": "success"}]},
    "skipped": {"when": "never", "steps": []},
    "slow": {"steps": BEGIN + [{"text": LOG}, {"lines": 600, "text": "Get:{n} http://deb.debian.org/debian trixie/main amd64 package-{n}", "every_ms": 500},
                               {"finish": "success"}]},
    "real": {"real": True, "steps": [{"status": "pending"}, {"real": True}]},
}


def named(script):
    """A script of one's own, a preset's name, or {"preset": NAME, ...} which changes what a preset says."""
    if isinstance(script, str):
        script = {"preset": script}
    script = dict(script or {})
    preset = script.pop("preset", None)
    if preset is not None and preset not in PRESETS:
        raise ValueError("there is no script %r; there are: %s" % (preset, ", ".join(sorted(PRESETS))))
    merged = copy.deepcopy(PRESETS[preset]) if preset else {}
    merged.update(copy.deepcopy(script))
    merged.setdefault("steps", [])
    return merged
