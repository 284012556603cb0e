"""Many ports at once, and the same request again."""

import json
import signal

import pytest

from host import LinkMonitor, Monitor, binding, port_id, wait_until
from rpc import RpcError


def transactions(host):
    return host.call("capabilities")["ovs"]["transactions"]


def plug_all(connection, bindings, **params):
    """{port id: details or RpcError} of plugs sent ahead of their answers."""
    ids = {b["port_id"]: connection.send("plug", binding=b, **params)
           for b in bindings}
    answers = {}
    for port, request in ids.items():
        try:
            answers[port] = connection.answer(request, 120)
        except RpcError as error:
            answers[port] = error
    return answers


def test_200_ports_in_few_transactions_each_with_its_own_verdict(plain_host):
    host = plain_host
    host.ip("tuntap", "add", "tap0000050", "mode", "tap")       # a stranger
    host.vsctl("add-port", "br-int", "tap0000100", "--", "set", "Interface",
               "tap0000100", "type=internal")                   # another
    wanted = [binding(n) for n in range(200)]
    wanted[150]["bridge"] = "br-nowhere"
    before = transactions(host)

    answers = plug_all(host.connect(120), wanted)

    wrong = {port_id(50), port_id(100), port_id(150)}
    for b in wanted:
        answer = answers[b["port_id"]]
        if b["port_id"] in wrong:
            assert isinstance(answer, RpcError), b
            assert answer.outcome in (None, "failed-clean")
        else:
            assert not isinstance(answer, RpcError), answer
            assert answer["state"] == "active" and answer["ofport"] > 0
    assert len(host.ports_of("br-int")) == 198      # The stranger's too.
    assert transactions(host) - before <= 20


def test_the_same_again_writes_no_row_and_changes_no_link(host):
    wanted = [binding(n, queues=2) for n in range(20)]
    connection = host.connect()
    plug_all(connection, wanted)
    rows = Monitor(host)
    links = LinkMonitor(host)
    mark = len(links.lines())

    again = plug_all(connection, wanted)

    for details in again.values():
        assert details["outcome"] == "done" and not details["changed"]
    links.mark()
    assert rows.new() == []
    assert [line for line in links.lines()[mark:] if "tap00" in line] == []


def test_mtu_and_external_ids_change_in_place(host):
    host.call("plug", binding=binding(1))
    ifindex = host.link("tap0000001")["ifindex"]
    ofport = host.interface("tap0000001")["ofport"]
    uuid = host.interface("tap0000001")["_uuid"]

    details = host.call("plug", binding=binding(
        1, mtu=1400, external_ids={"colour": "green"}))

    assert details["changed"]
    link = host.link("tap0000001")
    interface = host.interface("tap0000001")
    assert (link["ifindex"], link["mtu"]) == (ifindex, 1400)
    assert (interface["_uuid"], interface["ofport"]) == (uuid, ofport)
    assert interface["external_ids"]["colour"] == "green"


def test_a_port_is_moved_from_another_bridge(host):
    host.add_bridge("br-other")
    host.call("plug", binding=binding(1, bridge="br-other"))
    assert host.ports_of("br-other") == {"tap0000001"}
    host.call("plug", binding=binding(1))
    assert host.ports_of("br-other") == set()
    assert host.ports_of("br-int") == {"tap0000001"}


def test_a_port_that_os_vif_left_elsewhere_is_adopted_and_moved(host):
    """As os-vif leaves it: iface-id, and none of our keys."""
    host.add_bridge("br-other")
    host.ip("tuntap", "add", "tap0000001", "mode", "tap")
    host.vsctl("add-port", "br-other", "tap0000001", "--", "set",
               "Interface", "tap0000001",
               "external_ids:iface-id=" + port_id(1))
    host.call("plug", binding=binding(1, create_device=False))
    assert host.ports_of("br-int") == {"tap0000001"}
    assert host.ports_of("br-other") == set()
    host.call("unplug", port_id=port_id(1))
    assert host.ports_of("br-int") == set()


def test_drift_is_noticed_reported_and_repaired(host):
    watcher = host.connect()
    watcher.call("watch")
    host.call("plug", binding=binding(1))
    host.ip("link", "set", "tap0000001", "mtu", "1300")
    event = watcher.event(event="drifted", port_id=port_id(1), timeout=5)
    assert "1300" in event["error"]["message"]
    check = host.call("check", port_id=port_id(1))["ports"][0]
    assert not check["ok"] and check["state"] == "drifted"

    repaired = host.call("repair", port_id=port_id(1))["ports"][0]
    assert repaired["outcome"] == "done"
    assert host.link("tap0000001")["mtu"] == 1450
    assert host.call("check", port_id=port_id(1))["ports"][0]["ok"]


def test_a_row_that_somebody_removed_is_put_back(host):
    host.call("plug", binding=binding(1))
    host.vsctl("del-port", "tap0000001")
    wait_until(lambda: host.call("show", port_id=port_id(1))["state"]
               == "drifted", "drift", timeout=5)
    host.call("repair", port_id=port_id(1))
    assert host.interface("tap0000001")["ofport"] > 0
    host.call("unplug", port_id=port_id(1))
    assert host.interface("tap0000001") is None
    assert "tap0000001" not in host.links()


