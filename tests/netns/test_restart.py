"""The daemon killed in the middle of many jobs, and many ports over a
restart."""

import pytest

from host import Monitor, binding, port_id, wait_until
from rpc import RpcError
from test_many import plug_all


def start_again(host):
    host.start_vifd()
    wait_until(host.settled, "every port to be looked at", timeout=60)


def states_of(host):
    return {port["port_id"]: port["state"]
            for port in host.call("list")["ports"]}


def taps_and_rows(host):
    """What is really there."""
    return ({name for name in host.links() if name.startswith("tap")},
            host.ports_of("br-int"))


def send_all(connection, method):
    """{number: request id} of 50 ports."""
    return {n: connection.send("plug", binding=binding(n)) if method == "plug"
            else connection.send("unplug", port_id=port_id(n))
            for n in range(50)}


@pytest.mark.parametrize("method, killed_after", [
    ("plug", 1), ("plug", 10), ("plug", 30), ("unplug", 1), ("unplug", 20)])
def test_kill_in_the_middle_of_50(host, method, killed_after):
    """What was answered holds; all else is as before or as asked."""
    connection = host.connect()
    if method == "unplug":
        plug_all(connection, [binding(n) for n in range(50)])
    requests = send_all(connection, method)
    done = list(requests)[:killed_after]
    for n in done:
        connection.answer(requests[n])
    host.kill_vifd()
    start_again(host)

    states = states_of(host)
    for n in done:
        assert states.get(port_id(n)) == (
            "active" if method == "plug" else None)
    names = {"tap%07d" % n for n in range(50) if port_id(n) in states}
    assert taps_and_rows(host) == (names, names)

    for n in range(50):
        host.call("unplug", port_id=port_id(n))
    assert taps_and_rows(host) == (set(), set())


def test_1000_ports_survive_a_restart_without_a_row_written(plain_host):
    host = plain_host
    answers = plug_all(host.connect(300), [binding(n) for n in range(1000)],
                       timeout_ms=240000)
    assert all(not isinstance(a, RpcError) for a in answers.values())
    host.stop_vifd(60)
    rows = Monitor(host)
    host.start_vifd()
    check = host.call("check")
    assert len(check["ports"]) == 1000
    assert all(port["ok"] for port in check["ports"])
    assert rows.new() == []
