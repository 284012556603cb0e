"""One port: plugged, looked at with other programs, unplugged, nothing left."""

import json
import os
import resource
import signal

import pytest

from host import binding, port_id, run, wait_until
from rpc import RpcError

IFF_MULTI_QUEUE = 0x100
IFF_TAP = 0x2
IFF_PERSIST = 0x800
IFF_VNET_HDR = 0x4000


def test_a_plugged_port_is_there_for_others_to_see(host):
    wanted = binding(1, queues=4, vcpus=8)
    before = host.configuration()

    details = host.call("plug", binding=wanted)

    name = wanted["device_name"]
    assert details["outcome"] == "done"
    assert details["state"] == "active"
    assert details["vif_type"] == "ovs"
    assert details["devices"]["tap"] == name
    assert details["queues"]["effective"] == 4
    assert details["vif_details"]["bridge_name"] == "br-int"

    assert name in host.ports_of("br-int")
    interface = host.interface(name)
    assert interface["ofport"] == details["ofport"] > 0
    assert interface["error"] == []
    assert interface["external_ids"] == {
        "iface-id": wanted["port_id"],
        "iface-status": "active",
        "attached-mac": wanted["mac_address"],
        "vm-uuid": wanted["instance_id"],
    }

    link = host.link(name)
    assert link["mtu"] == 1450
    assert link["address"] == wanted["mac_address"]
    assert "UP" in link["flags"]
    assert link["ifindex"] == details["ifindex"]
    flags = host.tun_flags(name)
    assert flags & IFF_MULTI_QUEUE and flags & IFF_TAP
    assert flags & IFF_PERSIST and flags & IFF_VNET_HDR

    answer = host.call("unplug", port_id=wanted["port_id"])

    assert answer["outcome"] == "done" and answer["state"] == "gone"
    assert host.link(name) is None
    assert host.configuration() == before
    assert host.call("list")["ports"] == []


def qdisc(host, name):
    return host.link(name)["qdisc"]


@pytest.mark.parametrize("queues", [1, 4])
def test_a_tap_has_no_queueing_discipline(host, queues):
    """The kernel's default for a multi-queue tap is one for each of 256
    queues: 5 MB, and most of the time that a plug takes."""
    name = "tap0000001"
    host.call("plug", binding=binding(1, queues=queues, vcpus=8))
    host.call("plug", binding=binding(2))

    # Nor does ovs-vswitchd give it one, when it takes it or later.
    assert qdisc(host, name) == qdisc(host, "tap0000002") == "noqueue"
    host.vswitchd.kill()
    host.start_vswitchd()
    host.vsctl("set", "Open_vSwitch", ".", "external_ids:seen=1")
    assert qdisc(host, name) == "noqueue"
    # One row for both says so.
    row, = host.rows("QoS", "_uuid", "type", "external_ids")
    assert row["type"] == "linux-noop"
    assert row["external_ids"]["vifd"] == row["_uuid"]
    assert {port["qos"] for port in host.rows(
        "Port", "qos", where=[["name", "!=", "br-int"]])} == {row["_uuid"]}

    # Whoever wants another one may have it.
    run(*host.inside, "tc", "qdisc", "replace", "dev", name, "root", "pfifo")
    checked, = host.call("check", port_id=port_id(1))["ports"]
    assert checked["state"] == "active"
    host.call("plug", binding=binding(1, queues=queues, vcpus=8))
    assert qdisc(host, name) == "pfifo"

    host.call("unplug", port_id=port_id(1))
    assert len(host.rows("QoS", "_uuid")) == 1
    host.call("unplug", port_id=port_id(2))
    assert host.rows("QoS", "_uuid") == []


