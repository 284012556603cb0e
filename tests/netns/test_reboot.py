"""The machine was rebooted: 'vifd --restore' puts every port back, or says
which it cannot.

A boot id of the test's own lies over the kernel's, in vifd's mount namespace,
so that it is the daemon of the field that sees another boot."""

import contextlib
import os
import re
import signal
import subprocess
import time
import uuid

import pytest

from host import LinkMonitor, Monitor, binding, port_id, wait_until
from test_many import plug_all

N = 100


class Boots:
    def __init__(self, host):
        self.host = host
        self.path = os.path.join(host.dir, "boot-id")
        self.next()

    def next(self):
        with open(self.path, "w") as file:
            file.write(str(uuid.uuid4()) + "\n")

    def start(self, *more, wait=True):
        """vifd in this boot."""
        host = self.host
        script = ("mount --bind %s /proc/sys/kernel/random/boot_id && "
                  "exec \"$@\"" % self.path)
        host.vifd = host.start("vifd", "bash", "-c", script, "bash",
                               *host.vifd_command(*more))
        if wait:
            wait_until(host.answers, "vifd")

    def restore(self, limit=30):
        """(exit status, {port: why not}, stdout) of vifd --restore."""
        host = self.host
        done = subprocess.run(
            [os.path.join(host.build, "agent/vifd"), "--restore",
             "--time-limit=%d" % limit, "--config", host.config,
             "--socket", host.socket], capture_output=True, text=True,
            timeout=limit + 20)
        missing = dict(re.findall(r"^port (\S+) is not in place \([a-z-]+\): "
                                  r"(.*)$", done.stderr, re.M))
        return done.returncode, missing, done.stdout + done.stderr


def reboot(host, boots, rows_kept=lambda n: True):
    """All that a reboot takes away; the database stays, but for rows that
    somebody has cleaned up."""
    host.kill_vifd()
    host.vswitchd.kill()
    host.ovsdb.kill()
    host.ip("-batch", "-", input="".join(
        "link del %s\n" % name for name in host.links()
        if name.startswith("tap")))
    boots.next()
    host.start_ovsdb()
    gone = ["tap%07d" % n for n in range(N) if not rows_kept(n)]
    if gone:
        host.vsctl("--no-wait", *(word for name in gone for word in
                                  ("--", "--if-exists", "del-port", name)))
    host.start_vswitchd()


def plugged(host):
    """Of each tap, what must be the same after a reboot."""
    rows = {row["name"]: row for row in
            host.rows("Interface", "name", "type", "external_ids", "ofport",
                      "error", "mtu_request")}
    keys = {row["name"]: row["external_ids"]
            for row in host.rows("Port", "name", "external_ids")}
    ports = host.ports_of("br-int")
    return {name: (link["address"], link["mtu"], "UP" in link["flags"],
                   link["ifalias"],
                   link["linkinfo"]["info_data"].get("multi_queue"),
                   rows[name]["external_ids"], rows[name]["mtu_request"],
                   rows[name]["error"], rows[name]["ofport"] > 0,
                   keys[name], name in ports)
            for name, link in host.links().items() if name.startswith("tap")}


def wanted(n):
    return binding(n, queues=4 if n % 3 else 1, vcpus=4,
                   external_ids={"color": "c%d" % n})


@pytest.fixture
def boots(bare_host):
    bare_host.start_ovs()
    boots = Boots(bare_host)
    boots.start()
    return boots


ROWS_KEPT = {"all": lambda n: True, "half": lambda n: n % 2,
             "none": lambda n: False}


@pytest.mark.parametrize("rows", ROWS_KEPT)
def test_100_ports_are_back_after_a_reboot(boots, rows):
    host = boots.host
    plug_all(host.connect(), [wanted(n) for n in range(N)])
    before = plugged(host)
    assert len(before) == N and all(port[8] and port[10]
                                    for port in before.values())
    reboot(host, boots, ROWS_KEPT[rows])
    begin = time.monotonic()
    boots.start(wait=False)
    status, missing, said = boots.restore()
    took = time.monotonic() - begin
    assert (status, missing) == (0, {}), said
    assert "%d of %d ports are in place" % (N, N) in said
    assert "the host was started anew" in host.vifd.text()
    print("%d ports are back %.2f s after the start; of their rows was left: "
          "%s" % (N, took, rows))
    assert plugged(host) == before
    assert set(port["state"] for port in host.call("list")["ports"]) == {
        "active"}

    # Once more: nothing is written, no link is touched.
    written, links = Monitor(host), LinkMonitor(host)
    seen = len(links.lines())
    assert boots.restore()[0] == 0
    assert written.new() == []
    links.mark()
    assert not [line for line in links.lines()[seen:] if ": tap0" in line]


def test_what_cannot_be_put_back_is_named(boots):
    """br-int is missing: each port says so; those elsewhere are back."""
    host = boots.host
    host.add_bridge("br-other")
    for n in (1, 2):
        host.call("plug", binding=binding(n))
    host.call("plug", binding=binding(3, bridge="br-other"))
    reboot(host, boots)
    host.vsctl("--timeout=30", "del-br", "br-int")
    boots.start(wait=False)
    status, missing, said = boots.restore()
    assert status == 1
    assert set(missing) == {port_id(1), port_id(2)}
    assert all("br-int" in why for why in missing.values())
    assert "1 of 3 ports are in place" in said
    assert "tap0000003" in host.ports_of("br-other")
    assert "br-int" in host.call("show", port_id=port_id(1))["error"][
        "message"]

    host.add_bridge("br-int")
    status, missing, said = boots.restore()
    assert (status, missing) == (0, {}), said
    assert host.ports_of("br-int") == {"tap0000001", "tap0000002"}


