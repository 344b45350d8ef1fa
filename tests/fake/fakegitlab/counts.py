# SPDX-License-Identifier: GPL-3.0-or-later
"""How many requests and bytes, by endpoint, and how many round trips."""
import collections
import threading
import time

LOG_LIMIT = 20000


class Counts:
    def __init__(self):
        self.lock = threading.Condition()
        self.writing = 0  # answers under way: a client may have all of one before it is noted here
        self.reset()

    def reset(self):
        with self.lock:
            self.settle()
            self.began = time.monotonic()
            self.requests = self.received = self.sent = self.connections = 0
            self.endpoints = {}
            self.log = collections.deque(maxlen=LOG_LIMIT)

    def settle(self):
        """Waits for answers that are just being sent, but not for those that take their time."""
        self.lock.wait_for(lambda: self.writing == 0, 1)

    def begin(self):
        with self.lock:
            self.writing += 1
        return True

    def connected(self):
        with self.lock:
            self.connections += 1

    def note(self, entry):
        """entry: endpoint, target, method, status, received, sent, start, end, connection."""
        with self.lock:
            self.writing -= 1
            self.requests += 1
            self.received += entry["received"]
            self.sent += entry["sent"]
            row = self.endpoints.setdefault(entry["endpoint"], {"requests": 0, "received": 0, "sent": 0, "statuses": {}})
            row["requests"] += 1
            row["received"] += entry["received"]
            row["sent"] += entry["sent"]
            status = str(entry["status"])
            row["statuses"][status] = row["statuses"].get(status, 0) + 1
            self.log.append(entry)
            self.lock.notify_all()

    def wait_for(self, endpoint, count, seconds):
        """True when that endpoint has had `count` requests, within `seconds`."""
        with self.lock:
            return self.lock.wait_for(lambda: self._had(endpoint) >= count, seconds)

    def _had(self, endpoint):
        return self.requests if endpoint == "*" else self.endpoints.get(endpoint, {"requests": 0})["requests"]

    def report(self, with_log=False):
        with self.lock:
            self.settle()
            report = {
                "requests": self.requests, "received": self.received, "sent": self.sent, "connections": self.connections,
                "round_trips": round_trips(self.log), "endpoints": {name: dict(row) for name, row in sorted(self.endpoints.items())},
            }
            if with_log:
                report["log"] = [dict(entry, start=round(entry["start"] - self.began, 6), end=round(entry["end"] - self.began, 6))
                                 for entry in self.log]
            return report


def round_trips(log):
    """The longest row of requests of which each began after the one before had ended: how often a client had to wait.

    With a latency of some 50 ms set, requests that were sent together overlap and count once.
    """
    rounds, last_end = 0, float("-inf")
    for entry in sorted(log, key=lambda e: e["end"]):
        if entry["start"] >= last_end:
            rounds += 1
            last_end = entry["end"]
    return rounds
