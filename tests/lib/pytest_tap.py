"""A pytest plugin that writes TAP: python3 -m pytest -p pytest_tap.

Replaces the terminal reporter.  What a failed test printed and its traceback
follow its line as comments.  What a test counts with record_property(WHAT,
(PART, NUMBER)) is told at the end, in sum.
"""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap  # noqa: E402


def explanation(report):
    """What was wrong comes first: a traceback through helpers is long, and
    not all of it may be shown."""
    crash = getattr(report.longrepr, "reprcrash", None)
    what = crash.message + "\n\n" if crash else ""
    return what + report.longreprtext


class Reporter:
    def __init__(self):
        # pytest captures descriptor 1 while a test runs.
        self.writer = tap.Writer(os.fdopen(os.dup(1), "w"))
        self.tallies = {}

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.split("::", 1)[-1].replace("::", ".")
        name = "%s: %s" % (os.path.basename(report.fspath)[:-3], name)
        if report.failed:
            where = "" if report.when == "call" else " (%s)" % report.when
            self.writer.failed_test(name + where, explanation(report))
            for title, text in report.sections:
                self.writer.comment("---- %s\n%s" % (title, text))
        elif report.skipped:
            why = report.longrepr
            if isinstance(why, tuple):
                why = why[2]
            why = str(why)
            self.writer.skipped(name, why.replace("Skipped: ", "", 1))
        elif report.when == "call":
            self.writer.ok(name)
        if report.when == "call":
            for what, (part, count) in report.user_properties:
                self.tallies.setdefault(what, []).append((part, count))

    def pytest_collectreport(self, report):
        if report.failed:
            self.writer.failed_test("collect %s" % report.nodeid,
                                    report.longreprtext)

    def pytest_internalerror(self, excrepr):
        self.writer.failed_test("pytest itself", str(excrepr))

    def pytest_sessionfinish(self):
        for what, parts in self.tallies.items():
            tally = "%d %s: %s" % (
                sum(count for _, count in parts), what,
                ", ".join("%s %d" % part for part in parts))
            self.writer.comment(tally)
            self.writer.ok(tally)
        self.writer.end()


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    terminal = config.pluginmanager.getplugin("terminalreporter")
    if terminal:
        config.pluginmanager.unregister(terminal)
    config.pluginmanager.register(Reporter(), "tap-reporter")
