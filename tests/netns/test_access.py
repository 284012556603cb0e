"""Who may do what: real users and groups at the other end of the socket."""

import pytest

from host import binding, port_id, wait_until
from peers import call_as, connect_as
from rpc import RpcError

# Users, and a group that two of them have as a supplementary one only.
NOVA, NEUTRON, WATCHER, NOBODY = 61000, 61001, 61002, 61003
GROUP = 61100
QEMU, KVM = 61107, 61036

RULES = """socket_mode: 0666
access:
- groups: [%(GROUP)d]
  methods: [plug, unplug, plan, show, list, check]
  physical_networks: [physnet1]
  pci_addresses: ["0000:03:00.*", null]
  owner_users: [%(QEMU)d]
  owner_groups: [%(KVM)d]
- users: [%(NEUTRON)d]
  physical_networks: [physnet2, null]
  owner_users: []
- users: [%(WATCHER)d]
  methods: [list, show, check, watch, capabilities]
""" % globals()

WHO = {
    "root": (0, 0, ()),
    "nova": (NOVA, NOVA, (GROUP,)),         # By SO_PEERGROUPS alone.
    "primary": (NOVA, GROUP, ()),           # By SO_PEERCRED.
    "neutron": (NEUTRON, NEUTRON, ()),
    "watcher": (WATCHER, WATCHER, ()),
    "nobody": (NOBODY, NOBODY, (NOVA,)),
}
# Ports that are there: number and network.
PORTS = {1: None, 2: "physnet1", 3: "physnet2"}

ALL = {1, 2, 3}
# Of each method the ports for which each user may call it, "somewhere" or
# "everywhere" for one that is about no port; who is not there may not at all.
TABLE = {
    "show": {"root": ALL, "nova": {2}, "primary": {2}, "neutron": {1, 3},
             "watcher": ALL},
    "check": {"root": ALL, "nova": {2}, "primary": {2}, "neutron": {1, 3},
              "watcher": ALL},
    "repair": {"root": ALL, "neutron": {1, 3}},
    "plan": {"root": ALL, "nova": {2}, "primary": {2}, "neutron": {1, 3}},
    "plug": {"root": ALL, "nova": {2}, "primary": {2}, "neutron": {1, 3}},
    "activate": {"root": ALL, "neutron": {1, 3}},
    "abort": {"root": ALL, "neutron": {1, 3}},
    "unplug": {"root": ALL, "nova": {2}, "primary": {2}, "neutron": {1, 3}},
}
WITHOUT_PORT = {
    "hello": set(WHO), "version": set(WHO),
    "list": {"root", "nova", "primary", "neutron", "watcher"},
    "watch": {"root", "neutron", "watcher"},
    "capabilities": {"root", "neutron", "watcher"},
    "reload": {"root"},
}


@pytest.fixture
def ruled(bare_host):
    host = bare_host.start_ovs()
    host.write_config(RULES)
    host.start_vifd()
    for number, network in PORTS.items():
        host.call("plug", binding=binding(number, physical_network=network))
    return host


def params_of(method, number):
    if method in ("plug", "plan"):
        return {"binding": binding(number, physical_network=PORTS[number])}
    return {"port_id": port_id(number)}


def code_of(connection, method, **params):
    try:
        connection.call(method, **params)
    except RpcError as error:
        return error.kind
    return None


def test_each_method_for_each_user_and_port(ruled):
    """Who may see a port is told that they may not; for others it is not
    there."""
    host = ruled
    clients = {who: connect_as(host, *peer) for who, peer in WHO.items()}
    for method, allowed in TABLE.items():
        for who, client in clients.items():
            for number in ALL:
                if method == "unplug" and who != "nobody" and number in \
                        allowed.get(who, ()):
                    continue            # Below.
                found = code_of(client, method, **params_of(method, number))
                case = (method, who, number, found)
                if number in allowed.get(who, ()):
                    # What is not prepared is not taken back, nor made active.
                    assert found in (None, "refused"), case
                elif not allowed.get(who):
                    assert found == "access", case
                elif number in TABLE["show"].get(who, ()) \
                        or method in ("plug", "plan"):
                    assert found == "access", case
                else:
                    assert found == "not-found", case
    for method, allowed in WITHOUT_PORT.items():
        for who, client in clients.items():
            found = code_of(client, method)
            assert (found is None) == (who in allowed), (method, who, found)
            assert found in (None, "access")

    for who, client in clients.items():
        seen = TABLE["show"].get(who, set())
        if who in WITHOUT_PORT["list"]:
            assert {p["port_id"] for p in client.call("list")["ports"]} == {
                port_id(n) for n in seen}, who
            assert {p["port_id"] for p in client.call("check")["ports"]} == {
                port_id(n) for n in seen}, who
    for who, number in (("nova", 2), ("neutron", 3), ("root", 1)):
        assert code_of(clients[who], "unplug", port_id=port_id(number)) is None
    assert host.call("list")["ports"] == []


