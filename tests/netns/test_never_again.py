"""What other agents have done to ports and vifd must not: success reported and
nothing done, or done to somebody else's (doc/failure-modes.md)."""

import time

from host import binding, port_id, wait_until


def move(host, name, bridge, other):
    """As somebody would who knows better where a port belongs."""
    uuid = host.rows("Port", "_uuid", where=[["name", "==", name]])[0]["_uuid"]
    host.transact(*({"op": "mutate", "table": "Bridge",
                     "where": [["name", "==", where]],
                     "mutations": [["ports", how, ["uuid", uuid]]]}
                    for where, how in ((bridge, "delete"),
                                       (other, "insert"))))


def test_an_unplug_finds_the_port_on_whatever_bridge(host):
    host.add_bridge("br-other")
    host.call("plug", binding=binding(1))
    move(host, "tap0000001", "br-int", "br-other")
    assert host.ports_of("br-other") == {"tap0000001"}

    # Nobody can say a wrong one.
    error = host.refused("unplug", port_id=port_id(1), bridge="br-int")
    assert error.kind == "invalid" and "bridge" in str(error)

    assert host.call("unplug", port_id=port_id(1))["outcome"] == "done"
    assert host.ports_of("br-other") == set()
    assert host.ports_of("br-int") == set()
    assert "tap0000001" not in host.links()


def test_an_unplug_after_its_bridge_was_removed(host):
    host.add_bridge("br-brief")
    host.call("plug", binding=binding(1, bridge="br-brief"))
    host.vsctl("del-br", "br-brief")
    assert host.call("unplug", port_id=port_id(1))["outcome"] == "done"
    assert host.interface("tap0000001") is None
    assert "tap0000001" not in host.links()
    assert host.call("list")["ports"] == []


def test_an_unplug_leaves_a_strangers_tap_of_the_same_name(host):
    host.call("plug", binding=binding(1))
    host.ip("link", "del", "tap0000001")
    host.ip("tuntap", "add", "tap0000001", "mode", "tap")
    before = host.link("tap0000001")["ifindex"]

    answer = host.call("unplug", port_id=port_id(1))

    assert answer["outcome"] == "done"
    assert host.link("tap0000001")["ifindex"] == before
    assert host.interface("tap0000001") is None
    assert host.call("list")["ports"] == []


def test_without_ovsdb_server_a_plug_says_so_and_leaves_nothing(host):
    links = set(host.links())
    host.ovsdb.kill()
    began = time.monotonic()
    error = host.refused("plug", binding=binding(1), timeout_ms=10000)
    assert error.kind == "unavailable" and error.data["retry"]
    assert "ovsdb-server" in str(error)
    assert time.monotonic() - began < 11
    wait_until(lambda: host.call("list")["ports"] == [], "the undoing")
    assert set(host.links()) == links

    host.start_ovsdb()
    wait_until(lambda: host.call("capabilities")["ovs"]["health"] == "ok",
               "the session")
    assert host.call("plug", binding=binding(1))["state"] == "active"
