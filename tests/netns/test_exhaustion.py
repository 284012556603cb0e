"""No descriptors, no memory: what cannot be done is refused with a reason, or
vifd dies and takes it back after the restart; never half of it stays."""

import contextlib
import errno
import mmap
import os
import signal
import socket
import time

import pytest

from faults import FAIL, Fault, Faults
from host import (BUILD, Host, binding, descriptors, limit, no_descriptors,
                  port_id, wait_until)
from jobs import JOBS
from rpc import Connection, RpcError
from view import ports_of, view

MIB = 1 << 20


@pytest.fixture
def switch():
    host = Host(build=BUILD)
    host.faults = Faults(host)
    host.start_ovs()
    host.add_bridge("br-other")
    host.add_interface("eth1")
    host.write_config("create_bridges: [br-made]\ndatapath_type: netdev\n")
    yield host
    host.faults.disarm()
    host.close()


# Descriptors.

def test_no_descriptor_is_left(switch):
    """Who comes is told so, who is there as well; unplugs need none."""
    switch.start_vifd()
    client = switch.connect()
    client.call("plug", binding=binding(1))
    before = view(switch)
    with no_descriptors(switch):
        with Connection(switch.socket) as another:
            refusal = another.receive()["error"]
            assert refusal["data"]["code"] == "busy"
            assert refusal["data"]["retry"] is True
            assert "descriptor" in refusal["message"]
            with pytest.raises(EOFError):
                another.receive()
        with pytest.raises(RpcError) as refused:
            client.call("plug", binding=binding(2))
        assert refused.value.outcome == "failed-clean"
        assert refused.value.data["retry"] is True
        assert "Too many open files" in str(refused.value)
        assert view(switch) == before
        client.call("unplug", port_id=port_id(1))
        assert view(switch)["links"] == {}
    assert switch.call("plug", binding=binding(2))["state"] == "active"


def test_nobody_spins_without_descriptors(switch):
    """Somebody waits at each of the two sockets all the time."""
    switch.start_vifd(env=switch.faults.env)
    client = switch.connect()
    client.call("version")
    # Not even the one in reserve helps.
    switch.faults.arm("accept vifd.sock", 1,
                      Fault(FAIL, errno.EMFILE), for_good=True)
    with no_descriptors(switch), socket.socket(socket.AF_UNIX) as control, \
            socket.socket(socket.AF_UNIX) as waiting:
        control.connect(os.path.join(switch.dir, "vifd.ctl"))
        waiting.connect(switch.socket)
        wait_until(lambda: switch.faults.struck, "the first try")
        switch.faults.mark()
        started = time.monotonic()
        wait_until(lambda: switch.faults.passed().count("poll everything")
                   > 20, "some turns")
        assert time.monotonic() - started > 0.5
        client.call("version")


def start_with(host, *options):
    host.vifd = host.start("vifd", "prlimit", *options, *host.vifd_command())
    wait_until(host.answers, "vifd")


def test_the_soft_limit_is_raised(switch):
    start_with(switch, "--nofile=256:3000")
    assert descriptors(switch) == (3000, 3000)


def test_fewer_clients_than_configured(switch):
    start_with(switch, "--nofile=150:150")
    assert "only 22 of the" in switch.vifd.text()
    clients = []
    while True:
        clients.append(switch.connect())
        # Who is turned away is told so before it has asked.
        with contextlib.suppress(BrokenPipeError):
            clients[-1].send("version")
        answer = clients[-1].receive()
        if "error" in answer:
            break
    assert 20 <= len(clients) - 1 <= 22
    assert answer["error"]["data"]["code"] == "busy"
    assert "descriptors" in answer["error"]["message"]
    # What is left is enough for the work itself.
    clients[0].call("plug", binding=binding(1))


# What is missing of the host.

HIDDEN = """
mount -t tmpfs tmpfs /dev/net; %s; exec "$@"
"""


