# SPDX-License-Identifier: GPL-3.0-or-later
"""Times as GitLab writes them."""
import datetime
import email.utils
import time

UTC = datetime.timezone.utc


def now():
    return time.time()


def iso(seconds):
    """ISO 8601 with milliseconds in UTC; None stays None."""
    if seconds is None:
        return None
    whole = datetime.datetime.fromtimestamp(seconds, UTC)
    return whole.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (whole.microsecond // 1000)


def day(seconds):
    return None if seconds is None else datetime.datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def http_date(seconds):
    return email.utils.formatdate(seconds, usegmt=True)


def with_millis(text):
    """git's strict ISO date (2025-04-01T18:40:00+01:00) as GitLab gives it: with milliseconds, the author's offset kept."""
    if text.endswith("Z"):
        return text[:-1] + ".000+00:00"
    return text[:19] + ".000" + text[19:]


def parse(text):
    """A date or time in ISO 8601, or None."""
    if not text:
        return None
    try:
        moment = datetime.datetime.fromisoformat(text.strip().replace(" ", "+").replace("Z", "+00:00"))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()


def runner_stamp(seconds):
    """The time in front of a log line: 27 bytes."""
    whole = datetime.datetime.fromtimestamp(seconds, UTC)
    return whole.strftime("%Y-%m-%dT%H:%M:%S.") + "%06dZ" % whole.microsecond
