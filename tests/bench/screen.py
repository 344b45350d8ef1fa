# SPDX-License-Identifier: GPL-3.0-or-later
"""A program on a terminal, and rows of figures."""
import fcntl, os, pty, select, signal, statistics, struct, termios, time


class Screen:
    """A program on a pty of a given size; bytes are counted and thrown away."""

    def __init__(self, argv, rows, cols, env, cwd):
        self.began = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execvpe(argv[0], argv, env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)
        self.bytes = b""

    def read(self, timeout):
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return b""
        try:
            got = os.read(self.fd, 1 << 16)
        except OSError:
            return b""
        return got

    def until(self, wanted, limit):
        """Seconds from the start until `wanted` was on its way to the terminal; None when it never came."""
        seen = b""
        end = time.perf_counter() + limit
        while time.perf_counter() < end:
            seen += self.read(0.05)
            if wanted in seen:
                return time.perf_counter() - self.began
        return None

    def settle(self, quiet=0.15, limit=10):
        """Reads until nothing has come for `quiet` seconds: (bytes, seconds from now to the last byte)."""
        began = last = time.perf_counter()
        n = 0
        while time.perf_counter() - last < quiet and time.perf_counter() - began < limit:
            got = self.read(quiet / 4)
            if got:
                n += len(got)
                last = time.perf_counter()
        return n, last - began

    def key(self, key, quiet=0.05):
        os.write(self.fd, key)
        return self.settle(quiet)

    def usage(self):
        """(CPU seconds, context switches, resident KiB) so far."""
        with open(f"/proc/{self.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        ticks = os.sysconf("SC_CLK_TCK")
        switches = rss = 0
        for task in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{task}/status") as f:
                for line in f:
                    if line.startswith("voluntary_ctxt_switches"):
                        switches += int(line.split()[1])
        with open(f"/proc/{self.pid}/status") as f:
            for line in f:
                if line.startswith("VmRSS"):
                    rss = int(line.split()[1])
        return (int(fields[11]) + int(fields[12])) / ticks, switches, rss

    def end(self):
        os.kill(self.pid, signal.SIGTERM)
        deadline = time.perf_counter() + 5
        while time.perf_counter() < deadline:
            self.read(0.05)
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                os.close(self.fd)
                return
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def share(values, part):
    """The value that `part` of them do not pass."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def median_ms(values):
    return statistics.median(values) * 1000


def row(what, value, unit, budget, peers):
    beside = "  ".join(f"{name} {v:.1f}{unit} ({value / v:.2f}x)" for name, v in peers if v)
    print(f"{what:44} {value:9.2f}{unit:3} budget {budget:g}{unit}  {beside}", flush=True)
