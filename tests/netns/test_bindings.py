"""Bindings that cannot be: each is refused by name and value, with the path to
it, before anything is touched."""

import pytest

from host import LinkMonitor, Monitor, binding, port_id
from rpc import RpcError

A_DIRECTORY = "/var/lib/vhost_sockets"

# (what is wrong, data.code, the last of data.where, the value in the message)
WRONG = [
    ({"device_name": "a-name-that-is-too-long"}, "invalid", "device_name",
     "a-name-that-is-too-long"),
    ({"device_name": "a/b"}, "invalid", "device_name", "a/b"),
    ({"device_name": "tap%d"}, "invalid", "device_name", "tap%d"),
    ({"device_name": ".."}, "invalid", "device_name", ".."),
    ({"device_name": ""}, "invalid", "device_name", "empty"),
    ({"bridge": "a-bridge-with-a-long-name"}, "invalid", "bridge",
     "a-bridge-with-a-long-name"),
    ({"bridge": "br-nowhere"}, "not-found", "bridge", "br-nowhere"),
    ({"port_id": "p" * 65}, "invalid", "port_id", "p" * 65),
    ({"port_id": "a b"}, "invalid", "port_id", "a b"),
    ({"mac_address": "01:00:5e:00:00:01"}, "invalid", "mac_address",
     "01:00:5e:00:00:01"),
    ({"mac_address": "ff:ff:ff:ff:ff:ff"}, "invalid", "mac_address",
     "ff:ff:ff:ff:ff:ff"),
    ({"mac_address": "00:00:00:00:00:00"}, "invalid", "mac_address",
     "00:00:00:00:00:00"),
    ({"mac_address": "fa:16"}, "invalid", "mac_address", "fa:16"),
    ({"mtu": 0}, "invalid", "mtu", "0"),
    ({"mtu": 67}, "invalid", "mtu", "67"),
    ({"mtu": 70000}, "invalid", "mtu", "70000"),
    ({"queues": 0}, "invalid", "queues", "0"),
    ({"queues": 257}, "invalid", "queues", "257"),
    ({"surprise": 1}, "invalid", "surprise", "surprise"),
    ({"vnic_type": "imaginary"}, "invalid", "vnic_type", "imaginary"),
    ({"vnic_type": "vdpa"}, "unsupported", "vnic_type", "vdpa"),
    ({"vnic_type": "direct", "plugin": "ovs"}, "unsupported", "vnic_type",
     "vnic_type"),
    ({"plugin": "none-such"}, "unsupported", "plugin", "none-such"),
    ({"datapath_type": "fast"}, "invalid", "datapath_type", "fast"),
    ({"datapath_type": "system"}, "refused", "datapath_type", "system"),
    ({"create_device": False, "device_owner": {"uid": 107}}, "invalid",
     "device_owner", "create_device"),
    ({"vnic_type": "direct", "device_owner": {"gid": 36}}, "invalid",
     "device_owner", "direct"),
    ({"vnic_type": "direct", "create_device": False}, "invalid",
     "create_device", "direct"),
    ({"device_owner": {"uid": 4294967295}}, "invalid", "device_owner.uid",
     "4294967295"),
    ({"external_ids": {"iface-id": "x"}}, "refused", "external_ids.iface-id",
     "iface-id"),
    ({"profile": {"pci_slot": "0000:03:00"}}, "invalid", "profile.pci_slot",
     "0000:03:00"),
    ({"physical_network": "physnet1",
      "profile": {"physical_network": "physnet2"}}, "invalid",
     "profile.physical_network", "physnet2"),
    ({"profile": {"device_mac_address": "fa:16:3e:ff:ff:ff"}}, "invalid",
     "profile.device_mac_address", "fa:16:3e:ff:ff:ff"),
    ({"profile": {"vhostuser_socket": "/etc/passwd"}}, "refused",
     "profile.vhostuser_socket", "/etc/passwd"),
    ({"profile": {"vhostuser_socket": A_DIRECTORY + "/../x"}}, "invalid",
     "profile.vhostuser_socket", ".."),
    ({"profile": {"vhostuser_socket": "vhu1"}}, "invalid",
     "profile.vhostuser_socket", "vhu1"),
    ({"profile": {"vhostuser_socket": A_DIRECTORY + "/" + "x" * 90}},
     "invalid", "profile.vhostuser_socket", "107"),
    # What a VF, a macvtap, a switch and NUMA nodes are asked for.
    ({"vf": {"vlan": 100}}, "invalid", "vf.vlan", "normal"),
    ({"vf": {"trust": False}}, "invalid", "vf.trust", "normal"),
    ({"vf": {"surprise": 1}}, "invalid", "vf.surprise", "vlan_protocol"),
    ({"vf": 1}, "invalid", "vf", "an object"),
    ({"vnic_type": "direct", "vf": {"vlan": 4095}}, "invalid", "vf.vlan",
     "4095"),
    ({"vnic_type": "direct", "vf": {"vlan": 1, "vlan_qos": 8}}, "invalid",
     "vf.vlan_qos", "8"),
    ({"vnic_type": "direct", "vf": {"vlan_qos": 3}}, "invalid",
     "vf.vlan_qos", "3"),
    ({"vnic_type": "direct", "vf": {"vlan_protocol": "802.1ad"}}, "invalid",
     "vf.vlan_protocol", "802.1ad"),
    ({"vnic_type": "direct", "vf": {"vlan_protocol": "802.1ae"}}, "invalid",
     "vf.vlan_protocol", "802.1ae"),
    ({"vnic_type": "direct", "vf": {"min_tx_rate": 20, "max_tx_rate": 10}},
     "invalid", "vf.min_tx_rate", "20"),
    ({"vnic_type": "direct", "vf": {"max_tx_rate": 4294967296}}, "invalid",
     "vf.max_tx_rate", "4294967296"),
    ({"vnic_type": "direct", "vf": {"link_state": "up"}}, "invalid",
     "vf.link_state", "up"),
    ({"vnic_type": "direct", "vf": {"trust": False},
      "profile": {"trusted": "true"}}, "invalid", "profile.trusted",
     "true"),
    ({"vnic_type": "direct", "profile": {"trusted": "maybe"}}, "invalid",
     "profile.trusted", "maybe"),
    ({"vnic_type": "direct", "macvtap": {"source": "eth1"}}, "invalid",
     "macvtap.source", "direct"),
    ({"macvtap": {"source": "eth1"}}, "invalid", "macvtap.source",
     "macvtap"),
    ({"vnic_type": "macvtap", "macvtap": {"mode": "source"}}, "invalid",
     "macvtap.mode", "source"),
    ({"vnic_type": "macvtap", "macvtap": {"source": "a/b"}}, "invalid",
     "macvtap.source", "a/b"),
    ({"vnic_type": "macvtap", "macvtap": {"source": "eth1", "vlan": 7}},
     "invalid", "macvtap.vlan", "7"),
    ({"vnic_type": "macvtap", "macvtap": {
        "source": "eth1", "physical_interface": "eth2"}}, "invalid",
     "macvtap.source", "eth2"),
    ({"vnic_type": "macvtap", "macvtap": {"source": "eth1"},
      "vf": {"spoofchk": True}}, "invalid", "vf.spoofchk", "eth1"),
    ({"vnic_type": "macvtap", "create_device": False,
      "vf": {"vlan": 1, "vlan_qos": 1}}, "invalid", "vf.vlan_qos",
     "libvirt"),
    ({"vnic_type": "macvtap", "driver": "vfio-pci"}, "invalid", "driver",
     "vfio-pci"),
    ({"vnic_type": "direct", "driver": "../vfio"}, "invalid", "driver",
     "../vfio"),
    ({"driver": "vfio-pci"}, "invalid", "driver", "normal"),
    ({"port_profile": {"type": "802.1Qbh", "profileid": "p"}}, "invalid",
     "port_profile", "normal"),
    ({"vnic_type": "direct", "port_profile": {"type": "802.1Qbx"}},
     "invalid", "port_profile.type", "802.1Qbx"),
    ({"vnic_type": "direct", "port_profile": {"type": "802.1Qbh"}},
     "invalid", "port_profile.profileid", "802.1Qbh"),
    ({"vnic_type": "direct", "port_profile": {
        "type": "802.1Qbg", "managerid": "256"}}, "invalid",
     "port_profile.managerid", "256"),
    ({"numa": {"nodes": [0, 64]}}, "invalid", "numa.nodes[1]", "64"),
    ({"numa": {"nodes": [0], "policy": "strict"}}, "invalid", "numa.policy",
     "strict"),
    # Those of the port 1, which is there.
    ({"device_name": "tap0000001"}, "conflict", "device_name", "tap0000001"),
    ({"interface_id": port_id(1)}, "conflict", "interface_id", port_id(1)),
    ({"mac_address": "fa:16:3e:00:00:01"}, "conflict", "mac_address",
     "fa:16:3e:00:00:01"),
    ({"mac_address": "FA:16:3E:00:00:01", "prepare": True}, "conflict",
     "mac_address", "fa:16:3e:00:00:01"),
    # Somebody else's.
    ({"device_name": "stranger"}, "conflict", None, "stranger"),
]


