# SPDX-License-Identifier: GPL-3.0-or-later
"""People, projects, pipelines and jobs from one run to the next, in the state folder. (Repositories and images are there anyway.)

The file is Python's pickle: read only what an earlier run wrote into a folder of your own.
"""
import os
import pickle

FORMAT = 1
WORLD = ("users", "groups", "projects", "tokens", "moved", "by_path", "ids")
PIPELINES = ("ids", "iids", "by_id", "jobs", "by_project")
UNDER_WAY = ("pending", "running", "canceling")


def save(site):
    path = os.path.join(site.state, "saved")
    with site.world.lock:
        data = pickle.dumps((FORMAT, {name: getattr(site.world, name) for name in WORLD}, {name: getattr(site.pipelines, name) for name in PIPELINES}))
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as f:
        f.write(data)
    os.replace(path + ".new", path)


def load(site):
    """True when there was something. Jobs that were under way begin again."""
    path = os.path.join(site.state, "saved")
    if not os.path.exists(path):
        return False
    with open(path, "rb") as f:
        form, world, pipelines = pickle.load(f)
    if form != FORMAT:
        raise SystemExit("%s is of another version: remove that folder, or name another" % path)
    for owner, values in ((site.world, world), (site.pipelines, pipelines)):
        for name, value in values.items():
            setattr(owner, name, value)
    for job in site.pipelines.jobs.values():
        if job.status in UNDER_WAY and job.script:
            job.trace.replace(b"")
            site.runner.start(job)
    return True
