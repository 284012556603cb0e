"""The jobs in the middle of which vifd is killed: plugs, changes, unplugs, and
plugs and changes that fail, so that what they did is taken back."""

import collections
import contextlib
import os
import resource

from host import binding, port_id

BEFORE = binding(1)
CHANGED = binding(1, mtu=1400, external_ids={"color": "green"})
REPLACED = binding(1, queues=4, vcpus=4)
MADE = binding(1, bridge="br-made")


def macvtap(number, mode="bridge", **more):
    """On an interface that the host has besides Open vSwitch."""
    return binding(number, bridge=None, vnic_type="macvtap",
                   macvtap={"source": "eth1", "mode": mode}, **more)


MACVTAP = macvtap(1, device_owner={"uid": 64917})

# Kinds of steps that need devices, or a module, that only the virtual machine
# of tests/vm has: killed there.
NEED_A_VM = ("pci-driver", "vf", "vf-netdev", "vlan")

# What is there before, the request, what makes it fail (None if nothing does),
# and whether the journal has lost what is there.
Job = collections.namedtuple("Job", "there method params hindrance lost",
                             defaults=[None, False])


@contextlib.contextmanager
def switch_is_full(host):
    """ovs-vswitchd can't open anything more."""
    pid = host.vswitchd.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    now = len(os.listdir("/proc/%d/fd" % pid))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (now, hard))
    yield
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))


def plug(wanted, there=None, **more):
    return Job(there, "plug", {"binding": wanted}, **more)


def plugs(*wanted, there=None, **more):
    return Job(there, "plug", {"bindings": list(wanted)}, **more)


def unplug(there):
    return Job(there, "unplug", {"port_id": port_id(1)})


JOBS = {
    "plug": plug(BEFORE),
    "group": plugs(BEFORE, binding(2)),
    "made-bridge": plug(MADE),
    "change": plug(CHANGED, there=BEFORE),
    "replace": plug(REPLACED, there=BEFORE),
    "move": plug(binding(1, bridge="br-other"), there=BEFORE),
    "unplug": unplug(there=BEFORE),
    "unplug-made-bridge": unplug(there=MADE),
    "plug-fails": plug(BEFORE, hindrance=switch_is_full),
    "change-fails": plugs(CHANGED, binding(2), there=BEFORE,
                          hindrance=switch_is_full),
    "replace-fails": plugs(REPLACED, binding(2), there=BEFORE,
                           hindrance=switch_is_full),
    "macvtap": plug(MACVTAP),
    "macvtap-change": plug(macvtap(1, mtu=1400), there=MACVTAP),
    "macvtap-replace": plug(macvtap(1, "private"), there=MACVTAP),
    "macvtap-unplug": unplug(there=MACVTAP),
    "macvtap-fails": plugs(MACVTAP, binding(2), hindrance=switch_is_full),
    "macvtap-replace-fails": plugs(macvtap(1, "private"), binding(2),
                                   there=MACVTAP, hindrance=switch_is_full),
    # Only this one surely verifies: after a plug, a notification may.
    "check": Job(MADE, "check", {"port_id": port_id(1)}),
    "gc": Job(BEFORE, "gc", {"interval_ms": 50}, lost=True),
    "macvtap-gc": Job(MACVTAP, "gc", {"interval_ms": 50}, lost=True),
}

# A moment of each kind of job in which much is under way: there it is killed
# for the first time, and for the second time in the recovery.
MOMENTS = [
    ("plug", "ovs-port/apply/after"),
    ("change", "ovs-port/apply/after"),
    ("replace", "tap/apply/after"),
    ("unplug", "ovs-port/revert/after"),
    ("made-bridge", "ovs-port/apply/after"),
    ("unplug-made-bridge", "tap/revert/after"),
    ("change-fails", "ovs-port/revert/after"),
    ("gc", "ovs-port/revert/after"),
    ("macvtap", "macvtap/create/unmarked"),
    ("macvtap-replace", "macvtap/apply/before"),
    ("macvtap-unplug", "macvtap/revert/before"),
]
