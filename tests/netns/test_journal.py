"""The journal on its bad days: full, read-only, damaged, gone, newer.  vifd
refuses new work and says why, keeps what is plugged, and 'repair --journal'
makes the journal anew from what is on the host."""

import glob
import json
import os
import sqlite3
import uuid

import pytest

from host import USER, Monitor, binding, port_id, run, wait_until
from rpc import RpcError
from test_many import plug_all


def taps(host):
    return {name for name in host.links() if name.startswith("tap")}


def names(numbers):
    return {"tap%07d" % n for n in numbers}


def plug(host, numbers, **more):
    answers = plug_all(host.connect(), [binding(n, **more) for n in numbers])
    assert not [a for a in answers.values() if isinstance(a, RpcError)]


def overwrite(path, offset=0):
    """Random text in place of what was there, from 'offset' to the end."""
    size = os.path.getsize(path)
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(os.urandom(max(size - offset, 4096)))


def journal_of(host):
    """Its record of each port, as an operator reads it."""
    with sqlite3.connect("file:%s?mode=ro" % host.journal, uri=True) as db:
        return {key: json.loads(value) for key, value in
                db.execute("SELECT key, value FROM port")}


def trouble(host):
    return host.call("version").get("journal")


def assert_refuses(host, state, *words, number=9999):
    """New work is refused with the reason; what only looks is answered, and
    says it too."""
    error = host.refused("plug", binding=binding(number))
    assert error.kind == "journal"
    for word in (host.journal,) + words:
        assert word in str(error), str(error)
    error = host.refused("unplug", port_id=port_id(0))
    assert error.kind == "journal"
    assert host.refused("gc", dry_run=True).kind == "journal"
    for method in ("hello", "version", "list", "check", "capabilities",
                   "watch"):
        answer = host.call(method)
        assert answer["journal"]["state"] == state, answer["journal"]
        assert host.journal in answer["journal"]["message"]


def damage_first_page(host):
    overwrite(host.journal)


def damage_tables(host):
    overwrite(host.journal, 4096)


def make_newer(host):
    with sqlite3.connect(host.journal) as db:
        db.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")


def damage_a_record(host):
    with sqlite3.connect(host.journal) as db:
        db.execute("UPDATE port SET value = '{\"version\": 1}' WHERE key = ?",
                   [port_id(7)])


def delete(host):
    for path in glob.glob(host.journal + "*"):
        os.unlink(path)


def empty(host):
    delete(host)
    with open(host.journal, "wb"):
        pass
    os.chown(host.journal, USER, USER)


@pytest.mark.parametrize("damage, state, words", [
    (damage_first_page, "corrupt", ["file is not a database",
                                    "vifctl repair --journal"]),
    (damage_tables, "corrupt", ["malformed", "vifctl repair --journal"]),
    (damage_a_record, "corrupt", [port_id(7), "vifctl repair --journal"]),
    (make_newer, "newer", ["version 99", "versions up to 2"]),
    (delete, "missing", ["50 links", "vifctl repair --journal"]),
    (empty, "missing", ["is empty", "50 links", "vifctl repair --journal"]),
], ids=lambda value: getattr(value, "__name__", None))
def test_50_ports_survive_a_start_without_their_journal(host, damage, state,
                                                        words):
    plug(host, range(50))
    host.stop_vifd()
    damage(host)
    rows, links = Monitor(host), host.links()
    host.start_vifd()

    assert_refuses(host, state, *words)
    # Whatever waits for OVSDB or for a second look has had its time.
    with host.connect() as watcher:
        host.vsctl("add-port", "br-int", "stranger", "--", "set", "Interface",
                   "stranger", "type=internal")
        wait_until(lambda: host.call("list")["ports"] == [], "an answer")
        assert "there is no port" in str(
            host.refused("show", port_id=port_id(7)))
        assert watcher.call("version")["journal"]["state"] == state
    host.vsctl("del-port", "stranger")
    written = [update for update in rows.new()
               if any(name in json.dumps(update) for name in names(range(50)))]
    assert not [u for u in written if "Interface" in u]
    assert host.links() == links

    repaired = host.call("rebuild")
    assert sorted(repaired["rebuilt"]) == [port_id(n) for n in range(50)]
    assert repaired["lost"] == [] and trouble(host) is None
    for n in range(50):
        host.call("unplug", port_id=port_id(n))
    assert taps(host) == set() and host.ports_of("br-int") == set()


