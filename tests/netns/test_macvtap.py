"""Macvtaps in the form of Neutron's macvtap agent, on a real interface: one
end of a pair of links whose other end is the wire."""

import os
import re
import stat
import time

import pytest

from guest import Guest, hold
from host import USER, binding, port_id, run, wait_until
from test_reboot import Boots
from view import ports_of, view

TAP = "tap0000001"
WITHIN = 1.0            # Seconds, as for taps.
MODES = ("bridge", "vepa", "private", "passthru")


def macvtap(number, mode=None, source="eth1", **more):
    return binding(number, bridge=None, vnic_type="macvtap",
                   macvtap={"source": source,
                            **({"mode": mode} if mode else {})}, **more)


@pytest.fixture
def wired(host):
    host.add_interface("eth1")
    host.empty = view(host)
    return host


def info(host, name=TAP):
    return host.link(name)["linkinfo"]["info_data"]


def node_of(details):
    return details["devices"]["node"]


@pytest.mark.parametrize("mode", (None,) + MODES)
def test_plugged_and_unplugged(wired, mode):
    details = wired.call("plug", binding=macvtap(1, mode, device_owner={
        "uid": USER, "gid": USER + 1}))
    link = wired.link(TAP)
    assert link["linkinfo"]["info_kind"] == "macvtap"
    assert info(wired)["mode"] == (mode or "bridge")
    assert (link["link"], link["mtu"]) == ("eth1", 1450)
    assert link["address"] == "fa:16:3e:00:00:01"
    assert "UP" in link["flags"] and link.get("group") == "default"
    assert link["ifalias"].endswith(":" + port_id(1))
    assert details["state"] == "active"
    assert details["ifindex"] == link["ifindex"]
    assert details["vif_type"] == "macvtap"
    assert details["devices"]["macvtap"] == TAP
    assert node_of(details) == "/dev/tap%d" % link["ifindex"]
    assert {k: details["vif_details"][k] for k in
            ("macvtap_source", "macvtap_mode", "physical_interface")} == {
                "macvtap_source": "eth1", "macvtap_mode": mode or "bridge",
                "physical_interface": "eth1"}
    node = os.stat(node_of(details))
    assert (node.st_uid, node.st_gid) == (USER, USER + 1)
    assert stat.S_IMODE(node.st_mode) == 0o660
    assert wired.call("plug", binding=macvtap(1, mode, device_owner={
        "uid": USER, "gid": USER + 1}))["ifindex"] == link["ifindex"]

    wired.call("unplug", port_id=port_id(1))
    assert view(wired) == wired.empty
    assert not os.path.exists(node_of(details))


def test_passthru_gives_the_interface_its_address(wired):
    """And lets it see everything, until it is deleted."""
    before = wired.link("eth1")["address"]
    wired.call("plug", binding=macvtap(1, "passthru"))
    lower = wired.link("eth1")
    assert lower["address"] == "fa:16:3e:00:00:01"
    assert lower["promiscuity"] == 1
    wired.call("unplug", port_id=port_id(1))
    lower = wired.link("eth1")
    assert (lower["address"], lower["promiscuity"]) == (before, 0)


def test_traffic(wired):
    """Between two macvtaps of one interface: in mode bridge, not in mode
    private."""
    for mode, arrives in (("bridge", True), ("private", False)):
        nodes = [node_of(wired.call("plug", binding=macvtap(n, mode)))
                 for n in (1, 2)]
        with Guest(nodes[0]) as one, Guest(nodes[1]) as other:
            one.send("fa:16:3e:00:00:02", "fa:16:3e:00:00:01", b"hello")
            assert other.receives(b"hello", 10 if arrives else 1) == arrives
        for n in (1, 2):
            wired.call("unplug", port_id=port_id(n))


def test_many_queues(wired):
    """A guest has as many as it opens."""
    details = wired.call("plug", binding=macvtap(1, queues=4, vcpus=4))
    assert details["queues"]["effective"] == 4
    with Guest(node_of(details), queues=4) as guest:
        assert guest.queues == 4


