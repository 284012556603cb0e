"""What the igb driver's functions can do, and their netdevs that move about.

The second opinion is what libvirt asks: ethtool's ioctl, one feature a call.
"""

import ctypes
import fcntl
import socket
import struct

import pytest

from host import run, wait_until

SIOCETHTOOL = 0x8946
# linux/ethtool.h: which command asks for which capability.
COMMANDS = {"rx": 0x14, "tx": 0x16, "sg": 0x18, "tso": 0x1e, "gso": 0x23,
            "gro": 0x2b}
GFLAGS = 0x25
SGRO = 0x2c
FLAGS = {"txvlan": 1 << 7, "rxvlan": 1 << 8, "lro": 1 << 15,
         "ntuple": 1 << 27, "rxhash": 1 << 28}


def ethtool(netdev, command, data=0):
    """Sets 'data', or returns what there is."""
    value = ctypes.create_string_buffer(struct.pack("II", command, data), 8)
    request = struct.pack("16sP16x", netdev.encode(),
                          ctypes.addressof(value))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCETHTOOL, request)
    return struct.unpack("II", value.raw)[1]


def seen(netdev):
    """The capabilities that the ioctl tells of."""
    flags = ethtool(netdev, GFLAGS)
    return ({name for name, command in COMMANDS.items()
             if ethtool(netdev, command)}
            | {name for name, flag in FLAGS.items() if flags & flag})


def told(host, function):
    """What vifd tells, as far as the ioctl knows of it."""
    device = host.devices().get(function.device, {})
    return set(device.get("capabilities", [])) & (set(COMMANDS) | set(FLAGS))


@pytest.fixture
def netns():
    run("ip", "netns", "add", "elsewhere")
    yield "elsewhere"
    run("ip", "netns", "del", "elsewhere")


def test_offloads(host, pf):
    host.start_with({"address": pf.address, "physical_network": "physnet1"})
    assert {"rx", "tx", "sg", "gro"} <= seen(pf.netdev)
    assert told(host, pf) == seen(pf.netdev)
    assert "devlink" not in host.devices()[pf.device]   # igb has none.
    assert "eswitch" not in host.devices()[pf.device]

    vf = pf.make_vfs(1)[0]
    wait_until(lambda: told(host, vf) == seen(vf.netdev), "those of the VF")


def test_an_offload_is_switched(host, pf):
    """By ethtool's own notification; nothing else tells."""
    host.start_with({"address": pf.address, "physical_network": "physnet1"})
    assert "gro" in told(host, pf)
    ethtool(pf.netdev, SGRO, 0)
    try:
        wait_until(lambda: "gro" not in told(host, pf), "no GRO")
    finally:
        ethtool(pf.netdev, SGRO, 1)
    wait_until(lambda: "gro" in told(host, pf), "GRO again")


def test_netdev_goes_elsewhere_and_returns(host, pf, netns):
    """Many times: sysfs has it a moment longer, and a moment later, than the
    network namespace."""
    vf = pf.make_vfs(1)[0]
    name = vf.netdev
    host.start_with({"address": pf.address, "physical_network": "physnet1"})
    for _ in range(10):
        run("ip", "link", "set", "dev", name, "netns", netns)
        wait_until(lambda: "netdev" not in host.devices()[vf.device],
                   "the netdev to be gone")
        run("ip", "-n", netns, "link", "set", "dev", name, "netns", "1")
        wait_until(lambda: host.devices()[vf.device].get("netdev", {}).get(
            "name") == name, "the netdev to be back")
        assert told(host, vf) == seen(name)
