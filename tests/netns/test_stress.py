"""Everything at once, at random: whatever was asked, failed, was changed by
others or killed, at rest what vifd says, what the kernel has and what Open
vSwitch has are the same, it is what every client was told last, and after
everything was unplugged nothing is left.

VIFD_STRESS_SEED repeats a run as far as the machine's timing allows,
VIFD_STRESS_SECONDS makes it longer."""

import os
import random
import signal
import threading
import time

import pytest

from host import binding, port_id, wait_until
from rpc import Connection, RpcError

N_PORTS = 20
N_CLIENTS = 4
SEED = os.environ.get("VIFD_STRESS_SEED") or str(random.randrange(10 ** 9))
SECONDS = float(os.environ.get("VIFD_STRESS_SECONDS", "45"))
SHARE = {"own": 0.2, "shared": 0.2, "trouble": 0.6}     # Of these seconds.
ROUND = 2.0                     # Seconds of mixed requests before a look.
LOST = (EOFError, ConnectionError, FileNotFoundError)
ANYTHING = object()             # What a port is that nobody was told of.

CHANGES = (
    {},
    {"mtu": 1400},
    {"mtu": 1300, "external_ids": {"color": "red"}},
    {"queues": 4, "vcpus": 4},
    {"bridge": "br-other"},
    {"bridge": "br-made"},
    {"create_device": False},
    {"prepare": True},
)

# What a request may fail with when nobody but clients does anything: there
# was too little time, another request came, the port is not of that kind, or
# ovs-vswitchd is too slow on a busy machine.
EXPECTED = {"superseded", "deadline", "refused", "not-found", "busy",
            "unavailable"}
# And when others meddle, or vifd or Open vSwitch is stopped.
WITH_TROUBLE = EXPECTED | {"conflict", "ovsdb", "in-use", "kernel"}


class Client(threading.Thread):
    """One connection after the other, with requests about the ports that are
    its own; with 'others' set about any.  'told' has what each port is by the
    answers: a binding, None (not there) or ANYTHING."""

    def __init__(self, host, name, numbers, over, may_fail_with):
        super().__init__()
        self.host, self.over = host, over
        self.may_fail_with = may_fail_with
        self.dice = random.Random(name)
        self.numbers = list(numbers)
        self.told = {n: None for n in self.numbers}
        self.failure = None
        self.count = 0

    def run(self):
        connection = None
        try:
            while not self.over.is_set():
                if connection is None:
                    connection = self.connect()
                elif self.dice.random() < 0.05:
                    connection.close()
                    connection = None
                elif not self.some(connection):
                    connection = None
        except BaseException as failure:
            self.failure = failure          # The test raises it.
        finally:
            if connection:
                connection.close()

    def connect(self):
        try:
            return Connection(self.host.socket, 60)
        except LOST:
            self.over.wait(0.01)            # vifd is being started again.
            return None

    def some(self, connection):
        """A few requests, sent ahead.  False when the connection is lost."""
        asked = [self.request() for _ in range(self.dice.randint(1, 6))]
        try:
            ids = [connection.send(method, **params)
                   for method, params, _ in asked]
        except LOST:
            self.lost(asked)
            return False
        for i, request in enumerate(ids):
            try:
                self.answered(asked[i], connection.answer(request), None)
            except RpcError as error:
                assert error.kind in self.may_fail_with, (
                    asked[i], error.kind, str(error))
                self.answered(asked[i], None, error)
            except LOST:
                self.lost(asked[i:])
                return False
        return True

    def lost(self, asked):
        for _, _, become in asked:
            self.told.update(dict.fromkeys(become, ANYTHING))

    def answered(self, asked, result, error):
        method, params, become = asked
        self.count += 1
        if error and "ports" in error.data:
            for port in error.data["ports"]:
                number = next(n for n in become
                              if port_id(n) == port["port_id"])
                if port.get("outcome") == "done":
                    self.told[number] = become[number]
                elif port.get("outcome") == "failed-undoing":
                    self.told[number] = ANYTHING
        elif error and error.outcome == "failed-undoing":
            self.told.update(dict.fromkeys(become, ANYTHING))
        elif result and params.get("wait") == "committed":
            self.told.update(dict.fromkeys(become, ANYTHING))
        elif result and method == "activate":
            for number in become:
                if isinstance(self.told[number], dict):
                    self.told[number] = {
                        k: v for k, v in self.told[number].items()
                        if k != "prepare"}
        elif result:
            self.told.update(become)

    def request(self):
        """(method, params, {number: what it is if that is done})"""
        dice = self.dice
        kind = dice.choices(
            ("plug", "plugs", "unplug", "unplugs", "check", "repair",
             "activate", "abort", "plan", "list", "show"),
            (14, 3, 8, 2, 3, 3, 2, 2, 1, 1, 1))[0]
        numbers = dice.sample(self.numbers, 3 if kind.endswith("gs") else 1)
        more = {}
        if dice.random() < 0.2:
            more["timeout_ms"] = dice.choice((1, 50, 100, 200, 500))
        wanted = {n: binding(n, **dice.choice(CHANGES)) for n in numbers}
        one = {"port_id": port_id(numbers[0])}
        if kind == "plug":
            if dice.random() < 0.1:
                more["wait"] = "committed"
            return kind, dict(more, binding=wanted[numbers[0]]), wanted
        if kind == "plugs":
            return "plug", dict(more, bindings=list(wanted.values())), wanted
        gone = dict.fromkeys(numbers)
        if kind == "unplug":
            return kind, dict(more, **one), gone
        if kind == "unplugs":
            return "unplug", dict(more, port_ids=[port_id(n)
                                                  for n in numbers]), gone
        if kind == "abort":
            return kind, one, gone
        if kind == "activate":
            return kind, one, {numbers[0]: ANYTHING}
        if kind == "plan":
            return kind, {"binding": wanted[numbers[0]]}, {}
        return kind, {} if kind == "list" else one, {}


