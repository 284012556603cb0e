"""vnic_type macvtap: a macvtap on a VF.  What the PF tells of the VF, and what
'ip' tells of the links, is the second opinion."""

import os

import pytest

from frames import arrives
from host import USER, port_id, wait_until
from view import links_of

MACS = {n: "fa:16:3e:00:00:%02x" % n for n in (1, 2, 3)}


def port(number, mode=None, vlan=None, **more):
    return {"port_id": port_id(number), "vnic_type": "macvtap",
            "physical_network": "physnet1", "mac_address": MACS[number],
            "mtu": 1400, "device_name": "tap%07d" % number,
            **({"macvtap": {"mode": mode}} if mode else {}),
            **({"vf": {"vlan": vlan}} if vlan else {}), **more}


@pytest.fixture
def vfs(pf):
    return pf.make_vfs(3)


@pytest.fixture
def daemon(host, pf, vfs):
    host.start_with({"address": pf.address, "physical_network": "physnet1"})
    return host


def seen(pf, vfs):
    """All that a port on a VF changes."""
    return ({number: (info["address"],
                      [(v.get("vlan"), v.get("qos")) for v in
                       info["vlan_list"] if v])
             for number, info in pf.vf_infos().items()},
            [(vf.link()["address"], vf.link()["mtu"],
              "UP" in vf.link()["flags"], vf.link()["promiscuity"])
             for vf in vfs])


def vf_of(details, vfs):
    return next(vf for vf in vfs
                if vf.device == details["devices"]["device"])


@pytest.mark.parametrize("mode", ["passthru", "bridge"])
def test_plugged_and_unplugged(daemon, pf, vfs, mode):
    before = seen(pf, vfs)
    details = daemon.call("plug", binding=port(
        1, None if mode == "passthru" else mode, 100,
        device_owner={"uid": USER}))
    vf, link = vf_of(details, vfs), daemon.link("tap0000001")
    info = pf.vf_info(details["profile"]["vf_num"])
    assert details["vif_type"] == "hw_veb"
    assert details["vif_details"]["vlan"] == "100"
    assert details["vif_details"]["macvtap_mode"] == mode
    assert details["devices"]["netdev"] == vf.netdev == link["link"]
    assert details["profile"]["pci_slot"] == vf.address
    assert [v["vlan"] for v in info["vlan_list"]] == [100]
    assert info["address"] == (MACS[1] if mode == "passthru"
                               else before[0][info["vf"]][0])
    assert link["linkinfo"]["info_data"]["mode"] == mode
    assert (link["address"], link["mtu"]) == (MACS[1], 1400)
    assert "UP" in link["flags"] and "UP" in vf.link()["flags"]
    assert vf.link()["mtu"] == 1400
    assert (vf.link()["address"] == MACS[1]) == (mode == "passthru")
    assert os.stat(details["devices"]["node"]).st_uid == USER
    again = daemon.call("plug", binding=port(
        1, None if mode == "passthru" else mode, 100,
        device_owner={"uid": USER}))
    assert not again["changed"] and again["ifindex"] == details["ifindex"]

    daemon.call("unplug", port_id=port_id(1))
    assert links_of(daemon) == {}
    assert seen(pf, vfs) == before


@pytest.mark.parametrize("mode", ["passthru", "bridge"])
def test_traffic_and_isolation(daemon, vfs, mode):
    """Between macvtaps on VFs of one VLAN, through the NIC's switch; not into
    another VLAN."""
    taps = [daemon.call("plug", binding=port(number, mode, vlan))
            ["devices"]["macvtap"]
            for number, vlan in ((1, 100), (2, 100), (3, 200))]
    wait_until(lambda: arrives(taps[0], taps[1]), "a frame", 20)
    wait_until(lambda: arrives(taps[1], taps[0]), "a frame back", 20)
    wait_until(lambda: arrives(taps[0], taps[1], to=MACS[2]),
               "a frame to one address", 20)
    assert not arrives(taps[0], taps[2])
    assert not arrives(taps[2], taps[0], to=MACS[1])


