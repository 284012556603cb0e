"""Steps "vf" and "vf-netdev" on the drivers igb and igbvf, which have ways of
their own."""

import pytest

from host import run, wait_until
from nics import bind
from steps import Step, StepError

MAC = "fa:16:3e:00:00:01"


@pytest.fixture
def vf0(pf):
    pf.make_vfs(2)
    wait_until(lambda: pf.link()["operstate"] == "UP", "the PF's link")
    return pf.vf(0)


def vf_step(pf, number, **args):
    return Step("vf", pf.vf(number).device, pf=pf.device, vf=number, **args)


def netdev_step(pf, function, **args):
    return Step("vf-netdev", function.device, pf=pf.device, **args)


def test_what_igb_has(pf, vf0):
    before = pf.vf_infos()
    with vf_step(pf, 0, mac=MAC, vlan=100, vlan_qos=3, max_tx_rate=100,
                 spoofchk="false", trust="true") as step:
        step.plug()
        info = pf.vf_info(0)
        assert info["address"] == MAC
        assert info["vlan_list"][0]["vlan"] == 100
        assert info["vlan_list"][0]["qos"] == 3
        assert info["rate"]["max_tx"] == 100
        assert info["trust"] and not info["spoofchk"]
        step.revert()
        assert "warning" not in step.output, step.output
    assert pf.vf_infos() == before


@pytest.mark.parametrize("args, words", [
    ({"link_state": "enable"}, "has no link state"),
    ({"min_tx_rate": 10}, "has no minimum rate"),
    ({"vlan": 5, "vlan_protocol": "802.1ad"}, "knows no 802.1ad"),
])
def test_what_igb_lacks(pf, vf0, args, words):
    before = pf.vf_infos()
    with vf_step(pf, 0, spoofchk="false", **args) as step:
        with pytest.raises(StepError, match=words) as caught:
            step.plug()
        assert caught.value.code == "unsupported"
        step.revert()
    assert pf.vf_infos() == before
    with vf_step(pf, 0, spoofchk="false", best_effort="true", **args) as step:
        if "vlan" in args:      # Not to be left out.
            with pytest.raises(StepError, match=words):
                step.plug()
            return
        step.plug()
        assert words in step.output["warning"]
        assert not pf.vf_info(0)["spoofchk"]
        step.verify().revert()
    assert pf.vf_infos() == before


def test_rate_needs_a_link(pf, vf0):
    pf.set("down")
    with vf_step(pf, 0, max_tx_rate=100) as step:
        with pytest.raises(StepError, match="ip link set eth0 up"):
            step.plug()
    pf.set("up")


@pytest.mark.parametrize("trust", ["true", "false"])
@pytest.mark.parametrize("up", ["up", "down"])
def test_netdev(pf, vf0, trust, up):
    """The VF's netdev has a MAC address of its own, then the port's, then its
    own again: igbvf neither notices a new one nor takes another."""
    vf0.set(up)
    before = pf.vf_info(0), vf0.link()["address"], vf0.link()["flags"]
    with vf_step(pf, 0, mac=MAC, trust=trust) as vf, \
            netdev_step(pf, vf0, mac=MAC, mtu=1400, up="true") as netdev:
        vf.plug()
        netdev.plug()
        assert vf0.link()["address"] == MAC
        assert vf0.link()["mtu"] == 1400
        assert "UP" in vf0.link()["flags"]
        assert netdev.output["name"] == vf0.netdev
        vf.verify()
        netdev.verify()

        netdev.revert()
        assert "warning" not in netdev.output, netdev.output
        vf.revert()
        assert "warning" not in vf.output, vf.output
    assert pf.vf_info(0) == before[0]
    assert vf0.link()["address"] == before[1]
    assert vf0.link()["mtu"] == 1500
    assert ("UP" in vf0.link()["flags"]) == ("UP" in before[2])


def test_netdev_of_vfio(pf, vf0):
    with vf_step(pf, 0, mac=MAC) as vf, \
            netdev_step(pf, vf0, mac=MAC) as netdev:
        vf.plug()
        netdev.plug()
        bind(vf0, "vfio-pci")
        with pytest.raises(StepError, match="its driver is vfio-pci"):
            netdev.verify()
        netdev.revert()
        assert "its driver is vfio-pci" in netdev.output["warning"]
        vf.verify().revert()
        bind(vf0, None)
    with netdev_step(pf, vf0, mtu=1400) as netdev:
        bind(vf0, "vfio-pci")
        with pytest.raises(StepError, match="its driver is vfio-pci"):
            netdev.capture()
        bind(vf0, None)
        wait_until(lambda: vf0.netdev, "the netdev of the VF")
        netdev.plug().revert()


def test_netdev_in_another_namespace(pf, vf0):
    """What the PF keeps is restored all the same."""
    before = pf.vf_info(0)
    with vf_step(pf, 0, mac=MAC, vlan=100) as vf, \
            netdev_step(pf, vf0, mac=MAC) as netdev:
        vf.plug()
        netdev.plug()
        name = vf0.netdev
        run("ip", "netns", "add", "elsewhere")
        try:
            vf0.set("netns", "elsewhere")
            with pytest.raises(StepError, match="in another namespace"):
                netdev.verify()
            netdev.revert()
            assert "in another namespace" in netdev.output["warning"]
            vf.verify().revert()
            assert pf.vf_info(0) == before
            run("ip", "-n", "elsewhere", "link", "set", name, "netns", "1")
        finally:
            run("ip", "netns", "del", "elsewhere")


def test_pf_down_and_up(pf, vf0):
    with vf_step(pf, 0, mac=MAC, vlan=100, max_tx_rate=100) as step:
        before = pf.vf_infos()
        step.plug()
        pf.set("down")
        step.verify()
        pf.set("up")
        wait_until(lambda: pf.link()["operstate"] == "UP", "the PF's link")
        step.verify().revert()
    assert pf.vf_infos() == before
