"""Clients that ask for too much, send nonsense, do not read or leave: they
harm themselves, and nobody else."""

import json
import os
import resource
import signal
import socket
import time

import pytest

from host import binding, port_id, wait_until
from peers import connect_as, user
from rpc import Connection, RpcError
from test_daemon import stats

NOVA = 61000
OTHER = 61001
N_MANY = 800


def everybody(host, text=""):
    """vifd with a rule that allows everything to everybody."""
    host.write_config("socket_mode: 0666\naccess: [{}]\n" + text)
    host.start_vifd()
    return host


def kind_of(connection, request):
    """Of the error that a request sent before ends with; None if it does
    not."""
    try:
        connection.answer(request)
    except RpcError as error:
        return error.kind
    return None


# --- Turns ---

def test_one_port_does_not_wait_for_somebody_elses_eight_hundred(plain_host):
    """Counted, not timed: how many of the many were taken up before, which
    the indexes of their taps tell.  They may share its transaction, and so
    be answered at the same moment."""
    host = plain_host
    host.write_config("socket_mode: 0666\naccess: [{}]\n")
    host.call("reload")
    os.chmod(host.socket, 0o666)
    many = connect_as(host, NOVA, timeout=200)
    one = connect_as(host, OTHER)
    asked = [many.send("plug", binding=binding(i)) for i in range(N_MANY)]
    index = one.call("plug", binding=binding(5000))["ifindex"]
    answers = [many.answer(request, 200) for request in asked]
    assert {answer["state"] for answer in answers} == {"active"}
    before = sum(answer["ifindex"] < index for answer in answers)
    print("taken up before the one port: %d of %d" % (before, N_MANY))
    assert before < N_MANY * 0.85


def test_a_full_queue_says_when_to_try_again(bare_host):
    host = everybody(bare_host.start_ovs(), "max_requests: 32\n")
    host.vswitchd.signal(signal.SIGSTOP)
    greedy = connect_as(host, NOVA)
    other = connect_as(host, OTHER)
    asked = [greedy.send("plug", binding=binding(i)) for i in range(40)]
    busy = []
    for request in asked[22:]:
        with pytest.raises(RpcError) as caught:
            greedy.answer(request)
        busy.append(caught.value)
    for error in busy:
        assert error.kind == "busy" and error.data["retry"] is True
        assert 50 <= error.data["retry_after_ms"] <= 30000
        assert "outcome" not in error.data
    # Somebody else finds a place, and root does when nobody else does.
    ids = [other.send("plug", binding=binding(100 + i)) for i in range(6)]
    root = host.connect()
    ids_of_root = [root.send("unplug", port_id=port_id(900))]
    root.answer(ids_of_root[0])
    with user(NOVA):
        shown = host.ctl("plug", port_id(200), check=False)
    assert "try again:  yes, in " in shown.stderr, shown.stderr
    host.vswitchd.signal(signal.SIGCONT)
    for connection, requests in ((other, ids), (greedy, asked[:22])):
        for request in requests:
            assert kind_of(connection, request) in (
                None, "ovsdb", "unavailable")
    wait_until(host.settled, "the undoing")
    assert greedy.call("plug", binding=binding(30))["state"] == "active"


# --- Many clients ---

def test_a_thousand_clients_at_once(plain_host):
    """Each asks for a port that is refused, and for the version."""
    host = plain_host
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    clients = []
    try:
        for _ in range(1000):
            clients.append(Connection(host.socket, 60))
        for i, client in enumerate(clients):
            client.send("version")
            client.send("plug", binding=binding(i, bridge="br-none"))
        for client in clients:
            assert client.answer(1)["server"] == "vifd"
            with pytest.raises(RpcError) as caught:
                client.answer(2)
            assert caught.value.kind == "not-found"
        assert host.call("plug", binding=binding(1))["state"] == "active"
    finally:
        for client in clients:
            client.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    wait_until(lambda: int(stats(host)["clients"]) <= 1, "them to be gone")


