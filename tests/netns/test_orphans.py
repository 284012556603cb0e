"""What carries vifd's mark and belongs to no port: told, and collected by gc;
whatever is somebody else's stays as it is, to the byte."""

import json
import sqlite3
import uuid

import pytest

from host import binding, port_id, run, wait_until
from rpc import Connection

INTERVAL_MS = 300       # Between the looks; the default is for real hosts.


def gc(host, **params):
    return host.call("gc", interval_ms=INTERVAL_MS, **params)["orphans"]


def names(orphans):
    return sorted((o["kind"], o["object"], o["port_id"]) for o in orphans)


def read_key(host):
    try:
        with sqlite3.connect("file:%s?mode=ro" % host.journal,
                             uri=True) as db:
            return db.execute("SELECT value FROM meta WHERE key = 'key'"
                              ).fetchone()[0]
    except sqlite3.OperationalError:
        return None


def key_of(host):
    """A first journal is made once vifd has seen Open vSwitch's database."""
    return wait_until(lambda: read_key(host), "the journal")


def forget(host, *numbers):
    """A start at which the journal does not have these ports any more."""
    host.stop_vifd()
    host.lose(*map(port_id, numbers))
    host.start_vifd()


def batch(host, *lines):
    """Many commands of ip in one process."""
    host.ip("-batch", "-", input="\n".join(lines) + "\n")


def make_taps(host, *taps):
    """Of (name, alias or None)."""
    batch(host, *("tuntap add %s mode tap" % name for name, _ in taps),
          *('link set dev %s alias "%s"' % (name, alias)
            for name, alias in taps if alias is not None))


def marked(name, port):
    return [("ovs-port", name, port), ("tap", name, port)]


def test_nothing_is_left_over_while_ports_come_and_go(host):
    """Looks in the middle of plugs and unplugs see no false orphans."""
    connection = host.connect()
    looks = [connection.send("gc", interval_ms=50, dry_run=True)]
    for _ in range(4):
        plugs = [connection.send("plug", binding=binding(n))
                 for n in range(16)]
        looks.append(connection.send("gc", interval_ms=50))
        for plug in plugs:
            connection.answer(plug)
        unplugs = [connection.send("unplug", port_id=port_id(n))
                   for n in range(16)]
        looks.append(connection.send("gc", interval_ms=50))
        for unplug in unplugs:
            connection.answer(unplug)
    for look in looks:
        assert connection.answer(look)["orphans"] == []
    assert "was left over" not in host.vifd.text()


def test_a_port_that_the_journal_lost(host):
    empty = host.configuration()
    for n in (1, 2, 3):
        host.call("plug", binding=binding(n))
    kept = host.call("show", port_id=port_id(3))
    forget(host, 1, 2)
    lost = marked("tap0000001", port_id(1)) + marked("tap0000002", port_id(2))

    # A guest may well use it: nothing goes by itself, but it is told.
    wait_until(lambda: host.vifd.text().count("is left over") == 4,
               "the log to tell of them")
    assert port_id(1) + ": its tap tap0000001 is left over" in (
        host.vifd.text())
    before = host.configuration(), set(host.links())
    assert names(gc(host, dry_run=True)) == sorted(lost)
    assert names(gc(host, dry_run=True)) == sorted(lost)
    assert (host.configuration(), set(host.links())) == before
    assert run("ovs-appctl", "-t", host.dir + "/vifd.ctl", "vifd/stats"
               ).stdout.count("orphans: 4\n") == 1

    collected = gc(host)
    assert names(collected) == sorted(lost)
    assert all(o["collected"] for o in collected)
    assert {"tap0000001", "tap0000002"}.isdisjoint(host.links())
    assert host.ports_of("br-int") == {"tap0000003"}
    assert gc(host) == []
    assert host.call("show", port_id=port_id(3))["ifindex"] == kept["ifindex"]
    assert [p["port_id"] for p in host.call("list")["ports"]] == [port_id(3)]
    host.call("unplug", port_id=port_id(3))
    assert host.configuration() == empty


def test_what_a_port_has_besides_its_own(host):
    """A copy of a tap, with the mark of a port that is there."""
    host.call("plug", binding=binding(1))
    before = host.configuration()
    make_taps(host, ("copy", host.link("tap0000001")["ifalias"]))
    assert names(gc(host, dry_run=True)) == [("tap", "copy", port_id(1))]
    assert [o["collected"] for o in gc(host)] == [True]
    assert "copy" not in host.links()
    assert host.configuration() == before
    wait_until(host.settled, "the port to come to rest")
    assert host.call("check")["ports"][0]["ok"]


def test_a_plug_takes_up_what_was_left_over(host):
    """Between the looks."""
    host.call("plug", binding=binding(1))
    forget(host, 1)
    connection = host.connect()
    request = connection.send("gc", interval_ms=3000)
    assert host.call("plug", binding=binding(1))["state"] == "active"
    assert connection.answer(request)["orphans"] == []
    assert host.call("check")["ports"][0]["ok"]


def test_a_late_row_is_deleted_as_soon_as_it_turns_up(host):
    """It has no device: a transaction that was given up brought it."""
    key = key_of(host)
    host.vsctl("add-port", "br-int", "late", "--", "set", "Port", "late",
               "external_ids:vifd=" + key,
               "external_ids:vifd-port=" + port_id(7))
    wait_until(lambda: host.interface("late") is None, "the row to go")


