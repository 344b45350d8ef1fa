# SPDX-License-Identifier: GPL-3.0-or-later
"""A GitLab that stands in for the real one in tests. See ../README.md."""
