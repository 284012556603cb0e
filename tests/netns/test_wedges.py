"""Three ways in which a plug could be wedged for ever, see
https://github.com/ovn-org/ovn/issues/312: a request that was withdrawn stays,
a parameter that was changed is refused, an unclean exit is not recovered.

Of the third there is more in test_restart.py ('kill_in_the_middle') and
tests/crash, which kills vifd at every point of a plug, a change and an unplug;
that a client's leaving withdraws nothing is in test_many.py."""

import signal

import pytest

from host import binding, port_id, wait_until
from rpc import RpcError

TAP = "tap0000001"


def plug_up_to_the_proof(host, connection, wanted):
    """Sends a plug, of which only ovs-vswitchd's answer is missing then."""
    host.vswitchd.signal(signal.SIGSTOP)
    request = connection.send("plug", binding=wanted)
    wait_until(lambda: TAP in host.ports_of("br-int"), "the row")
    return request


def test_a_withdrawn_request_unplugs(host):
    """Though ovs-vswitchd hangs: what is not wanted is not waited for."""
    connection = host.connect()
    plug = plug_up_to_the_proof(host, connection, binding(1))

    answer = host.call("unplug", port_id=port_id(1), timeout_ms=10000)

    assert answer["outcome"] == "done"
    with pytest.raises(RpcError) as caught:
        connection.answer(plug)
    assert caught.value.kind == "superseded"
    assert caught.value.outcome == "failed-clean"
    assert TAP not in host.links() and host.interface(TAP) is None
    host.vswitchd.signal(signal.SIGCONT)
    wait_until(lambda: host.call("capabilities")["ovs"]["health"] == "ok",
               "ovs-vswitchd")
    assert host.call("plug", binding=binding(2))["state"] == "active"
    assert host.ports_of("br-int") == {"tap0000002"}
    assert TAP not in host.links()


@pytest.mark.parametrize("change", [
    {"mtu": 1400, "external_ids": {"color": "green"}},
    {"mac_address": "fa:16:3e:99:99:99", "queues": 4, "vcpus": 4},
    {"bridge": "br-other"},
], ids=lambda change: "+".join(change))
def test_a_changed_parameter_is_applied(host, change):
    """While the first plug is under way, and back again when it is over."""
    host.add_bridge("br-other")
    connection = host.connect()
    first = plug_up_to_the_proof(host, connection, binding(1))
    second = connection.send("plug", binding=binding(1, **change))
    host.vswitchd.signal(signal.SIGCONT)

    assert connection.answer(first)["outcome"] == "done"
    assert connection.answer(second)["outcome"] == "done"
    is_as(host, binding(1, **change))
    assert host.call("plug", binding=binding(1))["changed"]
    is_as(host, binding(1))


def is_as(host, wanted):
    link, row = host.link(TAP), host.interface(TAP)
    assert link["mtu"] == wanted["mtu"]
    assert link["address"] == wanted["mac_address"]
    assert bool(host.tun_flags(TAP) & 0x100) == ("queues" in wanted)
    assert TAP in host.ports_of(wanted["bridge"])
    assert row["ofport"] > 0 and row["error"] == []
    assert row["external_ids"]["attached-mac"] == wanted["mac_address"]
    assert row["external_ids"].get("color") == wanted.get(
        "external_ids", {}).get("color")
    assert host.call("check", port_id=wanted["port_id"])["ports"][0]["ok"]


def test_an_unclean_exit_is_recovered(host):
    """Killed before the proof, and ovs-vswitchd takes the port up while vifd
    is not there: it is taken back, not left to look well."""
    connection = host.connect()
    plug_up_to_the_proof(host, connection, binding(1))
    host.kill_vifd()
    host.vswitchd.signal(signal.SIGCONT)
    wait_until(lambda: host.interface(TAP)["ofport"] != [], "the switch")

    host.start_vifd()

    wait_until(lambda: host.call("list")["ports"] == [], "the undo")
    assert TAP not in host.links() and host.interface(TAP) is None
    assert host.call("plug", binding=binding(1))["state"] == "active"
    is_as(host, binding(1))
