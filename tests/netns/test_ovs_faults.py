"""Open vSwitch failing before, during and after 1000 plugs at once.

Whatever the fault and the moment: each answer comes in time, one deadline for
the whole request, and is true.  'done' is a row, a tap and an ofport;
'failed-clean' is nothing at all, now and later; 'failed-undoing' says what is
left, and that goes when the fault is over.  Then a second plug succeeds, and
after an unplug nothing is left.  Ports that are in place when the fault comes
stay, it is reported, and vifd goes on by itself when it is over.

A further fault is a line in FAULTS.  The moments of a fault share a host, one
after the other in any order; some faults are tried at the same time, because
most of it is waiting: for deadlines, and for the kernel, which needs 13 ms
each to take a port out of ovs-vswitchd.  That is why those that are plugged
again when a fault is over are fewer."""

import collections
import concurrent.futures
import contextlib
import json
import os
import selectors
import signal
import socket
import time
import typing

import pytest

from host import BUILD, Host, binding, port_id, run, wait_until

N = 1000                        # Plugs that a fault meets.
GROUP = 10                      # So many of them in one request.
FEW = 100                       # Those that are plugged again.
CLIENTS = 8
AT_ONCE = 3                     # Faults tried at the same time.
LATE = 0.1                      # Of the deadline.
TICK = 0.02                     # Seconds.


# --- Faults ---

def end_process(process):
    process.signal(signal.SIGTERM)
    process.wait()


def kill_server(host):
    host.ovsdb.kill()


def end_server(host):
    end_process(host.ovsdb)


def start_server(host):
    host.start_ovsdb()


def restart_server(host):
    kill_server(host)
    start_server(host)


def stop_server(host):
    host.ovsdb.signal(signal.SIGSTOP)


def wake_server(host):
    host.ovsdb.signal(signal.SIGCONT)


def replace_database(host):
    """Another one with a bridge of that name: no row is as it was."""
    kill_server(host)
    os.rename(host.db, host.db + ".old")
    host.start_ovsdb()
    host.vsctl("--no-wait", "add-br", "br-int", "--", "set", "Bridge",
               "br-int", "datapath_type=netdev")


def empty_database(host):
    """Another one without any row."""
    kill_server(host)
    os.rename(host.db, host.db + ".old")
    host.start_ovsdb(init=False)


def put_database_back(host):
    kill_server(host)
    os.rename(host.db + ".old", host.db)
    start_server(host)


def server_control(host, *command):
    run("ovs-appctl", "-t", os.path.join(
        host.dir, "ovsdb-server.%d.ctl" % host.ovsdb.pid), *command)


def forbid_writing(host):
    """As a backup of an active server it refuses every transaction.  (With
    its file on a read-only file system it does not even start.)"""
    server_control(host, "ovsdb-server/set-active-ovsdb-server",
                   "unix:" + os.path.join(host.dir, "nobody"))
    server_control(host, "ovsdb-server/connect-active-ovsdb-server")


def allow_writing(host):
    server_control(host, "ovsdb-server/disconnect-active-ovsdb-server")