@pytest.fixture
def watched(bare_host):
    """A host with port 1, a stranger's tap, and a look at what is written."""
    host = bare_host.start_ovs()
    host.write_config("vhostuser_directories: [%s]\n" % A_DIRECTORY)
    host.start_vifd()
    host.ip("tuntap", "add", "stranger", "mode", "tap")
    host.call("plug", binding=binding(1))
    return host


def own_changes(lines):
    """Those that are not of the monitor's marks, and of no switch."""
    return [line for line in lines
            if any(name in line for name in ("tap", "stranger", "br-"))]


def test_a_bad_binding_is_refused_by_name_and_value_before_anything(watched):
    host = watched
    client = host.connect()
    rows = Monitor(host)
    links = LinkMonitor(host)
    mark = len(links.lines())
    for wrong, code, where, value in WRONG:
        wanted = dict(binding(2), **wrong)
        alone = dict(params={"binding": wanted}, path="params.binding.")
        second = dict(params={"bindings": [binding(3), wanted]},
                      path="params.bindings[1].")
        for form in (alone, second):
            with pytest.raises(RpcError) as caught:
                client.call("plug", **form["params"])
            error = caught.value
            assert error.kind == code, (wrong, error, error.data)
            assert value in str(error), (wrong, error)
            if where:
                assert error.data.get("where") == form["path"] + where, (
                    wrong, error.data)
            assert error.outcome in (None, "failed-clean"), error.data
            assert error.data["retry"] is False, (wrong, error)
    links.mark()
    assert rows.new() == []
    assert own_changes(links.lines()[mark:]) == []
    assert [p["port_id"] for p in host.call("list")["ports"]] == [port_id(1)]


