"""Somebody else changes what vifd has put in place: a table of what, and for
each: seen by notification within a second, told with what is and what should
be, found by check, mended by repair."""

import collections
import re
import time

import pytest

from host import binding, port_id, run, wait_until

TAP = "tap0000001"
WITHIN = 1.0            # Seconds, as issue and manual promise.

# What somebody does, what is told of it (a regular expression), and what has
# to be done before it can be mended, if anything.
Drift = collections.namedtuple("Drift", "act told before_repair",
                               defaults=[None])


def ip(*words):
    return lambda host: host.ip(*words)


def vsctl(*words):
    return lambda host: host.vsctl(*words)


def interface(setting, what="set"):
    return vsctl(what, "Interface", TAP, *setting.split())


def elsewhere(host):
    """Into another namespace and back home never."""
    other = host.netns + "-x"
    run("ip", "netns", "add", other)
    host.open.callback(run, "ip", "netns", "del", other)
    host.ip("link", "set", TAP, "netns", other)


def owned_by_another(host):
    """Whoever may open it may change whose it is."""
    run("ip", "netns", "exec", host.netns, "python3", "-c", """
import fcntl, os, struct
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH22x", b"%s", 0x5102))
fcntl.ioctl(tun, 0x400454cc, 4711)      # TUNSETOWNER
""" % TAP)


def remade(host):
    """By somebody who copies all he sees, but for the number of queues."""
    alias = host.link(TAP)["ifalias"]
    host.ip("link", "del", TAP)
    host.ip("tuntap", "add", TAP, "mode", "tap", "vnet_hdr")
    host.ip("link", "set", TAP, "alias", alias)


def renamed_and_taken(host):
    host.ip("link", "set", TAP, "down", "name", "elsewhere")
    host.ip("tuntap", "add", TAP, "mode", "tap")


DRIFTS = {
    "tap-deleted": Drift(ip("link", "del", TAP), "is not there"),
    "tap-down": Drift(ip("link", "set", TAP, "down"), "is down, not up"),
    "mac": Drift(ip("link", "set", TAP, "address", "fa:16:3e:99:99:99"),
                 "fa:16:3e:99:99:99 instead of fa:16:3e:00:00:01"),
    "mtu": Drift(ip("link", "set", TAP, "mtu", "1300"),
                 "MTU 1300 instead of 1450"),
    "renamed": Drift(ip("link", "set", TAP, "down", "name", "elsewhere"),
                     "renamed to elsewhere"),
    "renamed-and-taken": Drift(renamed_and_taken,
                               "elsewhere.*" + TAP + " exists",
                               before_repair=ip("link", "del", TAP)),
    "alias-removed": Drift(ip("link", "set", TAP, "alias", ""),
                           "mark.*no alias"),
    "alias-of-somebody": Drift(ip("link", "set", TAP, "alias", "mine"),
                               "alias 'mine'",
                               before_repair=ip("link", "set", TAP, "alias",
                                                "")),
    "queues": Drift(remade, "it is not multi-queue"),
    "owner": Drift(owned_by_another, "it has another owner"),
    "netns": Drift(elsewhere, "is not there"),
    "port-removed": Drift(vsctl("del-port", TAP), "no port '%s'" % TAP),
    "port-moved": Drift(
        vsctl("del-port", TAP, "--", "add-port", "br-other", TAP),
        "bridge 'br-other' instead of 'br-int'"),
    "port-moved-by-uuid": Drift(
        lambda host: host.vsctl(
            *("-- remove Bridge br-int ports {0} "
              "-- add Bridge br-other ports {0}").format(host.vsctl(
                  "get", "Port", TAP, "_uuid")).split()),
        "bridge 'br-other' instead of 'br-int'"),
    "second-bridge": Drift(
        lambda host: host.vsctl("add", "Bridge", "br-other", "ports",
                                host.vsctl("get", "Port", TAP, "_uuid")),
        "two bridges"),
    "external-ids-changed": Drift(
        interface("external_ids:attached-mac=fa:16:3e:77:77:77"),
        "attached-mac '?fa:16:3e:77:77:77'? instead of '?fa:16:3e:00:00:01"),
    "external-ids-removed": Drift(
        interface("external_ids iface-id", "remove"),
        "iface-id '' instead of '%s'" % port_id(1)),
    "external-ids-cleared": Drift(interface("external_ids", "clear"),
                                  "'' instead of"),
    "mtu-request": Drift(interface("mtu_request=1400"),
                         "mtu_request '1400' instead of ''"),
    "options": Drift(interface("options:n_rxq=4"),
                     "options:n_rxq '4' instead of ''"),
    "type": Drift(interface("type=internal"),
                  "type 'internal' instead of ''"),
    "bridge-deleted": Drift(
        vsctl("del-br", "br-int"), "no (bridge|port)",
        before_repair=lambda host: host.add_bridge("br-int")),
}