def fill_disk(host):
    """To the last byte: the file's last page has room for some small
    transactions."""
    with contextlib.suppress(OSError), \
            open(host.db + ".filler", "wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))
    wait_until(lambda: "error" in host.transact(
        {"op": "mutate", "table": "Open_vSwitch", "where": [],
         "mutations": [["next_cfg", "+=", 1]]})[-1], "the disk to be full",
        pause=0)


def empty_disk(host):
    os.unlink(host.db + ".filler")


def kill_switch(host):
    host.vswitchd.kill()


def end_switch(host):
    end_process(host.vswitchd)


def start_switch(host):
    host.start_vswitchd()


def stop_switch(host):
    host.vswitchd.signal(signal.SIGSTOP)


def wake_switch(host):
    host.vswitchd.signal(signal.SIGCONT)


def nothing(host):
    pass


class Fault(typing.NamedTuple):
    begin: typing.Callable
    end: typing.Callable        # 'nothing': it passes by itself.
    health: str = "ok"          # What vifd says of Open vSwitch meanwhile.
    log: str = ""               # What its log says.
    seconds: float = 4          # The deadline of each request.
    within: float = 0           # Answers come sooner than that; 0: not.
    readable: bool = True       # OVSDB is, meanwhile.
    loses: bool = False         # Rows, meanwhile or for good.
    lands: bool = False         # What was sent is carried out afterwards.
    unplugs: str = "failed-undoing"     # How an unplug ends meanwhile.


NO_SERVER = {"health": "disconnected", "log": "lost the session",
             "readable": False}
REFUSES = {"health": "server-refuses", "log": "refuses every transaction"}
PASSING = {"seconds": 30, "log": "lost the session", "unplugs": "done"}
NO_SWITCH = {"health": "switch-silent", "log": "ovs-vswitchd does not answer",
             "unplugs": "done"}
FAST = {"seconds": 20, "within": 8}

FAULTS = {
    "server-absent": Fault(end_server, start_server, **NO_SERVER),
    "server-hung": Fault(stop_server, wake_server, health="server-silent",
                         log="has not answered", readable=False, lands=True),
    "server-killed": Fault(kill_server, start_server, **NO_SERVER),
    "server-restarted": Fault(restart_server, nothing, **PASSING),
    "database-replaced": Fault(replace_database, nothing, loses=True,
                               **PASSING),
    "database-emptied": Fault(empty_database, put_database_back, loses=True,
                              health="disconnected", log="lost the session"),
    "database-read-only": Fault(forbid_writing, allow_writing, **REFUSES),
    "disk-full": Fault(fill_disk, empty_disk, **REFUSES),
    "switch-absent": Fault(end_switch, start_switch, **NO_SWITCH, **FAST),
    "switch-hung": Fault(stop_switch, wake_switch, **NO_SWITCH),
    "switch-killed": Fault(kill_switch, start_switch, **NO_SWITCH, **FAST),
}


# --- Requests ---

class Answer(typing.NamedTuple):
    """What became of one port, and when."""

    seconds: float
    outcome: str
    what: dict                  # Details, or the error.

    @property
    def kind(self):
        return self.what.get("data", {}).get("code")


def ask(host, requests, meanwhile):
    """Sends all 'requests', (method, params), at once: [(seconds, reply)].
    While they are waited for, replies are only stamped: it is vifd's time
    that is measured.  Seconds are counted from before the request is sent,
    less what this process has been seen to wait for a processor."""
    lines = [b""] * CLIENTS
    for i, (method, params) in enumerate(requests):
        lines[i % CLIENTS] += json.dumps(
            {"jsonrpc": "2.0", "id": i, "method": method,
             "params": params}).encode() + b"\n"
    received = []
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for line in lines:
            client = stack.enter_context(socket.socket(socket.AF_UNIX))
            client.connect(host.socket)
            selector.register(client, selectors.EVENT_READ, [line, b"", 0])
        for key in list(selector.get_map().values()):
            key.data[2] = time.monotonic()
            key.fileobj.sendall(key.data[0])
        n = lag = 0
        until = time.monotonic() + 90
        while n < len(requests):
            asleep = time.monotonic()
            ready = selector.select(TICK)
            now = time.monotonic()
            assert now < until, "no answer"
            if not ready:
                lag = max(lag, now - asleep - TICK)
            for key, _ in ready:
                some = key.fileobj.recv(1 << 20)
                assert some, host.vifd.text()[-4000:]
                n += some.count(b"\n")
                received.append((now - key.data[2], key.data, some))
            meanwhile(n)
    replies = [None] * len(requests)
    for seconds, connection, some in received:
        *whole, connection[1] = (connection[1] + some).split(b"\n")
        for line in whole:
            reply = json.loads(line)
            replies[reply["id"]] = (seconds - lag, reply)
    return replies


def verdicts(seconds, reply, ports):
    """{port: Answer} of a reply to a request about 'ports'."""
    what = reply.get("result") or reply["error"]
    parts = what.get("ports") or what.get("data", {}).get("ports")
    parts = parts or [what] * len(ports)        # Refused as a whole.
    return {port: Answer(seconds, part.get("outcome") or part.get(
        "data", {}).get("outcome") or "refused", part.get("error", part))
            for port, part in zip(ports, parts)}


class Bed:
    """A host whose Open vSwitch has a fault now and then, and the ports that
    are asked for on it."""

    def __init__(self, fault):
        self.fault = fault
        self.wanted = {b["port_id"]: b for b in map(binding, range(N))}
        self.few = list(self.wanted)[:FEW]
        self.host = Host(build=BUILD)
        # A disk of its own, which can be filled.
        self.disk = os.path.join(self.host.dir, "disk")
        os.mkdir(self.disk)
        run("mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", self.disk)
        self.host.db = os.path.join(self.disk, "conf.db")
        try:
            self.host.start_ovs()
            self.host.start_vifd()
            wait_until(lambda: self.health() == "ok", "Open vSwitch")
        except BaseException:
            self.close()
            raise

    def close(self):
        run("umount", "--lazy", self.disk)
        self.host.close()

    def name(self, port):
        return self.wanted[port]["device_name"]

    # Asking.

    def ask(self, requests, meanwhile=nothing):
        """{port: Answer} of [(method, params, ports)], asked at once."""
        replies = ask(self.host, [request[:2] for request in requests],
                      meanwhile)
        answers = {}
        for (seconds, reply), (_, _, ports) in zip(replies, requests):
            answers.update(verdicts(seconds, reply, ports))
        return answers

    def plug(self, ports, seconds, meanwhile=nothing):
        """A request each, but for some that share one."""
        more = {"timeout_ms": int(seconds * 1000)}
        group, single = ports[:GROUP], ports[GROUP:]
        requests = [("plug", {"bindings": [self.wanted[p] for p in group],
                              **more}, group)]
        requests += [("plug", {"binding": self.wanted[p], **more}, [p])
                     for p in single]
        return self.ask(requests, meanwhile)

    def one_each(self, method, ports, seconds):
        return [(method, {"port_id": p, "timeout_ms": int(seconds * 1000)},
                 [p]) for p in ports]

    # Looking.

    def taps(self):
        names = run("ip", "netns", "exec", self.host.netns, "ls",
                    "/sys/class/net").stdout.split()
        return {name for name in names if name.startswith("tap")}

    def rows(self):
        """{name: Interface} of what is on the bridge."""
        held = [port for row in self.host.rows("Bridge", "ports")
                for port in ([row["ports"]] if isinstance(row["ports"], str)
                             else row["ports"])]
        names = {row["name"] for row in self.host.rows("Port", "_uuid",
                                                       "name")
                 if row["_uuid"] in held}
        return {row["name"]: row for row in self.host.rows(
            "Interface", "name", "external_ids", "ofport", "error")
                if row["name"] in names - {"br-int"}}

    def states(self):
        return {port["port_id"]: port["state"]
                for port in self.host.call("list")["ports"]}

    def health(self):
        return self.host.call("capabilities")["ovs"]["health"]

    # Judging.

    def in_time(self, answers):
        worst = max(answers.values(), key=lambda answer: answer.seconds)
        assert worst.seconds <= (1 + LATE) * self.fault.seconds, worst
        assert not self.fault.within or worst.seconds < self.fault.within, (
            worst)

    def failures_are_true(self, answers):
        """What they say is left, and nothing else of their ports."""
        taps = self.taps()
        readable = self.fault.readable and not self.fault.loses
        rows = self.rows() if readable else {}
        for port, answer in answers.items():
            name = self.name(port)
            if answer.outcome == "failed-undoing":
                # What is left may be the bridge, not let go of yet.
                message = answer.what["message"]
                left = message.partition("still to be undone: ")[2]
                assert name in message or "ovs-bridge br-int" in left, answer
            elif answer.outcome != "done":
                assert answer.outcome in ("failed-clean", "refused"), answer
                assert name not in taps, answer
                assert name not in rows, answer

    def in_place(self, ports, rowless=()):
        """Exactly 'ports' are, and as asked; those in 'rowless' have lost
        their rows."""
        links, rows = self.host.links(), self.rows()
        taps = {name for name in links if name.startswith("tap")}
        assert taps == {self.name(port) for port in ports}
        assert rows.keys() == taps - {self.name(p) for p in rowless}
        for port in ports:
            name, wanted = self.name(port), self.wanted[port]
            assert links[name]["mtu"] == wanted["mtu"]
            assert links[name]["address"] == wanted["mac_address"]
            assert "UP" in links[name]["flags"], links[name]
            if port not in rowless:
                assert rows[name]["external_ids"]["iface-id"] == port
                assert rows[name]["ofport"] > 0, rows[name]
                assert rows[name]["error"] == [], rows[name]

    def drifted(self):
        return {p for p, state in self.states().items() if state == "drifted"}

    def is_over(self, ports):
        """The fault is, and vifd finds it by itself; of other ports nothing
        is left."""
        wait_until(lambda: self.health() == "ok", "health", timeout=30)
        wait_until(lambda: self.states().keys() == set(ports)
                   and self.host.settled(), "what is left to be undone",
                   timeout=30)
        rows = self.rows()
        lost = {port for port in ports if self.name(port) not in rows}
        assert not lost or (self.fault.loses and self.fault.end is nothing)
        wait_until(lambda: self.drifted() == lost, "drift, and no other")
        self.in_place(ports, lost)

    def succeed(self, answers):
        wrong = [a for a in answers.values() if a.outcome != "done"]
        assert not wrong, (len(wrong), wrong[0])

    def plug_again(self, ports):
        """Of whatever has become of them before."""
        self.succeed(self.plug(list(ports), 60))
        self.in_place(self.states().keys(), self.drifted())

    def unplug_all(self):
        requests = self.one_each("unplug", self.states(), 60)
        if len(requests) > 4 * FEW:
            for _, params, _ in requests:
                params["wait"] = "committed"
        self.succeed(self.ask(requests))
        assert self.taps() == set() and self.rows() == {}
        assert self.states() == {}


# --- Moments ---

MAX_TRIES = 5


def plug_while(bed, with_first_answer):
    """N plugs, and with the first answer something happens.  None if by then
    there are nearly all answers: one transaction had all of them."""
    started = []

    def meanwhile(n_answers):
        if n_answers and not started:
            started.append(pool.submit(with_first_answer, bed.host)
                           if n_answers < N - GROUP
                           or with_first_answer is nothing else None)

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answers = bed.plug(list(bed.wanted), bed.fault.seconds, meanwhile)
        if not started[0]:
            return None
        started[0].result()
    return answers


def meet(bed, with_first_answer=nothing):
    """N plugs that meet the fault; what is left of them, then and when it is
    over.  {outcome: [port]}"""
    answers = None
    for _ in range(MAX_TRIES):
        answers = plug_while(bed, with_first_answer)
        if answers:
            break
        bed.unplug_all()
    assert answers, "all ports were carried out at once, before any fault"
    bed.in_time(answers)
    bed.failures_are_true(answers)
    bed.fault.end(bed.host)
    by_outcome = collections.defaultdict(list)
    for port, answer in answers.items():
        by_outcome[answer.outcome].append(port)
    bed.is_over(set(by_outcome["done"]))
    if bed.fault.lands:
        with open(bed.host.db) as log:
            written = log.read()
        assert any(bed.name(port) in written
                   for port in by_outcome["failed-undoing"])
    return by_outcome


def before(bed):
    bed.fault.begin(bed.host)
    meet(bed)
    bed.plug_again(bed.few)


def during(bed):
    by_outcome = meet(bed, bed.fault.begin)
    bed.plug_again([port for ports in by_outcome.values()
                    for port in ports[:FEW]])


def after(bed):
    """Some of the ports that are there are checked, and others unplugged,
    while the fault is."""
    bed.plug_again(bed.wanted)
    bed.fault.begin(bed.host)
    names = {bed.name(port) for port in bed.wanted}
    assert bed.taps() == names
    if bed.fault.readable and not bed.fault.loses:
        assert bed.rows().keys() == names

    checked, unplugged = bed.few[:10], bed.few[10:20]
    answers = bed.ask(
        bed.one_each("check", checked, bed.fault.seconds)
        + bed.one_each("unplug", unplugged, bed.fault.seconds))
    bed.in_time(answers)
    report = bed.health(), bed.states()
    assert report[0] == bed.fault.health
    assert bed.fault.log in bed.host.vifd.text()
    for port in checked:
        assert answers[port].outcome == (
            "done" if bed.fault.health == "ok" and not bed.fault.loses
            else "failed-clean"), answers[port]
        assert report[1][port] == (
            "drifted" if bed.fault.loses and answers[port].kind not in (
                "unavailable", "deadline") else "active"), answers[port]
    for port in unplugged:
        assert answers[port].outcome == bed.fault.unplugs, answers[port]
        if bed.fault.health == "switch-silent":
            assert answers[port].what["datapath"] == "unconfirmed"

    bed.fault.end(bed.host)
    there = set(bed.wanted) - set(unplugged)
    bed.is_over(there)
    answers = bed.ask(bed.one_each("repair" if bed.drifted() else "check",
                                   there, 60))
    bed.succeed(answers)
    bed.in_place(there)


# --- The matrix ---

MOMENTS = (before, during, after)


def try_moments(fault, moments):
    """{moment: how it failed, or None} of one fault, on one host as long as
    nothing fails."""
    results = {}
    bed = None
    for moment in moments:
        try:
            bed = bed or Bed(fault)
            moment(bed)
            bed.unplug_all()
            results[moment] = None
        except BaseException as failure:
            results[moment] = failure
            if bed:
                failure.log = bed.host.vifd.text()[-6000:]
                bed.close()
                bed = None
    if bed:
        bed.close()
    return results


@pytest.fixture(scope="module")
def matrix(request):
    """{fault: future of try_moments()}, of what is to be tested."""
    wanted = collections.defaultdict(list)
    for item in request.session.items:
        if getattr(item, "originalname", None) == "test_fault":
            wanted[item.callspec.params["name"]].append(
                item.callspec.params["moment"])
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(try_moments, FAULTS[name], moments)
               for name, moments in wanted.items()}


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
@pytest.mark.parametrize("name", FAULTS)
def test_fault(matrix, name, moment):
    failure = matrix[name].result()[moment]
    if failure:
        print(getattr(failure, "log", ""))
        raise failure