def strange_taps(key):
    other = str(uuid.uuid4())
    like = ["vifd", "vifd:", "vifd:" + key, "vifd:" + key + ":",
            "vifd:" + key + port_id(9), "vifd:" + key + ":two words",
            "vifd:" + key + ":" + 65 * "x", "vifd:" + key + ":ä",
            "vifd:" + key.upper() + ":" + port_id(9),
            "vifd:" + other + ":" + port_id(9),
            " vifd:" + key + ":" + port_id(9),
            "VIFD:" + key + ":" + port_id(9), "somebody's", None]
    return [("strange%d" % n, like[n % len(like)]) for n in range(500)]


def strange_rows(key):
    """external_ids of Ports."""
    other = str(uuid.uuid4())
    like = [{}, {"vifd": other, "vifd-port": port_id(9)},
            {"vifd": key}, {"vifd-port": port_id(9)},
            {"vifd": key + "x", "vifd-port": port_id(9)},
            {"vifd": "", "vifd-port": port_id(9)},
            {"vifd": key, "vifd-port": "two words"},
            {"vifd": key, "vifd-port": ""},
            {"vifd": key, "vifd-port": 65 * "x"},
            {"iface-id": port_id(9)}]
    return [("row%d" % n, like[n % len(like)]) for n in range(500)]


def make_rows(host, rows):
    for i in range(0, len(rows), 100):
        make_some_rows(host, rows[i:i + 100])


def make_some_rows(host, rows):
    operations, uuids = [], []
    for n, (name, ids) in enumerate(rows):
        operations += [
            {"op": "insert", "table": "Interface", "uuid-name": "i%d" % n,
             "row": {"name": name, "type": "internal",
                     "external_ids": ["map", [["iface-id", name]]]}},
            {"op": "insert", "table": "Port", "uuid-name": "p%d" % n,
             "row": {"name": name, "interfaces": ["named-uuid", "i%d" % n],
                     "external_ids": ["map", list(map(list, ids.items()))]}}]
        uuids.append(["named-uuid", "p%d" % n])
    results = host.transact(*operations, {
        "op": "mutate", "table": "Bridge", "where": [["name", "==", "br-x"]],
        "mutations": [["ports", "insert", ["set", uuids]]]})
    assert not any(r and "error" in r for r in results), results


def test_500_links_and_500_rows_of_others_stay_as_they_are(host):
    """Also those that look like ours, but for a letter."""
    host.call("plug", binding=binding(1))
    forget(host, 1)
    host.vswitchd.kill()        # It would make a device of each row.
    key = key_of(host)
    host.vsctl("--no-wait", "add-br", "br-x")
    make_rows(host, strange_rows(key))
    make_taps(host, *strange_taps(key))
    # With our very mark, but no tap.
    host.ip("link", "add", "veth7", "type", "veth", "peer", "veth8")
    host.ip("link", "set", "dev", "veth7", "alias",
            "vifd:%s:%s" % (key, port_id(9)))
    foreign = lambda: {name: json.dumps(link, sort_keys=True)
                       for name, link in host.links().items()
                       if name.startswith(("strange", "veth"))}
    links = foreign()
    assert len(links) == 502
    rows = host.configuration()

    ours = [("tap", "tap0000001", port_id(1))]
    found = names(gc(host, dry_run=True))
    assert found in (ours, sorted(ours + marked("tap0000001", port_id(1))[:1]))
    assert foreign() == links
    collected = gc(host, timeout_ms=20000)
    assert names(collected) == found and all(o["collected"]
                                             for o in collected)
    assert foreign() == links
    left = host.configuration()
    gone = {table: set(rows[table]) - set(left[table]) for table in rows}
    assert [len(gone[t]) for t in ("Port", "Interface")] == [1, 1]
    assert all("tap0000001" in row for row in gone["Port"])
    # The bridge has one port less, and nothing else about it has changed.
    assert [json.loads(row)["name"] for row in gone["Bridge"]] == ["br-int"]
    assert all(not set(left[t]) - set(rows[t]) for t in ("Port", "Interface"))


def test_gc_without_a_switch_says_that_it_cannot_look(host):
    host.ovsdb.kill()
    wait_until(lambda: host.refused("gc", dry_run=True).kind == "unavailable",
               "the session to be lost")


def test_gc_within_its_time(host):
    make_taps(host, ("copy", "vifd:%s:%s" % (key_of(host), port_id(1))))
    error = host.refused("gc", interval_ms=5000, timeout_ms=200)
    assert error.kind == "deadline"
    assert "copy" in host.links()


@pytest.mark.parametrize("wrong", [
    {"interval_ms": 60001}, {"interval_ms": -1}, {"dry_run": "yes"},
    {"all": True}])
def test_a_wrong_gc_is_refused(host, wrong):
    assert host.refused("gc", **wrong).kind == "invalid"


def test_vifctl_gc(host):
    host.call("plug", binding=binding(1))
    forget(host, 1)
    shown = host.ctl("gc", "--dry-run", "--interval", "0.3")
    assert "tap0000001" in shown.stdout and port_id(1) in shown.stdout
    assert "tap0000001" in host.links()
    shown = json.loads(host.ctl("gc", "--interval", "0.3", "-j").stdout)
    assert [o["collected"] for o in shown["orphans"]] == [True, True]
    assert "tap0000001" not in host.links()
    assert "nothing" in host.ctl("gc", "--interval", "0.3").stderr
