"""A host for vifd, private to one test: a network namespace, ovsdb-server and
ovs-vswitchd with the userspace datapath, and the daemon.

Everything is real; nothing waits by sleeping: wait_until(), which tests get
from here, looks for a condition until a deadline.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import uuid

from rpc import Connection, RpcError
from waiting import comes_true, wait_until

BUILD = os.environ["VIFD_BUILDDIR"]
ASAN_BUILD = os.environ.get("VIFD_ASAN_BUILDDIR", BUILD)
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
VSWITCHD = "/usr/lib/openvswitch-switch/ovs-vswitchd"

# Whom vifd becomes: numbers that no package has given to anybody.
USER = 64917


def run(*command, check=True, **kwargs):
    kwargs.setdefault("timeout", 120)
    done = subprocess.run(command, capture_output=True, text=True, **kwargs)
    assert not check or done.returncode == 0, (
        "%s: %s%s" % (" ".join(command), done.stdout, done.stderr))
    return done


class Process:
    """A program of the test's, in its namespace, ended by its pid."""

    def __init__(self, host, name, *command, env=None):
        self.name = name
        self.log = os.path.join(host.dir, name + ".log")
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(
                host.inside + list(command),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=dict(host.env, **(env or {})))

    @property
    def pid(self):
        return self.popen.pid

    def alive(self):
        return self.popen.poll() is None

    def signal(self, number):
        self.popen.send_signal(number)

    def wait(self, timeout=30):
        return self.popen.wait(timeout)

    def kill(self):
        if self.alive():
            self.popen.kill()
            self.popen.wait()

    def text(self):
        with open(self.log, errors="replace") as log:
            return log.read()