def test_twice_in_one_request(watched):
    """A port, and what two ports cannot share."""
    host = watched
    rows = Monitor(host)
    for wrong, where in (({"port_id": port_id(2)}, "port_id"),
                         ({"device_name": "tap0000002"}, "device_name"),
                         ({"interface_id": port_id(2)}, "interface_id"),
                         ({"mac_address": "fa:16:3e:00:00:02"},
                          "mac_address")):
        error = host.refused("plug", bindings=[
            binding(2), dict(binding(3), **wrong)])
        assert error.data["where"].endswith("]." + where), error.data
        assert error.outcome in (None, "failed-clean")
    assert rows.new() == []


def test_one_address_on_two_networks(watched):
    """Neutron allows that, and the port itself may of course keep its own."""
    host = watched
    same = {"mac_address": "fa:16:3e:00:00:09"}
    for number, network in ((4, "n1"), (5, "n2")):
        host.call("plug", binding=binding(number, network_id=network, **same))
    error = host.refused("plug", binding=binding(6, network_id="n1", **same))
    assert error.kind == "conflict" and port_id(4) in str(error)
    host.call("plug", binding=binding(4, network_id="n1", mtu=1400, **same))
    # A port that has gone, or has another address now, is in nobody's way.
    host.call("unplug", port_id=port_id(4))
    host.call("plug", binding=binding(5, network_id="n2"))
    for number, network in ((6, "n1"), (7, "n2")):
        host.call("plug", binding=binding(number, network_id=network, **same))
