"""One job, again and again: vifd is killed at one point after the other.

The points are those that a real run logs, each as often as it is passed
(agent/crash-point.h).  After each kill the host is as before or as asked, what
was answered holds, a second try succeeds and in the end nothing is left."""

import collections
import contextlib
import os
import signal
import subprocess

from host import wait_until
from rpc import RpcError
from view import ports_of, view


def start(host, **env):
    """Starts vifd; false if it dies before it is at rest."""
    host.start_vifd(env={"VIFD_STRICT_STATES": "1", **env}, wait=False)
    return settles_or_dies(host)


def settles_or_dies(host):
    def over():
        try:
            return host.settled()
        except (EOFError, ConnectionError, FileNotFoundError):
            return not host.vifd.alive()

    wait_until(over, "rest or death", 60)
    return host.vifd.alive()


def passes(path):
    if not os.path.exists(path):
        return collections.Counter()
    with open(path) as log:
        return collections.Counter(log.read().split())


class Cells:
    """'view' is what there is on the host, to be compared."""

    def __init__(self, host, job, view=view):
        self.host, self.job, self.view = host, job, lambda: view(host)
        self.log = os.path.join(host.dir, "points")
        assert start(host)
        # Whether to make one is decided when Open vSwitch has been seen.
        wait_until(lambda: os.path.exists(host.journal), "the journal")
        self.empty = self.view()

    def prepare(self):
        """From a host that is empty, with vifd running, to one where the job
        can be done, with vifd at rest."""
        if self.job.there:
            self.host.call("plug", binding=self.job.there)
        self.before = self.view(), ports_of(self.host)
        self.host.stop_vifd()
        if self.job.lost:
            self.host.lose(*self.before[1])
            self.before = self.before[0], {}

    def perform(self):
        """Does the job.  Its answer, an error too, or None if vifd died."""
        try:
            return self.host.call(self.job.method, **self.job.params)
        except RpcError as error:
            return error
        except (EOFError, ConnectionError, FileNotFoundError):
            return None

    def try_it(self):
        """So that it fails if it shall."""
        with (self.job.hindrance or contextlib.nullcontext)(self.host):
            answer = self.perform()
        assert answer is None or (isinstance(answer, RpcError)
                                  == bool(self.job.hindrance)), answer
        return answer

    def succeed(self):
        answer = self.perform()
        assert isinstance(answer, dict), answer
        return self.view(), ports_of(self.host)

    def clean(self):
        for port in ports_of(self.host):
            self.host.call("unplug", port_id=port)
        assert self.view() == self.empty

    def enumerate(self):
        """[(point, pass)] of the job, the start of the daemon excluded.
        'self.surely' has those that were passed before the answer: others,
        such as a later verification, may not be."""
        host = self.host
        self.prepare()
        assert start(host, VIFD_CRASH_LOG=self.log)
        at_start = passes(self.log)
        assert self.try_it()
        until_answer = passes(self.log)
        assert settles_or_dies(host)
        all_passes = passes(self.log)
        self.surely = {point for point, n in until_answer.items()
                       if n > at_start[point]}
        if self.job.hindrance:
            assert (self.view(), ports_of(host)) == self.before
        self.asked = self.succeed()
        self.clean()
        os.unlink(self.log)
        return [(point, n) for point in sorted(all_passes)
                for n in range(at_start[point] + 1, all_passes[point] + 1)]

    def finish(self, answer):
        """After the kill: vifd is started again, tries once more, takes all
        back."""
        host = self.host
        assert start(host)
        now = self.view(), ports_of(host)
        if self.job.hindrance:
            assert now == self.before
        elif answer or now != self.before:
            assert now == self.asked
        assert self.succeed() == self.asked
        self.clean()

    def crash(self, point, n):
        """Returns whether vifd died."""
        host = self.host
        print("killed at pass %d of %s" % (n, point))
        self.prepare()
        answer = None
        if start(host, VIFD_CRASH_AT="%s:%d" % (point, n)):
            answer = self.try_it()
            alive = settles_or_dies(host)
            try:
                # The last points are passed after the answer, if at all.
                host.vifd.wait(0.5 if alive else 30)
            except subprocess.TimeoutExpired:
                host.vifd.signal(signal.SIGTERM)
                host.vifd.wait()
        status = host.vifd.popen.returncode
        assert status in (0, -signal.SIGKILL), host.vifd.text()
        self.finish(answer)
        return status != 0

    def crash_in_recovery(self, first):
        """Kills at the point 'first', then once at each point that the
        recovery from that passes.  Returns how many."""
        host = self.host
        points = None
        done = 0
        while points is None or points:
            self.prepare()
            if start(host, VIFD_CRASH_AT=first):
                self.try_it()
            host.vifd.wait(30)
            if points is None:
                assert start(host, VIFD_CRASH_LOG=self.log)
                found = passes(self.log)
                points = [(point, n) for point in sorted(found)
                          for n in range(1, found[point] + 1)]
                host.stop_vifd()
            else:
                done += not start(host, VIFD_CRASH_AT="%s:%d" % points.pop())
                host.kill_vifd()
            self.finish(None)
        return done