HOSTILE = (
    b"\x00\xff\xfe", b"[" * 100000, b"{}", b"null", b'"', b"[]",
    b'{"jsonrpc": "2.0", "id": 1, "method": "plug", "params": {}}',
    b'{"jsonrpc": "2.0", "id": {}, "method": 7}',
    b'{"jsonrpc": "2.0", "id": 1, "method": "unplug", "params": '
    b'{"port_ids": [1]}}', b"x" * (1 << 20), b" " * 70000)


class Nuisance(threading.Thread):
    """Watches and never reads, says what makes no sense, leaves."""

    def __init__(self, host, name, over):
        super().__init__()
        self.host, self.over = host, over
        self.dice = random.Random(name)

    def run(self):
        while not self.over.is_set():
            try:
                with Connection(self.host.socket, 1) as connection:
                    connection.send("watch", replay=True)
                    self.say(connection)
            except (*LOST, TimeoutError):
                self.over.wait(0.01)

    def say(self, connection):
        for _ in range(self.dice.randrange(60)):
            connection.socket.sendall(self.dice.choice(HOSTILE)
                                      + self.dice.choice((b"\n", b"\n", b"")))
            self.over.wait(self.dice.uniform(0, 0.02))


class Trouble:
    """What others do meanwhile, each in one function.  What lasts, lasts
    for a while or until the round is over."""

    def __init__(self, host, name, over):
        self.host, self.over = host, over
        self.dice = random.Random(name)

    def someone(self):
        return "tap%07d" % self.dice.randrange(N_PORTS)

    def delete_tap(self):
        self.host.ip("link", "del", self.someone(), check=False)

    def change_tap(self):
        self.host.ip("link", "set", self.someone(), "mtu", "1234",
                     check=False)

    def rename_tap(self):
        self.host.ip("link", "set", self.someone(), "down", "name",
                     "odd%d" % self.dice.randrange(10 ** 6), check=False)

    def delete_row(self):
        self.host.vsctl("--no-wait", "--if-exists", "del-port",
                        self.someone(), check=False)

    def both_bridges(self):
        self.host.transact(
            {"op": "mutate", "table": "Bridge",
             "where": [["name", "==", "br-other"]],
             "mutations": [["ports", "insert", ["set", [
                 ["uuid", row["_uuid"]] for row in self.host.rows(
                     "Port", "_uuid",
                     where=[["name", "==", self.someone()]])]]]]})

    def move_row(self):
        """As somebody would who knows better where a port belongs."""
        name = self.someone()
        uuids = [["uuid", row["_uuid"]] for row in self.host.rows(
            "Port", "_uuid", where=[["name", "==", name]])]
        self.host.transact(*(
            {"op": "mutate", "table": "Bridge",
             "where": [["name", "==", bridge]],
             "mutations": [["ports", how, ["set", uuids]]]}
            for bridge, how in (("br-int", "delete"), ("br-made", "delete"),
                                ("br-other", "insert"))))

    def pause(self, process):
        process.signal(signal.SIGSTOP)
        self.over.wait(self.dice.uniform(0.1, 2.5))
        process.signal(signal.SIGCONT)

    def pause_vswitchd(self):
        self.pause(self.host.vswitchd)

    def pause_ovsdb(self):
        self.pause(self.host.ovsdb)

    def restart_vswitchd(self):
        self.host.vswitchd.kill()
        self.over.wait(self.dice.uniform(0, 1))
        self.host.start_vswitchd()

    def restart_ovsdb(self):
        self.host.ovsdb.kill()
        self.over.wait(self.dice.uniform(0, 1))
        self.host.start_ovsdb()

    def kill_vifd(self):
        self.host.kill_vifd()
        self.host.start_vifd(wait=False)


def taps(host):
    return {name: link for name, link in host.links().items()
            if name.startswith(("tap", "odd"))}


def placed(host):
    """{port: bridge} of the switch."""
    return {name: bridge for bridge in host.vsctl("list-br").split()
            for name in host.ports_of(bridge) if name.startswith("tap")}


