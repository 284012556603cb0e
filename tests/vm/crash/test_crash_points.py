"""The crash matrix of devices: as tests/crash, on VFs of a real driver.

vifd is killed at every crash point that a job passes, and started again; a new
point of a step is tried as soon as it is there.  Every kind of step that
tests/crash leaves to this suite has to be in it, with each operation.  A kill
takes long here, so each job is for the operations that are its own; the points
of the journal are tests/crash's."""

import contextlib

import pytest

from cells import Cells
from host import port_id
from jobs import NEED_A_VM, Job, plug, plugs, unplug
from nics import bind, vf_infos_of

PHYSNET = "physnet1"
OPERATIONS = ("capture", "apply", "verify", "revert")
MOMENTS = ("before", "after")


def port(number, vnic_type, **more):
    return dict(port_id=port_id(number), vnic_type=vnic_type,
                mac_address="fa:16:3e:00:03:%02x" % number, **more)


def direct(vlan, **more):
    return port(1, "direct", physical_network=PHYSNET, driver="vfio-pci",
                vf={"vlan": vlan, "spoofchk": False}, **more)


def macvtap(vlan):
    return port(1, "macvtap", physical_network=PHYSNET, mtu=1400,
                vf={"vlan": vlan}, macvtap={"mode": "passthru"})


def agent(vlan, mtu):
    """As Neutron's macvtap agent has it; on the second PF."""
    return port(1, "macvtap", mtu=mtu, macvtap={
        "source": "eth1.%d" % vlan, "physical_interface": "eth1",
        "vlan": vlan})


@contextlib.contextmanager
def second_vf_is_bridged(host):
    """It is a port of a bridge, so no macvtap can be made there; which the
    kernel says when all else has been done."""
    host.ip("link", "add", "bridge7", "type", "bridge")
    host.pfs[1].vf(0).set("master", "bridge7")
    yield
    host.ip("link", "del", "bridge7")


# A port that cannot be had then.
HINDERED = port(2, "macvtap", physical_network="physnet2",
                macvtap={"mode": "passthru"})

CHECK = {"port_id": port_id(1)}

# By what it is about: the kinds of steps that its jobs have in all; and the
# jobs, each with the operations in which it is killed.
JOBS = {
    "direct": (["vf", "pci-driver"], {
        "plug": (plug(direct(100)), ["capture", "apply"]),
        "change": (plug(direct(101), there=direct(100)),
                   ["apply", "revert"]),
        "unplug": (unplug(there=direct(100)), ["revert"]),
        "check": (Job(direct(100), "check", CHECK), ["verify"]),
        "fails": (plugs(direct(100), HINDERED, hindrance=second_vf_is_bridged),
                  ["revert"]),
    }),
    "macvtap": (["vf", "vf-netdev", "macvtap"], {
        "plug": (plug(macvtap(100)), ["capture", "apply"]),
        "change": (plug(macvtap(101), there=macvtap(100)),
                   ["apply", "revert"]),
        "unplug": (unplug(there=macvtap(100)), ["revert"]),
        "check": (Job(macvtap(100), "check", CHECK), ["verify"]),
    }),
    "agent": (["vlan", "macvtap"], {
        "plug": (plug(agent(100, 1400)), ["capture", "apply"]),
        "change": (plug(agent(100, 1300), there=agent(100, 1400)),
                   ["apply", "revert"]),
        "unplug": (unplug(there=agent(100, 1400)), ["revert"]),
        "check": (Job(agent(100, 1400), "check", CHECK), ["verify"]),
    }),
}


def made(links):
    """Macvtaps and VLAN devices, by name."""
    return {name: (link["mtu"], link["address"], "UP" in link["flags"],
                   link["linkinfo"]["info_data"].get("mode"), link["link"])
            for name, link in links.items()
            if link.get("linkinfo", {}).get("info_kind")
            in ("macvtap", "vlan")}


def netdev_of(vf, links):
    """Of a VF's, what a port may have changed."""
    link = links.get(vf.netdev)
    return link and (link["address"], link["mtu"], "UP" in link["flags"])


def view(host):
    """What is there, on every VF and beside them: by one call of 'ip', which
    takes long here."""
    links = host.links()
    return {"links": made(links),
            "vfs": [vf_infos_of(links[pf.netdev]) for pf in host.pfs],
            "drivers": [[vf.driver() for vf in pf.vfs()] for pf in host.pfs],
            "netdevs": [[netdev_of(vf, links) for vf in pf.vfs()]
                        for pf in host.pfs]}


@pytest.fixture
def nics(host, pfs):
    """A VF on each PF, with addresses that outlast a change of drivers."""
    host.pfs = pfs
    for number, pf in enumerate(pfs):
        vf, = pf.make_vfs(1)
        pf.set("vf", "0", "mac", "02:00:00:00:04:%02x" % number)
        # Its driver takes that up when it begins.
        bind(vf, None)
    host.configure(
        {"address": pfs[0].address, "physical_network": PHYSNET},
        {"address": pfs[1].address, "physical_network": "physnet2"})
    return host


def in_question(points, kinds, operations):
    """Of a job's points those of its own operations, and those within
    operations, which have names of their own."""
    chosen = []
    for point, n in points:
        kind, operation = point.split("/")[:2]
        if kind in kinds and (operation in operations
                              or operation not in OPERATIONS):
            chosen.append((point, n))
    return chosen


@pytest.mark.parametrize("subject, name", [
    (subject, name) for subject, (_, jobs) in JOBS.items() for name in jobs])
def test_a_kill_at_every_point(nics, record_property, subject, name):
    kinds, jobs = JOBS[subject]
    job, operations = jobs[name]
    cells = Cells(nics, job, view)
    points = in_question(cells.enumerate(), kinds, operations)
    died = [point for point in points if cells.crash(*point)]
    record_property("cells", ("%s-%s" % (subject, name), len(died)))
    found = {point for point, _ in died}
    assert found
    assert {point for point, _ in in_question(
        [(point, 1) for point in cells.surely], kinds, operations)} <= found
    if name in ("plug", "unplug", "check"):
        wanted = {"%s/%s/%s" % (kind, operation, moment) for kind in kinds
                  for operation in operations for moment in MOMENTS}
        assert wanted <= found, sorted(wanted - found)


def test_every_kind_of_step_is_in_the_matrix():
    """Of those that tests/crash leaves to this suite."""
    assert set(NEED_A_VM) <= {kind for kinds, _ in JOBS.values()
                              for kind in kinds}
