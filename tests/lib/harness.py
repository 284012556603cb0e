"""Runs the suites, counts their results, and looks for what they left behind.

Called by tests/run once everything is built.  A suite is tests/SUITE/run; it
gets its options and the pattern as its arguments, VIFD_* in its environment,
and writes TAP.  It must clean up after itself: a process, network namespace or
link that it leaves is counted as a failure, by name.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import tap
from waiting import comes_true

# In this order; the number is the seconds that a suite may take.
SUITES = {
    "unit": 600,
    "property": 900,
    "netns": 1500,
    "crash": 900,
    "quickstart": 300,
    "dist": 900,
    "lint": 600,
    "vm": 1800,
    "interop": 1200,
    "fuzz": 900,
}

# Options of suites, each with a value, and the seconds that a suite may take
# longer for each unit of the value.
OPTIONS = {"fuzz": {"--hours": 3600, "--corpus": 0}}

# Where nothing may be skipped in continuous integration, except a whole suite
# whose setup says that it cannot be had.
ESSENTIAL = ("unit", "property", "netns", "crash", "quickstart", "dist",
             "lint", "vm")

# Where real switches, kernels and clocks take part, a test that fails is run
# once more by itself, if there are no more than so many: an accident does not
# happen twice.  What passes then is told of at the end.
WITH_REAL_PARTS = ("netns", "crash", "vm")
MAX_ACCIDENTS = 3

# The exit status of a suite's setup that says so.
NOT_TO_BE_HAD = 77

# How long what a suite started may take to vanish after the suite's end.
LINGER_S = 5

# Lines of explanation shown with a failed test; the log has all.
MAX_EXPLANATION = 60

# Lines of each explanation that are repeated at the end: of its beginning, and
# as many of its end.
MAX_REPEATED = 10


class Leftovers:
    """Processes of a suite that outlive it, known by their environment."""

    def __init__(self, run_id):
        self.mark = ("VIFD_TEST_RUN=%s" % run_id).encode()

    def look(self):
        return [int(pid) for pid in _listdir("/proc")
                if pid.isdigit() and self.mark in _environ(pid)]

    def end(self):
        """Gives them some time to end by themselves, then names those that
        did not and ends them by their pids."""
        comes_true(lambda: not self.look(), LINGER_S, 0.1)
        names = []
        for pid in self.look():
            names.append("process %d (%s)" % (pid, _command(pid)))
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return names


def _listdir(path):
    try:
        return os.listdir(path)
    except OSError:
        return []


def _environ(pid):
    try:
        with open("/proc/%s/environ" % pid, "rb") as environ:
            return environ.read().split(b"\0")
    except OSError:
        return []


def _command(pid):
    try:
        with open("/proc/%s/cmdline" % pid, "rb") as cmdline:
            return cmdline.read().replace(b"\0", b" ").decode().strip()
    except OSError:
        return "?"


class Preparation:
    """tests/SUITE/setup, a program that gets ready what the suite needs, if
    there is one.  It runs while other suites do, and not enclosed as they
    are: it may use the network."""

    def __init__(self, program, log_path):
        self.log_path = log_path
        with open(log_path, "wb") as log:
            self.process = subprocess.Popen(
                [program], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)

    def result(self):
        """Once it has ended: None if the suite can run, else the Result that
        the suite has instead."""
        status = self.process.wait()
        if status == 0:
            return None
        why = (_tail(self.log_path, 1) or ["it did not say why"])[0]
        why = why.removeprefix("setup: ")
        if status == NOT_TO_BE_HAD:
            return tap.Result("skipped", "all", why)
        return tap.Result("failed", "setup, which ended with %d: %s"
                          % (status, why))

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait()


class Harness:
    def __init__(self):
        self.top = os.environ["VIFD_TOP"]
        self.passed = self.failed = self.skipped = 0
        self.failures = []
        # By the number of the failure, from 1.
        self.explanations = {}
        self.strict = os.environ.get("CI") == "true"
        self.run_id = "%d-%d" % (os.getpid(), int(time.time()))
        self.preparations = {}
        self.child = None
        self.killer = None
        self.timed_out = False
        self.stopped_by = None
        self.colour = sys.stdout.isatty()
        self.again = None       # What a second try brings, while there is one.
        self.accidents = []
        self.logs = os.path.join(os.environ["VIFD_BUILDDIR"], "test-logs")
        os.makedirs(self.logs, exist_ok=True)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.stop)

    def stop(self, number, _frame):
        self.stopped_by = number
        self.signal_child(signal.SIGTERM)
        self.end_preparations()

    def prepare(self, suites):
        for suite in suites:
            program = os.path.join(self.top, "tests", suite, "setup")
            if os.geteuid() == 0 and os.access(program, os.X_OK):
                self.preparations[suite] = Preparation(
                    program, os.path.join(self.logs, suite + "-setup.log"))

    def end_preparations(self):
        for preparation in self.preparations.values():
            preparation.end()

    def signal_child(self, number):
        if self.child and self.child.poll() is None:
            try:
                os.killpg(self.child.pid, number)
            except ProcessLookupError:
                pass

    def say(self, suite, result):
        words = {"ok": ("ok", 32), "failed": ("FAILED", 31),
                 "skipped": ("skipped", 33)}
        word, colour = words[result.outcome]
        if self.colour:
            word = "\033[%dm%s\033[0m" % (colour, word)
        why = ": " + result.why if result.why else ""
        print("%s: %s ... %s%s" % (suite, result.name, word, why), flush=True)

    def count(self, suite, result, excused=False):
        if (result.outcome == "skipped" and self.strict
                and suite in ESSENTIAL and not excused):
            result = tap.Result("failed", result.name,
                                "skipped in CI: " + result.why)
        if self.again is not None:
            self.again.append((suite, result))
        elif result.outcome == "ok":
            self.passed += 1
        elif result.outcome == "failed":
            self.failed += 1
            self.failures.append((suite, result))
        else:
            self.skipped += 1
        self.say(suite, result)

    def run_suite(self, suite, arguments, seconds):
        """'seconds' is what it may take."""
        program = os.path.join(self.top, "tests", suite, "run")
        if not os.access(program, os.X_OK):
            self.count(suite, tap.Result("skipped", "all",
                                         "there is no tests/%s/run" % suite))
            return
        preparation = self.preparations.get(suite)
        instead = preparation.result() if preparation else None
        if instead:
            self.count(suite, instead, excused=True)
            return
        scratch = tempfile.mkdtemp(prefix="vifd-test-")
        # Tests connect as other users, too.
        os.chmod(scratch, 0o755)
        run_id = "%s-%s" % (self.run_id, suite)
        leftovers = Leftovers(run_id)
        environ = dict(os.environ, VIFD_TEST_RUN=run_id,
                       VIFD_TEST_TMP=scratch, LC_ALL="C.UTF-8")
        log_path = os.path.join(self.logs, suite + ".log")
        started = time.monotonic()
        command = [program] + arguments
        if os.geteuid() == 0:
            command.insert(0, os.path.join(self.top, "tests/lib/enclosed"))
        try:
            with open(log_path, "wb") as log:
                self.child = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                    stderr=log, env=environ, cwd=self.top,
                    start_new_session=True)
                self.follow(suite, log, log_path, seconds)
        finally:
            self.signal_child(signal.SIGKILL)
            self.child = None
            for what in leftovers.end():
                self.count(suite, tap.Result(
                    "failed", "leaves nothing behind: " + what))
            shutil.rmtree(scratch, ignore_errors=True)
        print("%s: took %.0f s" % (suite, time.monotonic() - started),
              flush=True)

    def follow(self, suite, log, log_path, seconds):
        reader = tap.Reader()
        failed = 0
        show = 0
        overdue = threading.Timer(seconds, self.overdue)
        overdue.daemon = True
        self.timed_out = False
        overdue.start()
        for raw in self.child.stdout:
            log.write(raw)
            log.flush()
            line = raw.decode(errors="replace").rstrip("\n")
            result = reader.feed(line)
            if result:
                failed += result.outcome == "failed"
                show = 1 if result.outcome == "failed" else 0
                self.count(suite, result)
            elif line.startswith("#") and 0 < show <= MAX_EXPLANATION:
                line = line[1:].removeprefix(" ")
                print("    " + line, flush=True)
                self.explanations.setdefault(self.failed, []).append(line)
                show += 1
                if show > MAX_EXPLANATION:
                    print("    ... the rest is in %s" % log_path, flush=True)
        status = self.child.wait()
        overdue.cancel()
        if self.killer:
            self.killer.cancel()
            self.killer = None
        if reader.skip_all is not None and not reader.results:
            self.count(suite, tap.Result("skipped", "all", reader.skip_all))
            return
        complaint = reader.complaint()
        if self.timed_out:
            complaint = "took more than %d seconds" % seconds
        elif not complaint and status != 0 and not failed:
            complaint = "exit status %d, though no test failed" % status
        if complaint:
            self.count(suite, tap.Result("failed", "the suite", complaint))
            print("    the end of %s:" % log_path)
            for line in _tail(log_path, 25):
                print("    " + line, flush=True)

    def try_again(self, suite, result):
        """Whether what failed passes by itself, and nothing else fails."""
        name = re.sub(r" \((?:setup|teardown)\)$", "", result.name)
        found = re.fullmatch(r"(?:(\w+): )?\w+: (test_\w+)(?:\[.*\])?", name)
        if not found:
            return False
        print("\nonce more, by itself:")
        self.again = []
        self.run_suite(suite, [word for word in found.groups() if word],
                       SUITES[suite])
        again, self.again = self.again, None
        return ((suite, name) in
                [(s, r.name) for s, r in again if r.outcome == "ok"]
                and all(r.outcome != "failed" for _, r in again))

    def look_again(self):
        if (self.stopped_by or len(self.failures) > MAX_ACCIDENTS
                or any(suite not in WITH_REAL_PARTS
                       for suite, _ in self.failures)):
            return
        for i, (suite, result) in enumerate(self.failures):
            if self.try_again(suite, result):
                self.failures[i] = None
                self.accidents.append((suite, result))
                self.failed -= 1
                self.passed += 1

    def overdue(self):
        self.timed_out = True
        self.signal_child(signal.SIGTERM)
        # A suite that does not clean up within this is not going to.
        self.killer = threading.Timer(
            30, self.signal_child, [signal.SIGKILL])
        self.killer.daemon = True
        self.killer.start()

    def repeat_failures(self):
        """Says once more what failed, where a reader of the output's end
        finds it."""
        for suite, result in self.accidents:
            print("\nfailed once and passed by itself: %s: %s"
                  % (suite, result.name))
        if not self.failed:
            return
        print("\nfailed:")
        for number, failure in enumerate(self.failures, 1):
            if not failure:
                continue
            self.say(*failure)
            lines = self.explanations.get(number, [])
            if len(lines) > 2 * MAX_REPEATED:
                lines[MAX_REPEATED:-MAX_REPEATED] = ["..."]
            for line in lines:
                print("    " + line)

    def close(self):
        self.repeat_failures()
        line = "%d passed, %d failed" % (self.passed, self.failed)
        if self.skipped:
            line += ", %d skipped" % self.skipped
        print(line, flush=True)
        if self.stopped_by:
            return 128 + self.stopped_by
        return 1 if self.failed or not self.passed + self.skipped else 0


def _tail(path, lines):
    with open(path, errors="replace") as log:
        return [line.rstrip("\n") for line in log.readlines()[-lines:]]


def known_suites(top):
    known = dict.fromkeys(SUITES)
    for name in sorted(_listdir(os.path.join(top, "tests"))):
        if os.access(os.path.join(top, "tests", name, "run"), os.X_OK):
            known.setdefault(name)
            SUITES.setdefault(name, 900)
    return known


def all_suites(known, top):
    # 'bench' is for 'make bench', not for every run.
    return [(suite, [], SUITES[suite]) for suite in known
            if suite != "bench" and (
                suite in ESSENTIAL
                or os.path.isdir(os.path.join(top, "tests", suite)))]


def option(suite, word, words):
    """The value of 'word', an option of 'suite', and the seconds that it
    adds."""
    per_unit = OPTIONS.get(suite, {}).get(word)
    value = next(words, None)
    if per_unit is None or value is None:
        sys.exit("tests/run: %s %s" % (
            suite, "has no option %s" % word if per_unit is None
            else "wants a value for %s" % word))
    try:
        return value, per_unit and int(per_unit * float(value))
    except ValueError:
        sys.exit("tests/run: %s %s: no number" % (word, value))


def parse(arguments, top):
    """[(suite, its arguments, seconds)]; a word that is no suite is the
    pattern of the suite before it, and comes behind that one's options."""
    known = known_suites(top)
    wanted = []
    pattern = True
    words = iter(arguments)
    for word in words:
        if word in known:
            wanted.append((word, [], SUITES[word]))
            pattern = False
        elif wanted and word.startswith("--"):
            suite, given, seconds = wanted.pop()
            value, more = option(suite, word, words)
            wanted.append((suite, [word, value] + given, seconds + more))
        elif not pattern:
            wanted[-1][1].append(word)
            pattern = True
        else:
            sys.exit("tests/run: no suite '%s'; there are: %s"
                     % (word, " ".join(known)))
    return wanted or all_suites(known, top)


def main():
    harness = Harness()
    wanted = parse(sys.argv[1:], harness.top)
    harness.prepare(suite for suite, _, _ in wanted)
    for suite, arguments, seconds in wanted:
        if harness.stopped_by:
            break
        harness.run_suite(suite, arguments, seconds)
    harness.look_again()
    harness.end_preparations()
    return harness.close()


if __name__ == "__main__":
    sys.exit(main())