def test_a_port_that_somebody_put_on_a_second_bridge(host):
    """OVSDB lets them; it is drift, and neither a repair nor an unplug may
    leave it on any other bridge."""
    host.add_bridge("br-other")
    host.call("plug", binding=binding(1))

    def put_on_both():
        port = host.rows("Port", "_uuid",
                         where=[["name", "==", "tap0000001"]])[0]["_uuid"]
        host.transact({"op": "mutate", "table": "Bridge",
                       "where": [["name", "==", "br-other"]],
                       "mutations": [["ports", "insert",
                                      ["uuid", port]]]})

    put_on_both()
    wait_until(lambda: host.call("show", port_id=port_id(1))["state"]
               == "drifted", "drift", timeout=5)
    assert host.call("repair", port_id=port_id(1))["ports"][0]["ok"]
    bridges = {row["name"]: row["ports"]
               for row in host.rows("Bridge", "name", "ports")}
    assert isinstance(bridges["br-other"], str)     # Its own alone.
    put_on_both()
    answer = host.call("unplug", port_id=port_id(1), timeout_ms=10000)
    assert answer["outcome"] == "done"
    assert host.interface("tap0000001") is None


def test_a_change_whose_tap_vanishes_ends_as_drift(host):
    """The port cannot be put back as it was: it must not be undone for ever,
    so that nobody could do anything about it."""
    host.add_bridge("br-other")
    host.call("plug", binding=binding(1))
    host.vswitchd.signal(signal.SIGSTOP)
    connection = host.connect()
    change = connection.send("plug", binding=binding(1, bridge="br-other"))
    wait_until(lambda: "tap0000001" in host.ports_of("br-other"), "the move")
    host.ip("link", "del", "tap0000001")
    host.vswitchd.signal(signal.SIGCONT)
    with pytest.raises(RpcError):
        connection.answer(change)
    wait_until(lambda: host.call("show", port_id=port_id(1))["state"]
               == "drifted", "drift")
    assert "tap0000001" in host.ports_of("br-int")
    assert host.call("repair", port_id=port_id(1))["ports"][0]["ok"]
    assert host.call("check", port_id=port_id(1))["ports"][0]["ok"]
    host.call("unplug", port_id=port_id(1))
    assert host.interface("tap0000001") is None


def test_a_withdrawn_plug_is_an_unplug(host):
    connection = host.connect()
    plug = connection.send("plug", binding=binding(1))
    unplug = connection.send("unplug", port_id=port_id(1))
    answer = connection.answer(unplug)
    assert answer["outcome"] == "done"
    try:
        connection.answer(plug)
    except RpcError as error:
        assert error.kind == "superseded"
        assert error.outcome in (None, "failed-clean")
    assert host.interface("tap0000001") is None
    assert "tap0000001" not in host.links()


def test_the_client_going_away_changes_nothing(host):
    connection = host.connect()
    connection.send("plug", binding=binding(1))
    connection.send_raw(json.dumps({"jsonrpc": "2.0", "id": 99,
                                    "method": "version"}))
    while connection.receive().get("id") != 99:
        pass
    connection.close()
    wait_until(lambda: [p["state"] for p in host.call("list")["ports"]]
               == ["active"], "the port")


def test_wait_committed_answers_before_the_proof(host):
    watcher = host.connect()
    watcher.call("watch")
    details = host.call("plug", binding=binding(1), wait="committed")
    assert details["state"] in ("plugging", "active")
    watcher.event(port_id=port_id(1), to="active")
    assert host.interface("tap0000001")["ofport"] > 0


def test_a_row_of_ours_that_belongs_to_no_port_is_deleted(host):
    """As one that was given up and lands when ovsdb-server wakes."""
    host.call("plug", binding=binding(1))
    key = host.rows("Port", "external_ids", where=[
        ["name", "==", "tap0000001"]])[0]["external_ids"]["vifd"]

    def leave(name):
        host.vsctl("--no-wait", "add-port", "br-int", name, "--", "set",
                   "Port", name, "external_ids:vifd=" + key,
                   "external_ids:vifd-port=nobody")

    host.vsctl("--no-wait", "add-port", "br-int", "stranger", "--", "set",
               "Port", "stranger", "external_ids:vifd=another",
               "external_ids:vifd-port=nobody")
    leave("late1")
    wait_until(lambda: host.ports_of("br-int") == {"tap0000001", "stranger"},
               "the late row to go")
    host.stop_vifd()
    leave("late2")
    host.start_vifd()
    wait_until(lambda: host.ports_of("br-int") == {"tap0000001", "stranger"},
               "the late row to go after a restart")


def test_a_renamed_tap_is_noticed_and_still_unplugged(host):
    watcher = host.connect()
    watcher.call("watch")
    host.call("plug", binding=binding(1))
    host.ip("link", "set", "tap0000001", "down")
    host.ip("link", "set", "tap0000001", "name", "elsewhere")
    watcher.event(event="drifted", port_id=port_id(1), timeout=5)
    host.call("unplug", port_id=port_id(1))
    assert "elsewhere" not in host.links()
    assert host.interface("tap0000001") is None
