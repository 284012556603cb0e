"""TAP, the Test Anything Protocol, read and written.

Suites write it, tests/run reads it; a suite that runs other programs that
write TAP reads it, too, and renumbers.  Knows nothing about what is tested.
"""

import re
import sys

_RESULT = re.compile(r"(not )?ok\b\s*(\d+)?\s*(?:- )?(.*)$")
_PLAN = re.compile(r"1\.\.(\d+)\s*(?:#\s*skip\S*\s*(.*))?$", re.IGNORECASE)
_SKIP = re.compile(r"(.*?)\s*#\s*skip\S*\s*(.*)$", re.IGNORECASE)


class Result:
    """One test: 'outcome' is "ok", "failed" or "skipped"."""

    def __init__(self, outcome, name, why=""):
        self.outcome = outcome
        self.name = name
        self.why = why


class Reader:
    """Takes lines; tells what they are and what the plan says."""

    def __init__(self):
        self.planned = 0
        self.seen_plan = False
        self.skip_all = None
        self.results = 0

    def feed(self, line):
        """A Result if 'line' is one, else None."""
        line = line.rstrip("\n")
        match = _PLAN.match(line)
        if match:
            # A program with several groups of tests has several plans.
            self.planned += int(match.group(1))
            self.seen_plan = True
            if int(match.group(1)) == 0 and match.group(2):
                self.skip_all = match.group(2)
            return None
        match = _RESULT.match(line)
        if not match:
            return None
        self.results += 1
        name = match.group(3).strip() or "test %d" % self.results
        skip = _SKIP.match(name)
        if skip and not match.group(1):
            return Result("skipped", skip.group(1) or "all", skip.group(2))
        return Result("failed" if match.group(1) else "ok", name)

    def complaint(self):
        """What is wrong with the whole, once it has ended, or None."""
        if not self.seen_plan:
            return "ended without a plan"
        if self.results < self.planned:
            return "ended after %d of %d tests" % (self.results, self.planned)
        return None


class Writer:
    """Numbers the results and ends with the plan."""

    def __init__(self, out=None):
        self.out = out or sys.stdout
        self.count = 0
        self.failed = 0

    def _line(self, text):
        self.out.write(text + "\n")
        self.out.flush()

    def result(self, result):
        self.count += 1
        name = result.name.replace("#", "").replace("\n", " ")
        if result.outcome == "failed":
            self.failed += 1
            self._line("not ok %d - %s" % (self.count, name))
        elif result.outcome == "skipped":
            self._line("ok %d - %s # SKIP %s"
                       % (self.count, name, result.why.replace("\n", " ")))
        else:
            self._line("ok %d - %s" % (self.count, name))

    def ok(self, name):
        self.result(Result("ok", name))

    def failed_test(self, name, text=""):
        self.result(Result("failed", name))
        self.comment(text)

    def skipped(self, name, why):
        self.result(Result("skipped", name, why))

    def comment(self, text):
        for line in text.splitlines():
            self._line("# " + line)

    def end(self):
        """Writes the plan; the exit status of the suite."""
        self._line("1..%d" % self.count)
        return 1 if self.failed else 0
