"""The daemon as a process: how it starts, is told things, and ends."""

import grp
import json
import os
import signal
import socket
import stat
import subprocess

import pytest

from host import binding, port_id, run, wait_until
from rpc import RpcError

# What a service manager does: listens, and hands the socket over as
# descriptor 3.
ACTIVATE = """
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o600)
listener.listen()
if listener.fileno() == 3:
    os.set_inheritable(3, True)
else:
    os.dup2(listener.fileno(), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.argv[2], sys.argv[2:])
"""


def appctl(host, *args, check=True):
    return run("ovs-appctl", "-t", os.path.join(host.dir, "vifd.ctl"), *args,
               check=check, env=host.env)


def stats(host):
    return dict(line.split(": ") for line in
                appctl(host, "vifd/stats").stdout.splitlines())


def status_of(host, *more):
    """Runs vifd until it ends by itself: (exit status, what it said)."""
    done = subprocess.run(["ip", "netns", "exec", host.netns]
                          + host.vifd_command(*more), env=host.env,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=30)
    return done.returncode, done.stderr


def test_sigterm_leaves_ports_and_exits_0(host):
    host.call("plug", binding=binding(1))
    host.stop_vifd()
    assert not os.path.exists(host.socket)
    assert "tap0000001" in host.ports_of("br-int")
    assert "tap0000001" in host.links()
    host.start_vifd()
    assert host.call("show", port_id=port_id(1))["state"] == "active"


def test_sigterm_finishes_what_is_under_way(host):
    """Every port asked for before is plugged or not there, and its client
    has been told which."""
    connection = host.connect()
    ids = [connection.send("plug", binding=binding(i)) for i in range(50)]
    connection.answer(ids[0])
    host.vifd.signal(signal.SIGTERM)
    verdicts = {}
    for i, request in enumerate(ids[1:], 1):
        try:
            verdicts[i] = connection.answer(request)["state"]
        except RpcError as error:
            verdicts[i] = error.kind
    assert host.vifd.wait() == 0
    there = host.ports_of("br-int")
    for i, verdict in verdicts.items():
        assert ("tap%07d" % i in there) == (verdict == "active"), (i, verdict)


def test_refuses_new_work_while_it_stops(host):
    """ovs-vswitchd does not answer, so that a plug stays under way."""
    host.write_config("shutdown_ms: 3000\n")
    host.call("reload")
    connection = host.connect()
    host.vswitchd.signal(signal.SIGSTOP)
    first = connection.send("plug", binding=binding(1), timeout_ms=2000)
    wait_until(lambda: "tap0000001" in host.ports_of("br-int"), "the row")
    host.vifd.signal(signal.SIGTERM)
    wait_until(lambda: not os.path.exists(host.socket), "the socket to go")
    with pytest.raises(RpcError) as refused:
        connection.call("plug", binding=binding(2))
    assert "stopping" in str(refused.value)
    with pytest.raises(RpcError):
        connection.answer(first)
    assert host.vifd.wait() == 0
    host.vswitchd.signal(signal.SIGCONT)


def test_stops_in_time_whatever_is_under_way(host):
    host.write_config("shutdown_ms: 500\n")
    host.call("reload")
    host.vswitchd.signal(signal.SIGSTOP)
    host.ovsdb.signal(signal.SIGSTOP)
    connection = host.connect()
    connection.send("plug", binding=binding(1), timeout_ms=60000)
    connection.call("version")
    host.vifd.signal(signal.SIGTERM)
    assert host.vifd.wait(10) == 0
    host.ovsdb.signal(signal.SIGCONT)
    host.vswitchd.signal(signal.SIGCONT)
    host.start_vifd()
    wait_until(lambda: host.call("list")["ports"] == [], "the undo")
    wait_until(lambda: host.links().keys() & {"tap0000001"} == set(),
               "the tap to go")


def test_reload_takes_a_good_file_and_refuses_a_bad_one(host):
    assert host.call("plug", binding=binding(1, mtu=None))["mtu"] == 1500
    host.write_config("mtu: 1400\nworkers: 2\n")
    assert host.call("reload") == {"reloaded": True,
                                   "restart_needed": ["workers"]}
    assert host.call("plug", binding=binding(2, mtu=None))["mtu"] == 1400

    host.write_config("mtu: 1300\nmax_ports: many\n")
    error = host.refused("reload")
    assert "%s:2:12: max_ports" % host.config in str(error)
    assert host.call("plug", binding=binding(3, mtu=None))["mtu"] == 1400


