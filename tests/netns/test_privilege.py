"""Rights: vifd as a user of its own, its helper, and what neither can do.

With the plain build, because one with sanitizers has no filters of system
calls.
"""

import os
import re
import signal
import stat
import sys

import pytest

from host import BUILD, USER, Host, binding, port_id, run, wait_until
from rpc import Connection, RpcError
from test_daemon import appctl, last_line, status_of

# linux/capability.h.
CHOWN, DAC_OVERRIDE, FOWNER, NET_ADMIN, SYS_PTRACE = 0, 1, 3, 12, 19

STRANGER = 64918

# Opens a tap as a guest of another user does, and keeps it.  The node is
# root's on a host without udev, so it is opened first.
HOLDER = """
import fcntl, os, signal, struct
tun = os.open("/dev/net/tun", os.O_RDWR)
os.setresgid(%(user)d, %(user)d, %(user)d)
os.setgroups([])
os.setresuid(%(user)d, %(user)d, %(user)d)
fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH22x", b"%(tap)s", 0x5002))
print("holds", flush=True)
signal.pause()
"""


@pytest.fixture
def bare_plain_host():
    host = Host(build=BUILD)
    yield host
    host.close()


def status(pid, thread=None):
    """/proc/PID/status as a dictionary."""
    path = "/proc/%d/task/%d/status" % (pid, thread or pid)
    with open(path) as file:
        return {name: value.strip() for name, _, value in
                (line.partition(":") for line in file)}


def helper_of(host):
    """The helper's process."""
    children = run("pgrep", "-P", str(host.vifd.pid)).stdout.split()
    assert len(children) == 1, children
    return int(children[0])


