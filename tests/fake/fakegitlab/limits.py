# SPDX-License-Identifier: GPL-3.0-or-later
"""Rate limits that count for real, when a test sets them (for a single 429, see faults.py)."""
import re
import threading
import time

from . import answers


class Limits:
    """general: the limiter in front (requests a window for each user). endpoints: the one inside, by regular expression."""

    def __init__(self):
        self.lock = threading.Lock()
        self.general = None  # {"limit": N, "window_s": S, "headers": bool, "retry_after": bool}
        self.endpoints = []  # {"match": REGEX, "limit": N, "window_s": S, "retry_after": bool}
        self.seen = {}

    def set(self, general=None, endpoints=()):
        with self.lock:
            self.general, self.endpoints, self.seen = general, list(endpoints), {}

    def _count(self, key, window):
        now = time.time()
        began, count = self.seen.get(key, (now, 0))
        if now - began >= window:
            began, count = now, 0
        self.seen[key] = (began, count + 1)
        return count + 1, began + window

    def check(self, request):
        """The answer that refuses, or None."""
        who = request.user.id if request.user else request.peer[0]
        with self.lock:
            if self.general:
                count, reset = self._count(("general", who), self.general["window_s"])
                request.limit_seen = (self.general, count, reset)
                if count > self.general["limit"]:
                    wait = max(1, int(reset - time.time() + 0.999)) if self.general.get("retry_after", True) else None
                    return answers.rack_limited(self.general["limit"], count, reset, wait)
            for entry in self.endpoints:
                if not re.search(entry["match"], request.endpoint):
                    continue
                count, reset = self._count((entry["match"], who), entry["window_s"])
                if count > entry["limit"]:
                    return answers.app_limited(max(1, int(reset - time.time() + 0.999)) if entry.get("retry_after") else None)
        return None

    @staticmethod
    def mark(request, answer):
        """Newer versions say the limit in every answer."""
        seen = getattr(request, "limit_seen", None)
        if seen is None or answer.status == 429 or not seen[0].get("headers", True):
            return
        general, count, reset = seen
        answer.header("RateLimit-Name", "throttle_authenticated_api").header("RateLimit-Limit", general["limit"])
        answer.header("RateLimit-Observed", count).header("RateLimit-Remaining", max(0, general["limit"] - count))
        answer.header("RateLimit-Reset", int(reset))
