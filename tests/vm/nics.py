"""The NICs of the virtual machine, as a test sets them up and as the kernel
tells of them, and a host for vifd that has them.

Like tests/netns/host.py, which it builds upon, but in the guest's own network
namespace, where the NICs are, and without Open vSwitch.
"""

import errno
import json
import os

from host import ASAN_BUILD, Host, run, wait_until
from rpc import RpcError
from waiting import comes_true

BUS = "/sys/bus"


def write(path, value):
    """Raises the OSError that the kernel answers with."""
    with open(path, "w") as file:
        file.write(str(value))


def read(path):
    with open(path) as file:
        return file.read().strip()


def link_name(path):
    """The last part of what a link leads to, or None."""
    try:
        return os.path.basename(os.readlink(path))
    except FileNotFoundError:
        return None


class Function:
    """A function of a NIC, by bus and address."""

    def __init__(self, bus, address):
        self.bus = bus
        self.address = address
        self.path = os.path.join(BUS, bus, "devices", address)

    @property
    def device(self):
        """As vifd names it."""
        return "%s/%s" % (self.bus, self.address)

    def file(self, name):
        return os.path.join(self.path, name)

    @property
    def netdev(self):
        """Its name at this moment, or None."""
        try:
            names = os.listdir(self.file("net"))
        except FileNotFoundError:
            return None
        return names[0] if names else None

    def driver(self):
        return link_name(self.file("driver"))

    def iommu_group(self):
        return int(link_name(self.file("iommu_group")))

    def link(self):
        """As 'ip -j -d link' tells it."""
        return json.loads(run("ip", "-j", "-d", "link", "show", "dev",
                              self.netdev).stdout)[0]

    def set(self, *arguments):
        """'ip link set' for its netdev."""
        run("ip", "link", "set", "dev", self.netdev, *arguments)

    def has_link(self):
        return "LOWER_UP" in self.link()["flags"]


def all_links():
    """By their names, as 'ip -j -d link' tells them."""
    return {link["ifname"]: link for link in json.loads(
        run("ip", "-j", "-d", "link").stdout)}


def vf_infos_of(link):
    """What a PF's 'link' tells of its VFs' attributes, by their numbers."""
    return {vf["vf"]: vf for vf in link.get("vfinfo_list", [])}


class Pf(Function):
    """One that can have VFs."""

    def set_numvfs(self, number):
        """From any number to any other."""
        if int(read(self.file("sriov_numvfs"))) != 0:
            write(self.file("sriov_numvfs"), 0)
        if number:
            write(self.file("sriov_numvfs"), number)

    def numvfs(self):
        return int(read(self.file("sriov_numvfs")))

    def vf_infos(self):
        return vf_infos_of(self.link())

    def vf_info(self, number):
        return self.vf_infos()[number]


class PciPf(Pf):
    def __init__(self, address):
        super().__init__("pci", address)

    def vf(self, number):
        """With its netdev, if a driver for one has it."""
        address = link_name(self.file("virtfn%d" % number))
        assert address, "%s has no VF %d" % (self.address, number)
        return Function("pci", address)

    def vfs(self):
        return [self.vf(number) for number in range(self.numvfs())]

    def ready(self):
        """Whether each VF has its driver and a netdev."""
        return all(vf.netdev for vf in self.vfs())

    def knows_vfs(self):
        """Whether it has each VF's address from the VF's driver."""
        links = all_links()
        told = {number: vf["address"] for number, vf in
                vf_infos_of(links[self.netdev]).items()}
        return told == {number: links.get(vf.netdev, {}).get("address")
                        for number, vf in enumerate(self.vfs())}

    def make_vfs(self, number):
        """igb sets up its link anew for that, if it is up, upon which the
        VFs reset themselves and tell their addresses again; or one does not,
        and then it stays so."""
        self.set_numvfs(number)
        wait_until(self.ready, "the netdevs of the VFs", 60)
        if "UP" in self.link()["flags"]:
            wait_until(self.has_link, "the link of %s" % self.address, 60)
        comes_true(self.knows_vfs, 5, 0.2)
        return self.vfs()