def test_an_empty_journal_on_a_host_with_nothing_is_made_anew(host):
    """As vifd leaves it that is killed while it makes its first one."""
    host.stop_vifd()
    empty(host)
    host.start_vifd()

    plug(host, range(2))
    assert trouble(host) is None


# Under a running daemon.


def checkpoint(host):
    """Moves everything into the database itself, as an operator might."""
    with sqlite3.connect(host.journal) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def overwrite_tables(host):
    checkpoint(host)
    overwrite(host.journal, 4096)


def cut_short(host):
    checkpoint(host)
    os.truncate(host.journal, 8192)


def empty_the_log(host):
    os.truncate(host.journal + "-wal", 0)


def replace(host):
    os.rename(host.journal, host.journal + ".old")
    with sqlite3.connect(host.journal) as db:
        db.execute("CREATE TABLE t (x)")


def delete_the_log(host):
    os.unlink(host.journal + "-wal")


@pytest.mark.parametrize("damage, state", [
    (overwrite_tables, "corrupt"), (cut_short, "corrupt"),
    (empty_the_log, "corrupt"), (delete, "missing"), (replace, "missing"),
    (delete_the_log, "missing"),
], ids=lambda value: getattr(value, "__name__", None))
def test_a_running_vifd_notices_and_loses_nothing(host, damage, state):
    plug(host, range(20))
    shown = all_shown(host)
    damage(host)

    # What tells is the first commit; it fails clean, and nothing follows.
    error = host.refused("plug", binding=binding(100))
    assert error.kind == "journal" and host.journal in str(error)
    assert "vifctl repair --journal" in str(error)
    assert_refuses(host, state)
    assert taps(host) == names(range(20)) == host.ports_of("br-int")
    assert all_shown(host) == shown

    told = host.ctl("repair", "--journal")
    assert "20 ports were known" in told.stderr
    assert trouble(host) is None
    assert set(journal_of(host)) == {port_id(n) for n in range(20)}
    rows = Monitor(host)
    host.kill_vifd()
    host.start_vifd()
    wait_until(host.settled, "every port to be looked at")
    plug(host, range(20))
    assert rows.new() == []
    plug(host, [100])
    for n in list(range(20)) + [100]:
        host.call("unplug", port_id=port_id(n))
    assert taps(host) == set() and host.ports_of("br-int") == set()


def test_a_journal_that_is_put_back_is_used_again(host):
    plug(host, [1])
    os.rename(host.journal, host.journal + ".away")
    assert "was moved or deleted" in str(
        host.refused("plug", binding=binding(2)))
    os.rename(host.journal + ".away", host.journal)
    wait_until(lambda: trouble(host) is None, "vifd to go on by itself",
               timeout=5)
    plug(host, [2])
    assert set(journal_of(host)) == {port_id(1), port_id(2)}


# Disks.


@pytest.fixture
def small_disk(bare_host):
    """The journal has a file system of its own."""
    bare_host.start_ovs()
    directory = os.path.dirname(bare_host.journal)
    os.mkdir(directory)
    run("mount", "-t", "tmpfs", "-o", "size=32m,mode=700", "tmpfs", directory)
    yield bare_host
    if bare_host.vifd:
        bare_host.kill_vifd()
    run("umount", directory)


def fill(path):
    with open(path, "wb", buffering=0) as file:
        for size in (65536, 4096, 512):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass


def test_a_disk_that_fills_up_in_the_middle_of_100_plugs(small_disk):
    host = small_disk
    host.start_vifd()
    plug(host, [1000])
    connection = host.connect()
    ids = {n: connection.send("plug", binding=binding(n)) for n in range(100)}
    connection.answer(ids[0])
    filler = os.path.join(os.path.dirname(host.journal), "filler")
    fill(filler)

    done, failed = {0, 1000}, []
    for n in range(1, 100):
        try:
            connection.answer(ids[n])
            done.add(n)
        except RpcError as error:
            assert error.kind == "journal" and "full" in str(error)
            assert error.outcome in (None, "failed-clean")
            failed.append(n)
    assert failed, "the disk was not full soon enough"
    assert "disk is full" in str(host.refused("plug", binding=binding(500)))
    assert trouble(host)["state"] == "full"
    assert "fare no better" in str(host.refused("rebuild"))
    wait_until(lambda: taps(host) == names(done), "what failed to be gone")
    assert {p["port_id"] for p in host.call("list")["ports"]
            if p["state"] == "active"} == {port_id(n) for n in done}

    os.unlink(filler)
    wait_until(lambda: trouble(host) is None, "vifd to go on by itself",
               timeout=2)
    plug(host, failed)
    for n in list(range(100)) + [1000]:
        host.call("unplug", port_id=port_id(n))
    assert taps(host) == set() and host.ports_of("br-int") == set()


def test_a_journal_that_is_read_only_at_the_start(small_disk):
    host = small_disk
    host.start_vifd()
    plug(host, range(3))
    host.kill_vifd()
    directory = os.path.dirname(host.journal)
    run("mount", "-o", "remount,ro", directory)
    rows, links = Monitor(host), host.links()
    host.start_vifd()
    assert_refuses(host, "read-only", "Read-only file system")
    assert host.call("list")["ports"] == []
    assert rows.new() == [] and host.links() == links

    run("nsenter", "-t", str(host.vifd.pid), "-m", "mount", "-o",
        "remount,rw", directory)
    wait_until(lambda: trouble(host) is None and host.settled(),
               "vifd to go on by itself", timeout=5)
    assert len(host.call("list")["ports"]) == 3
    assert rows.new() == []
    plug(host, [3])


def test_a_journal_that_somebody_has_locked(host):
    plug(host, [1])
    with sqlite3.connect(host.journal, isolation_level=None) as operator:
        operator.execute("BEGIN IMMEDIATE")
        error = host.refused("plug", binding=binding(2))
        assert "locked" in str(error) and trouble(host)["state"] == "locked"
        operator.execute("ROLLBACK")
    wait_until(lambda: trouble(host) is None, "vifd to go on by itself")
    plug(host, [2])


# Making it anew.


KINDS = [
    {}, {"queues": 4, "vcpus": 8}, {"prepare": True},
    {"create_device": False}, {"mtu": None, "mac_address": None},
    {"external_ids": {"a": "b"}, "interface_id": "somebody"},
    {"profile": {"k": ["v", 1]}, "hints": {"h": {"x": True}}},
    {"device_owner": {"uid": 12, "gid": 34}},
]


def kind_of(n):
    more = dict(KINDS[n % len(KINDS)])
    if "interface_id" in more:
        more["interface_id"] += str(n)
    return binding(n, **more)


def all_shown(host):
    """What 'show' says of each port, but for what cannot be known again."""
    shown = {}
    for port in host.call("list")["ports"]:
        one = host.call("show", port_id=port["port_id"])
        for step in one["steps"]:
            step.pop("original")
            step.pop("phase")
            for key in ("datapath", "existed"):
                step["output"].pop(key, None)
        one.pop("since")
        one.pop("journal", None)
        shown[port["port_id"]] = one
    return shown


@pytest.mark.parametrize("switch_runs", [True, False],
                         ids=["switch", "no-switch"])
