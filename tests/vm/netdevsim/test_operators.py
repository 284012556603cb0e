"""What operators do to cards that ports are on: drain them, change VFs behind
vifd's back; and several ports in one request.  The second opinion is
'ip -d link'."""

import json

import pytest

from host import port_id, wait_until

PF = "netdevsim/netdevsim1"
SPEC = {"address": PF, "physical_network": "physnet1", "trusted": True}


def direct(number=1, **vf):
    return {"port_id": port_id(number), "vnic_type": "direct",
            "mac_address": "fa:16:3e:00:00:%02x" % number,
            "physical_network": "physnet1", "vf": dict({"vlan": 100}, **vf)}


def vf_device(number):
    return "%s/%d" % (PF, number)


def state_of(host, number=1):
    return host.call("show", port_id=port_id(number))["state"]


def becomes(host, state, seconds=30):
    """The kernel notifies; the time is for a slow machine."""
    wait_until(lambda: state_of(host) == state, state, seconds)


@pytest.fixture
def pf(make_pf):
    pf = make_pf(1, 4)
    pf.set_numvfs(4)
    return pf


@pytest.mark.parametrize("wrong, right", [
    (("mac", "02:11:22:33:44:55"), ("mac", "fa:16:3e:00:00:01")),
    (("vlan", "7"), ("vlan", "100")),
    (("trust", "off"), ("trust", "on")),
    (("state", "disable"), ("state", "enable"))])
def test_somebody_sets_a_vf(host, pf, wrong, right):
    host.start_with(SPEC)
    # A guest that is trusted may choose its address.
    trust = {} if wrong[0] == "mac" else {"trust": True}
    host.call("plug", binding=direct(link_state="enable", **trust))
    # Another VF is nobody's business.
    pf.set("vf", "2", *wrong)
    pf.set("vf", "0", *wrong)
    becomes(host, "drifted")
    pf.set("vf", "0", *right)
    becomes(host, "active")
    host.call("unplug", port_id=port_id(1))


def test_repair_after_somebody_set_a_vf(host, pf):
    host.start_with(SPEC)
    host.call("plug", binding=direct())
    before = pf.vf_info(0)
    pf.set("vf", "0", "vlan", "7")
    becomes(host, "drifted")
    host.call("repair", port_id=port_id(1))
    assert pf.vf_info(0) == before
    assert state_of(host) == "active"


def test_vfs_are_taken_away(host, pf):
    host.start_with(SPEC)
    host.call("plug", binding=direct())
    pf.set_numvfs(0)
    becomes(host, "drifted")
    result = host.call("unplug", port_id=port_id(1))
    assert result["outcome"] == "done"
    assert host.call("list")["ports"] == []


def test_ports_of_a_request_are_given_devices_together(host, pf):
    host.start_with(SPEC)
    before = pf.vf_infos()
    error = host.refused("plug", bindings=[direct(n) for n in range(1, 6)])
    assert error.kind == "conflict" and "together" in str(error)
    assert pf.vf_infos() == before
    bindings = [direct(n) for n in range(1, 5)]
    fit = host.call("fit", bindings=bindings)
    assert fit["fits"]
    host.call("plug", bindings=bindings)
    assert {p["device"] for p in fit["ports"]} \
        == {vf_device(n) for n in range(4)}
    for port in fit["ports"]:
        shown = host.call("show", port_id=port["port_id"])
        assert shown["devices"]["device"] == port["device"]
    assert host.refused("plug", binding=direct(5)).kind == "conflict"


def test_a_plug_waits_until_the_devices_are_known(host, pf):
    """One that comes as soon as the socket is there."""
    host.configure(SPEC)
    host.start_vifd()
    assert host.call("plug", binding=direct())["state"] == "active"
    assert pf.vf_info(0)["address"] == "fa:16:3e:00:00:01"


def drain(host, word="drain", pf=PF):
    return json.loads(host.ctl(word, pf, "--json").stdout)


def test_drain(host, pf):
    host.start_with(SPEC)
    host.call("plug", binding=direct(1))
    drained = drain(host, pf=pf.netdev)
    assert drained["device"] == PF and drained["drained"]
    assert [(p["port_id"], p["device"]) for p in drained["ports"]] \
        == [(port_id(1), vf_device(0))]
    assert drain(host) == drained

    def is_closed():
        error = host.refused("plug", binding=direct(2))
        assert error.kind == "conflict" and "not drained 0" in str(error)
        assert not host.call("fit", bindings=[direct(2)])["fits"]
        devices = host.devices()
        assert devices[PF]["drained"]
        assert devices[vf_device(0)]["state"] == "held"
        assert devices[vf_device(1)]["state"] == "drained"
        assert host.call("capabilities")["drained"] == [PF]
    is_closed()

    # Who is there stays, unchanged or changed.
    assert not host.call("plug", binding=direct(1))["changed"]
    changed = host.call("plug", binding=direct(1, max_tx_rate=100))
    assert changed["devices"]["device"] == vf_device(0)
    assert pf.vf_info(0)["rate"]["max_tx"] == 100

    # It outlasts the daemon, however it ends.
    host.kill_vifd()
    host.start_with(SPEC)
    is_closed()
    host.stop_vifd()
    host.start_with(SPEC)
    is_closed()

    host.call("unplug", port_id=port_id(1))
    assert drain(host)["ports"] == []
    assert not drain(host, "undrain")["drained"]
    assert host.call("plug", binding=direct(2))["state"] == "active"
    host.stop_vifd()
    host.start_with(SPEC)
    assert host.call("capabilities")["drained"] == []