def test_the_discipline_that_libvirt_chooses_is_left_alone(host):
    """The consumer makes the tap: ovs-vswitchd may not replace what it has
    chosen either."""
    host.call("plug", binding=binding(1, create_device=False))
    host.vswitchd.signal(signal.SIGSTOP)
    host.ip("tuntap", "add", "tap0000001", "mode", "tap")
    run(*host.inside, "tc", "qdisc", "replace", "dev", "tap0000001", "root",
        "noqueue")
    host.ip("link", "set", "tap0000001", "up")
    host.vswitchd.signal(signal.SIGCONT)
    wait_until(lambda: host.call("show", port_id=port_id(1))["state"]
               == "active", "the switch to take the tap")
    assert qdisc(host, "tap0000001") == "noqueue"


def test_a_single_queue_tap_has_no_multi_queue_flag(host):
    host.call("plug", binding=binding(1))
    assert not host.tun_flags("tap0000001") & IFF_MULTI_QUEUE


def test_one_vcpu_gets_one_queue_and_is_told_why(host):
    details = host.call("plug", binding=binding(1, queues=4, vcpus=1))
    assert details["queues"]["effective"] == 1
    assert "vCPU" in " ".join(details["warnings"]) or (
        "vcpu" in " ".join(details["warnings"]).lower())
    assert not host.tun_flags("tap0000001") & IFF_MULTI_QUEUE


def test_the_owner_may_open_the_tap(host):
    host.call("plug", binding=binding(
        1, device_owner={"uid": 1234, "gid": 4321}))
    info = host.link("tap0000001")["linkinfo"]["info_data"]
    assert (info["user"], info["group"]) == (1234, 4321) or (
        str(info["user"]), str(info["group"])) == ("1234", "4321")


def test_the_device_name_is_made_as_nova_makes_it(host):
    host.call("plug", binding=binding(1, device_name=None))
    assert ("tap" + port_id(1))[:14] in host.links()


def test_unplugging_what_is_not_there_is_a_success_that_says_so(host):
    answer = host.call("unplug", port_id="nobody")
    assert answer["outcome"] == "done"
    assert "not plugged" in answer["warnings"][0]


def test_the_consumer_makes_the_device_later(host):
    watcher = host.connect()
    watcher.call("watch")

    details = host.call("plug", binding=binding(1, create_device=False))
    assert details["state"] == "waiting-for-device"
    assert host.link("tap0000001") is None

    host.ip("tuntap", "add", "tap0000001", "mode", "tap")
    watcher.event(port_id=port_id(1), to="active")
    shown = host.call("show", port_id=port_id(1))
    assert shown["state"] == "active" and shown["ofport"] > 0

    host.call("unplug", port_id=port_id(1))
    assert "tap0000001" in host.links()     # It was not ours.
    assert host.interface("tap0000001") is None


def test_a_prepared_port_carries_no_traffic_until_activated(host):
    details = host.call("plug", binding=binding(1, prepare=True))
    assert details["state"] == "prepared"
    assert "UP" not in host.link("tap0000001")["flags"]

    assert host.call("activate", port_id=port_id(1))["state"] == "active"
    assert "UP" in host.link("tap0000001")["flags"]

    assert host.refused("abort", port_id=port_id(1)).kind == "refused"


def test_a_prepared_port_can_be_aborted(host):
    host.call("plug", binding=binding(1, prepare=True))
    assert host.call("abort", port_id=port_id(1))["state"] == "gone"
    assert host.links() == {} or "tap0000001" not in host.links()
    assert host.interface("tap0000001") is None


def test_a_strangers_tap_is_refused_and_left_alone(host):
    host.ip("tuntap", "add", "tap0000001", "mode", "tap")
    before = host.link("tap0000001")
    error = host.refused("plug", binding=binding(1))
    assert error.kind == "conflict"
    assert error.outcome in (None, "failed-clean")
    assert "tap0000001" in str(error)
    assert host.link("tap0000001") == before
    assert host.interface("tap0000001") is None
    assert host.call("list")["ports"] == []


