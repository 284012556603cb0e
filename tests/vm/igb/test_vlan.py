"""The form of Neutron's macvtap agent with VLAN devices, on the wire between
the two NICs."""

import json

import pytest

from frames import arrives
from host import port_id, run, wait_until
from view import links_of

TAP = "tap0000001"


def port(number, interface="eth0", vlan=100, source=None, mode="bridge",
         **more):
    return {"port_id": port_id(number), "vnic_type": "macvtap",
            "mac_address": "fa:16:3e:00:00:%02x" % number, "mtu": 1400,
            "device_name": "tap%07d" % number,
            "macvtap": {"source": source or "%s.%d" % (interface, vlan),
                        "physical_interface": interface, "vlan": vlan,
                        "mode": mode}, **more}


def vlans():
    """{name: (lower, id, up, alias)} of all VLAN devices."""
    links = json.loads(run("ip", "-j", "-d", "link", "show", "type",
                           "vlan").stdout)
    return {link["ifname"]: (link["link"], link["linkinfo"]["info_data"]["id"],
                             "UP" in link["flags"], link.get("ifalias", ""))
            for link in links if link}


@pytest.fixture
def daemon(host, pfs):
    host.start_with()
    return host


def unplug(host, *numbers):
    for number in numbers:
        host.call("unplug", port_id=port_id(number))


def state_of(host, number=1):
    return {p["port_id"]: p["state"]
            for p in host.call("list")["ports"]}[port_id(number)]


def drifted(host, number=1):
    wait_until(lambda: state_of(host, number) == "drifted", "drift", 5)


def mend(host):
    assert all(p["ok"] for p in host.call("repair")["ports"])
    wait_until(host.settled, "rest")
    assert all(p["ok"] for p in host.call("check")["ports"])


def test_shared_by_its_ports(daemon):
    """Made for the first, gone with the last."""
    details = daemon.call("plug", binding=port(1))
    assert vlans()["eth0.100"][:3] == ("eth0", 100, True)
    assert vlans()["eth0.100"][3].endswith(":+eth0.100")
    assert daemon.link(TAP)["link"] == "eth0.100"
    assert details["vif_type"] == "macvtap"
    assert details["vif_details"] == {
        "macvtap_source": "eth0.100", "macvtap_mode": "bridge",
        "physical_interface": "eth0", "vlan": 100, "port_filter": False,
        "connectivity": "l2"}
    daemon.call("plug", binding=port(2))
    before = vlans()
    unplug(daemon, 1)
    assert vlans() == before and TAP not in daemon.links()
    daemon.stop_vifd()
    daemon.start_vifd()
    wait_until(daemon.settled, "rest")
    unplug(daemon, 2)
    assert vlans() == {} and links_of(daemon) == {}


def test_one_that_was_there_stays(daemon):
    """As it was: its name is the operator's to choose, and it was down."""
    run("ip", "link", "add", "link", "eth0", "name", "green", "type", "vlan",
        "id", "100")
    before = vlans()
    daemon.call("plug", binding=port(1, source="green"))
    assert vlans()["green"][2]
    daemon.kill_vifd()
    daemon.start_vifd()
    wait_until(daemon.settled, "rest")
    unplug(daemon, 1)
    assert vlans() == before


def test_one_with_other_parameters_is_refused(daemon):
    run("ip", "link", "add", "link", "eth0", "name", "eth0.100", "type",
        "vlan", "id", "5")
    run("ip", "link", "add", "link", "eth0", "name", "eth0.7", "type",
        "vlan", "id", "7", "protocol", "802.1ad")
    run("ip", "link", "add", "link", "eth1", "name", "eth0.8", "type",
        "vlan", "id", "8")
    run("ip", "link", "add", "link", "eth0", "name", "eth0.9", "type",
        "macvlan")
    run("ip", "link", "add", "link", "eth0", "name", "green", "type",
        "vlan", "id", "10")
    before = vlans(), daemon.links()
    for vlan, words in ((100, "has id 5 instead of 802.1Q's 100"),
                        (7, "802.1ad's id 7"), (8, "sits on link"),
                        (9, "is no VLAN device but a macvlan"),
                        (10, "VLAN 10 of eth0 is there already, as green")):
        error = daemon.refused("plug", binding=port(1, vlan=vlan))
        assert error.kind == "conflict" and words in str(error), error
        assert error.outcome == "failed-clean"
    assert (vlans(), daemon.links()) == before