def test_held_by_a_guest(wired):
    """Not taken from under it: neither by an unplug nor by a change that
    takes a new one.  What can be changed in place is."""
    node = node_of(wired.call("plug", binding=macvtap(1)))
    before = view(wired)
    guest = hold(wired, node)

    error = wired.refused("unplug", port_id=port_id(1))
    assert error.kind == "in-use" and error.outcome == "failed-clean"
    assert node in str(error)
    assert "pid %d (tail)" % guest.pid in str(error)
    assert ports_of(wired) == {port_id(1): "active"}
    assert view(wired) == before

    error = wired.refused("plug", binding=macvtap(1, "private"))
    assert error.kind == "in-use" and "(tail)" in str(error)
    wait_until(wired.settled, "the undoing")
    assert ports_of(wired) == {port_id(1): "active"}
    assert view(wired) == before

    wired.call("plug", binding=macvtap(1, mtu=1400))
    assert wired.link(TAP)["mtu"] == 1400
    guest.kill()
    wired.call("unplug", port_id=port_id(1))
    assert view(wired) == wired.empty


def test_changed_in_place(wired):
    first = wired.call("plug", binding=macvtap(1, device_owner={"uid": 7}))
    for more in ({"mtu": 1300}, {"mac_address": "fa:16:3e:00:00:99"},
                 {"prepare": True}, {"device_owner": {"uid": 7, "gid": 8}}):
        wanted = macvtap(1, **{"device_owner": {"uid": 7}, **more})
        details = wired.call("plug", binding=wanted)
        assert details["ifindex"] == first["ifindex"]
        link = wired.link(TAP)
        assert link["mtu"] == wanted["mtu"]
        assert link["address"] == wanted["mac_address"]
        assert ("UP" in link["flags"]) != wanted.get("prepare", False)
        node = os.stat(node_of(first))
        assert (node.st_uid, node.st_gid) == (
            7, wanted["device_owner"].get("gid", 0))
    wired.call("plug", binding=macvtap(1))
    node = os.stat(node_of(first))
    assert (node.st_uid, stat.S_IMODE(node.st_mode)) == (0, 0o600)


def test_replaced(wired):
    """For another mode, and for another interface."""
    first = wired.call("plug", binding=macvtap(1))
    second = wired.call("plug", binding=macvtap(1, "vepa"))
    assert second["ifindex"] != first["ifindex"]
    assert info(wired)["mode"] == "vepa"
    wired.add_interface("eth2")
    wired.call("plug", binding=macvtap(1, "vepa", source="eth2"))
    assert wired.link(TAP)["link"] == "eth2"


@pytest.mark.parametrize("kind", ["macvtap", "macvlan", "tap"])
def test_a_stranger_s_is_left_alone(wired, kind):
    if kind == "tap":
        wired.ip("tuntap", "add", TAP, "mode", "tap")
    else:
        wired.ip("link", "add", "link", "eth1", "name", TAP, "type", kind)
    wired.ip("link", "set", TAP, "alias", "mine")
    before = wired.link(TAP)
    error = wired.refused("plug", binding=macvtap(1))
    assert error.kind == "conflict" and error.outcome == "failed-clean"
    assert "alias 'mine'" in str(error)
    assert wired.link(TAP) == before
    assert ports_of(wired) == {}


@pytest.mark.parametrize("wanted, kind, told", [
    (macvtap(1, mtu=1501), "invalid", "above the 1500 of eth1"),
    (macvtap(1, source="eth7"), "not-found", "eth7"),
])
def test_what_cannot_be(wired, wanted, kind, told):
    error = wired.refused("plug", binding=wanted)
    assert error.kind == kind and told in str(error), error
    assert view(wired) == wired.empty and ports_of(wired) == {}


@pytest.mark.parametrize("kind", ("macvlan", "macvtap"))
def test_not_on_another_macvtap(wired, kind):
    """The kernel would put it on what is below."""
    wired.ip("link", "add", "link", "eth1", "name", "upper1", "type", kind)
    before = view(wired)
    error = wired.refused("plug", binding=macvtap(1, source="upper1"))
    assert error.kind == "invalid" and error.outcome == "failed-clean"
    assert "upper1 is a %s itself" % kind in str(error)
    assert view(wired) == before and ports_of(wired) == {}


def test_passthru_is_for_one_alone(wired):
    wired.call("plug", binding=macvtap(1, "passthru"))
    error = wired.refused("plug", binding=macvtap(2, "bridge"))
    assert "macvtap tap0000002" in str(error)
    assert ports_of(wired) == {port_id(1): "active"}
    assert "tap0000002" not in wired.links()


