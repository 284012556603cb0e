"""vnic_type direct and direct-physical on the igb driver: what a port gets,
what is said of it, and that the VF is as before afterwards.  The second
opinion is 'ip -d link'."""

import os

import pytest

from host import port_id, wait_until
from nics import NestedGuest, bind

MAC = "fa:16:3e:00:00:01"

# All that igb can set, and how 'ip' tells it.
ASKED = {"vlan": 100, "vlan_qos": 3, "max_tx_rate": 50, "spoofchk": False,
         "trust": True}
SEEN = {"address": MAC,
        "vlan_list": [{"vlan": 100, "qos": 3, "protocol": "802.1Q"}],
        "rate": {"max_tx": 50, "min_tx": 0}, "spoofchk": False,
        "trust": True}

# What it cannot, with the reason of the driver or of the kernel.
LACKS = [
    ({"link_state": "enable"}, "unsupported", "Operation not supported"),
    ({"min_tx_rate": 10}, "unsupported", "Invalid argument"),
    ({"vlan": 5, "vlan_protocol": "802.1ad"}, "unsupported",
     "Protocol not supported"),
]


def direct(number=1, network="physnet1", **more):
    binding = {"port_id": port_id(number), "vnic_type": "direct",
               "mac_address": MAC, "physical_network": network}
    binding.update(more)
    return {name: value for name, value in binding.items()
            if value is not None}


def spec(pf, network="physnet1", **more):
    return {"address": pf.address, "physical_network": network, **more}


def seen(info):
    """Of what 'ip' tells, what a VF can be given."""
    vlans = [{"vlan": vlan["vlan"], "qos": vlan.get("qos", 0),
              "protocol": vlan.get("protocol", "802.1Q")}
             for vlan in info["vlan_list"] if vlan]
    return {"address": info["address"], "vlan_list": vlans,
            "rate": info["rate"], "spoofchk": info["spoofchk"],
            "trust": info["trust"]}


def all_seen(*pfs):
    return [{number: seen(info) for number, info in pf.vf_infos().items()}
            for pf in pfs]


@pytest.fixture
def vfs(pf):
    return pf.make_vfs(2)


def test_every_attribute(host, pf, vfs):
    pf.set("vf", "0", "max_tx_rate", "20")
    before = all_seen(pf)
    host.start_with(spec(pf, trusted=True))
    details = host.call("plug", binding=direct(vf=ASKED))

    assert seen(pf.vf_info(0)) == SEEN
    assert all_seen(pf)[0][1] == before[0][1]
    assert details["state"] == "active" and not details["warnings"]
    assert details["vif_type"] == "hw_veb"
    assert details["vif_details"] == {
        "vlan": "100", "port_filter": False, "connectivity": "l2"}
    profile = details["profile"]
    assert profile["pci_slot"] == vfs[0].address
    assert profile["pci_vendor_info"] == "8086:10ca"
    assert profile["physical_network"] == "physnet1"
    assert profile["pf_mac_address"] == pf.link()["address"]
    assert profile["vf_num"] == 0 and profile["vf_num"] is not False
    assert details["devices"]["device"] == vfs[0].device
    assert details["mac_address"] == MAC
    # libvirt would set the VLAN without its priority.
    assert details["libvirt_xml"].startswith("<hostdev")

    # The same again writes nothing.
    assert not host.call("plug", binding=direct(vf=ASKED))["changed"]
    # Another VLAN, and all else stays.
    changed = dict(ASKED, vlan=7, vlan_qos=0)
    host.call("plug", binding=direct(vf=changed))
    assert seen(pf.vf_info(0)) == dict(SEEN, vlan_list=[
        {"vlan": 7, "qos": 0, "protocol": "802.1Q"}])

    host.call("unplug", port_id=port_id(1))
    assert all_seen(pf) == before
    assert vfs[0].driver() == "igbvf" and vfs[0].netdev


def test_what_was_there_comes_back(host, pf, vfs):
    """An operator has given the VF everything; a port without a VLAN has none
    all the same."""
    pf.set("vf", "0", "mac", "02:11:22:33:44:55")
    pf.set("vf", "0", "vlan", "9", "qos", "2")
    pf.set("vf", "0", "spoofchk", "off")
    pf.set("vf", "0", "trust", "on")
    before = all_seen(pf)
    host.start_with(spec(pf))
    details = host.call("plug", binding=direct())
    assert details["vif_details"]["vlan"] == "0"
    assert seen(pf.vf_info(0)) == dict(before[0][0], address=MAC,
                                       vlan_list=[])
    host.call("unplug", port_id=port_id(1))
    assert all_seen(pf) == before


