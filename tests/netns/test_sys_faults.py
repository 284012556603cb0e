"""Every call to the kernel that a job makes fails, one after the other, with
each error that it may have.

The calls are those that a run without faults passes (tests/fault/faults.c), so
that those of a new step are tried as soon as it exists.  What was answered is
true, a failure names the kernel's reason, vifd lives on, a second try
succeeds, and in the end nothing is left."""

import collections
import contextlib
import errno
import fnmatch
import os
import signal

import pytest

from faults import FAIL, LIBRARY, LONG, LOSE, REFUSE, SHORT, Fault, Faults
from host import BUILD, Host, binding, port_id, run, wait_until
from jobs import JOBS, macvtap
from rpc import Connection, RpcError
from test_daemon import stats
from view import ports_of, view


def failing(*names, how=FAIL):
    return [Fault(how, getattr(errno, name)) for name in names]


# Larger than any answer of the kernel's.
TOO_LONG = Fault(LONG, 8 << 20)

# What each site may suffer.
KERNEL = (
    ("open /dev/net/tun", failing("EBUSY", "EMFILE", "ENFILE", "ENOMEM",
                                  "ENODEV", "ENOENT", "EACCES")),
    ("ioctl *", failing("EBUSY", "EMFILE", "ENOMEM", "ENODEV", "EPERM",
                        "EINVAL", "EBADFD")),
    ("send netlink", failing("EINTR", "EAGAIN", "ENOBUFS", "ENOMEM", "EPERM")
     + failing("EBUSY", "ENOMEM", "EPERM", "EOPNOTSUPP", "EINVAL",
               how=REFUSE)),
    ("peek netlink", failing("EINTR", "EAGAIN", "ENOBUFS", "ENOMEM")
     + [TOO_LONG]),
    ("recvfrom netlink", failing("EINTR", "EAGAIN", "ENOBUFS", "ENOMEM")
     + failing("ENOBUFS", how=LOSE) + [TOO_LONG]),
    ("poll netlink", failing("EINTR", "ENOMEM")),
    ("* /sys/*", failing("EACCES", "EMFILE", "EBUSY", "EIO")),
    # Of no device: numbers for UUIDs, the descriptor in reserve.
    ("* /dev/urandom", ()),
    ("* /dev/null", ()),
    ("* /dev/*", failing("EACCES", "EMFILE", "EBUSY", "EIO")),
)

# The sockets of the workers, once for each, and of the notifications.
OPENING = (
    ("socket netlink", failing("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM",
                               "EPERM")),
    ("bind netlink", failing("ENOMEM", "EPERM")),
    ("getsockname netlink", failing("ENOBUFS")),
)


def faults_of(site):
    """None if the site is no call to the kernel about a device."""
    for pattern, faults in KERNEL:
        if fnmatch.fnmatch(site, pattern):
            return faults
    return None


CONFIG = """\
create_bridges: [br-made]
datapath_type: netdev
retry_min_ms: 20
retry_max_ms: 200
default_timeout_ms: %d
"""


@pytest.fixture
def switch():
    host = Host(build=BUILD)
    host.faults = Faults(host)
    host.start_ovs()
    host.add_bridge("br-other")
    host.add_interface("eth1")
    host.write_config(CONFIG % 20000)
    yield host
    host.faults.disarm()
    host.close()