def test_100_ports_are_known_again(host, switch_runs):
    bindings = [kind_of(n) for n in range(100)]
    plug_all(host.connect(), bindings)
    before = all_shown(host)
    assert len(before) == 100
    host.stop_vifd()
    overwrite(host.journal)
    if not switch_runs:
        host.vswitchd.kill()
    rows, links = Monitor(host), host.links()
    host.start_vifd()

    told = host.ctl("repair", "--journal")
    assert "100 are known again, 0 things are not" in told.stderr
    assert len(glob.glob(host.journal + ".broken-*")) >= 1
    wait_until(host.settled, "every port to be looked at")
    after = all_shown(host)
    assert after.keys() == before.keys()
    for port, one in after.items():
        assert one == before[port]
    if not switch_runs:
        host.start_vswitchd()
    for _ in range(2):
        wait_until(lambda: not any(
            isinstance(a, RpcError) for a in
            plug_all(host.connect(), bindings).values()), "the same again")
    assert rows.new() == [] and host.links() == links
    assert host.ctl("check").returncode == 0

    for one in bindings:
        host.call("unplug", port_id=one["port_id"])
    assert taps(host) == set() and host.ports_of("br-int") == set()
    assert journal_of(host) == {}


def forget_key(host, tap, key):
    host.vsctl("--no-wait", "set", "Port", tap, "external_ids:vifd=" + key)


def test_which_of_several_keys_is_ours_has_to_be_said(host):
    plug(host, range(4))
    host.stop_vifd()
    delete(host)
    other = str(uuid.uuid4())
    forget_key(host, "tap0000003", other)
    host.start_vifd()
    said = host.ctl("repair", "--journal", check=False)
    assert said.returncode == 1 and "%s (on 1)" % other in said.stderr
    assert "(on 7)" in said.stderr
    assert host.refused("rebuild", key="nonsense").kind == "invalid"
    assert host.refused("rebuild", key=str(uuid.uuid4())).kind == "not-found"
    assert trouble(host)["state"] == "missing"

    ours = host.vsctl("get", "Port", "tap0000000", "external_ids:vifd")
    answer = host.call("rebuild", key=ours.strip('"'))
    assert sorted(answer["rebuilt"]) == [port_id(n) for n in range(3)]
    # Of the fourth there is only the tap.
    assert [(lost["port_id"], lost["object"]) for lost in answer["lost"]] == [
        (port_id(3), "tap0000003")]
    assert taps(host) == names(range(4))


def test_to_begin_afresh_among_what_is_somebody_elses(host):
    plug(host, range(2))
    host.stop_vifd()
    delete(host)
    host.start_vifd()
    answer = host.call("rebuild", key="new")
    assert answer["rebuilt"] == answer["lost"] == []
    plug(host, [5])
    assert taps(host) == names([0, 1, 5]) == host.ports_of("br-int")
    assert host.call("gc", dry_run=True, interval_ms=0)["orphans"] == []


def test_what_a_whole_journal_does_not_know_is_taken_in(host):
    plug(host, range(3))
    host.stop_vifd()
    with sqlite3.connect(host.journal) as db:
        db.execute("DELETE FROM port WHERE key = ?", [port_id(1)])
        db.execute("DELETE FROM claim WHERE value = ?", [port_id(1)])
    host.start_vifd()
    wait_until(host.settled, "every port to be looked at")
    assert taps(host) == names(range(3)) == host.ports_of("br-int")
    host.vsctl("--no-wait", "remove", "Port", "tap0000001", "external_ids",
               "vifd-binding")
    said = host.ctl("repair", "--journal", check=False)
    assert said.returncode == 1 and "plug it again" in said.stdout
    plug(host, [1])
    assert len(journal_of(host)) == 3
    for n in range(3):
        host.call("unplug", port_id=port_id(n))
    assert taps(host) == set() and host.ports_of("br-int") == set()
