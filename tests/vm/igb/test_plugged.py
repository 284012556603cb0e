"""What befalls NICs while ports have their VFs: many clients, restarts of the
daemon, and an operator who does not know of it.  The second opinion is
'ip -d link'."""

import concurrent.futures
import re

import pytest

from host import LinkMonitor, port_id, wait_until
from rpc import RpcError

PHYSNET = "physnet1"
VLAN = 100
STRANGERS = "02:00:00:00:00:99"


def mac(number):
    return "fa:16:3e:00:01:%02x" % number


def direct(number, **more):
    return dict(port_id=port_id(number), vnic_type="direct",
                mac_address=mac(number), physical_network=PHYSNET,
                vf={"vlan": VLAN + number, "spoofchk": True}, **more)


def vlans(info):
    return [vlan["vlan"] for vlan in info["vlan_list"] if vlan]


def is_as_asked(info, number):
    return info["address"] == mac(number) and vlans(info) == [VLAN + number]


@pytest.fixture
def daemon(host, pf):
    host.entry = {"address": pf.address, "physical_network": PHYSNET}
    pf.make_vfs(7)
    host.start_with(host.entry)
    return host


def plug(host, number):
    """From a client of its own: its details, or the error."""
    try:
        return host.call("plug", binding=direct(number))
    except RpcError as error:
        return error


def plug_all(host, count):
    with concurrent.futures.ThreadPoolExecutor(count) as clients:
        return list(clients.map(lambda number: plug(host, number),
                                range(count)))


def unplug_all(host):
    for port in host.call("list")["ports"]:
        host.call("unplug", port_id=port["port_id"])


def test_all_from_seven_clients_and_an_eighth(daemon, pf):
    before = pf.vf_infos()
    answers = plug_all(daemon, 7)
    assert not [a for a in answers if isinstance(a, RpcError)], answers
    numbers = [answer["profile"]["vf_num"] for answer in answers]
    assert sorted(numbers) == list(range(7))
    infos = pf.vf_infos()
    for port, number in enumerate(numbers):
        assert is_as_asked(infos[number], port), (port, infos[number])

    refused = plug(daemon, 7)
    assert isinstance(refused, RpcError), refused
    assert refused.kind == "conflict"
    assert pf.vf_infos() == infos
    assert {port["port_id"] for port in daemon.call("list")["ports"]} == {
        port_id(number) for number in range(7)}

    # The one that becomes free is the eighth's.
    daemon.call("unplug", port_id=port_id(3))
    assert plug(daemon, 7)["profile"]["vf_num"] == numbers[3]
    unplug_all(daemon)
    assert pf.vf_infos() == before


def said_of_nics(monitor, heard):
    """What was said of their links up to now, after 'heard' lines."""
    monitor.mark()
    return [line for line in monitor.lines()[heard:]
            if re.search(r"\beth\d+[:@]", line)]


def test_restart_is_quiet(daemon, pf):
    """With every VF plugged: a stop, a start, and nothing said on a link."""
    plug_all(daemon, 7)
    infos = pf.vf_infos()
    monitor = LinkMonitor(daemon)
    pf.set("vf", "0", "spoofchk", "on")
    assert said_of_nics(monitor, 0), "the monitor hears nothing of VFs"
    heard = len(monitor.lines())
    daemon.stop_vifd()
    daemon.start_with(daemon.entry)
    wait_until(daemon.settled, "rest")
    for number in range(7):
        assert daemon.call("show",
                           port_id=port_id(number))["state"] == "active"
    assert said_of_nics(monitor, heard) == []
    assert pf.vf_infos() == infos
    unplug_all(daemon)


def test_killed_and_started_again_is_quiet(daemon, pf):
    plug_all(daemon, 7)
    infos = pf.vf_infos()
    monitor = LinkMonitor(daemon)
    heard = len(monitor.lines())
    daemon.kill_vifd()
    daemon.start_with(daemon.entry)
    wait_until(daemon.settled, "rest")
    assert said_of_nics(monitor, heard) == []
    assert pf.vf_infos() == infos
    unplug_all(daemon)


def test_numvfs_becomes_0_under_ports(daemon, pf):
    """What is plugged has gone: that is told, and unplugging succeeds."""
    numbers = [answer["profile"]["vf_num"]
               for answer in plug_all(daemon, 2)]
    pf.set_numvfs(0)
    wait_until(lambda: all(
        daemon.call("show", port_id=port_id(number))["state"] == "drifted"
        for number in (0, 1)), "the drift")
    answer = daemon.call("unplug", port_id=port_id(0))
    assert any("not there any more" in warning
               for warning in answer["warnings"]), answer
    # New ones have the places of those that went.
    vfs = pf.make_vfs(7)
    before = pf.vf_infos()
    daemon.call("unplug", port_id=port_id(1))
    assert daemon.call("list")["ports"] == []
    after = pf.vf_infos()
    changed = [n for n in range(7) if after[n] != before[n]]
    assert set(changed) <= {numbers[1]}
    assert not any(is_as_asked(after[n], 1) for n in range(7))
    wait_until(lambda: daemon.devices().get(vfs[0].device, {}).get("state")
               == "free", "the VFs")
    assert not isinstance(plug(daemon, 0), RpcError)
    unplug_all(daemon)


def test_pf_down_and_up(daemon, pf):
    """The driver resets the VFs at it; what was asked for holds."""
    number = plug(daemon, 0)["profile"]["vf_num"]
    pf.set("down")
    pf.set("up")
    wait_until(lambda: daemon.settled() and is_as_asked(
        pf.vf_info(number), 0), "the VF as asked")
    assert daemon.call("check", port_id=port_id(0))
    daemon.call("unplug", port_id=port_id(0))
    info = pf.vf_info(number)
    assert info["address"] != mac(0) and not vlans(info)


def test_netdev_of_the_pf_renamed(daemon, pf):
    """Names do not matter: not to what is there, nor to an unplug, nor to
    the next plug."""
    before = pf.vf_infos()
    number = plug(daemon, 0)["profile"]["vf_num"]
    pf.set("down")
    pf.set("name", "uplink0")
    pf.set("up")
    wait_until(daemon.settled, "rest")
    assert is_as_asked(pf.vf_info(number), 0)
    plug(daemon, 1)
    assert sum(is_as_asked(info, 1) for info in pf.vf_infos().values()) == 1
    unplug_all(daemon)
    assert pf.vf_infos() == before


def test_somebody_changes_a_vf(daemon, pf):
    """An operator's MAC address on a port's VF: told; and at the unplug it is
    not left to whoever gets the VF next."""
    number = plug(daemon, 0)["profile"]["vf_num"]
    pf.set("vf", str(number), "mac", STRANGERS)
    daemon.call("check", port_id=port_id(0))
    wait_until(lambda: daemon.call("show", port_id=port_id(0))["state"]
               == "drifted", "the drift")
    daemon.call("unplug", port_id=port_id(0))
    assert pf.vf_info(number)["address"] not in (mac(0), STRANGERS)
