"""vifd killed at every point that 'repair --journal' passes: the ports stay as
they are, and a second repair succeeds."""

import os

from cells import passes
from host import binding, wait_until
from view import ports_of, view

BINDINGS = [binding(1), binding(2, bridge="br-made", queues=2, vcpus=2)]


def break_journal(host):
    """After a kill what counts may be in the log alone."""
    for suffix in ("-wal", "-shm"):
        if os.path.exists(host.journal + suffix):
            os.unlink(host.journal + suffix)
    with open(host.journal, "r+b") as journal:
        journal.write(os.urandom(4096))


def answers_or_dies(host):
    def over():
        try:
            return not host.vifd.alive() or host.answers()
        except (ConnectionError, AssertionError):
            return not host.vifd.alive()
    wait_until(over, "an answer or death")


def rebuild(host):
    """Its result, or None if vifd died meanwhile."""
    try:
        return host.call("rebuild")
    except (EOFError, ConnectionError, FileNotFoundError):
        host.vifd.wait(30)
        return None


def start(host, **env):
    host.start_vifd(env={"VIFD_STRICT_STATES": "1", **env}, wait=False)
    answers_or_dies(host)


def settle(host):
    wait_until(host.settled, "every port to be looked at")


def test_a_kill_at_every_point_of_repair_journal(switch, record_property):
    host, log = switch, os.path.join(switch.dir, "points")
    host.start_vifd()
    empty = view(host)
    for one in BINDINGS:
        host.call("plug", binding=one)
    before = view(host), ports_of(host)
    host.stop_vifd()

    break_journal(host)
    start(host, VIFD_CRASH_LOG=log)
    assert len(rebuild(host)["rebuilt"]) == len(BINDINGS)
    points = [(point, n) for point, last in sorted(passes(log).items())
              for n in range(1, last + 1)]
    assert {"journal/aside/db", "journal/commit/before",
            "ovs-port/capture/after", "tap/verify/before"} <= {
                point for point, _ in points}

    died = 0
    for point, n in points:
        host.kill_vifd()
        break_journal(host)
        start(host, VIFD_CRASH_AT="%s:%d" % (point, n))
        print("killed at pass %d of %s" % (n, point))
        died += not host.vifd.alive() or rebuild(host) is None
        host.kill_vifd()
        host.start_vifd()
        # Killed behind the last commit it is whole already.
        again = host.call("rebuild")
        assert again["lost"] == []
        assert again["known"] + len(again["rebuilt"]) == len(BINDINGS)
        settle(host)
        assert (view(host), ports_of(host)) == before, (point, n)
        assert "journal" not in host.call("version")
    record_property("cells", ("rebuild", died))
    # Some points are passed by the verification that follows the answer.
    assert died > len(points) / 2, (died, points)

    for port in before[1]:
        host.call("unplug", port_id=port)
    assert view(host) == empty