def test_the_node_of_another_namespace(wired):
    """/dev is one for all namespaces, numbers of links are not."""
    other = wired.netns + "-x"
    run("ip", "netns", "add", other)
    wired.open.callback(run, "ip", "netns", "del", other)
    run("ip", "-n", other, "link", "add", "eth1", "type", "veth",
        "peer", "name", "wire1")
    after = max(link["ifindex"] for link in wired.links().values())
    for index in range(after + 1, after + 30):
        run("ip", "-n", other, "link", "add", "link", "eth1", "name",
            "m%d" % index, "index", str(index), "type", "macvtap", "mode",
            "bridge")
    error = wired.refused("plug", binding=macvtap(1))
    assert "another network namespace" in str(error)
    assert view(wired) == wired.empty and ports_of(wired) == {}


def test_without_a_device_of_vifd_s(wired):
    """libvirt makes the macvtap: the port is a claim and an answer."""
    details = wired.call("plug", binding=macvtap(1, create_device=False))
    assert "macvtap" not in details.get("devices", {})
    assert view(wired) == wired.empty
    wired.call("unplug", port_id=port_id(1))


def test_no_vlan_without_its_module(wired):
    wanted = macvtap(1, source="eth1.100")
    wanted["macvtap"].update(physical_interface="eth1", vlan=100)
    if os.path.exists("/proc/net/vlan"):
        pytest.skip("this kernel has VLAN devices")
    error = wired.refused("plug", binding=wanted)
    assert error.kind == "unsupported"
    assert "the kernel has no 8021q module (modprobe 8021q)" in str(error)
    assert view(wired) == wired.empty and ports_of(wired) == {}


# What somebody else does.

def ip(*words):
    return lambda host: host.ip(*words)


def renamed_and_taken(host):
    host.ip("link", "set", TAP, "down", "name", "elsewhere")
    host.ip("tuntap", "add", TAP, "mode", "tap")


def remade(host):
    """By somebody who copies all he sees, but for the mode."""
    alias = host.link(TAP)["ifalias"]
    host.ip("link", "del", TAP)
    host.ip("link", "add", "link", "eth1", "name", TAP, "type", "macvtap",
            "mode", "private")
    host.ip("link", "set", TAP, "alias", alias)


def given_away(host):
    os.chown("/dev/tap%d" % host.link(TAP)["ifindex"], 4711, -1)


# What somebody does, what is told of it, what must be done before it can be
# mended.
DRIFTS = {
    "deleted": (ip("link", "del", TAP), "is not there", None),
    "down": (ip("link", "set", TAP, "down"), "is down, not up", None),
    "mac": (ip("link", "set", TAP, "address", "fa:16:3e:99:99:99"),
            "fa:16:3e:99:99:99 instead of fa:16:3e:00:00:01", None),
    "mtu": (ip("link", "set", TAP, "mtu", "1300"),
            "MTU 1300 instead of 1450", None),
    "mtu-below": (ip("link", "set", "eth1", "mtu", "1300"),
                  "MTU 1300 instead of 1450",
                  ip("link", "set", "eth1", "mtu", "1500")),
    "renamed": (ip("link", "set", TAP, "down", "name", "elsewhere"),
                "renamed to elsewhere", None),
    "renamed-and-taken": (renamed_and_taken, "elsewhere.*" + TAP + " exists",
                          ip("link", "del", TAP)),
    "alias-removed": (ip("link", "set", TAP, "alias", ""), "mark.*no alias",
                      None),
    "alias-of-somebody": (ip("link", "set", TAP, "alias", "mine"),
                          "alias 'mine'", ip("link", "set", TAP, "alias",
                                             "")),
    "mode": (remade, "it has another mode", None),
}


def check(host):
    return host.call("check", port_id=port_id(1))["ports"][0]


def told_by_check(host, words):
    return re.search(words, check(host).get("error", {}).get("message", ""))


@pytest.mark.parametrize("kind", DRIFTS)
def test_drift_is_seen_told_and_mended(wired, kind):
    act, words, before_repair = DRIFTS[kind]
    wired.call("plug", binding=macvtap(1, device_owner={"uid": 7}))
    before = view(wired)
    watcher = wired.connect()
    watcher.call("watch")

    act(wired)
    begin = time.monotonic()
    assert watcher.event(port_id=port_id(1), to="drifted")
    assert time.monotonic() - begin < WITHIN
    wait_until(lambda: told_by_check(wired, words),
               "check to say %s: it says %s" % (words, check(wired)))

    if before_repair:
        assert not wired.call("repair", port_id=port_id(1))["ports"][0]["ok"]
        before_repair(wired)
    assert wired.call("repair", port_id=port_id(1))["ports"][0]["ok"]
    wait_until(wired.settled, "the port to come to rest")
    assert check(wired)["ok"]
    assert view(wired) == before and "elsewhere" not in wired.links()
    wired.call("unplug", port_id=port_id(1))
    assert view(wired) == wired.empty