def test_what_it_sits_on_is_down_or_gone(daemon, pfs):
    error = daemon.refused("plug", binding=port(1, interface="eth7"))
    assert error.kind == "not-found" and "eth7" in str(error)
    pfs[0].set("down")
    error = daemon.refused("plug", binding=port(1))
    assert "eth0, which it sits on, is down" in str(error), error
    wait_until(lambda: vlans() == {}, "the undoing")
    assert links_of(daemon) == {}


def test_drift(daemon):
    """Deleted, with all that is on it; set down; its id is another's."""
    daemon.call("plug", binding=port(1))
    daemon.call("plug", binding=port(2))
    before = vlans(), links_of(daemon)
    for act in (("del", "eth0.100"), ("set", "eth0.100", "down")):
        run("ip", "link", *act)
        drifted(daemon)
        mend(daemon)
        assert (vlans(), links_of(daemon)) == before
    run("ip", "link", "del", "eth0.100")
    run("ip", "link", "add", "link", "eth1", "name", "eth0.100", "type",
        "vlan", "id", "100")
    drifted(daemon)
    assert not daemon.call("repair")["ports"][0]["ok"]
    run("ip", "link", "del", "eth0.100")
    mend(daemon)
    assert (vlans(), links_of(daemon)) == before
    unplug(daemon, 1, 2)
    assert vlans() == {} and links_of(daemon) == {}


def test_renamed(daemon):
    """The ports on it drift; it is nobody's to make a second time."""
    daemon.call("plug", binding=port(1))
    before = vlans(), links_of(daemon)
    for old, new in (("eth0.100", "green"), ("green", "eth0.100")):
        run("ip", "link", "set", old, "name", new)
        if new == "green":
            drifted(daemon)
            told = daemon.call("check")["ports"][0]["error"]["message"]
            assert "eth0.100 was renamed to green" in told
            told = str(daemon.call("repair")["ports"][0])
            assert "is there already, as green" in told
    wait_until(lambda: state_of(daemon) == "active", "the old name", 5)
    assert (vlans(), links_of(daemon)) == before
    run("ip", "link", "set", "eth0.100", "name", "green")
    unplug(daemon, 1)
    assert vlans() == {} and links_of(daemon) == {}


def test_somebody_else_uses_it_by_now(daemon):
    daemon.call("plug", binding=port(1))
    run("ip", "link", "add", "link", "eth0.100", "name", "other", "type",
        "macvlan")
    answer = daemon.call("unplug", port_id=port_id(1))
    assert "is left: other uses it" in str(answer), answer
    assert "eth0.100" in vlans()
    # Its mark tells that it is vifd's all the same.
    run("ip", "link", "del", "other")
    daemon.call("plug", binding=port(1))
    unplug(daemon, 1)
    assert vlans() == {}


def test_somebody_gave_it_an_address(daemon):
    daemon.call("plug", binding=port(1))
    run("ip", "address", "add", "192.0.2.1/24", "dev", "eth0.100")
    answer = daemon.call("unplug", port_id=port_id(1))
    assert "is left: it was given an IP address" in str(answer), answer
    assert "eth0.100" in vlans()
    run("ip", "address", "del", "192.0.2.1/24", "dev", "eth0.100")
    daemon.call("plug", binding=port(1))
    unplug(daemon, 1)
    assert vlans() == {}


def test_traffic_and_isolation(daemon):
    """Over the wire, between macvtaps of one VLAN and of two."""
    taps = [daemon.call("plug", binding=port(number, interface, vlan))
            ["devices"]["macvtap"] for number, interface, vlan in (
                (1, "eth0", 100), (2, "eth1", 100), (3, "eth1", 200))]
    wait_until(lambda: arrives(taps[0], taps[1]), "a frame", 20)
    wait_until(lambda: arrives(taps[1], taps[0]), "a frame back", 20)
    assert not arrives(taps[0], taps[2])
    assert arrives(taps[0], taps[1], to="fa:16:3e:00:00:02")
    assert not arrives(taps[2], taps[0], to="fa:16:3e:00:00:01")
    unplug(daemon, 1, 2, 3)
    assert vlans() == {}