@pytest.fixture
def plugged(host):
    host.add_bridge("br-other")
    host.call("plug", binding=binding(1, queues=4, vcpus=4))
    return host


def check(host):
    return host.call("check", port_id=port_id(1))["ports"][0]


@pytest.mark.parametrize("kind", DRIFTS)
def test_drift_is_seen_told_and_mended(plugged, kind):
    host, drift = plugged, DRIFTS[kind]
    before = host.link(TAP)["ifalias"], host.interface(TAP)["external_ids"]
    watcher = host.connect()
    watcher.call("watch")

    drift.act(host)
    begin = time.monotonic()
    event = watcher.event(port_id=port_id(1), to="drifted")
    took = time.monotonic() - begin
    assert took < WITHIN
    assert event["event"] == "drifted" and event["from"] == "active"

    # The first look may be at the first half of what somebody does.
    def told(text):
        return re.search(drift.told, text, re.S)
    wait_until(lambda: told(check(host).get("error", {}).get("message", "")),
               "check to say: %s; it says %s" % (drift.told, check(host)))
    assert not check(host)["ok"]
    shown = host.call("show", port_id=port_id(1))
    assert shown["state"] == "drifted"
    assert told(shown["error"]["message"])
    assert told(event["error"]["message"]) or kind in (
        "renamed-and-taken", "queues", "bridge-deleted"), event
    assert port_id(1) + ": drifted: " in host.vifd.text()

    if drift.before_repair:
        refused = host.call("repair", port_id=port_id(1))["ports"][0]
        assert not refused["ok"] and refused["state"] == "drifted"
        drift.before_repair(host)
    repaired = host.call("repair", port_id=port_id(1))["ports"][0]
    assert repaired["ok"] and repaired["changed"], repaired
    assert watcher.event(port_id=port_id(1), to="active")
    wait_until(host.settled, "the port to come to rest")
    assert check(host) == {"ok": True, "port_id": port_id(1),
                           "state": "active", "outcome": "done",
                           "changed": False}
    link, row = host.link(TAP), host.interface(TAP)
    assert (link["ifalias"], row["external_ids"]) == before
    assert (link["address"], link["mtu"]) == ("fa:16:3e:00:00:01", 1450)
    assert "UP" in link["flags"] and row["ofport"] > 0
    assert link["linkinfo"]["info_data"]["multi_queue"]
    assert (row["type"], row["mtu_request"]) == ("", [])
    assert TAP in host.ports_of("br-int")
    assert TAP not in host.ports_of("br-other")
    assert "elsewhere" not in host.links()

    host.call("unplug", port_id=port_id(1))
    assert TAP not in host.links() and host.interface(TAP) is None


def test_undone_by_the_same_hand_it_is_active_again(plugged):
    """Each change that is taken back by somebody is seen, too."""
    host = plugged
    watcher = host.connect()
    watcher.call("watch")
    uuid = host.vsctl("get", "Port", TAP, "_uuid")
    for act, back in [
            (ip("link", "set", TAP, "mtu", "1300"),
             ip("link", "set", TAP, "mtu", "1450")),
            (ip("link", "set", TAP, "down"), ip("link", "set", TAP, "up")),
            (vsctl("add", "Bridge", "br-other", "ports", uuid),
             vsctl("remove", "Bridge", "br-other", "ports", uuid)),
            (interface("options:n_rxq=4"),
             interface("options n_rxq", "remove"))]:
        act(host)
        watcher.event(port_id=port_id(1), to="drifted")
        back(host)
        watcher.event(port_id=port_id(1), to="active")


def test_what_others_may_write_is_no_drift(plugged):
    """Keys of their own, statistics, a controller's doings; queues that a
    guest opens or does not."""
    host = plugged
    watcher = host.connect()
    watcher.call("watch")
    interface("external_ids:ovn-installed=true")(host)
    vsctl("set", "Port", TAP, "tag=7", "external_ids:somebody=else")(host)
    host.ip("link", "set", TAP, "txqueuelen", "500")
    assert check(host)["ok"]
    # Notifications come in order: this one is after those that were not sent.
    host.ip("link", "set", TAP, "mtu", "1300")
    assert watcher.event(port_id=port_id(1))["to"] == "drifted"