def is_as_bound(wanted, state, link):
    """Whether a port's state and link are those of its binding."""
    if wanted.get("create_device", True):
        prepared = wanted.get("prepare", False)
        return (state == ("prepared" if prepared else "active")
                and link is not None
                and link["mtu"] == wanted["mtu"]
                and link["address"] == wanted["mac_address"]
                and ("UP" in link["flags"]) != prepared
                and link["linkinfo"]["info_data"]["multi_queue"]
                == (wanted.get("queues", 1) > 1))
    return state in ("waiting-for-device", "active") and link is None


def compare(host, told):
    """vifd's ports, the kernel's links, the switch's rows, the answers."""
    bound = {port["port_id"]: host.call("show", port_id=port["port_id"])
             for port in host.call("list")["ports"]}
    links, ports = taps(host), placed(host)
    for shown in bound.values():
        wanted = shown["binding"]
        assert is_as_bound(wanted, shown["state"],
                           links.get(wanted["device_name"])), (
            shown, links.get(wanted["device_name"]))
    assert ports == {shown["binding"]["device_name"]:
                     shown["binding"]["bridge"] for shown in bound.values()}
    assert set(links) == {shown["binding"]["device_name"]
                          for shown in bound.values()
                          if shown["binding"].get("create_device", True)}
    assert {row["external_ids"]["iface-id"]
            for row in host.rows("Interface", "name", "external_ids")
            if row["name"].startswith("tap")} == set(bound)
    assert ("br-made" in host.vsctl("list-br").split()) == (
        "br-made" in ports.values())
    for number, what in told.items():
        if what is not ANYTHING:
            shown = bound.get(port_id(number))
            has = shown and shown["binding"]
            for key in ("mtu", "bridge", "queues", "prepare",
                        "create_device", "external_ids"):
                assert (what is None) == (has is None), (what, has)
                if what and what.get(key):
                    assert has[key] == what[key], (what, has)


def unplug_all(host):
    with Connection(host.socket, 60) as connection:
        ids = [connection.send("unplug", port_id=port_id(n))
               for n in range(N_PORTS)]
        for request in ids:
            connection.answer(request)


def one_round(host, name, shared, act, may_fail_with):
    """Requests for a while, with trouble of the kind 'act' if that is not
    None, and a look.  How many were answered."""
    before = host.configuration()
    over = threading.Event()
    trouble = act and getattr(Trouble(host, name, over), act)
    clients = [Client(host, "%s/%d" % (name, i),
                      range(N_PORTS) if shared
                      else range(i, N_PORTS, N_CLIENTS), over,
                      may_fail_with) for i in range(N_CLIENTS)]
    end = threading.Timer(ROUND, over.set)
    threads = [end, Nuisance(host, name, over)] + clients
    for thread in threads:
        thread.start()
    while not over.wait(0.1):
        if trouble:
            trouble()
    for thread in threads:
        thread.join()
    for client in clients:
        if client.failure:
            raise client.failure

    told = {}
    if not shared:
        for client in clients:
            told.update(client.told)
    wait_until(host.answers, "vifd")
    come_to_rest(host)
    if trouble:
        mend(host)
    compare(host, told)
    unplug_all(host)
    assert host.call("list")["ports"] == []
    wait_until(lambda: host.configuration() == before, "no rows to be left")
    # A bridge's own link is the switch's: one that was killed and started
    # again may keep that of a bridge that is in no database any more.
    assert taps(host) == {}
    return sum(client.count for client in clients)


def come_to_rest(host):
    try:
        wait_until(host.settled, "rest", timeout=30)
    except AssertionError:
        for port in host.call("list")["ports"]:
            shown = host.call("show", port_id=port["port_id"])
            print(port["state"], shown.get("error"), shown["steps"])
        raise


def mend(host):
    """Everything that others broke is put in place again."""
    def mended():
        ports = host.call("repair")["ports"]
        return all(port["ok"] for port in ports if "ok" in port) and all(
            port["ok"] for port in host.call("check")["ports"])

    wait_until(mended, "repair", timeout=30)


@pytest.fixture
def switch(bare_host):
    bare_host.start_ovs()
    bare_host.add_bridge("br-other")
    bare_host.write_config("create_bridges: [br-made]\n"
                           "datapath_type: netdev\n")
    bare_host.start_vifd()
    return bare_host


TROUBLE = ("delete_tap", "change_tap", "rename_tap", "delete_row",
           "both_bridges", "move_row", "pause_vswitchd", "pause_ovsdb",
           "restart_vswitchd", "restart_ovsdb", "kill_vifd")


@pytest.mark.parametrize("kind", SHARE)
def test_random_requests(switch, kind):
    print("VIFD_STRESS_SEED=%s" % SEED)
    until = time.monotonic() + SECONDS * SHARE[kind]
    acts = random.Random(SEED).sample(TROUBLE, len(TROUBLE))
    rounds = count = 0
    while time.monotonic() < until:
        name = "%s/%s/%d" % (SEED, kind, rounds)
        act = None
        if kind == "trouble":
            act = acts[rounds % len(acts)]
            print(act)
        count += one_round(switch, name, kind == "shared", act,
                           WITH_TROUBLE if act else EXPECTED)
        rounds += 1
    print("%d requests answered in %d rounds" % (count, rounds))
    assert count