def test_sighup_reloads(host):
    host.write_config("mtu: 1401\n")
    host.vifd.signal(signal.SIGHUP)
    wait_until(lambda: "read again" in host.vifd.text(), "the reload")
    assert host.call("plug", binding=binding(1, mtu=None))["mtu"] == 1401
    host.write_config("nonsense: 1\n")
    host.vifd.signal(signal.SIGHUP)
    wait_until(lambda: "refused" in host.vifd.text(), "the refusal")
    assert host.call("plug", binding=binding(2, mtu=None))["mtu"] == 1401


def test_socket_activation(bare_host):
    host = bare_host.start_ovs()
    command = host.vifd_command()
    host.vifd = host.start("vifd", "/usr/bin/python3", "-c", ACTIVATE, host.socket,
                           *command)
    wait_until(host.answers, "vifd")
    assert host.call("plug", binding=binding(1))["state"] == "active"
    host.stop_vifd()
    # The file is the service manager's.
    assert os.path.exists(host.socket)


def test_tells_the_service_manager(bare_host):
    host = bare_host.start_ovs()
    path = os.path.join(host.dir, "notify")
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(path)
    os.chmod(path, 0o777)       # As systemd's is: everybody may write to it.
    manager.settimeout(20)

    def told(word):
        while True:
            text = manager.recv(4096).decode().split("\n")
            if word in text:
                return text

    host.start_vifd(env={"NOTIFY_SOCKET": path}, wait=False)
    told("READY=1")
    # Ready means that the socket is there.
    assert host.call("version")["server"] == "vifd"
    host.call("reload")
    assert any(line.startswith("MONOTONIC_USEC=")
               for line in told("RELOADING=1"))
    told("READY=1")
    host.vifd.signal(signal.SIGTERM)
    told("STOPPING=1")
    assert host.vifd.wait() == 0
    manager.close()


def test_appctl(host):
    host.call("plug", binding=binding(1))
    assert "vlog/set" in appctl(host, "list-commands").stdout
    appctl(host, "vlog/set", "rpc:dbg")
    wait_until(lambda: "rpc_request" in appctl(host, "coverage/show").stdout,
               "the counters, which are collected every second")
    assert "ports:1" in wait_until(
        lambda: appctl(host, "memory/show").stdout, "the usage", timeout=30)
    stats = dict(line.split(": ") for line in
                 appctl(host, "vifd/stats").stdout.splitlines())
    assert stats["ports"] == "1" and stats["done"] == "1"
    assert stats["ovs_health"] == "ok"
    appctl(host, "exit")
    assert host.vifd.wait() == 0


def test_appctl_finds_it_by_name(bare_host):
    host = bare_host.start_ovs()
    command = [word for i, word in enumerate(host.vifd_command())
               if "--unixctl" not in host.vifd_command()[max(i - 1, 0):i + 1]]
    host.vifd = host.start("vifd", *command, "--pidfile")
    wait_until(host.answers, "vifd")
    assert "vifd" in run("ovs-appctl", "-t", "vifd", "version",
                         env=host.env).stdout


def test_log_lines_carry_the_port(host):
    host.call("plug", binding=binding(1))
    host.refused("plug", binding=binding(2, bridge="br-none"))
    lines = host.vifd.text().splitlines()
    assert [line for line in lines if port_id(1) in line and "plug" in line]
    assert [line for line in lines if port_id(2) in line
            and "br-none" in line]


def test_check_config(bare_host):
    host = bare_host
    assert status_of(host, "--check-config") == (0, "")
    host.write_config("mtu: 20\n")
    status, said = status_of(host, "--check-config")
    assert status == 1
    assert said == ("vifd: %s:1:6: mtu: 20 is not within 68 and 65535\n"
                    % host.config)
    host.write_config("access: [{methods: [plugg]}]\n")
    status, said = status_of(host, "--check-config")
    assert status == 1 and "no method \"plugg\"" in said


def last_line(text):
    return text.strip().splitlines()[-1]


def test_cannot_start(bare_host):
    """One sentence, status 1, and nothing left behind."""
    host = bare_host
    with open(host.socket, "w"):
        pass
    status, said = status_of(host)
    assert status == 1 and "is no socket" in last_line(said), said
    os.unlink(host.socket)

    status, said = status_of(host, "--plugins", "/nonexistent")
    assert status == 1 and "/nonexistent" in last_line(said), said
    status, said = status_of(host, "--config", "/nonexistent")
    assert status == 1 and "/nonexistent" in last_line(said), said


