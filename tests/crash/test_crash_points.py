"""The crash matrix: vifd killed at every crash point that a job passes, and
started again.

The points are those that a real run of each job logs (cells.py), so that a new
step is tried as soon as a job (jobs.py) has it in its plan; that some job has
it is a test of its own."""

import pytest

from cells import Cells, start
from host import wait_until
from jobs import JOBS, MOMENTS, NEED_A_VM

OPERATIONS = ("capture", "apply", "verify", "revert")
MOMENTS_OF_A_POINT = ("before", "after")


@pytest.mark.parametrize("job", JOBS)
def test_a_kill_at_every_point(switch, record_property, job):
    cells = Cells(switch, JOBS[job])
    points = cells.enumerate()
    assert points, "no crash points: a build with --enable-crash-points?"
    died = [point for point in points if cells.crash(*point)]
    record_property("cells", (job, len(died)))
    # How often a point is passed may depend on time; whether it is does not.
    assert cells.surely <= {p for p, _ in died}


@pytest.mark.parametrize("job, first", MOMENTS)
def test_a_kill_at_every_point_of_the_recovery(switch, record_property, job,
                                               first):
    cells = Cells(switch, JOBS[job])
    assert first in dict(cells.enumerate())
    done = cells.crash_in_recovery(first)
    record_property("cells within a recovery", (job, done))
    assert done


def test_every_kind_of_step_is_in_the_matrix(switch):
    """Each operation of each kind of step that this vifd has, and the
    journal, before and after, in the points of at least one job; but for
    those that need what only a virtual machine has."""
    found = set()
    for job in JOBS.values():
        cells = Cells(switch, job)
        found |= {point for point, _ in cells.enumerate()}
        kinds = [step["kind"] for step in
                 switch.call("capabilities")["steps"]]
        switch.stop_vifd()
    wanted = {"%s/%s/%s" % (kind, operation, moment) for kind in kinds
              for operation in OPERATIONS for moment in MOMENTS_OF_A_POINT
              if kind not in NEED_A_VM}
    wanted |= {"journal/commit/" + moment for moment in MOMENTS_OF_A_POINT}
    assert wanted <= found, sorted(wanted - found)


@pytest.mark.parametrize("job, point", [
    ("plug", "tap/create/persistent"),
    ("macvtap", "macvtap/create/marked"),
    ("macvtap", "macvtap/create/unmarked"),
])
def test_one_renamed_before_its_number_was_noted_is_found(switch, job, point):
    """Only its mark tells whose it is, or what stands for it."""
    cells = Cells(switch, JOBS[job])
    cells.prepare()
    assert start(switch, VIFD_CRASH_AT=point)
    assert cells.perform() is None
    switch.vifd.wait(30)
    switch.ip("link", "set", "tap0000001", "down", "name", "elsewhere")
    switch.ip("tuntap", "add", "bystander", "mode", "tap")
    switch.ip("link", "add", "link", "eth1", "name", "stranger", "type",
              "macvtap")
    assert start(switch)
    wait_until(lambda: switch.call("list")["ports"] == [], "the undoing")
    assert "elsewhere" not in switch.links()
    assert {"bystander", "stranger"} <= set(switch.links())