class Host:
    # For the answer to a request.
    PATIENCE_S = 60

    def __init__(self, build=ASAN_BUILD, namespace=True):
        """Without 'namespace' it is where the test is."""
        self.build = build
        self.dir = tempfile.mkdtemp(prefix="host-",
                                    dir=os.environ.get("VIFD_TEST_TMP"))
        os.chmod(self.dir, 0o755)
        # As tmpfiles.d and systemd make vifd's directories.  What programs
        # other than vifd put there is root's, and not open to vifd.
        os.chown(self.dir, USER, USER)
        self.netns = None
        self.inside, self.ip_command = [], ["ip"]
        if namespace:
            self.make_namespace()
        self.env = dict(os.environ, OVS_RUNDIR=self.dir, OVS_LOGDIR=self.dir,
                        OVS_DBDIR=self.dir, OVS_SYSCONFDIR=self.dir)
        self.db = os.path.join(self.dir, "conf.db")
        self.db_socket = os.path.join(self.dir, "db.sock")
        self.socket = os.path.join(self.dir, "vifd.sock")
        self.journal = os.path.join(self.dir, "journal", "journal.db")
        self.config = os.path.join(self.dir, "vifd.yaml")
        self.ovsdb = self.vswitchd = self.vifd = None
        self.processes = []
        self.open = contextlib.ExitStack()
        with open(self.config, "w") as config:
            config.write("{}\n")

    def make_namespace(self):
        self.netns = "vifd-" + uuid.uuid4().hex[:8]
        run("ip", "netns", "add", self.netns)
        run("ip", "-n", self.netns, "link", "set", "lo", "up")
        self.inside = ["ip", "netns", "exec", self.netns]
        self.ip_command = ["ip", "-n", self.netns]

    def start(self, name, *command, env=None):
        process = Process(self, name, *command, env=env)
        self.processes.append(process)
        return process

    # --- Open vSwitch ---

    def start_ovsdb(self, init=True):
        if not os.path.exists(self.db):
            run("ovsdb-tool", "create", self.db, SCHEMA)
        if os.path.exists(self.db_socket):
            os.unlink(self.db_socket)
        self.ovsdb = self.start("ovsdb-server", "ovsdb-server", self.db,
                                "--remote=punix:" + self.db_socket,
                                "--no-chdir", "-vconsole:warn")
        wait_until(lambda: listens(self.db_socket), "ovsdb-server")
        if init:
            self.vsctl("--no-wait", "init")

    def start_vswitchd(self):
        self.vswitchd = self.start(
            "ovs-vswitchd", VSWITCHD, "unix:" + self.db_socket, "--no-chdir",
            "--disable-system", "-vconsole:warn", "--overwrite-pidfile",
            "--pidfile=" + os.path.join(self.dir, "ovs-vswitchd.pid"))

    def start_ovs(self, bridge="br-int"):
        self.start_ovsdb()
        self.start_vswitchd()
        if bridge:
            self.add_bridge(bridge)
        return self

    def add_bridge(self, bridge):
        self.vsctl("--timeout=30", "--may-exist", "add-br", bridge, "--",
                   "set", "Bridge", bridge, "datapath_type=netdev",
                   "fail_mode=secure")

    def vsctl(self, *args, check=True):
        return run("ovs-vsctl", "--db=unix:" + self.db_socket,
                   "--timeout=60", *args, check=check,
                   env=self.env).stdout.strip()

    def transact(self, *operations):
        """One OVSDB transaction; the results."""
        text = ""
        with socket.socket(socket.AF_UNIX) as server:
            server.settimeout(60)
            server.connect(self.db_socket)
            server.sendall(json.dumps({
                "id": 0, "method": "transact",
                "params": ["Open_vSwitch"] + list(operations)}).encode())
            while True:
                received = server.recv(1 << 20)
                assert received, "ovsdb-server closed the connection"
                text += received.decode()
                try:
                    return json.loads(text)["result"]
                except ValueError:
                    continue

    def rows(self, table, *columns, where=()):
        """[{column: value}] with OVSDB's sets and maps as Python's."""
        return self.select((table, columns, where))[0]

    def tables(self, **columns):
        """All rows of several tables, read at the same moment."""
        return self.select(*((table, wanted, ())
                             for table, wanted in columns.items()))

    def select(self, *queries):
        """The rows of each (table, columns, condition)."""
        results = self.transact(*({"op": "select", "table": table,
                                   "where": list(where),
                                   "columns": list(columns)}
                                  for table, columns, where in queries))
        for result in results:
            assert "rows" in result, result
        return [[{k: plain(v) for k, v in row.items()}
                 for row in result["rows"]] for result in results]

    def interface(self, name):
        rows = self.rows("Interface", "_uuid", "name", "type", "external_ids",
                         "ofport", "error", "mtu_request",
                         where=[["name", "==", name]])
        return rows[0] if rows else None

    def ports_of(self, bridge):
        return set(self.vsctl("list-ports", bridge).split())

    def configuration(self):
        """All of Bridge, Port, Interface and QoS that somebody configures:
        what must be the same before and after."""
        tables = {"Bridge": ("name", "ports", "external_ids",
                             "datapath_type", "other_config"),
                  "Port": ("name", "interfaces", "external_ids", "tag",
                           "other_config", "qos"),
                  "QoS": ("type", "external_ids", "other_config"),
                  "Interface": ("name", "type", "external_ids",
                                "mtu_request", "options")}
        return {table: sorted(json.dumps(row, sort_keys=True) for row in
                              self.rows(table, "_uuid", *columns))
                for table, columns in tables.items()}

    # --- the kernel ---

    def links(self):
        """{name: link} as 'ip -j -d link' tells it, without lo."""
        text = self.ip("-j", "-d", "link").stdout
        return {link["ifname"]: link for link in json.loads(text or "[]")
                if link["ifname"] != "lo"}

    def link(self, name):
        return self.links().get(name)

    def ip(self, *args, **kwargs):
        return run(*self.ip_command, *args, **kwargs)

    def tun_flags(self, name):
        """From sysfs, as a second opinion to netlink's."""
        text = run(*self.inside, "cat",
                   "/sys/class/net/%s/tun_flags" % name).stdout
        return int(text, 16)

    def add_interface(self, name):
        """An interface that is up and has carrier; 'wire-NAME' is what it is
        connected to."""
        self.ip("link", "add", name, "type", "veth",
                "peer", "name", "wire-" + name)
        for end in (name, "wire-" + name):
            self.ip("link", "set", end, "up")

    # --- vifd ---

    def write_config(self, text):
        with open(self.config, "w") as config:
            config.write(text)

    def vifd_command(self, *more):
        return [os.path.join(self.build, "agent/vifd"),
                "--config", self.config, "--socket", self.socket,
                "--journal", self.journal, "--plugins", self.plugins(),
                "--ovsdb", "unix:" + self.db_socket,
                "--user", "%d:%d" % (USER, USER),
                "--unixctl", os.path.join(self.dir, "vifd.ctl")] + list(more)

    def plugins(self):
        """A directory with the modules alone, as an installation has it."""
        path = os.path.join(self.dir, "plugins")
        if not os.path.isdir(path):
            os.mkdir(path)
            built = os.path.join(self.build, "plugins/.libs")
            for name in os.listdir(built):
                if name.endswith(".so"):
                    shutil.copy(os.path.join(built, name), path)
        return path

    def start_vifd(self, *more, env=None, wait=True):
        self.vifd = self.start("vifd", *self.vifd_command(*more), env=env)
        if wait:
            wait_until(self.answers, "vifd")
        return self.vifd

    def answers(self):
        assert self.vifd.alive(), "vifd ended: " + self.vifd.text()[-4000:]
        try:
            with Connection(self.socket) as connection:
                connection.call("version")
            return True
        except (FileNotFoundError, ConnectionRefusedError, EOFError):
            return False

    def connect(self, timeout=None):
        return self.open.enter_context(
            Connection(self.socket, timeout or self.PATIENCE_S))

    def call(self, method, **params):
        with Connection(self.socket, self.PATIENCE_S) as connection:
            return connection.call(method, **params)

    def refused(self, method, **params):
        """The error of a call that must not succeed."""
        try:
            result = self.call(method, **params)
        except RpcError as error:
            return error
        raise AssertionError("%s succeeded: %s" % (method, result))

    def ctl(self, *args, check=True, **kwargs):
        return run(os.path.join(self.build, "ctl/vifctl"),
                   "--socket", self.socket, *args, check=check, **kwargs)

    def stop_vifd(self, timeout=30):
        """SIGTERM; the exit status must be 0."""
        self.vifd.signal(signal.SIGTERM)
        status = self.vifd.wait(timeout)
        assert status == 0, "vifd exited with %d: %s" % (
            status, self.vifd.text()[-6000:])

    def kill_vifd(self):
        self.vifd.kill()

    def lose(self, *ports):
        """Takes ports out of the journal, while vifd does not run."""
        with contextlib.closing(sqlite3.connect(self.journal)) as db, db:
            for port in ports:
                db.execute("DELETE FROM port WHERE key = ?", [port])
                db.execute("DELETE FROM claim WHERE value = ?", [port])

    def settled(self):
        """All ports at rest."""
        return all(port["state"] in ("active", "waiting-for-device",
                                     "prepared", "drifted")
                   for port in self.call("list")["ports"])

    def close(self):
        self.open.close()
        for process in reversed(self.processes):
            if process.alive():
                process.signal(signal.SIGCONT)
                if process.name == "vifd":
                    process.signal(signal.SIGTERM)
                    try:
                        process.wait(30)
                    except subprocess.TimeoutExpired:
                        pass
            process.kill()
        if self.netns:
            run("ip", "netns", "del", self.netns)
        reports = [p.text() for p in self.processes if p.name == "vifd"]
        shutil.rmtree(self.dir, ignore_errors=True)
        for report in reports:
            for bad in ("ERROR: AddressSanitizer", "runtime error:",
                        "ERROR: LeakSanitizer", "assertion "):
                assert bad not in report, report[report.index(bad) - 200:]