def test_a_node_given_away_is_found_by_check(wired):
    """Nothing tells of it."""
    wired.call("plug", binding=macvtap(1, device_owner={"uid": 7}))
    given_away(wired)
    assert told_by_check(wired, "belongs to user 4711 .* instead of 7")
    assert wired.call("repair", port_id=port_id(1))["ports"][0]["ok"]
    assert check(wired)["ok"]


def test_its_interface_goes_and_comes_back(wired):
    """The macvtap goes with it: an unplug is a success, and a repair puts it
    on the new one."""
    wired.call("plug", binding=macvtap(1))
    wired.ip("link", "del", "eth1")
    wait_until(lambda: ports_of(wired)[port_id(1)] == "drifted", "drift")
    wired.add_interface("eth1")
    assert wired.call("repair", port_id=port_id(1))["ports"][0]["ok"]
    assert wired.link(TAP)["link"] == "eth1"
    wired.ip("link", "del", "eth1")
    wired.call("unplug", port_id=port_id(1))
    assert TAP not in wired.links()


def test_its_interface_is_renamed(wired):
    """The macvtap is where it was."""
    wired.call("plug", binding=macvtap(1))
    wired.ip("link", "set", "eth1", "down")
    wired.ip("link", "set", "eth1", "name", "lan1")
    wired.ip("link", "set", "lan1", "up")
    assert check(wired)["ok"]
    wired.call("unplug", port_id=port_id(1))
    assert TAP not in wired.links()


def test_renamed_and_unplugged(wired):
    wired.call("plug", binding=macvtap(1))
    wired.ip("link", "set", TAP, "down", "name", "elsewhere")
    wired.call("unplug", port_id=port_id(1))
    assert "elsewhere" not in wired.links()


def test_a_restart_changes_nothing(wired):
    node = node_of(wired.call("plug", binding=macvtap(1, device_owner={
        "uid": 7})))
    before = wired.link(TAP), os.stat(node)
    with Guest(node):
        wired.stop_vifd()
        wired.start_vifd()
        wait_until(wired.settled, "the port to be looked at")
        assert (wired.link(TAP), os.stat(node)) == before
        assert ports_of(wired) == {port_id(1): "active"}
        wired.kill_vifd()
        wired.start_vifd()
        wait_until(wired.settled, "the port to be looked at")
        assert (wired.link(TAP), os.stat(node)) == before
        assert check(wired)["ok"]


def test_after_a_reboot(bare_host):
    """With the same name, address and owner, on the interface of the same
    name, whatever its number is now."""
    host, boots = bare_host, Boots(bare_host)
    host.start_ovs()
    host.add_interface("eth1")
    boots.start()
    host.call("plug", binding=macvtap(1, device_owner={"uid": 7}))
    before = view(host)
    host.kill_vifd()
    host.ip("link", "del", "eth1")
    boots.next()
    host.add_interface("eth2")
    host.add_interface("eth1")
    boots.start()
    status, missing, said = boots.restore()
    assert (status, missing) == (0, {}), said
    assert view(host) == before
    host.call("unplug", port_id=port_id(1))
    assert TAP not in host.links()


def test_an_orphan_is_collected(wired):
    """One that the journal has lost, unless a guest has it open; and a plug
    takes it in."""
    node = node_of(wired.call("plug", binding=macvtap(1)))
    before = wired.link(TAP)
    wired.stop_vifd()
    wired.lose(port_id(1))
    wired.start_vifd()
    shown = wired.call("gc", dry_run=True, interval_ms=50)["orphans"]
    assert [(o["kind"], o["object"]) for o in shown] == [("macvtap", TAP)]

    guest = hold(wired, node)
    orphan, = wired.call("gc", interval_ms=50)["orphans"]
    assert not orphan["collected"] and "(tail)" in str(orphan["error"])
    assert wired.link(TAP) == before
    wait_until(lambda: ports_of(wired) == {}, "the undoing")

    wired.call("plug", binding=macvtap(1))
    assert wired.link(TAP) == before
    assert wired.call("gc", dry_run=True, interval_ms=50)["orphans"] == []
    guest.kill()
    wired.call("unplug", port_id=port_id(1))
    assert view(wired) == wired.empty
