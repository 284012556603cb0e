"""Step "vf" on a PF that has every attribute, and on one with many VFs.  The
second opinion is 'ip -d link'."""

import subprocess

import pytest

from steps import Step, StepError

MAC = "fa:16:3e:00:00:01"
ALL = {"mac": MAC, "vlan": 100, "vlan_qos": 3, "vlan_protocol": "802.1ad",
       "min_tx_rate": 10, "max_tx_rate": 1000, "spoofchk": "true",
       "trust": "true", "link_state": "enable"}


@pytest.fixture
def sim(make_pf):
    return make_pf(7, 256)


def vf_step(pf, number, **args):
    return Step("vf", pf.vf_device(number), pf=pf.device, vf=number, **args)


def test_every_attribute_and_back(sim):
    sim.set_numvfs(4)
    before = sim.vf_infos()
    with vf_step(sim, 3, **ALL) as step:
        step.plug()
        info = sim.vf_info(3)
        assert info["address"] == MAC
        assert info["vlan_list"] == [
            {"vlan": 100, "qos": 3, "protocol": "802.1ad"}]
        assert info["rate"] == {"max_tx": 1000, "min_tx": 10}
        assert info["spoofchk"] and info["trust"]
        assert info["link_state"] == "enable"
        assert step.output == {"mac": MAC, "given_mac": MAC}
        assert sim.vf_infos()[0] == before[0]

        step.change(pf=sim.device, vf=3, mac=MAC, vlan=200,
                    link_state="disable")
        info = sim.vf_info(3)
        assert [(vlan["vlan"], vlan.get("qos", 0),
                 vlan.get("protocol", "802.1Q"))
                for vlan in info["vlan_list"]] == [(200, 0, "802.1Q")]
        assert info["link_state"] == "disable"
        assert not info["trust"] and not info["spoofchk"]
        assert info["rate"] == {"max_tx": 0, "min_tx": 0}

        step.revert()
        assert "warning" not in step.output
        assert sim.vf_infos() == before


def test_what_somebody_else_changed(sim):
    sim.set_numvfs(4)
    with vf_step(sim, 1, **ALL) as step:
        step.plug()
        sim.set("vf", "1", "vlan", "7")
        sim.set("vf", "1", "max_tx_rate", "500", "min_tx_rate", "10")
        with pytest.raises(StepError, match="the VLAN of VF 1 .* is 7 "):
            step.verify()
        step.revert()
        info = sim.vf_info(1)
        assert not any(vlan.get("vlan") for vlan in info["vlan_list"])
        assert info["rate"] == {"max_tx": 500, "min_tx": 0}
        assert "maximum rate" in step.output["warning"]


def test_vfs_that_are_gone(sim):
    sim.set_numvfs(4)
    with vf_step(sim, 3, **ALL) as step:
        step.plug()
        sim.set_numvfs(0)
        with pytest.raises(StepError, match="is gone"):
            step.verify()
        step.revert()
        assert "is gone" in step.output["warning"]


def test_pf_renamed(sim):
    """Names do not matter."""
    sim.set_numvfs(2)
    before = sim.vf_infos()
    with vf_step(sim, 0, **ALL) as step:
        step.plug()
        sim.set("down")
        sim.set("name", "elsewhere")
        step.verify().revert()
    assert sim.netdev == "elsewhere"
    assert sim.vf_infos() == before


def test_200_vfs(sim):
    """'ip' gets them in pieces of its own making; each is as it was set."""
    sim.set_numvfs(200)
    for number in (0, 63, 127, 199):
        with vf_step(sim, number, vlan=1000 + number) as step:
            step.plug()
            step.verify()
            step.revert()
    shown = subprocess.run(["ip", "link", "show", "dev", sim.netdev],
                           capture_output=True, text=True).stdout
    assert "vf 199 " in shown


def test_pf_without_vfs(sim):
    with vf_step(sim, 0, trust="true") as step:
        with pytest.raises(StepError, match="it is not VF 0 of") as caught:
            step.capture()
        assert caught.value.code == "not-found"
