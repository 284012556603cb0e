"""The machine is what the other tests need it to be."""

from frames import arrives
from host import wait_until
from nics import NestedGuest, bind, held


def test_two_pfs_on_one_wire(pfs):
    near, far = pfs
    wait_until(lambda: arrives(near.netdev, far.netdev), "a frame")
    wait_until(lambda: arrives(far.netdev, near.netdev), "a frame back")
    far.set("down")
    assert not arrives(near.netdev, far.netdev)


def test_a_nested_guest_holds_a_vf(host, pf):
    vf = pf.make_vfs(2)[1]
    bind(vf, "vfio-pci")
    assert vf.driver() == "vfio-pci"
    guest = NestedGuest(host, vf)
    assert held(guest.node)
    guest.end()
    assert not held(guest.node)
    bind(vf, None)
    assert vf.driver() == "igbvf"
