"""The inventory on a real driver, by the kernel's notifications alone: nothing
is asked to look again."""

import json

import pytest

from host import port_id, wait_until
from nics import bind, read

PHYSNET = "physnet1"


@pytest.fixture
def daemon(host, pfs):
    """The first PF's VFs, and it itself, are for physnet1."""
    host.start_with({"address": pfs[0].address, "physical_network": PHYSNET})
    return host


def direct(number, **more):
    return dict(port_id=port_id(number), vnic_type="direct",
                physical_network=PHYSNET, **more)


def known(host, wanted, what, seconds=20):
    """Once 'wanted' is true of the devices that vifd knows: those."""
    return wait_until(lambda: wanted(host.devices()) and host.devices(),
                      what, seconds)


def check_identity(told, function):
    assert "0x" + told["vendor_id"] == read(function.file("vendor"))
    assert "0x" + told["product_id"] == read(function.file("device"))
    assert told["driver"] == function.driver()
    assert told["iommu_group"] == function.iommu_group()
    link = function.link()
    assert told["netdev"]["name"] == link["ifname"] == function.netdev
    assert told["netdev"]["ifindex"] == link["ifindex"]
    assert told["netdev"]["mac"] == link["address"]


def test_pfs(daemon, pfs):
    devices = daemon.devices()
    for pf in pfs:
        told = devices[pf.device]
        check_identity(told, pf)
        assert told["type"] == "type-PF"
        assert told["driver"] == "igb"
        assert (told["vfs"], told["max_vfs"]) == (0, 7)
    assert devices[pfs[0].device]["usable"]
    assert devices[pfs[0].device]["physical_network"] == PHYSNET
    assert not devices[pfs[1].device]["usable"]

    assert json.loads(daemon.ctl("inventory", "--json").stdout)["devices"] \
        == daemon.call("inventory")["devices"]


def test_vfs_come_and_go(daemon, pf):
    vfs = pf.make_vfs(7)
    # Each is told of by itself, and the PF's number of them, too.
    devices = known(daemon, lambda devices: all(
        "netdev" in devices.get(vf.device, {}) for vf in vfs)
        and devices[pf.device]["vfs"] == len(vfs), "the VFs")
    for number, vf in enumerate(vfs):
        told = devices[vf.device]
        check_identity(told, vf)
        assert told["type"] == "type-VF"
        assert told["driver"] == "igbvf"
        assert told["pf"] == pf.device
        assert told["vf_number"] == number
        assert told["physical_network"] == PHYSNET
        assert told["state"] == "free"
    pool, = (pool for pool in daemon.pools() if pool["type"] == "type-VF")
    assert (pool["devices"], pool["free"]) == (7, 7)
    assert pool["pf"] == pf.device

    pf.set_numvfs(0)
    known(daemon, lambda devices: devices[pf.device]["vfs"] == 0
          and not any(vf.device in devices for vf in vfs), "the VFs to go")


def test_vfs_that_were_there_before(host, pf):
    vfs = pf.make_vfs(3)
    host.start_with({"address": pf.address, "physical_network": PHYSNET})
    devices = host.devices()
    for vf in vfs:
        check_identity(devices[vf.device], vf)


def test_netdev_renamed(daemon, pf):
    pf.set("down")
    pf.set("name", "uplink0")
    devices = known(daemon, lambda devices: devices[pf.device]["netdev"][
        "name"] == "uplink0", "the new name")
    check_identity(devices[pf.device], pf)


def test_netdev_has_another_mac(daemon, pf):
    mac = pf.link()["address"]
    try:
        pf.set("address", "02:00:00:00:00:77")
        known(daemon, lambda devices: devices[pf.device]["netdev"]["mac"]
              == "02:00:00:00:00:77", "the new MAC")
    finally:
        pf.set("address", mac)


def test_driver_of_a_vf_changes(daemon, pf):
    vf = pf.make_vfs(1)[0]
    known(daemon, lambda devices: devices.get(vf.device, {}).get("driver")
          == "igbvf", "the VF")
    bind(vf, "vfio-pci")
    devices = known(daemon, lambda devices: devices[vf.device].get("driver")
                    == "vfio-pci", "the driver")
    assert "netdev" not in devices[vf.device]
    bind(vf, None)
    known(daemon, lambda devices: devices[vf.device].get("netdev", {}).get(
        "name") == vf.netdev is not None, "the netdev")


def test_fit(daemon, pf):
    answer = daemon.call("fit", bindings=[direct(1)])
    assert not answer["fits"]
    vfs = pf.make_vfs(2)
    wait_until(lambda: daemon.call("fit", bindings=[direct(1), direct(2)])[
        "fits"], "two VFs that fit")
    two = daemon.call("fit", bindings=[direct(1), direct(2)])
    assert sorted(port["device"] for port in two["ports"]) == sorted(
        vf.device for vf in vfs)
    three = daemon.call("fit", bindings=[direct(n) for n in (1, 2, 3)])
    assert not three["fits"]
    other = daemon.call("fit", bindings=[
        dict(direct(1), physical_network="physnet2")])
    assert not other["fits"]
    assert "physnet2" in other["error"]["message"]


def test_fit_by_address(daemon, pf):
    vf = pf.make_vfs(3)[2]
    known(daemon, lambda devices: vf.device in devices, "the VF")
    answer = daemon.call("fit", bindings=[
        direct(1, profile={"pci_slot": vf.address})])
    assert answer["ports"][0]["device"] == vf.device


def test_fit_of_a_pf(daemon, pfs):
    """The one that is in the device_spec, as long as it may be taken."""
    answer = daemon.call("fit", bindings=[
        dict(direct(1), vnic_type="direct-physical")])
    assert answer["fits"]
    assert answer["ports"][0]["device"] == pfs[0].device
