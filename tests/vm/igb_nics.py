"""Fixtures of the suites that have them: the two igb NICs, as they were when
the machine had booted."""

import os

import pytest

from host import run, wait_until
from nics import NestedGuest, PciPf

DRIVER = "/sys/bus/pci/drivers/igb"
# What the kernel calls them.
NAMES = ("eth0", "eth1")


def clean(pfs):
    NestedGuest.end_all()
    for link in os.listdir("/sys/class/net"):
        if link not in NAMES + ("lo",) and not os.path.exists(
                "/sys/class/net/%s/device" % link):
            run("ip", "link", "del", link, check=False)
    for pf, name in zip(pfs, NAMES):
        pf.set_numvfs(0)
        pf.set("down")
        if pf.netdev != name:
            pf.set("name", name)
    wait_until(lambda: sorted(os.listdir("/sys/class/net"))
               == sorted(NAMES + ("lo",)), "nothing but the NICs")


@pytest.fixture(scope="session")
def both():
    """The PFs, by address."""
    return [PciPf(address) for address in sorted(os.listdir(DRIVER))
            if address.startswith("0000:")]


@pytest.fixture
def pfs(both):
    """Up, with no VFs."""
    assert len(both) == 2
    for pf in both:
        pf.set("up")
    for pf in both:
        wait_until(pf.has_link, "the link of %s" % pf.address, 60)
    yield both
    clean(both)


@pytest.fixture
def pf(pfs):
    return pfs[0]