class Cells:
    """One job, again and again."""

    def __init__(self, host, job):
        self.host, self.faults, self.job = host, host.faults, job
        self.sites = collections.Counter()
        self.cells = 0

    def perform(self):
        try:
            return self.host.call(self.job.method, **self.job.params)
        except RpcError as error:
            return error

    def now(self):
        return view(self.host), ports_of(self.host)

    def prepare(self):
        if self.job.there:
            self.host.call("plug", binding=self.job.there)

    def clean(self):
        for port in ports_of(self.host):
            self.host.call("unplug", port_id=port)

    def enumerate(self):
        """How often each site is passed by a job that succeeds."""
        self.empty = self.now()
        self.prepare()
        self.before = self.now()
        self.faults.mark()
        answer = self.perform()
        assert isinstance(answer, dict), answer
        wait_until(self.host.settled, "rest")
        self.sites = collections.Counter(self.faults.passed())
        self.asked = self.now()
        self.clean()
        assert self.now() == self.empty

    def look(self, answer, fault):
        """Whether the answer is true."""
        if isinstance(answer, dict):
            assert self.now() == self.asked
            return
        assert fault.words in str(answer), answer
        if answer.outcome == "failed-undoing":
            self.faults.disarm()
            wait_until(self.host.settled, "the undoing")
            assert self.now() in (self.before, self.asked)
        else:
            assert self.now() == self.before

    def cell(self, site, nth, fault, for_good=False):
        """True if the fault has struck."""
        self.prepare()
        self.faults.arm(site, nth, fault, for_good)
        answer = self.perform()
        struck = self.faults.struck
        self.look(answer, fault)
        self.faults.disarm()
        assert self.host.vifd.alive()
        again = self.perform()
        assert isinstance(again, dict), again
        wait_until(self.host.settled, "rest")
        assert self.now() == self.asked
        self.clean()
        assert self.now() == self.empty
        self.cells += struck
        return struck

    def try_each(self, choose):
        """choose(faults, nth): those of a site that its pass gets."""
        for site, passes in sorted(self.sites.items()):
            faults = faults_of(site)
            struck = [self.try_one(site, nth, fault)
                      for nth in range(1, passes + 1)
                      for fault in choose(faults or (), nth)]
            assert any(struck) or not faults or self.is_occasional(site), (
                "%s never struck" % site)

    def is_occasional(self, site):
        """Whether the job can do without: a verification that somebody's
        notification causes may come before the answer, or not."""
        return not all(site in self.passed_once() for _ in range(5))

    def passed_once(self):
        """The sites that the job passes before its answer."""
        self.prepare()
        self.faults.mark()
        assert isinstance(self.perform(), dict)
        passed = self.faults.passed()
        wait_until(self.host.settled, "rest")
        self.clean()
        return passed

    def try_one(self, site, nth, fault, **how):
        try:
            return self.cell(site, nth, fault, **how)
        except AssertionError as error:
            raise AssertionError("pass %d of %s, %s: %s" % (
                nth, site, fault, error)) from error


def all_of(faults, _nth):
    return faults


def one_of_each_way(faults, nth):
    """With another errno at each pass."""
    ways = collections.defaultdict(list)
    for fault in faults:
        ways[fault.how].append(fault)
    return [way[nth % len(way)] for way in ways.values()]


def started(switch, job):
    """The cells of a job; the daemon runs."""
    switch.start_vifd(env=switch.faults.env)
    cells = Cells(switch, JOBS[job])
    cells.enumerate()
    return cells


SUCCEEDING = [name for name, job in JOBS.items()
              if not job.hindrance and not job.lost]
WHOLLY = ("plug", "change", "unplug")


@pytest.mark.parametrize("job", SUCCEEDING)
def test_every_call_to_the_kernel_fails(switch, record_property, job):
    cells = started(switch, job)
    cells.try_each(all_of if job in WHOLLY else one_of_each_way)
    record_property("cells", (job, cells.cells))
    assert cells.cells


@pytest.mark.parametrize("job", WHOLLY)
def test_every_call_to_the_kernel_fails_from_one_on(switch, job):
    """So that taking back fails, too, until the kernel is well again."""
    switch.write_config(CONFIG % 400)
    cells = started(switch, job)
    for site, passes in sorted(cells.sites.items()):
        if site in ("send netlink", "ioctl TUNSETIFF"):
            struck = [cells.try_one(site, nth, *failing("ENOMEM"),
                                    for_good=True)
                      for nth in range(1, passes + 1)]
            assert struck[0]


@pytest.mark.parametrize("site, fault", [
    (site, fault) for site, faults in OPENING for fault in faults], ids=str)
def test_a_worker_without_a_socket(switch, site, fault):
    """It tries again with the next task."""
    switch.write_config(CONFIG % 20000 + "workers: 1\n")
    # The first socket is that of the notifications.
    switch.faults.arm(site, 2, fault, for_good=True)
    switch.start_vifd(env=switch.faults.env)
    before = view(switch)
    error = switch.refused("plug", binding=binding(1))
    assert "netlink socket" in str(error), error
    assert fault.words in str(error) and error.kind == "kernel"
    assert view(switch) == before
    switch.faults.disarm()
    assert switch.call("plug", binding=binding(1))["state"] == "active"


def test_socket_options_that_the_kernel_lacks(switch):
    """Without them errors say less; all else is the same."""
    switch.faults.arm("setsockopt netlink", 1, *failing("ENOPROTOOPT"),
                      for_good=True)
    switch.start_vifd(env=switch.faults.env)
    assert switch.call("plug", binding=binding(1))["state"] == "active"
    assert switch.faults.struck > 2


def ends_with_a_reason(host, site, fault):
    host.faults.arm(site, 1, fault)
    vifd = host.start_vifd(env=host.faults.env, wait=False)
    assert vifd.wait(20) == 1, vifd.text()
    assert host.faults.struck == 1
    last = vifd.text().strip().splitlines()[-1]
    assert "cannot" in last and (not fault.words or fault.words in last), last
    assert not os.path.exists(host.socket)
    return last