@pytest.mark.parametrize("what, words, code", [
    ("true", "this host has no /dev/net/tun", "unsupported"),
    ("mknod -m 666 /dev/net/tun c 10 200; mount -o remount,nodev /dev/net",
     "Permission denied", "kernel"),
    ("mknod -m 666 /dev/net/tun c 10 255",
     "the kernel has no tun module", "unsupported"),
    ("mknod -m 666 /dev/net/tun c 10 200; mount -o remount,ro /dev/net", None,
     None),
], ids=["absent", "nodev", "nobody's", "read-only"])
def test_no_tun_device(switch, what, words, code):
    """A node on a read-only file system is as good as any."""
    switch.vifd = switch.start(
        "vifd", "unshare", "--mount", "sh", "-c", HIDDEN % what, "sh",
        *switch.vifd_command())
    wait_until(switch.answers, "vifd")
    before = view(switch)
    if words is None:
        assert switch.call("plug", binding=binding(1))["state"] == "active"
        return
    error = switch.refused("plug", binding=binding(1))
    assert "/dev/net/tun" in str(error) and words in str(error), error
    assert error.kind == code and error.outcome == "failed-clean"
    assert view(switch) == before


# Memory: refused in time.

def usage(host):
    """Bytes: the address space, what RLIMIT_DATA counts, and memory of its
    own."""
    with open("/proc/%d/statm" % host.vifd.pid) as file:
        pages = list(map(int, file.read().split()))
    return {"as": pages[0] * mmap.PAGESIZE, "data": pages[5] * mmap.PAGESIZE,
            "own": (pages[1] - pages[2]) * mmap.PAGESIZE}


def plug_many(connection, numbers, after=None, done=None):
    """{number: details, RpcError, or None if vifd went away}.  When 'after'
    have been answered, done() is called."""
    ids = {n: connection.send("plug", binding=binding(n)) for n in numbers}
    answers = {}
    for n, request in ids.items():
        if len(answers) == after:
            done()
        try:
            answers[n] = connection.answer(request)
        except RpcError as error:
            answers[n] = error
        except (EOFError, ConnectionError):
            answers[n] = None
    return answers


def is_consistent(host):
    """What vifd, the kernel and Open vSwitch have is the same."""
    names = {"tap%07d" % int(port[-8:], 16) for port in ports_of(host)}
    now = view(host)
    return (names == set(now["links"])
            == {name for name in now["ports"] if name.startswith("tap")})


def unplug_all(host):
    connection = host.connect()
    for request in [connection.send("unplug", port_id=port)
                    for port in ports_of(host)]:
        connection.answer(request)


def check_answers(host, answers):
    """Whatever was answered is so."""
    ports = ports_of(host)
    for n, answer in answers.items():
        if isinstance(answer, dict):
            assert ports[port_id(n)] == "active"
        elif answer is not None:
            assert port_id(n) not in ports, answer
    assert is_consistent(host)


def with_limit(host, mib):
    host.write_config("memory_limit: %d\n" % mib)
    host.call("reload")


def test_plugs_are_refused_while_memory_is_short(switch):
    switch.start_vifd()
    before = view(switch)
    own = usage(switch)["own"] // MIB
    with_limit(switch, own + 20)
    answers = plug_many(switch.connect(), range(400))
    refused = [a for a in answers.values() if isinstance(a, RpcError)]
    assert 0 < len(refused) < 400
    for error in refused:
        assert error.kind == "busy" and error.data["retry"] is True
        assert error.data["retry_after_ms"] and error.outcome is None
        assert "short of memory" in str(error)
        assert "memory_limit" in str(error)
    check_answers(switch, answers)
    with_limit(switch, 0)
    again = plug_many(switch.connect(), (n for n, a in answers.items()
                                         if isinstance(a, RpcError)))
    assert all(isinstance(a, dict) for a in again.values())
    unplug_all(switch)
    assert view(switch) == before