def test_without_an_address(host, pf, vfs):
    before = all_seen(pf)
    host.start_with(spec(pf))
    details = host.call("plug", binding=direct(mac_address=None))
    assert details["mac_address"] == before[0][0]["address"]
    assert "the VF keeps the one that it has" in details["warnings"][0]
    assert all_seen(pf) == before
    host.call("unplug", port_id=port_id(1))


@pytest.mark.parametrize("lacks, code, reason", LACKS)
def test_what_igb_lacks(host, pf, vfs, lacks, code, reason):
    before = all_seen(pf)
    host.start_with(spec(pf))
    error = host.refused("plug", binding=direct(vf=lacks))
    assert reason in str(error) and error.kind == code, (error, error.data)
    assert error.outcome == "failed-clean"
    assert all_seen(pf) == before
    assert host.devices()[vfs[0].device]["state"] == "free"

    if "vlan" in lacks:         # Is not left out.
        error = host.refused("plug", binding=direct(
            vf=dict(lacks, best_effort=True)))
        assert reason in str(error), (error, error.data)
        assert all_seen(pf) == before
        return

    # All else is set, and the answer tells what is not.
    rest = {"vlan": 6, "max_tx_rate": 30}
    details = host.call("plug", binding=direct(
        vf=dict(rest, **dict(lacks, best_effort=True))))
    assert any(reason in warning for warning in details["warnings"]), details
    now = seen(pf.vf_info(0))
    assert now["address"] == MAC
    assert now["rate"] == {"max_tx": 30, "min_tx": 0}
    host.call("unplug", port_id=port_id(1))
    assert all_seen(pf) == before


def test_one_address_on_two_networks(host, pfs):
    for pf in pfs:
        pf.make_vfs(1)
    before = all_seen(*pfs)
    host.start_with(spec(pfs[0]), spec(pfs[1], "physnet2"))
    host.call("plug", binding=direct(1, "physnet1"))
    host.call("plug", binding=direct(2, "physnet2"))
    assert [pf.vf_info(0)["address"] for pf in pfs] == [MAC, MAC]
    host.call("unplug", port_id=port_id(1))
    assert all_seen(pfs[0]) == before[:1]
    assert pfs[1].vf_info(0)["address"] == MAC
    host.call("unplug", port_id=port_id(2))
    assert all_seen(*pfs) == before


def test_one_address_twice_on_a_network(host, pf, vfs):
    before = all_seen(pf)
    host.start_with(spec(pf))
    host.call("plug", binding=direct(1))
    error = host.refused("plug", binding=direct(2))
    assert error.kind == "conflict" and MAC in str(error)
    assert all_seen(pf)[0][1] == before[0][1]
    host.call("unplug", port_id=port_id(1))


def test_a_driver_that_the_binding_names(host, pf, vfs):
    host.start_with(spec(pf))
    details = host.call("plug", binding=direct(driver="vfio-pci"))
    assert vfs[0].driver() == "vfio-pci" and not vfs[0].netdev
    assert seen(pf.vf_info(0))["address"] == MAC
    assert 'managed="no"' in details["libvirt_xml"]
    host.call("unplug", port_id=port_id(1))
    wait_until(lambda: vfs[0].netdev, "the VF's netdev")
    assert vfs[0].driver() == "igbvf"


def test_prepare_activate_abort(host, pf, vfs):
    """A target of a migration: no address before the guest is there."""
    before = all_seen(pf)
    host.start_with(spec(pf, trusted=True))
    prepared = direct(vf=ASKED, prepare=True)
    details = host.call("plug", binding=prepared)
    assert details["state"] == "prepared"
    assert seen(pf.vf_info(0)) == dict(SEEN, address=before[0][0]["address"])
    details = host.call("activate", port_id=port_id(1))
    assert details["state"] == "active"
    assert seen(pf.vf_info(0)) == SEEN
    host.call("unplug", port_id=port_id(1))
    assert all_seen(pf) == before
    host.call("plug", binding=prepared)
    host.call("abort", port_id=port_id(1))
    assert all_seen(pf) == before


def test_a_request_keeps_its_device(host, pf, vfs):
    """A pci_request_id stands for one device while its port has it."""
    host.start_with(spec(pf))
    wanted = {"pci_request_id": "11112222-0000-4000-8000-000000000001"}
    first = direct(1, profile=dict(wanted, pci_slot=vfs[1].address))
    host.call("plug", binding=first)
    host.stop_vifd()
    host.start_with(spec(pf))
    wait_until(host.settled, "rest")
    # It does not name the device any more, and the other one is free.
    details = host.call("plug", binding=direct(1, profile=wanted))
    assert details["profile"]["pci_slot"] == vfs[1].address
    error = host.refused("plug", binding=direct(
        2, mac_address="fa:16:3e:00:00:02", profile=wanted))
    assert error.kind == "conflict", (error, error.data)
    host.call("unplug", port_id=port_id(1))


