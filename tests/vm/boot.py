"""Virtual machines for tests: QEMU without any acceleration, a kernel and
modules that tests/vm/setup got ready, and the host's root file system, which
the guest sees and cannot write to."""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import traceback

import tap

# What a guest may take, in seconds.
TIMEOUT_S = 1500
MEMORY_MB = 1536
# Lines of the console shown with a guest that did not finish.
CONSOLE_TAIL = 40

# In the guest: what tests write goes here, in memory.
GUEST_TMP = "/run/vifd-test"

IGB_MODULES = "igb igbvf vfio-pci vfio_iommu_type1 macvtap 8021q veth tun"
# Two PFs, each behind a port of its own, wired to each other.
IGB_DEVICES = [word for number in (1, 2) for word in (
    "-device", "pcie-root-port,id=port%d,slot=%d,chassis=%d"
    % (number, number, number),
    "-netdev", "hubport,id=wire%d,hubid=0" % number,
    "-device", "igb,bus=port%d,netdev=wire%d,mac=52:54:00:aa:00:0%d"
    % (number, number, number))]


class Suite:
    def __init__(self, modules, devices=(), by_name=False):
        """One that is run only 'by_name' measures."""
        self.modules = modules
        self.devices = list(devices)
        self.by_name = by_name


SUITES = {
    "bench": Suite("netdevsim", by_name=True),
    # The longest first.
    "igb": Suite(IGB_MODULES, IGB_DEVICES),
    "crash": Suite(IGB_MODULES + " bridge", IGB_DEVICES),
    "netdevsim": Suite("netdevsim macvtap 8021q tun"),
}


TESTS = [name for name, suite in SUITES.items() if not suite.by_name]


# A guest takes a processor, and a second one now and then.
AT_ONCE = 2


class NotToBeHad(Exception):
    """Why there can be no virtual machine here."""


class Machine:
    """What setup has made."""

    def __init__(self, directory):
        self.directory = directory
        self.kernel = os.path.join(directory, "vmlinuz")
        self.qemu = os.path.join(directory, "qemu-system")
        self.busybox = os.path.join(directory, "busybox")
        self.release = os.listdir(os.path.join(directory, "lib/modules"))[0]

    def modules(self, *names):
        """The files of these and of all that they need, in order."""
        files = []
        for name in names:
            shown = subprocess.run(
                ["modprobe", "-d", self.directory, "-S", self.release,
                 "--show-depends", name],
                check=True, capture_output=True, text=True).stdout
            files += [line.split()[1] for line in shown.splitlines()
                      if line.startswith("insmod ")]
        return list(dict.fromkeys(files))

    def make_initrd(self, path, scratch):
        root = os.path.join(scratch, "initrd")
        for folder in ("bin", "modules", "proc", "sys", "dev", "lower",
                       "upper", "root"):
            os.makedirs(os.path.join(root, folder))
        shutil.copy(self.busybox, os.path.join(root, "bin/busybox"))
        os.symlink("busybox", os.path.join(root, "bin/sh"))
        shutil.copy(os.path.join(os.path.dirname(__file__), "initrd-init"),
                    os.path.join(root, "init"))
        os.chmod(os.path.join(root, "init"), 0o755)
        for number, module in enumerate(
                self.modules("9p", "9pnet_virtio", "overlay")):
            name = "%02d-%s" % (number, os.path.basename(module))
            with open(os.path.join(root, "modules",
                                   name.removesuffix(".xz")), "wb") as to:
                subprocess.run(["xz" if module.endswith(".xz") else "cat"]
                               + ["-dc"] * module.endswith(".xz") + [module],
                               check=True, stdout=to)
        with open(path, "wb") as initrd:
            subprocess.run("find . | %s cpio -o -H newc"
                           % shlex.quote(self.busybox), cwd=root, shell=True,
                           check=True, stdout=initrd,
                           stderr=subprocess.DEVNULL)
        shutil.rmtree(root)