@pytest.mark.parametrize("site, fault, named", [
    *((site, faults[0], "netlink") for site, faults in OPENING),
    ("bind vifd.sock", *failing("ENOSPC"), "vifd.sock"),
    ("bind vifd.sock", *failing("EROFS"), "vifd.sock"),
    ("socket unix", *failing("EMFILE"), ""),
])
def test_vifd_cannot_start(switch, site, fault, named):
    assert named in ends_with_a_reason(switch, site, fault)


def test_no_room_where_the_sockets_are(switch):
    """The reason is the file system's."""
    place = os.path.join(switch.dir, "run")
    os.mkdir(place)
    run("mount", "-t", "tmpfs", "-o", "nr_inodes=1", "tmpfs", place)
    try:
        for option in ("--socket", "--unixctl", "--pidfile"):
            name = os.path.join(place, "vifd")
            vifd = switch.start_vifd("%s=%s" % (option, name), wait=False)
            assert vifd.wait(20) == 1
            last = vifd.text().strip().splitlines()[-1]
            assert name in last and "No space left on device" in last, last
    finally:
        run("umount", place)


def test_a_macvtap_s_node_comes_late_or_never(switch):
    """As where udev makes it."""
    switch.start_vifd(env=switch.faults.env)
    before = view(switch)
    late, = failing("ENOENT")
    switch.faults.arm("open /dev/tap#", 1, late)
    assert switch.call("plug", binding=macvtap(1))["state"] == "active"
    assert switch.faults.struck == 1
    switch.call("unplug", port_id=port_id(1))

    switch.faults.arm("open /dev/tap#", 1, late, for_good=True)
    error = switch.refused("plug", binding=macvtap(1))
    assert late.words in str(error) and error.outcome == "failed-clean"
    assert switch.faults.struck > 2
    assert view(switch) == before


# Notifications.

def drifts(host):
    """The port is seen to have drifted within a second."""
    return wait_until(lambda: ports_of(host)[port_id(1)] == "drifted",
                      "the drift to be seen", timeout=1)


@pytest.mark.parametrize("fault", [
    *failing("ENOBUFS", how=LOSE), *failing("ENOBUFS", "ENOMEM", "EINTR"),
    TOO_LONG], ids=str)
def test_a_drift_whose_notification_was_lost(switch, fault):
    switch.start_vifd(env=switch.faults.env)
    switch.call("plug", binding=binding(1))
    # One change may cause several.
    switch.faults.arm("recvfrom notifications", 1, fault,
                      for_good=fault.how != FAIL)
    switch.ip("link", "set", "tap0000001", "mtu", "1234")
    drifts(switch)
    assert switch.faults.struck
    switch.faults.disarm()
    assert switch.call("repair")["ports"][0]["ok"]


def test_a_look_that_fails_is_no_drift(switch):
    """It is repeated soon, and finds what there is to find."""
    lost, = failing("ENOBUFS", how=LOSE)
    switch.start_vifd(env=switch.faults.env)
    switch.call("plug", binding=binding(1))

    def check():
        # A look of vifd's own may come before this one.
        switch.faults.arm("recvfrom netlink", 1, lost)
        answer = switch.call("check", port_id=port_id(1))["ports"][0]
        assert ports_of(switch) == {port_id(1): "active"}
        return not answer["ok"] and answer

    answer = wait_until(check, "a look that fails")
    assert "No buffer space" in str(answer), answer

    switch.faults.arm("recvfrom netlink", 1, lost)
    switch.ip("link", "set", "tap0000001", "mtu", "1234")
    drifts(switch)
    assert switch.faults.struck == 1
    error = switch.call("show", port_id=port_id(1))["error"]
    assert "MTU 1234" in error["message"]


def dropped(host):
    """Notifications that the kernel could not deliver, of all sockets."""
    text = run("ip", "netns", "exec", host.netns, "cat",
               "/proc/net/netlink").stdout
    return sum(int(line.split()[8]) for line in text.splitlines()[1:])


def test_more_notifications_than_the_kernel_can_keep(switch):
    """The drift is among those that are lost."""
    switch.faults.arm("setsockopt netlink", 1, *failing("EPERM"),
                      for_good=True)       # The buffer stays small.
    switch.start_vifd(env=switch.faults.env)
    switch.faults.disarm()
    switch.call("plug", binding=binding(1))
    switch.vifd.signal(signal.SIGSTOP)
    burst = os.path.join(switch.dir, "burst")
    with open(burst, "w") as batch:
        for i in range(1000):
            batch.write("link set lo alias %d\n" % i)
        batch.write("link set tap0000001 mtu 1234\n")
    switch.ip("-batch", burst)
    assert dropped(switch)
    switch.vifd.signal(signal.SIGCONT)
    drifts(switch)
    assert "were lost" in switch.vifd.text()