def test_a_strangers_port_is_refused_and_left_alone(host):
    host.vsctl("add-port", "br-int", "tap0000001", "--", "set", "Interface",
               "tap0000001", "type=internal",
               "external_ids:iface-id=somebody-else")
    before = host.configuration()
    error = host.refused("plug", binding=binding(1, create_device=False))
    assert error.kind == "conflict"
    assert host.configuration() == before


def test_an_interface_that_cannot_be_opened_fails_clean_in_ovs_own_words(
        host):
    before = host.configuration()
    links = set(host.links())
    # From now on ovs-vswitchd cannot open anything more.
    pid = host.vswitchd.pid
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    now = len(os.listdir("/proc/%d/fd" % pid))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (now, limits[1]))
    error = host.refused("plug", binding=binding(1))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
    assert error.outcome == "failed-clean"
    assert error.kind == "ovsdb"
    assert "network device tap0000001" in error.data["source"]
    assert error.data["source"] in str(error)
    assert host.configuration() == before
    assert set(host.links()) == links
    assert host.call("plug", binding=binding(1))["state"] == "active"


@pytest.mark.parametrize("wrong, where", [
    ({"mtu": 70000}, "mtu"),
    ({"mtu": 10}, "mtu"),
    ({"queues": 257}, "queues"),
    ({"mac_address": "ff:ff:ff:ff:ff:ff"}, "mac_address"),
    ({"mac_address": "nonsense"}, "mac_address"),
    ({"device_name": "a-name-that-is-too-long"}, "device_name"),
    ({"device_name": "a/b"}, "device_name"),
    ({"vnic_type": "imaginary"}, "vnic_type"),
    ({"surprise": 1}, "surprise"),
    ({"queues": "four"}, "queues"),
])
def test_a_wrong_binding_is_refused_by_name(host, wrong, where):
    before = host.configuration()
    error = host.refused("plug", binding=binding(1, **wrong))
    assert error.kind == "invalid"
    assert error.data["where"].endswith(where), error.data
    assert host.configuration() == before
    assert host.links().keys() == {"ovs-netdev", "br-int"} & (
        host.links().keys())


def test_an_unknown_bridge_is_refused_by_name(host):
    error = host.refused("plug", binding=binding(1, bridge="br-nowhere"))
    assert "br-nowhere" in str(error)
    assert "tap0000001" not in host.links()
    assert host.call("list")["ports"] == []


def test_a_bridge_is_made_where_that_is_allowed_and_goes_with_its_last_port(
        bare_host):
    host = bare_host
    host.start_ovs()
    host.write_config("create_bridges: [br-made]\ndatapath_type: netdev\n")
    host.start_vifd()
    for number in (1, 2):
        host.call("plug", binding=binding(number, bridge="br-made"))
    assert host.ports_of("br-made") == {"tap0000001", "tap0000002"}
    host.call("unplug", port_id=port_id(1))
    assert host.ports_of("br-made") == {"tap0000002"}
    host.call("unplug", port_id=port_id(2))
    assert "br-made" not in host.vsctl("list-br").split()
    assert "br-int" in host.vsctl("list-br").split()


def test_all_or_none(host):
    wanted = [binding(n) for n in (1, 2, 3)]
    host.ip("tuntap", "add", "tap0000002", "mode", "tap")
    error = host.refused("plug", bindings=wanted)
    assert error.outcome in (None, "failed-clean")
    assert {"tap0000001", "tap0000003"}.isdisjoint(host.links())
    assert host.call("list")["ports"] == []

    host.ip("link", "del", "tap0000002")
    answer = host.call("plug", bindings=wanted)
    assert [p["state"] for p in answer["ports"]] == ["active"] * 3