def test_whole_pf(host, pfs):
    pfs[0].make_vfs(1)
    host.start_with(spec(pfs[0]), spec(pfs[1], "physnet2"))
    whole = direct(1, "physnet2", vnic_type="direct-physical",
                   mac_address=None)
    details = host.call("plug", binding=whole)
    mac = pfs[1].link()["address"]
    assert details["vif_type"] == "hostdev_physical"
    assert details["profile"]["pci_slot"] == pfs[1].address
    assert details["profile"]["device_mac_address"] == mac
    assert details["mac_address"] == mac
    assert details["libvirt_xml"].startswith("<hostdev mode=\"subsystem\"")
    # Not twice; and not one with a VF that somebody has.
    assert host.refused("plug", binding=dict(whole, port_id=port_id(2))
                        ).kind == "conflict"
    host.call("plug", binding=direct(3))
    assert host.refused("plug", binding=dict(
        whole, port_id=port_id(4), physical_network="physnet1")
                        ).kind == "conflict"
    for number in 1, 3:
        host.call("unplug", port_id=port_id(number))
    assert pfs[1].driver() == "igb" and pfs[1].link()["address"] == mac


def but_addresses(pf):
    return [{name: value for name, value in seen(info).items()
             if name != "address"} for info in pf.vf_infos().values()]


def test_whole_pf_that_has_vfs(host, pfs):
    """Its driver takes them along, and does not bring them again by itself:
    in the end they are as after a boot."""
    pf = pfs[1]
    before, fresh = [vf.address for vf in pf.make_vfs(3)], but_addresses(pf)
    held = pf.vf(2)
    host.start_with(spec(pf, "physnet2"))
    whole = direct(1, "physnet2", vnic_type="direct-physical",
                   mac_address=None)

    # Not while a guest has one, whether vifd knows of it or not.
    bind(held, "vfio-pci")
    guest = NestedGuest(host, held)
    error = host.refused("plug", binding=whole)
    guest.end()
    bind(held, None)
    assert error.kind == "in-use" and error.outcome == "failed-clean"
    assert "would lose its VFs" in str(error) and held.address in str(error)
    host.call("plug", binding=direct(2, "physnet2", vf={"vlan": 9}))
    assert host.refused("plug", binding=whole).kind == "conflict"
    host.call("unplug", port_id=port_id(2))
    assert pf.driver() == "igb" and pf.numvfs() == 3

    # As libvirt takes it, and dies with its guest.
    host.call("plug", binding=whole)
    bind(pf, "vfio-pci")
    NestedGuest(host, pf).end()
    assert pf.driver() == "vfio-pci" and pf.numvfs() == 0
    assert not any(name.startswith("virtfn") for name in os.listdir(pf.path))
    host.call("unplug", port_id=port_id(1))
    wait_until(lambda: pf.netdev and pf.ready(), "the netdevs of the VFs", 60)
    assert pf.driver() == "igb" and pf.numvfs() == 3
    assert [vf.address for vf in pf.vfs()] == before
    assert but_addresses(pf) == fresh
    assert MAC not in {info["address"] for info in pf.vf_infos().values()}

    # And they can be had again.
    wait_until(lambda: host.devices().get(held.device, {}).get("state")
               == "free", "the inventory", 60)
    pf.set("up")
    host.call("plug", binding=direct(2, "physnet2"))
    assert pf.vf_info(0)["address"] == MAC
    host.call("unplug", port_id=port_id(2))


def test_killed_in_the_middle(host, pf):
    """Seven ports at once, and vifd dies when the first has its address: each
    is as asked or as before, and all as before when they are unplugged."""
    pf.make_vfs(7)
    before = all_seen(pf)[0]
    host.start_with(spec(pf, trusted=True))
    bindings = [direct(n, mac_address="fa:16:3e:00:01:%02x" % n, vf=ASKED)
                for n in range(7)]
    connection = host.connect()
    for binding in bindings:
        connection.send("plug", binding=binding)
    wait_until(lambda: all_seen(pf)[0] != before, "the first VF", 60)
    host.kill_vifd()
    host.start_with(spec(pf, trusted=True))
    wait_until(lambda: not host.call("version").get("recovering")
               and host.settled(), "rest", 60)

    plugged = {port["port_id"] for port in host.call("list")["ports"]}
    now = all_seen(pf)[0]
    macs = {binding["mac_address"] for binding in bindings
            if binding["port_id"] in plugged}
    assert {vf["address"] for vf in now.values()
            if vf["address"].startswith("fa:16:3e")} == macs
    for number, vf in now.items():
        asked = vf["address"] in macs
        assert vf == (dict(SEEN, address=vf["address"]) if asked
                      else before[number])
    for port in plugged:
        host.call("unplug", port_id=port)
    assert all_seen(pf)[0] == before