def refusal(connection):
    message = connection.receive()
    with pytest.raises(EOFError):
        connection.receive()
    return message["error"]


def admitted(host):
    try:
        return host.call("version")
    except (KeyError, EOFError, ConnectionError):
        return None


def test_no_user_gets_all_connections_and_root_always_one(bare_host):
    host = everybody(bare_host, "max_clients: 5\nmax_clients_per_user: 3\n")
    held = [connect_as(host, NOVA) for _ in range(3)]
    for connection in held:
        connection.call("version")
    error = refusal(connect_as(host, NOVA))
    assert "max_clients_per_user" in error["message"]
    assert error["data"]["code"] == "busy"
    assert error["data"]["retry_after_ms"] > 0
    held += [connect_as(host, OTHER) for _ in range(2)]
    for connection in held:
        connection.call("version")
    error = refusal(connect_as(host, 61002))
    assert "max_clients is 5" in error["message"]
    # Root comes in beyond the limit, as often as there are places for it.
    for _ in range(16):
        held.append(host.connect())
        held[-1].call("version")
    assert "max_clients" in refusal(host.connect())["message"]
    held.pop().close()
    held[0].close()
    wait_until(lambda: admitted(host), "a place")


# --- Nonsense ---

MIB = 1 << 20


def request(**members):
    return dict({"jsonrpc": "2.0", "id": 1, "method": "plug"}, **members)


def plug_line(text):
    return ('{"jsonrpc":"2.0","id":1,"method":"plug","params":{"binding":%s}}'
            % text).encode()


# (line, JSON-RPC's code, data.where, id of the answer)
NONSENSE = [
    (b"\xff\xfe nonsense", -32700, None, None),
    (b"nonsense", -32700, None, None),
    (b'{"jsonrpc":"2.0","id":1,', -32700, None, None),
    (b"[]", -32600, None, None),
    (b'[{"jsonrpc":"2.0","id":1,"method":"version"}]', -32600, None, None),
    (b'"version"', -32700, None, None),
    (b"{}", -32600, "method", None),
    (b"[" * 10000, -32700, "[0]" * 60, None),
    (b'{"a":' * 10000, -32700, None, None),
    (b'{"id":1,"jsonrpc":"1.5","method":"version"}', -32600, "jsonrpc", 1),
    (b'{"id":1,"jsonrpc":2.0,"method":"version"}', -32600, "jsonrpc", 1),
    (b'{"id":1,"jsonrpc":"2.0"}', -32600, "method", 1),
    (b'{"id":1,"jsonrpc":"2.0","method":5}', -32600, "method", 1),
    (b'{"id":1,"jsonrpc":"2.0","method":"fly"}', -32601, "method", 1),
    (b'{"id":1,"jsonrpc":"2.0","method":"version","extra":1}', -32600,
     "extra", 1),
    (b'{"id":1.5,"jsonrpc":"2.0","method":"version"}', -32600, "id", None),
    (b'{"id":[1],"jsonrpc":"2.0","method":"version"}', -32600, "id", None),
    (b'{"id":{},"jsonrpc":"2.0","method":"version"}', -32600, "id", None),
    (b'{"id":true,"jsonrpc":"2.0","method":"version"}', -32600, "id", None),
    (b'{"id":9223372036854775808,"jsonrpc":"2.0","method":"version"}',
     -32600, "id", None),
    (b'{"id":18446744073709551616,"jsonrpc":"2.0","method":"version"}',
     -32700, "id", None),
    (b'{"id":1e999,"jsonrpc":"2.0","method":"version"}', -32700, "id", None),
    (b'{"id":1,"id":2,"jsonrpc":"2.0","method":"version"}', -32700, "id",
     None),
    (b'{"id":1,"jsonrpc":"2.0","method":"version","params":[1]}', -32602,
     "params", 1),
    (plug_line('{"port_id":"a","mtu":1500,"mtu":1400}'), -32700,
     "params.binding.mtu", 1),
    (plug_line('{"port_id":"a","\\u006dtu":1500,"mtu":1400}'), -32700,
     "params.binding.mtu", 1),
    (plug_line('{"port_id":"a","mtu":1e999}'), -32700, "params.binding.mtu",
     None),
    (plug_line('{"port_id":"a","mtu":18446744073709553116}'), -32700,
     "params.binding.mtu", 1),
    (plug_line('{"port_id":"a","mtu":9223372036854775808}'), -32602,
     "params.binding.mtu", 1),
    (plug_line('{"port_id":"a","mtu":1400.5}'), -32602, "params.binding.mtu",
     1),
    (plug_line('{"port_id":"a","mtu":-1}'), -32602, "params.binding.mtu", 1),
    (plug_line('{"port_id":"\\ud800"}'), -32700, "params.binding.port_id",
     None),
    (plug_line('{"port_id":"a\\u0000b"}'), -32700, "params.binding.port_id",
     None),
    (plug_line('{"port_id":"a\x00b"}'), -32700, None, None),
    (plug_line('{"port_id":"\udcff"}'.encode(
        "utf-8", "surrogateescape").decode("latin-1")), None, None, 1),
    (plug_line('{"port_id":"a","hints":{"x":[0,{"y":"\\udc00"}]}}'), -32700,
     "params.binding.hints.x[1].y", 1),
    (plug_line('{"port_id":"a","external_ids":{"k":["v"]}}'), -32602,
     "params.binding.external_ids.k", 1),
    (plug_line('{"port_id":"a","hints":{%s}}' % ",".join(
        '"%d":1' % i for i in range(300))), -32700,
     "params.binding.hints.256", 1),
]


