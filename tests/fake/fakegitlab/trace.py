# SPDX-License-Identifier: GPL-3.0-or-later
"""A job's log as a runner writes and uploads it."""
import threading

from . import clock

CHUNK = 8192  # a line longer than this is written in pieces


class Trace:
    """What the server has of a log (`seen`), and what the runner has not uploaded yet (`waiting`).

    With `timestamps` every line begins with the 32 bytes that runners write since FF_TIMESTAMPS is on; a write that ends
    without a newline is continued by a line with '+'.
    """

    def __init__(self, timestamps=True):
        self.lock = threading.Lock()
        self.timestamps = timestamps
        self.seen, self.waiting = bytearray(), bytearray()
        self.unfinished = set()  # streams whose last line has no end yet
        self.limit = None
        self.wrote = 0
        self.erased = False

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name != "lock"}

    def __setstate__(self, values):
        self.__dict__.update(values, lock=threading.Lock())

    # the runner's side --------------------------------------------------------------------------------------------------

    def write(self, data, stream="01", kind="O"):
        """Output of the job: bytes or text, with its newlines."""
        data = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else bytes(data)
        with self.lock:
            if self.limit is not None:
                data = self._within_limit(data)
            self.wrote += len(data)
            self.waiting += self._stamped(data, stream, kind) if self.timestamps else data

    def _within_limit(self, data):
        left = self.limit - self.wrote
        if len(data) <= left:
            return data
        notice = b"" if left < 0 else (b"\n\x1b[33;1mJob's log exceeded limit of %d bytes.\nJob execution will continue but no more output "
                                       b"will be collected.\x1b[0;m\n" % self.limit)
        self.wrote = self.limit + 1
        return data[:max(0, left)] + notice

    def _stamped(self, data, stream, kind):
        out = bytearray()
        for line in split_lines(data):
            for at in range(0, len(line), CHUNK):
                piece = line[at:at + CHUNK]
                mark = "+" if stream + kind in self.unfinished else " "
                out += ("%s %s%s%s" % (clock.runner_stamp(clock.now()), stream, kind, mark)).encode() + piece
                if piece.endswith(b"\n"):
                    self.unfinished.discard(stream + kind)
                else:
                    self.unfinished.add(stream + kind)
                    out += b"\n"
        return bytes(out)

    def line(self, text, stream="01"):
        self.write(text + "\n", stream)

    def command(self, text):
        """A command of the script, as the runner's shell echoes it."""
        self.write("\x1b[32;1m$ %s\x1b[0;m\n" % text.split("\n", 1)[0])

    def info(self, text):
        self.write("\x1b[0K\x1b[36;1m%s\x1b[0;m\x1b[0;m\n" % text, "00")

    def plain(self, text):
        self.write("\x1b[0K%s\n" % text, "00")

    def section(self, name, options=""):
        self.write("section_start:%d:%s%s\r\x1b[0K" % (clock.now(), name, options), "00")

    def end_section(self, name):
        self.write("\x1b[0Ksection_end:%d:%s\r\x1b[0K" % (clock.now(), name), "00")

    def succeeded(self):
        self.write("\x1b[32;1mJob succeeded\x1b[0;m\n", "00")

    def failed(self, why):
        self.write("\x1b[31;1mERROR: Job failed: %s\n\x1b[0;m\n" % why, "00")

    def upload(self):
        """What waits reaches the server; true when there was anything."""
        with self.lock:
            grown = bool(self.waiting)
            self.seen += self.waiting
            self.waiting = bytearray()
            return grown

    # what a test does to it -----------------------------------------------------------------------------------------------

    def replace(self, data):
        with self.lock:
            self.seen, self.waiting = bytearray(data), bytearray()

    def shrink(self, size):
        with self.lock:
            del self.seen[size:]

    def bytes(self):
        with self.lock:
            return bytes(self.seen)


def split_lines(data):
    """At newlines only; bytes.splitlines would split at carriage returns, too."""
    parts = data.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
