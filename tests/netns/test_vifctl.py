"""vifctl with the real daemon: what an operator does, and what comes back."""

import json
import os
import signal
import subprocess

from host import binding, port_id, run, wait_until


def ctl(host, status, *words, **kwargs):
    done = host.ctl(*words, check=False, **kwargs)
    assert done.returncode == status, (words, done)
    assert "AddressSanitizer" not in done.stderr, done.stderr
    return done


def ctl_json(host, *words, **kwargs):
    return json.loads(ctl(host, 0, *words, "-j", **kwargs).stdout)


def kv(text):
    """{name: value} of key=value lines."""
    return dict(line.split("=", 1) for line in text.splitlines())


def test_day_of_a_port(host):
    """Planned, plugged, listed, shown, spoilt, found, mended, unplugged."""
    port = port_id(1)
    words = (port, "--mac", "fa:16:3e:00:00:01", "--queues", "4",
             "--instance", "11111111-2222-3333-4444-555555555555")

    plan = ctl_json(host, "plan", *words)
    assert {step["action"] for step in plan["steps"]} == {"add"}
    assert not [name for name in host.links() if name.startswith("tap")]

    details = kv(ctl(host, 0, "plug", *words, "-f", "kv").stdout)
    device = details["devices.tap"]
    assert details["state"] == "active"
    assert int(details["ofport"]) > 0
    assert host.tun_flags(device) & 0x100       # IFF_MULTI_QUEUE
    ids = host.interface(device)["external_ids"]
    assert ids["vm-uuid"] == "11111111-2222-3333-4444-555555555555"
    assert "nothing: everything was in place" in ctl(host, 0, "plug",
                                                     *words).stdout

    listed = ctl(host, 0, "list").stdout.splitlines()
    assert listed[0].split()[:2] == ["PORT", "STATE"]
    assert listed[1].split()[:2] == [port, "active"]
    shown = ctl(host, 0, "show", port, "--steps").stdout
    assert "told external_ids:iface-id" in shown
    assert "<interface" in ctl(host, 0, "show", port, "--xml").stdout
    assert "1 of 1 ports are as asked" in ctl(host, 0, "check").stderr

    host.ip("link", "set", device, "mtu", "1400")
    found = ctl(host, 1, "check", port)
    assert "1400" in found.stdout
    assert "0 of 1 ports are as asked" in found.stderr
    ctl(host, 0, "repair")
    assert host.link(device)["mtu"] == 1500
    ctl(host, 0, "check")

    ctl(host, 0, "unplug", port)
    assert device not in host.links()
    assert host.interface(device) is None
    again = ctl(host, 0, "unplug", port)
    assert "warning:" in again.stderr
    assert "there are no ports" in ctl(host, 0, "list").stderr


def test_file_of_many_with_one_that_is_wrong(host):
    lines = [json.dumps(binding(n)) for n in range(40)]
    lines.insert(20, json.dumps(dict(binding(99), bogus=1)))
    plugged = ctl(host, 1, "plug", "--file", "-", input="\n".join(lines))
    assert "plugged 40 of 41 ports in " in plugged.stderr
    assert "plug %s: params.binding.bogus" % port_id(99) in plugged.stderr
    assert "look at:    params.binding.bogus" in plugged.stderr
    assert len(ctl_json(host, "list")["ports"]) == 40

    gone = ctl_json(host, "unplug", "--all", "--yes")
    assert {port["state"] for port in gone["ports"]} == {"gone"}
    assert len(gone["ports"]) == 40
    assert not [name for name in host.links() if name.startswith("tap")]


def test_all_or_none(host):
    pair = json.dumps([binding(1), dict(binding(2), bridge="br-none")])
    failed = ctl(host, 1, "plug", "--atomic", "-F", "-", input=pair)
    assert "look at:    params.bindings[1].bridge" in failed.stderr
    assert "outcome:    the host is as it was before" in failed.stderr
    assert "port:       %s" % port_id(1) in failed.stderr
    assert ctl_json(host, "list") == {"ports": []}

    pair = json.dumps([binding(1), binding(2)])
    done = ctl_json(host, "plug", "--atomic", "-F", "-", input=pair)
    assert [p["port_id"] for p in done["ports"]] == [port_id(1), port_id(2)]


def test_migration_target(host):
    prepared = ctl_json(host, "plug", "p1", "--prepare")
    assert prepared["state"] == "prepared"
    assert ctl_json(host, "activate", "p1")["state"] == "active"
    ctl(host, 0, "plug", "p2", "--prepare")
    assert ctl_json(host, "abort", "p2")["state"] == "gone"
    missing = ctl(host, 1, "activate", "p3")
    assert "p3" in missing.stderr

    # Written, not proven: the proof follows.
    ctl(host, 0, "plug", "p4", "--no-create-device", "--wait", "committed")
    wait_until(lambda: [p["port_id"] for p in
                        ctl_json(host, "list", "--state",
                                 "waiting-for-device")["ports"]] == ["p4"],
               "p4 to wait for its device")


def test_watch(host):
    ctl(host, 0, "plug", "before")
    watch = subprocess.Popen(
        [os.path.join(host.build, "ctl/vifctl"), "--socket", host.socket,
         "watch", "--replay", "--timeout", "60", "-j"],
        stdout=subprocess.PIPE, text=True)
    try:
        # The replay says that it is watching.
        assert json.loads(watch.stdout.readline())["port_id"] == "before"
        ctl(host, 0, "plug", "p1")
        ctl(host, 0, "unplug", "p1")
        events = []
        while "unplugged" not in events:
            event = json.loads(watch.stdout.readline())
            assert event["port_id"] == "p1"
            events.append(event["event"])
        assert events.index("plugged") < events.index("unplugged")
        host.stop_vifd()
        assert watch.wait(30) == 3
    finally:
        watch.kill()
        watch.wait()


def test_what_vifd_is(host):
    version = ctl_json(host, "version")
    assert version["server"] == "vifd"
    able = ctl_json(host, "capabilities")
    assert able["vnic_types"]["normal"]["available"]
    assert not able["vnic_types"]["vdpa"]["available"]
    table = ctl(host, 0, "capabilities").stdout
    assert "\nnormal " in table and "\nOpen vSwitch\n" in table


def test_reload(host):
    ctl(host, 0, "reload")
    host.write_config("nonsense: 1\n")
    refused = ctl(host, 1, "reload")
    assert "nonsense" in refused.stderr
    assert ctl_json(host, "list") == {"ports": []}


def test_switch_that_does_not_answer_is_4(host):
    host.vswitchd.signal(signal.SIGSTOP)
    late = ctl(host, 4, "plug", "p1", "--timeout", "2")
    assert "outcome:" in late.stderr and "try again:  yes" in late.stderr
    host.vswitchd.signal(signal.SIGCONT)
    wait_until(lambda: ctl_json(host, "list") == {"ports": []},
               "the port to be taken back")


def test_daemon_that_is_stopped(host):
    host.vifd.signal(signal.SIGSTOP)
    try:
        silent = ctl(host, 4, "list", "--timeout", "0.5")
        assert "vifd is there but does not answer" in silent.stderr
    finally:
        host.vifd.signal(signal.SIGCONT)
    host.stop_vifd()
    away = ctl(host, 3, "list")
    assert host.socket in away.stderr
    assert "systemctl start vifd" in away.stderr


def test_completion_knows_the_ports(host):
    ctl(host, 0, "plug", "p1")
    words = run(os.path.join(host.build, "ctl/vifctl"), "complete", "--",
                "--socket", host.socket, "show", "").stdout
    assert words == "p1\tactive\n"