def listens(path):
    """Whether somebody does: the file is there a moment before."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(path)
            return True
        except (FileNotFoundError, ConnectionRefusedError):
            return False


def plain(value):
    """An OVSDB value as Python's: sets as lists, maps as dicts, UUIDs as
    text."""
    if isinstance(value, list) and len(value) == 2:
        kind, rest = value
        if kind == "set":
            return [plain(v) for v in rest]
        if kind == "map":
            return {plain(k): plain(v) for k, v in rest}
        if kind == "uuid":
            return rest
    return value


class Monitor:
    """A session with ovsdb-server that is told what is written, by anyone, to
    the columns that somebody configures."""

    COLUMNS = {"Bridge": ["name", "ports", "external_ids", "datapath_type",
                          "other_config"],
               "QoS": ["type", "external_ids", "other_config", "queues"],
               "Port": ["name", "interfaces", "external_ids", "tag", "qos",
                        "other_config"],
               "Interface": ["name", "type", "external_ids", "mtu_request",
                             "options"]}

    def __init__(self, host):
        self.socket = host.open.enter_context(socket.socket(socket.AF_UNIX))
        self.socket.settimeout(20)
        self.socket.connect(host.db_socket)
        self.buffer = ""
        self.updates = []
        self.call("monitor", ["Open_vSwitch", None, {
            table: {"columns": columns}
            for table, columns in self.COLUMNS.items()}])

    def call(self, method, params):
        self.socket.sendall(json.dumps({"id": method, "method": method,
                                        "params": params}).encode())
        while True:
            message = self.receive()
            if message.get("method") == "update":
                self.updates.append(message["params"][1])
            elif message.get("id") == method and "result" in message:
                return message["result"]

    def receive(self):
        while True:
            try:
                message, end = json.JSONDecoder().raw_decode(self.buffer)
                self.buffer = self.buffer[end:]
                return message
            except ValueError:
                self.buffer += self.socket.recv(1 << 20).decode()

    def new(self):
        """Every update up to now: what was written before is told before the
        echo is answered."""
        self.call("echo", [])
        return self.updates


class LinkMonitor:
    """'ip monitor link': what happened to links, by anyone."""

    def __init__(self, host):
        self.host = host
        self.process = host.start("links-" + uuid.uuid4().hex[:6],
                                  "ip", "-o", "monitor", "link")
        self.mark()

    def mark(self):
        """Everything up to now has been read: seen by changes of our own,
        repeated because the monitor may not be listening yet."""
        def seen():
            name = "m" + uuid.uuid4().hex[:8]
            self.host.ip("tuntap", "add", name, "mode", "tap")
            self.host.ip("link", "del", name)
            return self.wait_for(name)
        wait_until(seen, "the link monitor")

    def wait_for(self, name):
        return comes_true(lambda: any(name in line and "Deleted" in line
                                      for line in self.lines()), 1)

    def lines(self):
        return self.process.text().splitlines()


def port_id(number):
    return str(uuid.UUID(int=(0xabcd << 112) | number))


def binding(number, **more):
    """A port as Nova would ask for it."""
    result = {
        "port_id": port_id(number),
        "instance_id": str(uuid.UUID(int=(0x1234 << 112) | number)),
        "instance_name": "instance-%08x" % number,
        "vnic_type": "normal",
        "bridge": "br-int",
        "mac_address": "fa:16:3e:%02x:%02x:%02x" % (
            number >> 16 & 255, number >> 8 & 255, number & 255),
        "mtu": 1450,
        "device_name": "tap%07d" % number,
    }
    result.update(more)
    return {k: v for k, v in result.items() if v is not None}


def limit(host, what, soft):
    """Sets a soft limit of vifd, as the user that it runs as: being root is
    not enough."""
    with open("/proc/%d/status" % host.vifd.pid) as file:
        ids = {line.split()[0]: line.split()[1] for line in file
               if line.startswith(("Uid:", "Gid:"))}
    run("setpriv", "--reuid", ids["Uid:"], "--regid", ids["Gid:"],
        "--clear-groups", "prlimit", "--pid", str(host.vifd.pid),
        "--%s=%s:" % (what, soft))


@contextlib.contextmanager
def no_descriptors(host):
    """vifd cannot have any more than it has."""
    taken = {int(fd) for fd in os.listdir("/proc/%d/fd" % host.vifd.pid)}
    free = min(set(range(len(taken) + 1)) - taken)
    before = descriptors(host)[0]
    limit(host, "nofile", free)
    yield
    limit(host, "nofile", before)


def descriptors(host):
    """The limits, soft and hard."""
    with open("/proc/%d/limits" % host.vifd.pid) as file:
        line, = (line for line in file if line.startswith("Max open files"))
    return tuple(map(int, line.split()[3:5]))
