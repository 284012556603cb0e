"""Which driver has a VF, and guests that hold it: vfio-pci and back, bound by
vifd or, as libvirt does it (managed='yes'), by somebody else.  The guests are
nested ones."""

import pytest

from host import port_id, run, wait_until
from nics import NestedGuest, bind, read

MAC = "fa:16:3e:00:00:01"


def direct(number=1, **more):
    return {"port_id": port_id(number), "vnic_type": "direct",
            "mac_address": MAC, "physical_network": "physnet1", **more}


@pytest.fixture
def vf(host, pf):
    """A VF of the two that vifd may use."""
    vf = pf.make_vfs(2)[0]
    host.start_with({"address": pf.address, "physical_network": "physnet1"})
    return vf


def override(vf):
    return read(vf.file("driver_override"))


def assert_as_before(host, pf, vf):
    assert vf.driver() == "igbvf"
    assert override(vf) == "(null)"
    assert pf.vf_info(0)["address"] != MAC
    assert host.call("list")["ports"] == []
    assert host.devices()[vf.device]["state"] == "free"


def unplug_in_vain(host, vf, guest):
    """An unplug while 'guest' has it: nothing at all is taken back."""
    error = host.refused("unplug", port_id=port_id(1), timeout_ms=5000)
    assert error.kind == "in-use", (error, error.data)
    assert error.outcome == "failed-clean"
    assert "by pid %d (" % guest.process.pid in str(error)
    assert guest.node in str(error)
    assert "detach it from the guest first" in str(error)
    assert guest.holds()
    assert vf.driver() == "vfio-pci"


def test_held_by_a_guest(host, pf, vf):
    details = host.call("plug", binding=direct(driver="vfio-pci"))
    assert vf.driver() == override(vf) == "vfio-pci"
    assert not details["warnings"]

    guest = NestedGuest(host, vf)
    # The same again, and a look, leave the guest alone.
    host.call("plug", binding=direct(driver="vfio-pci"))
    host.call("check", port_id=port_id(1))
    unplug_in_vain(host, vf, guest)
    assert pf.vf_info(0)["address"] == MAC

    # That was a refusal: the port goes on as if nothing had been.
    guest.end()
    assert host.call("list")["ports"][0]["state"] == "active"
    host.call("unplug", port_id=port_id(1))
    assert_as_before(host, pf, vf)


def test_as_libvirt_does_it(host, pf, vf):
    """Bound by libvirt, and not given back because the guest is there."""
    host.call("plug", binding=direct())
    assert vf.driver() == "igbvf"
    bind(vf, "vfio-pci")
    guest = NestedGuest(host, vf)
    unplug_in_vain(host, vf, guest)
    guest.end()
    host.call("unplug", port_id=port_id(1))
    assert_as_before(host, pf, vf)


def test_given_back_by_libvirt(host, pf, vf):
    """Before the unplug, so that its driver takes the port's address for its
    netdev."""
    before = vf.link()["address"]
    host.call("plug", binding=direct())
    bind(vf, "vfio-pci")
    NestedGuest(host, vf).end()
    bind(vf, None)
    wait_until(lambda: vf.netdev, "the netdev of the VF")
    assert vf.link()["address"] == MAC
    result = host.call("unplug", port_id=port_id(1))
    assert not result.get("warnings"), result
    assert_as_before(host, pf, vf)
    assert vf.link()["address"] == before == pf.vf_info(0)["address"]


def test_driver_changes(host, pf, vf):
    """From libvirt's binding it to ours and back; not in a guest's hands."""
    host.call("plug", binding=direct())
    host.call("plug", binding=direct(driver="vfio-pci"))
    assert vf.driver() == override(vf) == "vfio-pci"
    guest = NestedGuest(host, vf)
    error = host.refused("plug", binding=direct())
    assert error.kind == "in-use", (error, error.data)
    assert "by pid %d (" % guest.process.pid in str(error)
    assert vf.driver() == override(vf) == "vfio-pci" and guest.holds()
    guest.end()
    host.call("plug", binding=direct())
    assert vf.driver() == "igbvf" and override(vf) == "(null)"
    host.call("unplug", port_id=port_id(1))
    assert_as_before(host, pf, vf)


def test_vfs_of_the_pf_go(host, pf, vf):
    host.call("plug", binding=direct(driver="vfio-pci"))
    pf.set_numvfs(0)
    wait_until(lambda: host.call("list")["ports"][0]["state"] == "drifted",
               "the drift to be told", 30)
    result = host.call("unplug", port_id=port_id(1))
    assert any("not there any more" in warning
               for warning in result["warnings"]), result
    assert host.call("list")["ports"] == []


def test_somebody_unbinds_it(host, pf, vf):
    """Told, and put right."""
    host.call("plug", binding=direct(driver="vfio-pci"))
    bind(vf, None)
    error = host.call("check", port_id=port_id(1))
    assert error["ports"][0]["state"] == "drifted", error
    host.call("repair", port_id=port_id(1))
    assert vf.driver() == "vfio-pci"
    host.call("unplug", port_id=port_id(1))
    assert_as_before(host, pf, vf)


def test_without_vfio_pci(host, pf, vf):
    run("modprobe", "-r", "vfio-pci")
    try:
        error = host.refused("plug", binding=direct(driver="vfio-pci"))
        assert error.kind == "unsupported", (error, error.data)
        assert error.outcome == "failed-clean"
        assert "modprobe vfio-pci" in str(error)
        assert_as_before(host, pf, vf)
    finally:
        run("modprobe", "vfio-pci")
    host.call("plug", binding=direct(driver="vfio-pci"))
    host.call("unplug", port_id=port_id(1))
    assert_as_before(host, pf, vf)
