# SPDX-License-Identifier: GPL-3.0-or-later
"""Things to do later: one thread, which sleeps until the next is due."""
import heapq
import itertools
import threading
import time
import traceback


class Timer:
    def __init__(self):
        self.changed = threading.Condition()
        self.heap, self.numbers = [], itertools.count()
        self.ended = False
        self.thread = threading.Thread(target=self._run, name="timer", daemon=True)
        self.thread.start()

    def after(self, seconds, what, *args):
        with self.changed:
            heapq.heappush(self.heap, (time.monotonic() + seconds, next(self.numbers), what, args))
            self.changed.notify()

    def end(self):
        with self.changed:
            self.ended = True
            self.changed.notify()

    def _next(self):
        with self.changed:
            while not self.ended:
                wait = self.heap[0][0] - time.monotonic() if self.heap else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self.heap)[2:]
                self.changed.wait(wait)
        return None

    def _run(self):
        while (due := self._next()) is not None:
            try:
                due[0](*due[1])
            except Exception:  # one script that fails must not stop the others
                traceback.print_exc()