def check_nonsense(client, line, code, where, answer_id):
    client.socket.sendall(line + b"\n")
    answer = client.receive()
    assert "error" in answer, line[:100]
    if code is not None:
        assert answer["error"]["code"] == code, (line[:100], answer)
    if where is not None:
        assert answer["error"]["data"]["where"][:60] == where[:60], (
            line[:100], answer)
    assert answer["error"]["data"]["code"] == "invalid", answer
    if code is not None:
        assert answer["id"] == answer_id, (line[:100], answer)


def test_nonsense_is_answered_with_the_path_to_it(bare_host):
    """And the conversation goes on."""
    host = bare_host
    host.start_vifd()
    client = host.connect()
    for case in NONSENSE:
        check_nonsense(client, *case)
        assert client.call("version")["server"] == "vifd", case[0][:100]

    # Longer than a line may be: said once, while it is still coming.
    client.socket.sendall(b"x" * (10 * MIB))
    assert "longer than 1048576" in client.receive()["error"]["message"]
    client.socket.sendall(b"\n")
    assert client.call("version")["server"] == "vifd"

    # Notifications are carried out and not answered, right or wrong.
    for line in (b'{"jsonrpc":"2.0","method":"version"}',
                 b'{"jsonrpc":"2.0","method":"plug","params":{"x":1}}',
                 b'{"jsonrpc":"2.0","method":"fly"}'):
        client.socket.sendall(line + b"\n")
    assert client.call("version")["server"] == "vifd"
    assert "error" not in str(client.answers)


# What each member of each method's params has to be.
TYPES = {"text": "x", "number": 1, "boolean": True, "object": {},
         "array": [], "null": None, "fraction": 0.5, "large": 1 << 63}