def set_up(program):
    """The Machine; raises NotToBeHad."""
    done = subprocess.run([program], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    sys.stderr.write(done.stderr)
    if done.returncode == 77:
        reason = done.stderr.splitlines()[-1]
        raise NotToBeHad(reason.removeprefix("setup: "))
    if done.returncode != 0:
        sys.exit("tests/vm/setup failed")
    return Machine(done.stdout.strip())


class Guest:
    """One boot.  Everything that it leaves is in 'job', a folder that the
    guest sees as /job."""

    def __init__(self, machine, suite, job, **environment):
        self.machine = machine
        self.suite = SUITES[suite]
        self.job = job
        self.process = None
        self.timed_out = False
        top = os.environ["VIFD_TOP"]
        path = [os.path.join(top, "tests", folder)
                for folder in ("lib", "netns", "crash", "vm")]
        known = {name: value for name, value in os.environ.items()
                 if name.startswith("VIFD_") or name == "CI"}
        known.update(
            PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
            "/bin", HOME="/root", LC_ALL="C.UTF-8", TERM="dumb",
            PYTHONPATH=":".join(path), PYTHONDONTWRITEBYTECODE="1",
            PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", VIFD_STRICT_STATES="1",
            VIFD_TEST_TMP=GUEST_TMP,
            VIFD_VM=machine.directory, VIFD_VM_SUITE=suite,
            VIFD_VM_MODULES=self.suite.modules)
        known.update(environment)
        with open(os.path.join(job, "environment"), "w") as script:
            for name, value in known.items():
                script.write("%s=%s\n" % (name, shlex.quote(value)))
        self.initrd = self.path("initrd.cpio")
        machine.make_initrd(self.initrd, job)

    def command(self, serial, more):
        share = "local,security_model=none,multidevs=remap"
        return [
            # It does not outlive us, whatever becomes of us.
            "setpriv", "--pdeathsig", "KILL", self.machine.qemu,
            "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max",
            # With two processors, emulating takes half as long again.
            "-smp", "1", "-m", str(MEMORY_MB), "-nodefaults",
            "-display", "none", "-no-reboot",
            "-kernel", self.machine.kernel, "-initrd", self.initrd,
            "-append", "console=ttyS0 quiet loglevel=4 panic=-1 "
            "mitigations=off nokaslr no_timer_check random.trust_cpu=on "
            "intel_iommu=on",
            "-serial", serial,
            "-fsdev", share + ",id=root,path=/,readonly=on",
            "-device", "virtio-9p-pci,fsdev=root,mount_tag=root",
            "-fsdev", share + ",id=job,path=" + self.job.replace(",", ",,"),
            "-device", "virtio-9p-pci,fsdev=job,mount_tag=job",
            "-object", "rng-random,id=random,filename=/dev/urandom",
            "-device", "virtio-rng-pci,rng=random",
            "-device", "intel-iommu,caching-mode=on",
        ] + self.suite.devices + more

    def start(self, output):
        """What the guest's tests write goes to the descriptor 'output'."""
        with open(self.path("qemu"), "wb") as errors:
            self.process = subprocess.Popen(
                self.command("file:" + self.path("console"), [
                    "-device", "virtio-serial-pci",
                    "-add-fd", "fd=%d,set=1" % output,
                    "-chardev", "file,id=out,path=/dev/fdset/1,append=on",
                    "-device", "virtserialport,chardev=out,name=out"]),
                stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                pass_fds=[output])

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def overdue(self):
        self.timed_out = True
        self.process.kill()

    def path(self, name):
        return os.path.join(self.job, name)

    def text(self, name):
        try:
            with open(self.path(name), errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def keep_figures(self):
        """Those of a suite that measures go where the caller wants them."""
        to = os.environ.get("VIFD_VM_FIGURES")
        if to and os.path.exists(self.path("figures.json")):
            shutil.copy(self.path("figures.json"), to)

    def complaint(self):
        """Why it did not finish, or None."""
        if self.timed_out:
            return "took more than %d seconds" % TIMEOUT_S
        if not self.text("status").strip():
            return "the guest did not finish: QEMU's status %d" \
                % self.process.returncode
        return None

    def last_words(self):
        console = self.text("console").splitlines()[-CONSOLE_TAIL:]
        return "\n".join(["---- console"] + console
                         + ["---- QEMU", self.text("qemu")])


class Relay:
    """Writes the results of several guests, each with its explanation."""

    def __init__(self):
        self.writer = tap.Writer()
        self.lock = threading.Lock()

    def block(self, suite, result, comments):
        with self.lock:
            result.name = "%s: %s" % (suite, result.name)
            self.writer.result(result)
            self.writer.comment("\n".join(comments))

    def follow(self, suite, lines):
        """Until they end; the tap.Reader that has seen them."""
        reader = tap.Reader()
        result, comments = None, []
        for line in lines:
            line = line.rstrip("\r\n")
            new = reader.feed(line)
            if new and result:
                self.block(suite, result, comments)
            if new:
                result, comments = new, []
            elif line.startswith("#"):
                comments.append(line[1:].removeprefix(" "))
        if result:
            self.block(suite, result, comments)
        return reader


def run_suite(machine, suite, pattern, relay, guests):
    """Boots a guest, which is in 'guests' while it runs."""
    with contextlib.ExitStack() as cleanup:
        job = cleanup.enter_context(tempfile.TemporaryDirectory(
            prefix="vm-%s-" % suite, dir=os.environ.get("VIFD_TEST_TMP")))
        guest = Guest(machine, suite, job, VIFD_VM_PATTERN=pattern)
        reading, writing = os.pipe()
        lines = cleanup.enter_context(os.fdopen(reading, errors="replace"))
        try:
            guest.start(writing)
        finally:
            os.close(writing)
        guests.append(guest)
        cleanup.callback(guest.stop)
        timer = threading.Timer(TIMEOUT_S, guest.overdue)
        timer.daemon = True
        timer.start()
        reader = relay.follow(suite, lines)
        guest.process.wait()
        timer.cancel()
        sys.stderr.write(guest.text("console"))
        guest.keep_figures()
        complaint = guest.complaint() or reader.complaint()
        if complaint:
            relay.block(suite, tap.Result("failed", complaint),
                        guest.last_words().splitlines())


def run_suites(machine, suites, pattern):
    """A few at the same time; the exit status."""
    relay, guests, waiting = Relay(), [], list(suites)

    def end(number, _frame):
        waiting.clear()
        for guest in guests:
            guest.stop()
        sys.exit(128 + number)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    def watched(suite):
        try:
            run_suite(machine, suite, pattern, relay, guests)
        except Exception:
            relay.block(suite, tap.Result("failed", "the guest"),
                        traceback.format_exc().splitlines())

    def work():
        with contextlib.suppress(IndexError):
            while True:
                watched(waiting.pop(0))

    threads = [threading.Thread(target=work) for _ in suites[:AT_ONCE]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return relay.writer.end()


def shell(machine, suite):
    """On this terminal."""
    with tempfile.TemporaryDirectory(prefix="vm-") as job:
        guest = Guest(machine, suite, job, VIFD_VM_SHELL="1", TERM="vt220")
        return subprocess.run(guest.command(
            "chardev:terminal",
            ["-chardev", "stdio,id=terminal,signal=off"])).returncode