def bind(function, driver):
    """As an operator does it; None gives it back to its own driver."""
    write(function.file("driver_override"), driver or "\n")
    if function.driver():
        write(function.file("driver/unbind"), function.address)
    write(os.path.join(BUS, "pci/drivers_probe"), function.address)
    wait_until(function.driver, "a driver of " + function.address)


class NestedGuest:
    """A guest of the guest: QEMU that has been given a function which
    vfio-pci has, and so holds /dev/vfio/GROUP.  Its processors never run."""
    all = []

    @classmethod
    def end_all(cls):
        """Whoever takes a function from one would wait for it for ever."""
        for guest in cls.all:
            guest.process.kill()
        cls.all.clear()

    def __init__(self, host, function):
        self.node = "/dev/vfio/%d" % function.iommu_group()
        self.process = host.start(
            "qemu-" + function.address.replace(":", "-"),
            os.path.join(os.environ["VIFD_VM"], "qemu-system"),
            "-machine", "q35,accel=tcg", "-m", "16", "-nodefaults",
            "-display", "none", "-S", "-device",
            "vfio-pci,host=" + function.address)
        self.all.append(self)
        wait_until(self.holds, "QEMU to have " + self.node, 60)

    def holds(self):
        """Its descriptors tell: to open the node, as held() does, could keep
        it from doing so."""
        assert self.process.alive(), self.process.text()
        for entry in os.scandir("/proc/%d/fd" % self.process.pid):
            try:
                if os.readlink(entry) == self.node:
                    return True
            except FileNotFoundError:
                pass            # It has closed that one since.
        return False

    def end(self):
        self.process.kill()
        wait_until(lambda: not held(self.node), "%s to be free" % self.node)


def held(node):
    """Whether somebody has it open who is alone with it."""
    try:
        os.close(os.open(node, os.O_RDWR | os.O_CLOEXEC))
        return False
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        return True


class NetdevsimPf(Pf):
    """A card of the simulation's, with one port; its VFs have no functions
    of their own."""

    def __init__(self, number, max_vfs=4):
        super().__init__("netdevsim", "netdevsim%d" % number)
        self.number = number
        write(os.path.join(BUS, "netdevsim/new_device"), "%d 1" % number)
        wait_until(lambda: self.netdev, "the netdev of " + self.address)
        write("/sys/kernel/debug/netdevsim/%s/max_vfs" % self.address,
              max_vfs)

    def vf_device(self, number):
        return "%s/%d" % (self.device, number)

    def remove(self):
        write(os.path.join(BUS, "netdevsim/del_device"), self.number)


class NicHost(Host):
    """vifd in the namespace where the NICs are."""

    def __init__(self, build=ASAN_BUILD):
        super().__init__(build, namespace=False)

    # A busy machine that emulates this one is slow.
    PATIENCE_S = 300

    def configure(self, *entries):
        """A device_spec of these."""
        self.write_config(json.dumps({
            "device_spec": entries,
            "default_timeout_ms": (self.PATIENCE_S - 10) * 1000}))

    def start_with(self, *entries, env=None):
        """vifd, once it knows the NICs."""
        self.configure(*entries)
        self.start_vifd(env=env)
        wait_until(self.has_inventory, "the inventory", 60)

    def has_inventory(self):
        """It is read in the background."""
        try:
            return bool(self.call("inventory"))
        except RpcError as error:
            if error.kind != "unavailable":
                raise
            return False

    def settled(self):
        return self.has_inventory() and super().settled()

    def devices(self):
        """What vifd knows, by name."""
        return {device["device"]: device
                for device in self.call("inventory")["devices"]}

    def pools(self):
        return self.call("inventory")["pools"]
