"""An operator takes a VF away while a guest has it: the kernel waits for the
guest.  Nobody else does.  And guests that vifd does not know of."""

import pytest

from host import port_id, run, wait_until
from nics import NestedGuest, bind

MAC = "fa:16:3e:00:00:01"


@pytest.fixture
def vf(host, pf):
    vf = pf.make_vfs(2)[0]
    host.start_with({"address": pf.address, "physical_network": "physnet1"})
    host.call("plug", binding={
        "port_id": port_id(1), "vnic_type": "direct", "driver": "vfio-pci",
        "mac_address": MAC, "physical_network": "physnet1"})
    return vf


def start_guest(host, vf):
    guest = NestedGuest(host, vf)
    wait_until(lambda: "[vfio-device]" in run(
        "ls", "-l", "/proc/%d/fd" % guest.process.pid).stdout,
        "QEMU to have more than the group", 60)
    return guest


@pytest.fixture
def guest(host, vf):
    guest = start_guest(host, vf)
    yield guest
    guest.process.kill()


def start_writing(host, value, path):
    """A process that the kernel keeps waiting in write()."""
    writer = host.start("writer", "sh", "-c",
                        "echo %s > %s" % (value, path))
    wait_until(lambda: "vfio" in run("cat", "/proc/%d/stack" % writer.pid,
                                     check=False).stdout,
               "the kernel to wait", 60)
    return writer


def unplug_in_vain(host, guest):
    error = host.refused("unplug", port_id=port_id(1), timeout_ms=5000)
    assert error.kind == "in-use", (error, error.data)
    assert "by pid %d (" % guest.process.pid in str(error)


def test_vfs_are_taken_from_a_guest(host, pfs, pf, guest):
    writer = start_writing(host, 0, pf.file("sriov_numvfs"))

    # What happens elsewhere is noticed all the same.
    pfs[1].set("down")
    pfs[1].set("name", "uplink1")
    wait_until(lambda: host.devices()[pfs[1].device]["netdev"]["name"]
               == "uplink1", "the new name")
    for _ in range(2):
        unplug_in_vain(host, guest)
    assert writer.alive()

    guest.process.kill()
    wait_until(lambda: not writer.alive(), "the VFs to go", 60)
    wait_until(lambda: host.devices()[pf.device]["vfs"] == 0, "no VFs")
    assert host.call("unplug", port_id=port_id(1))["warnings"]
    assert host.call("list")["ports"] == []


def test_another_device_under_a_guest(host, pf, vf, guest):
    """A port's device cannot be exchanged under its guest: neither VF is
    touched.  Once the guest has let go it can."""
    other = pf.vf(1)
    binding = {"port_id": port_id(1), "vnic_type": "direct",
               "driver": "vfio-pci", "mac_address": MAC,
               "physical_network": "physnet1",
               "profile": {"pci_slot": other.address}}
    before = pf.vf_infos()
    shown = host.call("show", port_id=port_id(1))
    error = host.refused("plug", binding=binding, timeout_ms=20000)
    assert error.kind == "in-use" and error.outcome == "failed-clean"
    assert "by pid %d (" % guest.process.pid in str(error)
    assert pf.vf_infos() == before and other.driver() == "igbvf"
    again = host.call("show", port_id=port_id(1))
    for port in shown, again:
        port.pop("since")
    assert again == shown

    guest.end()
    details = host.call("plug", binding=binding)
    assert details["profile"]["pci_slot"] == other.address
    assert pf.vf_info(1)["address"] == MAC and other.driver() == "vfio-pci"
    assert pf.vf_info(0)["address"] != MAC and vf.driver() == "igbvf"


def test_unbound_under_a_guest(host, pf, vf, guest):
    writer = start_writing(host, vf.address, vf.file("driver/unbind"))
    assert vf.driver() is None
    unplug_in_vain(host, guest)
    assert pf.vf_info(0)["address"] == MAC

    guest.process.kill()
    wait_until(lambda: not writer.alive(), "the driver to go", 60)
    host.call("unplug", port_id=port_id(1))
    assert vf.driver() == "igbvf"
    assert pf.vf_info(0)["address"] != MAC


@pytest.fixture
def stranger(host, pf):
    """A guest that is there before vifd, on the first VF.  Without an address
    of the administrator's igb makes one up, and forgets it at a reset."""
    vf = pf.make_vfs(2)[0]
    pf.set("vf", "0", "mac", "02:00:00:00:00:09")
    bind(vf, "vfio-pci")
    guest = start_guest(host, vf)
    yield guest
    guest.process.kill()


def test_a_guest_from_before(host, pf, stranger):
    """vifd comes to a host where guests run, or has lost its journal."""
    before = pf.vf_infos()
    host.start_with({"address": pf.address, "physical_network": "physnet1"})
    binding = {"port_id": port_id(1), "vnic_type": "direct",
               "mac_address": MAC, "physical_network": "physnet1",
               "vf": {"vlan": 100},
               "profile": {"pci_slot": pf.vf(0).address}}
    for driver in {}, {"driver": "vfio-pci"}:
        error = host.refused("plug", binding=dict(binding, **driver))
        assert error.kind == "in-use", (error, error.data)
        assert error.outcome == "failed-clean"
        assert "by pid %d (" % stranger.process.pid in str(error)
    assert pf.vf_infos() == before
    assert host.call("list")["ports"] == []

    stranger.end()
    host.call("plug", binding=binding)
    assert pf.vf_info(0)["address"] == MAC
    host.call("unplug", port_id=port_id(1))
    assert pf.vf_infos() == before