def test_a_port_whose_device_the_guest_brings(boots):
    """libvirt makes the tap when it starts the guest, which is after."""
    host = boots.host
    host.call("plug", binding=binding(1, create_device=False))
    host.ip("tuntap", "add", "tap0000001", "mode", "tap")
    wait_until(lambda: host.call("show", port_id=port_id(1))["state"]
               == "active", "the switch to take the device")
    for kept in (True, False):
        reboot(host, boots, lambda n: kept)
        boots.start(wait=False)
        status, missing, said = boots.restore()
        assert (status, missing) == (0, {}), said
        assert host.call("show", port_id=port_id(1))["state"] == (
            "waiting-for-device")
        assert host.interface("tap0000001") is not None
        host.ip("tuntap", "add", "tap0000001", "mode", "tap")
        wait_until(lambda: host.call("show", port_id=port_id(1))["state"]
                   == "active", "the switch to take the device")


def test_what_was_being_unplugged_is_not_put_back(boots):
    host = boots.host
    for n in (1, 2):
        host.call("plug", binding=binding(n))
    host.ovsdb.signal(signal.SIGSTOP)
    error = host.refused("unplug", port_id=port_id(1), timeout_ms=300)
    assert error.outcome == "failed-undoing"
    host.kill_vifd()
    reboot(host, boots)
    boots.start(wait=False)
    status, missing, said = boots.restore()
    assert (status, missing) == (0, {}), said
    assert "1 of 1 ports are in place" in said
    assert host.ports_of("br-int") == {"tap0000002"}
    assert "tap0000001" not in host.links()


def test_a_stranger_has_the_name(boots):
    """Who came first after the reboot keeps it, and is named."""
    host = boots.host
    host.call("plug", binding=binding(1))
    reboot(host, boots)
    host.ip("tuntap", "add", "tap0000001", "mode", "tap")
    before = host.link("tap0000001")["ifindex"]
    boots.start(wait=False)
    status, missing, said = boots.restore()
    assert status == 1 and "tap0000001" in missing[port_id(1)], said
    assert host.link("tap0000001")["ifindex"] == before
    host.ip("link", "del", "tap0000001")
    assert boots.restore()[:2] == (0, {})


def test_killed_while_it_restores(boots):
    host = boots.host
    plug_all(host.connect(), [wanted(n) for n in range(20)])
    before = plugged(host)
    reboot(host, boots)
    for _ in range(3):
        links = len(host.links())
        boots.start(wait=False)
        wait_until(lambda: len(host.links()) > links or len(
            host.links()) >= 20, "the first taps")
        host.kill_vifd()
    boots.start(wait=False)
    assert boots.restore()[:2] == (0, {})
    assert plugged(host) == before


def test_it_waits_for_open_vswitch_but_not_for_ever(boots):
    host = boots.host
    host.call("plug", binding=binding(1))
    reboot(host, boots)
    host.vswitchd.kill()
    boots.start(wait=False)
    begin = time.monotonic()
    status, missing, said = boots.restore(limit=3)
    assert status == 1 and time.monotonic() - begin < 10, said
    assert port_id(1) in missing or "in time" in said

    late = subprocess.Popen(
        [os.path.join(host.build, "agent/vifd"), "--restore", "--config",
         host.config, "--socket", host.socket], stdout=subprocess.DEVNULL)
    host.start_vswitchd()
    assert late.wait(60) == 0
    assert host.call("check")["ports"][0]["ok"]


def test_a_host_without_ports(bare_host):
    bare_host.start_ovs()
    boots = Boots(bare_host)
    boots.start(wait=False)
    status, missing, said = boots.restore()
    assert (status, missing) == (0, {}) and "0 of 0" in said


def test_a_journal_that_cannot_be_used(boots):
    """Nobody knows which ports there were: that is said at once."""
    host = boots.host
    host.call("plug", binding=binding(1))
    reboot(host, boots)
    for suffix in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(host.journal + suffix)
    with open(host.journal, "wb") as journal:
        journal.write(b"nonsense" * 1000)
    boots.start(wait=False)
    begin = time.monotonic()
    status, _, said = boots.restore()
    assert status == 1 and "journal" in said, said
    assert time.monotonic() - begin < 20


def test_nobody_to_ask(bare_host):
    done = subprocess.run(
        [os.path.join(bare_host.build, "agent/vifd"), "--restore",
         "--time-limit=1", "--socket", bare_host.socket],
        capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    assert bare_host.socket in done.stderr


@pytest.mark.parametrize("limit", ["0", "3601", "soon"])
def test_a_wrong_time_limit_is_refused(bare_host, limit):
    done = subprocess.run(
        [os.path.join(bare_host.build, "agent/vifd"), "--restore",
         "--time-limit=" + limit], capture_output=True, text=True)
    assert done.returncode == 1 and "3600" in done.stderr