def test_plan_touches_nothing_and_says_what_plug_would_do(host):
    before = host.configuration()
    plan = host.call("plan", binding=binding(1))
    assert [s["kind"] for s in plan["steps"]] == [
        "ovs-bridge", "tap", "ovs-port"]
    assert [s["action"] for s in plan["steps"]] == ["add", "add", "add"]
    assert host.configuration() == before
    assert "tap0000001" not in host.links()

    host.call("plug", binding=binding(1))
    plan = host.call("plan", binding=binding(1, mtu=1400))
    assert {s["kind"]: s["action"] for s in plan["steps"]} == {
        "ovs-bridge": "keep", "tap": "alter", "ovs-port": "alter"}


def test_the_answer_of_two_dialects_of_json_rpc(host):
    connection = host.connect()
    connection.send_raw(json.dumps(
        {"id": "one", "method": "version", "params": {}}))
    answer = connection.receive()
    assert answer["id"] == "one" and answer["error"] is None
    connection.send_raw('{"jsonrpc": "2.0", "id": 7, "method": "nonsense"}')
    answer = connection.receive()
    assert answer["id"] == 7 and answer["error"]["code"] == -32601


def test_the_switch_dead_a_plug_fails_fast_and_an_unplug_does_not(host):
    host.call("plug", binding=binding(1))
    host.vswitchd.kill()
    with pytest.raises(RpcError) as caught:
        host.call("plug", binding=binding(2), timeout_ms=20000)
    assert caught.value.outcome in (None, "failed-clean")
    wait_until(lambda: "tap0000002" not in host.links(), "the tap to go")
    answer = host.call("unplug", port_id=port_id(1), timeout_ms=20000)
    assert answer["outcome"] == "done"
    assert answer.get("datapath") == "unconfirmed"
    assert host.interface("tap0000001") is None
    assert "tap0000001" not in host.links()


def test_a_tap_taken_down_meanwhile_is_brought_up_before_the_plug_is_over(
        host):
    """As ovs-vswitchd does when it has been waiting for a tap: it reads the
    flags and writes them back with IFF_PROMISC a moment later, without IFF_UP
    if that was set in between."""
    wanted = binding(1)
    name = wanted["device_name"]

    def is_up():
        link = host.link(name)
        return link and "UP" in link["flags"]

    with host.connect() as client:
        host.vswitchd.signal(signal.SIGSTOP)
        try:
            request = client.send("plug", binding=wanted)
            wait_until(is_up, "the tap, up")
            host.ip("link", "set", name, "down")
            wait_until(is_up, "the tap, up again")
        finally:
            host.vswitchd.signal(signal.SIGCONT)
        details = client.answer(request)

    assert details["outcome"] == "done" and details["state"] == "active"
    assert is_up()
    shown = host.call("show", port_id=wanted["port_id"])
    assert shown["state"] == "active"


def test_an_unplug_need_not_wait_for_the_switch(host):
    """With "wait": "committed" rows and tap are gone though ovs-vswitchd has
    heard nothing of it yet, nor is it missed."""
    for n in range(1, 3):
        host.call("plug", binding=binding(n))
    name = binding(1)["device_name"]

    host.vswitchd.signal(signal.SIGSTOP)
    try:
        answer = host.call("unplug", port_id=port_id(1), wait="committed")
        assert "does not answer" not in host.vifd.text()
    finally:
        host.vswitchd.signal(signal.SIGCONT)
    assert answer["outcome"] == "done" and answer["state"] == "gone"
    assert answer["datapath"] == "unconfirmed"
    assert name not in host.ports_of("br-int")
    assert host.link(name) is None

    # The name can be used at once, whether the switch has caught up or not.
    details = host.call("plug", binding=binding(1))
    assert details["state"] == "active" and details["ofport"] > 0
    host.ctl("unplug", "--wait=committed", port_id(1))
    assert host.link(name) is None
    answer = host.call("unplug", port_id=port_id(2), wait="released")
    assert answer["datapath"] == "confirmed"


def test_a_plug_knows_no_released(host):
    error = host.refused("plug", binding=binding(1), wait="released")
    assert error.data["where"] == "params.wait"
