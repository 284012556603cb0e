"""Devlink's view of a card, and changes of it that no uevent tells.  The
second opinion is devlink(8)."""

import json

import pytest

from host import run, wait_until

ENTRY = {"address": "netdevsim/netdevsim1", "physical_network": "physnet1"}


def mode(pf):
    answer = run("devlink", "-j", "dev", "eswitch", "show", pf.device)
    return json.loads(answer.stdout)["dev"][pf.device]["mode"]


def set_mode(pf, name):
    run("devlink", "dev", "eswitch", "set", pf.device, "mode", name)


@pytest.fixture
def pf(host, make_pf):
    """vifd knows it; it has no VFs."""
    pf = make_pf(1, 4)
    host.start_with(ENTRY)
    yield pf
    set_mode(pf, "legacy")


def known(host, pf, wanted, what):
    def have():
        device = host.devices().get(pf.device, {})
        return wanted(device) and device
    return wait_until(have, what)


def test_handle(host, pf):
    pf.set_numvfs(2)
    known(host, pf, lambda device: device["vfs"] == 2, "the VFs")
    devices = host.devices()
    assert devices[pf.device]["devlink"] == pf.device
    assert devices[pf.device]["eswitch"] == mode(pf) == "legacy"
    assert devices[pf.vf_device(0)]["devlink"] == pf.device
    assert "eswitch" not in devices[pf.vf_device(0)]
    table = host.ctl("inventory", "--capabilities").stdout
    assert "legacy" in table


def test_vfs_come_and_go_without_a_word(host, pf):
    """In legacy mode neither a uevent nor netlink tells of netdevsim's."""
    for number in (3, 0, 4, 1, 0):
        pf.set_numvfs(number)
        known(host, pf, lambda device, n=number: device["vfs"] == n,
              "%d VFs" % number)
        assert sum(name.startswith(pf.device + "/")
                   for name in host.devices()) == number


def test_mode_is_changed(host, pf):
    pf.set_numvfs(2)
    for _ in range(3):
        set_mode(pf, "switchdev")
        device = known(host, pf,
                       lambda device: device["eswitch"] == "switchdev",
                       "switchdev mode")
        assert mode(pf) == "switchdev"
        assert device["netdev"]["port_name"] == "p1"    # No representor.
        assert "switchdev" in device["capabilities"]
        assert "switchdev" in host.devices()[pf.vf_device(1)]["capabilities"]
        set_mode(pf, "legacy")
        known(host, pf, lambda device: device["eswitch"] == "legacy",
              "legacy mode")
        assert "switchdev" not in host.devices()[pf.vf_device(1)].get(
            "capabilities", [])


def test_mode_is_changed_without_vfs(host, pf):
    """That is told by nobody, but known as soon as there are VFs."""
    set_mode(pf, "switchdev")
    pf.set_numvfs(1)
    known(host, pf, lambda device: device["eswitch"] == "switchdev"
          and device["vfs"] == 1, "switchdev mode")


def test_card_is_made_again(host, pf, make_pf):
    """The file that is watched is another one then."""
    pf.remove()
    wait_until(lambda: pf.device not in host.devices(), "the card to go")
    pf.__init__(pf.number, 4)
    known(host, pf, lambda device: device.get("vfs") == 0, "the new card")
    pf.set_numvfs(2)
    known(host, pf, lambda device: device["vfs"] == 2, "its VFs")