# The sockets to clients and to OVSDB.

def test_bytes_that_come_and_go_one_by_one(switch):
    """Nothing depends on how a stream is cut."""
    switch.start_vifd(env=switch.faults.env)
    for site in ("recv client of vifd.sock", "sendmsg client of vifd.sock",
                 "recv db.sock", "send db.sock"):
        switch.faults.arm(site, 1, Fault(SHORT, 1), for_good=True)
        assert switch.call("plug", binding=binding(1))["state"] == "active"
        assert switch.call("unplug", port_id=port_id(1))["state"] == "gone"
        assert switch.faults.struck > 10


PASSING = failing("EINTR", "EAGAIN")
STREAMS = {
    "recv client of vifd.sock": PASSING,
    "sendmsg client of vifd.sock": PASSING,
    "recv db.sock": failing("EAGAIN"),
    "send db.sock": failing("EAGAIN"),
    "accept vifd.sock": PASSING + failing("ECONNABORTED", "ENOMEM"),
    "poll everything": failing("EINTR", "ENOMEM"),
}


def test_a_call_that_fails_for_a_moment_only(switch):
    switch.start_vifd(env=switch.faults.env)
    for site, faults in STREAMS.items():
        for fault in faults:
            for nth in (1, 2):
                switch.faults.arm(site, nth, fault)
                details = switch.call("plug", binding=binding(1))
                assert details["state"] == "active"
                switch.call("unplug", port_id=port_id(1))
                assert switch.faults.struck == 1, (site, fault)


@pytest.mark.parametrize("name", ["EMFILE", "ENFILE"])
def test_no_descriptor_for_a_client(switch, name):
    """It gets the one in reserve for as long as it takes to be told so."""
    switch.start_vifd(env=switch.faults.env)

    def told():
        """Not if vifd has looked for clients before there was one."""
        switch.faults.arm("accept vifd.sock", 1, *failing(name))
        with Connection(switch.socket, 1) as client, \
                contextlib.suppress(TimeoutError):
            return client.receive()

    answer = wait_until(told, "a client to be told")
    assert answer["error"]["data"]["code"] == "busy"
    assert switch.call("plug", binding=binding(1))["state"] == "active"


@pytest.mark.parametrize("site", ["recv client of vifd.sock",
                                  "sendmsg client of vifd.sock"])
def test_a_client_s_socket_breaks(switch, site):
    """The request goes on, if it was read; its port is as asked or not
    there."""
    switch.start_vifd(env=switch.faults.env)
    before = view(switch)
    for name in ("ECONNRESET", "EPIPE", "ENOMEM"):
        # One that has closed its connection is still read from, once.
        wait_until(lambda: stats(switch)["clients"] == "0", "no client")
        switch.faults.arm(site, 1, *failing(name))
        with pytest.raises((EOFError, ConnectionError)):
            switch.call("plug", binding=binding(1))
        assert switch.faults.struck == 1
        switch.faults.disarm()
        if "sendmsg" in site:
            assert ports_of(switch) == {port_id(1): "active"}
        else:
            assert view(switch) == before
        switch.call("plug", binding=binding(1))
        switch.call("unplug", port_id=port_id(1))
        assert view(switch) == before


@pytest.mark.parametrize("site", ["recv db.sock", "send db.sock"])
def test_the_connection_to_ovsdb_breaks(switch, site):
    cells = started(switch, "plug")
    for nth in (1, 3):
        cells.try_one(site, nth, failing("ECONNRESET")[0])
    assert cells.cells


# Nothing is left out.

# Functions of the C library that do something with a descriptor or a name in
# the file system which tells the kernel what to do.
KNOWN = set("""open open64 openat openat64 creat ioctl socket bind connect
    accept accept4 setsockopt getsockname read write send sendto sendmsg
    sendmmsg recv recvfrom recvmsg recvmmsg poll ppoll pread pwrite readv
    writev splice sendfile syscall mount umount2 setns unshare""".split())

# Not for devices: the journal's lock, datapaths that vifd does not have, and
# how the helper waits for vifd's end.
ELSEWHERE = set("pread pwrite sendto recvmmsg sendmmsg ppoll syscall".split())


def symbols(path, *options):
    """Names of functions, without their version."""
    return {line.split()[-1].split("@")[0] for line in
            run("nm", "-D", *options, path).stdout.splitlines()}


def test_every_call_that_vifd_makes_can_fail():
    called = symbols(os.path.join(BUILD, "agent/vifd"), "--undefined-only")
    assert called & KNOWN <= (symbols(LIBRARY, "--defined-only")
                              | ELSEWHERE)