PARAMS = {
    "hello": {"version": "number", "client": "text"},
    "plug": {"binding": "object", "bindings": "array", "wait": "text",
             "timeout_ms": "number"},
    "plan": {"binding": "object"},
    "unplug": {"port_id": "text", "port_ids": "array",
               "timeout_ms": "number"},
    "list": {"state": "text"},
    "show": {"port_id": "text"},
    "check": {"port_id": "text", "timeout_ms": "number"},
    "repair": {"port_id": "text", "timeout_ms": "number"},
    "activate": {"port_id": "text", "timeout_ms": "number"},
    "abort": {"port_id": "text", "timeout_ms": "number"},
    "watch": {"replay": "boolean"},
    "version": {}, "capabilities": {}, "reload": {},
}
BINDING = {
    "port_id": "text", "instance_id": "text", "instance_name": "text",
    "project_id": "text", "network_id": "text", "vnic_type": "text",
    "physical_network": "text null", "plugin": "text", "bridge": "text",
    "datapath_type": "text", "interface_id": "text",
    "external_ids": "object", "mac_address": "text", "mtu": "number",
    "model": "text", "queues": "number", "vcpus": "number",
    "device_name": "text", "create_device": "boolean",
    "device_owner": "object", "prepare": "boolean", "profile": "object",
    "hints": "object",
}


def test_wrong_types_everywhere(bare_host):
    """Each member of each method's params, and of a binding, given each type
    of JSON: refused with its path, unless it is the right one."""
    host = bare_host
    host.start_vifd()
    client = host.connect()
    n = 0

    def expect(method, params, where):
        with pytest.raises(RpcError) as caught:
            client.call(method, **params)
        assert caught.value.code == -32602, (method, params, caught.value)
        assert caught.value.data["where"] == where, (method, params,
                                                     caught.value.data)

    for method, members in PARAMS.items():
        expect(method, {"surprise": 1}, "params.surprise")
        for name, right in members.items():
            for kind, value in TYPES.items():
                if kind != right:
                    expect(method, {name: value}, "params." + name)
                    n += 1
    for name, right in BINDING.items():
        for kind, value in TYPES.items():
            if kind not in right.split():
                port = dict({"port_id": "a"}, **{name: value})
                expect("plug", {"binding": port}, "params.binding." + name)
                expect("plug", {"bindings": [{"port_id": "b"}, port]},
                       "params.bindings[1]." + name)
                n += 2
    for kind, value in TYPES.items():
        if kind != "object":
            expect("plug", {"bindings": [value]}, "params.bindings[0]")
        if kind != "text":
            expect("unplug", {"port_ids": ["a", value]},
                   "params.port_ids[1]")
            expect("plug", {"binding": {"port_id": "a", "external_ids":
                                        {"k": value}}},
                   "params.binding.external_ids.k")
        if kind != "number":
            expect("plug", {"binding": {"port_id": "a", "device_owner":
                                        {"uid": value}}},
                   "params.binding.device_owner.uid")
    assert n > 400


# --- Slow, half, gone ---

def rss_kib(host):
    """Of vifd itself, not of 'ip netns exec', which has become it."""
    with open("/proc/%d/status" % host.vifd.pid) as status:
        return next(int(line.split()[1]) for line in status
                    if line.startswith("VmRSS"))


def version_times(host, until):
    """How long round trips of another client take meanwhile, in ms."""
    times = []
    with Connection(host.socket, 60) as client:
        while not until() or len(times) < 50:
            start = time.monotonic()
            client.call("version")
            times.append((time.monotonic() - start) * 1000)
    return times


