# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that this one starts, and that end with it whatever happens."""
import ctypes
import signal
import subprocess

PR_SET_PDEATHSIG = 1


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start(words, log):
    """From the main thread: the child gets a signal when the thread that started it ends."""
    with open(log, "ab") as f:
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=f, stderr=f, preexec_fn=die_with_parent)


def stop(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