def test_undoing_goes_on_when_the_fault_is_over_not_some_time_later(
        bare_host):
    host = bare_host
    host.write_config("retry_min_ms: 60000\nretry_max_ms: 60000\n")
    host.start_ovs()
    host.start_vifd()
    host.call("plug", binding=binding(1))
    host.call("check")
    stop_server(host)
    error = host.refused("plug", binding=binding(2), timeout_ms=1000)
    assert error.outcome == "failed-undoing"
    wake_server(host)
    wait_until(lambda: len(host.call("list")["ports"]) == 1, "the undo")
    assert host.ports_of("br-int") == {"tap0000001"}
    assert "tap0000002" not in host.links()


def test_a_plug_that_was_not_sent_fails_clean_and_at_once(host):
    """ovsdb-server hangs with another one's transaction."""
    def sent():
        return host.call("capabilities")["ovs"]["transactions"]

    host.call("plug", binding=binding(1))
    host.call("check")
    before = sent()
    stop_server(host)
    connection = host.connect()
    first = connection.send("plug", binding=binding(2), timeout_ms=6000)
    wait_until(lambda: sent() > before, "the transaction")
    since = time.monotonic()
    error = host.refused("plug", binding=binding(3), timeout_ms=60000)
    assert error.outcome == "failed-clean" and error.kind == "unavailable"
    assert time.monotonic() - since < 5
    assert "tap0000003" not in host.links()
    wake_server(host)
    assert connection.answer(first)["state"] == "active"
    assert host.ports_of("br-int") == {"tap0000001", "tap0000002"}
