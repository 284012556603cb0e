"""vnic_type direct on a card that is not on PCI and whose driver can do
everything.  The second opinion is 'ip -d link'."""

import pytest

from host import port_id

MAC = "fa:16:3e:00:00:01"

ASKED = {"vlan": 100, "vlan_qos": 3, "vlan_protocol": "802.1ad",
         "min_tx_rate": 100, "max_tx_rate": 1000, "spoofchk": True,
         "trust": True, "link_state": "enable"}
SEEN = {"address": MAC,
        "vlan_list": [{"vlan": 100, "qos": 3, "protocol": "802.1ad"}],
        "rate": {"max_tx": 1000, "min_tx": 100}, "spoofchk": True,
        "trust": True, "link_state": "enable"}

SPEC = {"address": "netdevsim/netdevsim1", "physical_network": "physnet1"}


def direct(number=1, **more):
    binding = {"port_id": port_id(number), "vnic_type": "direct",
               "mac_address": MAC, "physical_network": "physnet1"}
    binding.update(more)
    return {name: value for name, value in binding.items()
            if value is not None}


def seen(info):
    vlans = [{"vlan": vlan["vlan"], "qos": vlan.get("qos", 0),
              "protocol": vlan.get("protocol", "802.1Q")}
             for vlan in info["vlan_list"] if vlan]
    return dict({name: info[name] for name in SEEN}, vlan_list=vlans)


@pytest.fixture
def pf(make_pf):
    pf = make_pf(1, 4)
    pf.set_numvfs(4)
    return pf


def test_every_attribute(host, pf):
    before = pf.vf_infos()
    host.start_with(dict(SPEC, trusted=True))
    details = host.call("plug", binding=direct(vf=ASKED))
    assert seen(pf.vf_info(0)) == SEEN
    assert details["state"] == "active" and not details["warnings"]
    assert details["vif_type"] == "hw_veb"
    assert details["vif_details"]["vlan"] == "100"
    assert details["profile"]["vf_num"] == 0
    assert "pci_slot" not in details["profile"]
    assert "libvirt_xml" not in details
    assert [step["kind"] for step in details["steps"]] == ["vf"]
    assert not host.call("plug", binding=direct(vf=ASKED))["changed"]
    host.call("unplug", port_id=port_id(1))
    assert pf.vf_infos() == before


@pytest.mark.parametrize("name, value", [
    ("vlan", 5), ("min_tx_rate", 10), ("max_tx_rate", 10),
    ("spoofchk", True), ("trust", True), ("link_state", "disable")])
def test_one_attribute(host, pf, name, value):
    """What is not asked for stays, and it alone comes back."""
    pf.set("vf", "0", "mac", "02:11:22:33:44:55")
    before = pf.vf_infos()
    host.start_with(dict(SPEC, trusted=True) if name == "trust" else SPEC)
    host.call("plug", binding=direct(mac_address=None, vf={name: value}))
    wanted = seen(before[0])
    if name == "vlan":
        wanted["vlan_list"] = [{"vlan": 5, "qos": 0, "protocol": "802.1Q"}]
    elif name.endswith("rate"):
        wanted["rate"] = dict(wanted["rate"],
                              **{name.removesuffix("_rate"): value})
    else:
        wanted[name] = value
    assert seen(pf.vf_info(0)) == wanted
    assert {n: seen(i) for n, i in pf.vf_infos().items() if n} \
        == {n: seen(i) for n, i in before.items() if n}
    host.call("unplug", port_id=port_id(1))
    assert pf.vf_infos() == before


def test_a_prepared_port_has_no_link(host, pf):
    before = pf.vf_infos()
    host.start_with(dict(SPEC, trusted=True))
    host.call("plug", binding=direct(vf=ASKED, prepare=True))
    assert seen(pf.vf_info(0)) == dict(SEEN, address=before[0]["address"],
                                       link_state="disable")
    host.call("activate", port_id=port_id(1))
    assert seen(pf.vf_info(0)) == SEEN
    host.call("unplug", port_id=port_id(1))
    assert pf.vf_infos() == before


def test_not_for_a_guest_as_a_whole(host, pf):
    host.start_with(SPEC)
    error = host.refused("plug", binding=direct(
        vnic_type="direct-physical"))
    assert error.kind == "unsupported" and "not on PCI" in str(error)
    error = host.refused("plug", binding=direct(driver="vfio-pci"))
    assert error.kind == "unsupported" and "not on PCI" in str(error)
    assert host.devices()["netdevsim/netdevsim1/0"]["state"] == "free"


def test_another_spec_under_a_port(host, pf):
    """What the operator says anew of a VF is for its next port."""
    host.start_with(SPEC)
    asked = direct(vf={"vlan": 5})
    device = host.call("plug", binding=dict(asked, prepare=True))["devices"]
    host.configure({"address": device["device"]}, SPEC)
    host.call("reload")
    assert host.call("activate", port_id=port_id(1))["devices"] == device
    assert seen(pf.vf_info(0))["address"] == MAC
    host.stop_vifd()
    host.start_vifd()
    again = host.call("plug", binding=asked)
    assert again["devices"] == device and not again["changed"]
    assert again["profile"]["physical_network"] == "physnet1"
    host.call("unplug", port_id=port_id(1))
    assert host.call("plug", binding=asked)["devices"] != device