def test_devices_and_owners(ruled):
    """One rule must allow network, device and owner."""
    host = ruled
    nova = connect_as(host, *WHO["nova"])
    neutron = connect_as(host, *WHO["neutron"])
    # (who, what, the last of data.where if it is refused)
    cases = [
        (nova, {"device_owner": {"uid": QEMU, "gid": KVM}}, None),
        (nova, {"device_owner": {"uid": QEMU}}, None),
        (nova, {"profile": {"pci_slot": "0000:03:00.7"}}, None),
        (nova, {"device_owner": {"uid": 0}}, "device_owner"),
        (nova, {"device_owner": {"uid": NOVA}}, "device_owner"),
        (nova, {"device_owner": {"uid": QEMU, "gid": 0}}, "device_owner"),
        (nova, {"profile": {"pci_slot": "0000:04:00.7"}}, "profile.pci_slot"),
        (nova, {"physical_network": "physnet2"}, "physical_network"),
        (nova, {"physical_network": None}, "physical_network"),
        (neutron, {"physical_network": "physnet2"}, None),
        (neutron, {"physical_network": "physnet2",
                   "device_owner": {"uid": QEMU}}, "device_owner"),
        (neutron, {"physical_network": "physnet2",
                   "profile": {"pci_slot": "0000:04:00.7"}}, None),
    ]
    for i, (client, more, where) in enumerate(cases):
        wanted = binding(10 + i, **dict({"physical_network": "physnet1"},
                                        **more))
        for method in ("plan", "plug"):
            if where is None:
                client.call(method, binding=wanted)
                continue
            with pytest.raises(RpcError) as caught:
                client.call(method, binding=wanted)
            assert caught.value.kind == "access", more
            assert caught.value.data["where"] == "params.binding." + where
    # A port with a device that somebody may not use is not there for them.
    host.call("plug", binding=binding(
        40, physical_network="physnet1",
        profile={"pci_slot": "0000:05:00.1"}))
    for method in ("show", "unplug", "check"):
        assert code_of(nova, method, port_id=port_id(40)) == "not-found"
    assert port_id(40) not in str(nova.call("list"))


def test_nobody_hears_of_ports_that_are_not_theirs(ruled):
    host = ruled
    neutron = connect_as(host, *WHO["neutron"])
    watcher = connect_as(host, *WHO["watcher"])
    for client in (neutron, watcher):
        client.call("watch", replay=True)
    for number, network in ((21, "physnet1"), (22, "physnet2")):
        host.call("plug", binding=binding(number, physical_network=network))
    for client in (neutron, watcher):
        client.event(port_id=port_id(22), to="active")
        client.call("version")
    heard = {event["port_id"] for event in neutron.events}
    assert heard <= {port_id(n) for n in (1, 3, 22)}
    watcher.event(port_id=port_id(21), to="active")


def test_rules_change_while_somebody_is_connected(ruled):
    host = ruled
    nova = connect_as(host, *WHO["nova"])
    assert code_of(nova, "show", port_id=port_id(2)) is None
    host.write_config("socket_mode: 0666\naccess: []\n")
    host.call("reload")
    assert code_of(nova, "show", port_id=port_id(2)) == "access"
    with pytest.raises(RpcError):
        call_as(host, *WHO["nova"], "list")
    host.write_config(RULES)
    host.call("reload")
    wait_until(lambda: code_of(nova, "show", port_id=port_id(2)) is None,
               "the rules")