def test_changed(daemon, vfs):
    """VLAN and MTU in place; the mode takes another macvtap on the same
    VF."""
    first = daemon.call("plug", binding=port(1, vlan=100))
    second = daemon.call("plug", binding=port(1, vlan=7, mtu=1300))
    assert second["ifindex"] == first["ifindex"]
    assert daemon.link("tap0000001")["mtu"] == 1300
    third = daemon.call("plug", binding=port(1, "private", 7, mtu=1300))
    assert third["ifindex"] != first["ifindex"]
    assert third["devices"]["device"] == first["devices"]["device"]


def test_a_target_of_a_migration(daemon, pf, vfs):
    before = seen(pf, vfs)
    details = daemon.call("plug", binding=port(1, vlan=100, prepare=True))
    number = details["profile"]["vf_num"]
    assert pf.vf_info(number)["address"] == before[0][number][0]
    assert "UP" not in daemon.link("tap0000001")["flags"]
    daemon.call("activate", port_id=port_id(1))
    assert pf.vf_info(number)["address"] == MACS[1]
    link = daemon.link("tap0000001")
    assert link["address"] == MACS[1] and "UP" in link["flags"]
    daemon.call("unplug", port_id=port_id(1))
    assert seen(pf, vfs) == before


def test_libvirt_makes_it(daemon, pf, vfs):
    """Then the VF's netdev is all that it needs."""
    before = seen(pf, vfs)
    details = daemon.call("plug", binding=port(1, create_device=False))
    vf = vf_of(details, vfs)
    assert links_of(daemon) == {}
    assert '<source dev="%s" mode="passthrough"/>' % vf.netdev in \
        details["libvirt_xml"]
    assert vf.link()["address"] == MACS[1]
    daemon.call("unplug", port_id=port_id(1))
    assert seen(pf, vfs) == before


def test_libvirt_has_made_it(daemon, pf, vfs):
    """What it sits on stays as it is, and is nobody else's."""
    before = seen(pf, vfs)
    details = daemon.call("plug", binding=port(1, vlan=100,
                                               create_device=False))
    vf = vf_of(details, vfs)
    slot = {"pci_slot": vf.address}
    daemon.ip("link", "add", "link", vf.netdev, "name", "macvtap7", "type",
              "macvtap", "mode", "passthru")
    plugged = seen(pf, vfs)
    daemon.call("plug", binding=port(1, vlan=100, create_device=False))
    error = daemon.refused("unplug", port_id=port_id(1), timeout_ms=20000)
    assert error.kind == "in-use", (error, error.data)
    assert "macvtap7" in str(error)
    assert seen(pf, vfs) == plugged
    daemon.ip("link", "del", "macvtap7")
    daemon.call("unplug", port_id=port_id(1))
    assert seen(pf, vfs) == before

    daemon.ip("link", "add", "link", vf.netdev, "name", "macvtap7", "type",
              "macvtap", "mode", "bridge")
    for kind in "macvtap", "direct":
        error = daemon.refused("plug", binding=port(
            1, vlan=100, vnic_type=kind, profile=slot))
        assert error.kind == "in-use", (error, error.data)
        assert error.outcome == "failed-clean"
        assert "macvtap7" in str(error)
    daemon.ip("link", "del", "macvtap7")
    assert seen(pf, vfs) == before


def test_its_vf_goes(daemon, pf, vfs):
    """And the macvtap with it: drift, and a clean unplug."""
    daemon.call("plug", binding=port(1, vlan=100))
    pf.set_numvfs(0)
    wait_until(lambda: daemon.call("list")["ports"][0]["state"] == "drifted",
               "drift", 20)
    daemon.call("unplug", port_id=port_id(1))
    assert links_of(daemon) == {} and daemon.call("list")["ports"] == []


def test_the_macvtap_goes(daemon, vfs):
    daemon.call("plug", binding=port(1, vlan=100))
    before = links_of(daemon)
    daemon.ip("link", "del", "tap0000001")
    wait_until(lambda: daemon.call("list")["ports"][0]["state"] == "drifted",
               "drift", 5)
    assert daemon.call("repair")["ports"][0]["ok"]
    assert links_of(daemon) == before