def exists(pid):
    try:
        return status(pid)["State"][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def capabilities(*numbers):
    return "%016x" % sum(1 << number for number in numbers)


def assert_rights(of, uid, kept):
    assert of["Uid"].split() == [str(uid)] * 4
    assert of["CapEff"] == of["CapPrm"] == kept
    assert of["CapInh"] == of["CapAmb"] == of["CapBnd"] == capabilities()
    assert of["NoNewPrivs"] == "1"
    assert of["Seccomp"] == "2"


def test_rights_of_both_processes(plain_host):
    host = plain_host
    host.call("plug", binding=binding(1, queues=4))
    pid, helper = host.vifd.pid, helper_of(host)
    threads = [int(name) for name in os.listdir("/proc/%d/task" % pid)]
    assert len(threads) > 2
    for thread in threads:
        of = status(pid, thread)
        assert_rights(of, USER, capabilities(NET_ADMIN))
        assert of["Gid"].split() == [str(USER)] * 4
        assert of["Groups"] == ""

    assert_rights(status(helper), 0, capabilities(CHOWN, DAC_OVERRIDE, FOWNER,
                                                  SYS_PTRACE))
    assert status(helper)["Name"] == "vifd-helper"
    # Nothing of vifd's: neither clients' sockets nor the journal.
    assert set(os.listdir("/proc/%d/fd" % helper)) <= set("0123")


def test_a_day_in_the_life(plain_host):
    """What vifd does, it does with that: nothing is refused on the way."""
    host = plain_host
    watcher = host.connect()
    watcher.call("watch")
    host.call("plug", binding=binding(1, queues=4), timeout_ms=20000)
    assert host.tun_flags("tap0000001") & 0x100         # IFF_MULTI_QUEUE
    host.call("plug", binding=binding(1, queues=4, mtu=1400))
    host.call("plug", binding=binding(1, queues=1, mtu=1400))
    assert host.link("tap0000001")["mtu"] == 1400
    host.call("plug", binding=binding(2, vnic_type="normal"))
    host.call("plan", binding=binding(3))

    host.ip("link", "set", "tap0000002", "mtu", "1300")
    wait_until(lambda: host.call("show", port_id=port_id(2))["state"]
               == "drifted", "the drift to be seen")
    host.call("repair", port_id=port_id(2))
    assert host.link("tap0000002")["mtu"] == 1450
    for method in "list", "capabilities", "version":
        host.call(method)

    host.write_config("mtu: 1420\naccess:\n  - users: [root]\n"
                      "    groups: [daemon]\n")
    host.call("reload")
    host.vifd.signal(signal.SIGHUP)
    for command in (["list-commands"], ["memory/show"], ["coverage/show"],
                    ["vlog/set", "info"], ["vifd/stats"], ["vifd/reload"]):
        appctl(host, *command)
    host.ovsdb.kill()
    host.start_ovsdb()
    wait_until(lambda: host.call("capabilities")["ovs"]["health"] == "ok",
               "OVSDB")
    for number in 1, 2:
        host.call("unplug", port_id=port_id(number))
    assert not [name for name in host.links() if name.startswith("tap")]
    host.stop_vifd()
    for word in "not permitted", "Permission denied", "EPERM":
        assert word not in host.vifd.text()


def test_who_holds_a_tap_of_another_user(plain_host):
    host = plain_host
    host.ip("tuntap", "add", "tap0000001", "mode", "tap",
            "user", str(STRANGER))
    holder = host.start("holder", sys.executable, "-c",
                        HOLDER % {"user": STRANGER, "tap": "tap0000001"})
    wait_until(lambda: "holds" in holder.text(), "the holder")
    error = host.refused("plug", binding=binding(1))
    assert "pid %d (python3" % holder.pid in str(error), error
    # And not because vifd could have seen it: it cannot look.
    assert status(holder.pid)["Uid"].split()[0] == str(STRANGER)
    with pytest.raises(AssertionError):
        run("setpriv", "--reuid", str(USER), "--clear-groups",
            "--regid", str(USER), "ls", "/proc/%d/fd" % holder.pid)


# The end of one is the end of both.

def test_killed_with_its_helper(plain_host):
    helper = helper_of(plain_host)
    plain_host.call("plug", binding=binding(1))
    plain_host.kill_vifd()
    wait_until(lambda: not exists(helper), "the helper to end")
    plain_host.start_vifd()
    assert plain_host.call("plug", binding=binding(2))["state"] == "active"


def test_ends_when_its_helper_does(plain_host):
    """What is under way is finished first, and answered."""
    host = plain_host
    connection = host.connect()
    host.vswitchd.signal(signal.SIGSTOP)
    asked = connection.send("plug", binding=binding(1), timeout_ms=3000)
    wait_until(lambda: "tap0000001" in host.ports_of("br-int"), "the row")
    os.kill(helper_of(host), signal.SIGKILL)
    wait_until(lambda: "vifd's helper was ended by signal 9"
               in host.vifd.text(), "vifd to notice")
    host.vswitchd.signal(signal.SIGCONT)
    assert connection.answer(asked)["state"] == "active"
    assert host.vifd.wait() == 1
    host.start_vifd()
    assert host.call("show", port_id=port_id(1))["state"] == "active"


def test_a_stop_of_the_whole_service(plain_host):
    """A service manager signals every process of it: the helper is there
    until vifd has finished."""
    host = plain_host
    helper = helper_of(host)
    os.kill(helper, signal.SIGTERM)
    os.kill(helper, signal.SIGINT)
    host.call("plug", binding=binding(1))
    host.stop_vifd()
    assert not exists(helper)


def test_a_helper_that_is_stopped_stops_nobody(bare_plain_host):
    """Where everybody may open /dev/net/tun, as with udev, a plug needs no
    helper; and what needs it does not hold up the rest."""
    host = bare_plain_host.start_ovs()
    node = os.path.join(host.dir, "tun")
    os.mknod(node, stat.S_IFCHR | 0o666, os.makedev(10, 200))
    os.chmod(node, 0o666)
    start_mounted(host, ["mount --bind %s /dev/net/tun" % node])
    wait_until(lambda: host.call("capabilities")["ovs"]["health"] == "ok",
               "OVSDB")
    helper = helper_of(host)
    os.kill(helper, signal.SIGSTOP)
    assert host.call("plug", binding=binding(1))["state"] == "active"

    host.ovsdb.kill()
    host.start_ovsdb()
    for _ in range(20):
        host.call("version")
    os.kill(helper, signal.SIGCONT)
    wait_until(lambda: host.call("capabilities")["ovs"]["health"] == "ok",
               "OVSDB again")
    assert host.call("plug", binding=binding(2))["state"] == "active"


# Whom vifd becomes.

def start_mounted(host, commands, user=True):
    """Starts vifd with a mount namespace of its own, in which 'commands' have
    been run."""
    script = " && ".join(commands + ['exec "$@"'])
    words = host.vifd_command()
    if not user:
        at = words.index("--user")
        del words[at:at + 2]
    host.vifd = host.start("vifd", "unshare", "--mount", "--propagation",
                           "private", "sh", "-c", script, "sh", *words)
    wait_until(host.answers, "vifd")


def test_user_vifd_is_the_default(bare_plain_host):
    """With the groups that the user has."""
    host = bare_plain_host.start_ovs()
    commands = []
    for name, line in (("passwd", "vifd:x:%d:%d::/:/usr/sbin/nologin"
                        % (USER, USER)),
                       ("group", "vifd:x:%d:\nnosy:x:%d:vifd"
                        % (USER, USER + 3))):
        path = os.path.join(host.dir, name)
        with open("/etc/" + name) as old, open(path, "w") as new:
            new.write(old.read() + line + "\n")
        commands.append("mount --bind %s /etc/%s" % (path, name))
    # A service gets 1024 descriptors and asks for more at its start.
    start_mounted(host, commands + ["ulimit -Sn 1024"], user=False)
    with open("/proc/%d/limits" % host.vifd.pid) as limits:
        assert re.search(r"Max open files +(\d+)",
                         limits.read()).group(1) != "1024"
    of = status(host.vifd.pid)
    assert_rights(of, USER, capabilities(NET_ADMIN))
    assert sorted(of["Groups"].split()) == [str(USER), str(USER + 3)]
    assert "runs as user vifd" in host.vifd.text()
    assert host.call("plug", binding=binding(1))["state"] == "active"


def test_what_the_unit_leaves_to_it_is_enough(bare_plain_host):
    """Root with the capabilities of vifd.service alone, its umask, and no new
    privileges."""
    host = bare_plain_host.start_ovs()
    unit = os.path.join(os.environ["VIFD_TOP"], "etc/vifd.service.in")
    with open(unit) as file:
        left = [name.lower().replace("cap_", "+") for line in file
                if line.startswith("CapabilityBoundingSet=")
                for name in line.strip().split("=")[1].split()]
    assert "+net_admin" in left and "+sys_admin" not in left
    limits = ["setpriv", "--no-new-privs", "--bounding-set",
              ",".join(["-all"] + left)]
    host.vifd = host.start("vifd", "sh", "-c", 'umask 077; exec "$@"', "sh",
                           *limits, *host.vifd_command())
    wait_until(host.answers, "vifd")
    assert_rights(status(host.vifd.pid), USER, capabilities(NET_ADMIN))
    assert_rights(status(helper_of(host)), 0,
                  capabilities(CHOWN, DAC_OVERRIDE, FOWNER, SYS_PTRACE))
    assert host.call("plug", binding=binding(1))["state"] == "active"
    host.stop_vifd()


def test_stays_root_if_told_so(bare_plain_host):
    """And a journal that root has left is the user's at the next start."""
    host = bare_plain_host.start_ovs()
    directory = os.path.dirname(host.journal)
    host.start_vifd("--user", "root")
    of = status(host.vifd.pid)
    assert of["Uid"].split() == ["0"] * 4 and of["Seccomp"] == "0"
    assert not run("pgrep", "-P", str(host.vifd.pid), check=False).stdout
    host.call("plug", binding=binding(1))
    assert os.stat(host.journal).st_uid == 0
    host.kill_vifd()

    host.start_vifd()
    owners = {os.stat(os.path.join(directory, name)).st_uid
              for name in os.listdir(directory)}
    assert owners == {USER} and os.stat(directory).st_uid == USER
    assert "the journal now belongs to user" in host.vifd.text()
    assert host.call("show", port_id=port_id(1))["state"] == "active"
    host.call("unplug", port_id=port_id(1))


def test_a_user_that_is_none(bare_plain_host):
    code, said = status_of(bare_plain_host, "--user", "no-such-user")
    assert code == 1 and 'no user "no-such-user"' in last_line(said), said
    bare_plain_host.write_config("user: [root]\n")
    code, said = status_of(bare_plain_host)
    assert code == 1 and "user" in last_line(said), said


def test_a_journal_that_the_user_cannot_have(bare_plain_host):
    """A directory that is shared with others is not handed over."""
    host = bare_plain_host.start_ovs()
    os.mkdir(os.path.dirname(host.journal))
    with open(os.path.join(os.path.dirname(host.journal), "mail"), "w"):
        pass
    host.start_vifd()
    error = host.refused("plug", binding=binding(1))
    assert "journal" in str(error) and "Permission denied" in str(error)
    assert os.stat(os.path.dirname(host.journal)).st_uid == 0


def test_a_configuration_that_the_user_cannot_read(plain_host):
    host = plain_host
    host.stop_vifd()
    os.chmod(host.config, 0o600)
    host.start_vifd()
    assert "reloading it will be refused" in host.vifd.text()
    assert "Permission denied" in str(host.refused("reload"))
    assert host.call("plug", binding=binding(1))["state"] == "active"


def test_files_in_directories_of_root_s(bare_plain_host):
    """The helper removes them, as its last act."""
    host = bare_plain_host.start_ovs()
    directory = os.path.join(host.dir, "run")
    os.mkdir(directory)
    host.socket = os.path.join(directory, "vifd.sock")
    host.env["OVS_RUNDIR"] = directory
    words = [word for word in host.vifd_command("--pidfile")
             if word != "--unixctl" and not word.endswith("/vifd.ctl")]
    host.vifd = host.start("vifd", *words)
    wait_until(host.answers, "vifd")
    pid = host.vifd.pid
    assert sorted(os.listdir(directory)) == ["vifd.%d.ctl" % pid, "vifd.pid",
                                             "vifd.sock"]
    assert "vifd/stats" in run("ovs-appctl", "-t", "vifd", "list-commands",
                               env=host.env).stdout
    host.stop_vifd()
    assert os.listdir(directory) == []
    assert not re.search(r"\|(WARN|ERR)\|", host.vifd.text())


def test_clients_are_told_apart_from_vifd_s_own_user(plain_host):
    """The user that vifd runs as may do everything, others what the rules
    say: SO_PEERCRED needs no right."""
    host = plain_host
    host.write_config("access:\n  - users: [%d]\n    methods: [list]\n"
                      % STRANGER)
    host.call("reload")
    os.chmod(host.socket, 0o666)
    script = ("import sys; sys.path.insert(0, %r)\n"
              "from rpc import Connection, RpcError\n"
              "c = Connection(%r)\n"
              "c.call('list')\n"
              "c.call('unplug', port_id=%r)\n"
              % (os.path.dirname(os.path.abspath(__file__)), host.socket,
                 port_id(9)))
    for user, fine in ((USER, True), (STRANGER, False)):
        done = run("setpriv", "--reuid", str(user), "--regid", str(user),
                   "--clear-groups", sys.executable, "-c", script,
                   check=False)
        assert (done.returncode == 0) == fine, done.stderr