def test_hostile_clients_delay_nobody_and_memory_is_bounded(plain_host):
    """All at once: lines of 10 MiB, the deepest and the largest requests, half
    messages, and clients that do not read; meanwhile another's round trips are
    measured."""
    host = plain_host
    for i in range(3):
        host.call("plug", binding=binding(i))
    idle = version_times(host, lambda: True)
    before = rss_kib(host)

    deep = plug_line('{"port_id":"a","hints":{"x":%s%s}}' % ("[" * 50,
                                                             "]" * 50))
    large = json.dumps(request(params={"bindings": [
        {"port_id": "p%d" % i, "mtu": 1} for i in range(4000)]})).encode()
    streams = [b"x" * (10 * MIB) + b"\n", b"[" * MIB, b'"' + b"\\" * MIB,
               (deep + b"\n") * 2000, (large + b"\n") * 4,
               (b'{"jsonrpc":"2.0","id":1,"method":"list"}\n') * 20000,
               (b'{"jsonrpc":"2.0","id":1,"method":"capabilities"}\n')
               * 20000]
    hostile = []
    for stream in streams * 3:
        # Nobody reads the answers.
        sock = socket.socket(socket.AF_UNIX)
        sock.setblocking(False)
        sock.connect(host.socket)
        hostile.append([sock, memoryview(stream)])
    end = time.monotonic() + 4

    def push():
        for entry in hostile:
            try:
                sent = entry[0].send(entry[1][:1 << 18])
                entry[1] = entry[1][sent:]
            except (BlockingIOError, ConnectionError):
                pass
        return time.monotonic() > end

    busy = version_times(host, push)
    after = rss_kib(host)
    for sock, _ in hostile:
        sock.close()
    print("round trips of another client, ms: idle worst %.1f; among hostile "
          "ones median %.1f, worst %.1f of %d; vifd grew by %d KiB"
          % (max(idle), sorted(busy)[len(busy) // 2], max(busy), len(busy),
             after - before))
    assert max(busy) < 2000
    assert after - before < 160 * 1024
    assert host.call("plug", binding=binding(7))["state"] == "active"


def test_half_messages_and_leaving_in_the_middle(host):
    half = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "plug",
                       "params": {"binding": binding(1)}}).encode()
    for length in (1, 10, len(half) - 1):
        client = host.connect()
        client.socket.sendall(half[:length])
        client.close()
    slow = host.connect()
    for i in range(0, len(half), 7):
        slow.socket.sendall(half[i:i + 7])
    slow.socket.sendall(b"\n")
    assert slow.answer(1)["state"] == "active"
    assert [p["port_id"] for p in host.call("list")["ports"]] == [port_id(1)]

    gone = host.connect()
    for i in range(2, 22):
        gone.send("plug", binding=binding(i))
    gone.close()
    wait_until(lambda: len(host.call("list")["ports"]) == 21
               and host.settled(), "the ports of the one who left")


# --- Stuck ---

def workers(host):
    """{number of the thread: its name} of those that wait for the kernel."""
    tasks = "/proc/%d/task" % host.vifd.pid
    names = {}
    for tid in os.listdir(tasks):
        with open("%s/%s/comm" % (tasks, tid)) as comm:
            names[int(tid)] = comm.read().strip()
    return [tid for tid, name in names.items() if name.startswith("lane")]


def traced(host, tid):
    with open("/proc/%d/task/%d/status" % (host.vifd.pid, tid)) as status:
        return "TracerPid:\t0\n" not in status.read()


def test_an_operation_that_is_stuck_holds_up_no_other_port(plain_host):
    """The one worker does not come back from a system call."""
    host = plain_host
    host.stop_vifd()
    host.write_config("workers: 1\nstuck_ms: 300\n")
    host.start_vifd()
    host.call("plug", binding=binding(1))
    worker, = workers(host)
    tracer = host.start("strace", "strace", "-qq", "-e", "trace=ioctl", "-e",
                        "inject=ioctl:delay_enter=60000000:when=1", "-p",
                        str(worker))
    wait_until(lambda: traced(host, worker), "the worker to be traced")
    client = host.connect()
    stuck = client.send("plug", binding=binding(2), timeout_ms=5000)
    wait_until(lambda: stats(host)["workers_stuck"] == "1", "it to be stuck")
    for n in range(3, 13):
        assert client.call("plug", binding=binding(n))["state"] == "active"
    with pytest.raises(RpcError) as caught:
        client.answer(stuck)
    assert caught.value.kind == "deadline"
    assert caught.value.outcome == "failed-undoing"
    tracer.kill()
    wait_until(lambda: host.settled()
               and len(host.call("list")["ports"]) == 11, "the undoing")