def test_questions_and_unplugs_are_refused_last(switch):
    switch.start_vifd()
    switch.call("plug", binding=binding(1))
    own = -(-usage(switch)["own"] // MIB)
    with_limit(switch, own + 12)
    assert switch.refused("plug", binding=binding(2)).kind == "busy"
    assert len(switch.call("list")["ports"]) == 1
    with_limit(switch, own + 6)
    assert switch.refused("list").kind == "busy"
    assert switch.call("unplug", port_id=port_id(1))["state"] == "gone"


@pytest.mark.parametrize("which, n", [("as", 500), ("data", 100)])
def test_a_limit_of_the_process_set_while_it_plugs(switch, which, n):
    """It is seen at once: some are refused, nothing is half done."""
    switch.start_vifd()
    before = view(switch)
    plug_many(switch.connect(), range(10))      # All threads are there.

    def lower():
        limit(switch, which, usage(switch)[which] + 18 * MIB)

    answers = plug_many(switch.connect(), range(10, n), 20, lower)
    lower()
    more = plug_many(switch.connect(), range(n, n + 100))
    assert switch.vifd.alive()
    refused = [a for a in more.values() if isinstance(a, RpcError)]
    assert refused and all("RLIMIT_" + which.upper() in str(error)
                           for error in refused)
    check_answers(switch, {**answers, **more})
    unplug_all(switch)
    assert view(switch) == before


# Memory: an allocation fails nevertheless.

def has_died(host):
    """Whether vifd has died, as it should when memory is exhausted."""
    try:
        host.call("version")
        return False
    except RpcError:
        return False            # It says that it is short of memory.
    except (EOFError, ConnectionError, FileNotFoundError):
        wait_until(lambda: not host.vifd.alive(), "its end")
    assert host.vifd.popen.returncode == -signal.SIGABRT, host.vifd.text()
    assert "virtual memory exhausted" in host.vifd.text()
    return True


def start_again(host):
    host.start_vifd(env=host.faults.env)
    wait_until(host.settled, "every port to be looked at")


@pytest.mark.parametrize("room", [0, MIB])
def test_the_address_space_is_used_up_within_500_plugs(switch, room):
    switch.start_vifd()
    before = view(switch)

    def lower():
        limit(switch, "as", usage(switch)["as"] + room)

    answers = plug_many(switch.connect(), range(500), 20, lower)
    if has_died(switch):
        start_again(switch)
    limit(switch, "as", "unlimited")
    wait_until(switch.settled, "rest")
    check_answers(switch, answers)
    unplug_all(switch)
    assert view(switch) == before


def perform(host, job):
    """The answer, an error too, or None if vifd died."""
    try:
        return host.call(job.method, **job.params)
    except RpcError as error:
        return error
    except (EOFError, ConnectionError, FileNotFoundError):
        return None


SAMPLES = 8


@pytest.mark.parametrize("name", ["plug", "change", "unplug"])
def test_an_allocation_fails(switch, name):
    """vifd ends; after the restart all is as before or as asked."""
    job = JOBS[name]
    start_again(switch)
    empty = view(switch)
    if job.there:
        switch.call("plug", binding=job.there)
    before = view(switch)
    start = switch.faults.allocations
    assert perform(switch, job)
    n_allocations = switch.faults.allocations - start
    asked = view(switch)
    died = 0
    for sample in range(SAMPLES):
        unplug_all(switch)
        assert view(switch) == empty
        if job.there:
            switch.call("plug", binding=job.there)
        switch.faults.arm_allocation(
            1 + sample * n_allocations // SAMPLES)
        answer = perform(switch, job)
        wait_until(lambda: switch.faults.struck or answer, "the fault")
        switch.faults.disarm()
        if has_died(switch):
            died += 1
            start_again(switch)
        now = view(switch)
        assert now in (before, asked)
        assert now == asked or not isinstance(answer, dict)
        wait_until(lambda: isinstance(perform(switch, job), dict),
                   "a try that succeeds")
        assert view(switch) == asked
    assert died
    unplug_all(switch)
    assert view(switch) == empty