def test_second_vifd_is_refused(host):
    status, said = status_of(host, "--unixctl",
                             os.path.join(host.dir, "second.ctl"))
    assert status == 1 and "already listens" in last_line(said), said
    assert host.answers()


def test_stale_socket_is_replaced(host):
    host.kill_vifd()
    assert os.path.exists(host.socket)
    host.start_vifd()
    assert host.call("version")["server"] == "vifd"


def test_socket_mode_and_group(bare_host):
    host = bare_host.start_ovs()
    host.write_config("socket_mode: 0620\nsocket_group: daemon\n")
    host.start_vifd()
    status = os.stat(host.socket)
    assert stat.S_IMODE(status.st_mode) == 0o620
    assert status.st_gid == grp.getgrnam("daemon").gr_gid


ASK = """
import json, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode() + b"\\n")
print(s.makefile().readline())
"""


def ask_as(host, uid, gid, groups, method, **params):
    """One call by somebody else: (result, code of the error)."""
    request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                          "params": params})
    done = run("setpriv", "--reuid", str(uid), "--regid", str(gid),
               *(["--groups", groups] if groups else ["--clear-groups"]),
               "/usr/bin/python3", "-c", ASK, host.socket, request)
    answer = json.loads(done.stdout)
    error = answer.get("error")
    return answer.get("result"), error and error["data"]["code"]


def test_access_by_credentials_of_the_peer(bare_host):
    host = bare_host.start_ovs()
    host.write_config("socket_mode: 0666\n"
                      "access:\n"
                      "- groups: [61001]\n"
                      "  physical_networks: [physnet1]\n"
                      "- users: [61002]\n"
                      "  methods: [list, show]\n")
    host.start_vifd()
    host.call("plug", binding=binding(1))
    host.call("plug", binding=binding(2, physical_network="physnet1"))

    # By a supplementary group.
    result, error = ask_as(host, 61000, 61000, "61001", "list")
    assert [p["port_id"] for p in result["ports"]] == [port_id(2)]
    assert ask_as(host, 61000, 61000, "61001", "unplug",
                  port_id=port_id(1))[1] == "not-found"
    assert ask_as(host, 61000, 61000, "61001", "plug",
                  binding=binding(3))[1] == "access"
    result, error = ask_as(host, 61000, 61000, "61001", "plug",
                           binding=binding(4, physical_network="physnet1"))
    assert result["state"] == "active"

    # By user; and somebody whom no rule is about.
    result, error = ask_as(host, 61002, 61002, None, "list")
    assert len(result["ports"]) == 3
    assert ask_as(host, 61002, 61002, None, "unplug",
                  port_id=port_id(1))[1] == "access"
    assert ask_as(host, 61003, 61003, None, "list")[1] == "access"
    assert ask_as(host, 61003, 61003, None, "version")[0]


def test_without_rules_the_socket_s_group_decides(bare_host):
    host = bare_host.start_ovs()
    host.write_config("socket_mode: 0666\nsocket_group: 61001\n")
    os.chmod(host.dir, 0o755)
    host.start_vifd()
    # 0666 lets everybody connect, but only the group may do something.
    assert ask_as(host, 61000, 61001, None, "list")[0] == {"ports": []}
    assert ask_as(host, 61000, 61000, "61001", "list")[0] == {"ports": []}
    assert ask_as(host, 61000, 61000, None, "list")[1] == "access"


def test_waits_for_ovsdb_at_start(bare_host):
    """Without ovsdb-server vifd runs, says what is missing, and plugs as soon
    as it is there."""
    host = bare_host
    host.start_vifd()
    assert host.call("capabilities")["ovs"]["health"] != "ok"
    error = host.refused("plug", binding=binding(1), timeout_ms=500)
    assert error.data["retry"] is True
    host.start_ovs()
    wait_until(lambda: host.call("capabilities")["ovs"]["health"] == "ok",
               "vifd to see it")
    assert host.call("plug", binding=binding(1))["state"] == "active"


def test_detach(bare_host):
    """As OVS's daemons do it: the command returns when vifd listens."""
    host = bare_host.start_ovs()
    pidfile = os.path.join(host.dir, "vifd.pid")
    run("ip", "netns", "exec", host.netns,
        *host.vifd_command("--detach", "--pidfile=" + pidfile,
                           "--log-file=" + os.path.join(host.dir, "d.log")),
        env=host.env)
    with open(pidfile) as file:
        pid = int(file.read())
    try:
        assert host.call("plug", binding=binding(1))["state"] == "active"
    finally:
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not os.path.exists("/proc/%d" % pid),
                   "vifd to end", timeout=30)
    assert not os.path.exists(pidfile)
