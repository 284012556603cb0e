"""The inventory on a bus that is not PCI."""

from host import no_descriptors, port_id, wait_until

PHYSNET = "physnet1"
ENTRY = {"address": "netdevsim/netdevsim1", "physical_network": PHYSNET}


def test_pf_and_64_vfs(host, make_pf):
    pf = make_pf(1, 64)
    pf.set_numvfs(64)
    host.start_with(ENTRY)
    devices = host.devices()
    told = devices["netdevsim/netdevsim1"]
    assert told["type"] == "type-PF"
    assert told["driver"] == "netdevsim"
    assert told["vfs"] == 64
    assert told["netdev"]["name"] == pf.netdev
    assert told["netdev"]["mac"] == pf.link()["address"]
    for number in range(64):
        vf = devices["netdevsim/netdevsim1/%d" % number]
        assert vf["type"] == "type-VF"
        assert vf["vf_number"] == number
        assert vf["pf"] == pf.device
        assert vf["state"] == "free"
        assert vf["physical_network"] == PHYSNET
    assert len(devices) == 65 + sum(
        device.startswith("pci/") for device in devices)
    pool, = (pool for pool in host.pools() if pool["type"] == "type-VF")
    assert (pool["devices"], pool["free"]) == (64, 64)


def test_fit(host, make_pf):
    """64 ports at once, each with a VF of its own; a 65th has none."""
    make_pf(1, 64).set_numvfs(64)
    host.start_with(ENTRY)
    bindings = [dict(port_id=port_id(number), vnic_type="direct",
                     physical_network=PHYSNET) for number in range(64)]
    answer = host.call("fit", bindings=bindings)
    assert answer["fits"]
    assert len({port["device"] for port in answer["ports"]}) == 64
    make_pf(2, 8).set_numvfs(8)
    bindings[0]["physical_network"] = "physnet2"
    answer = host.call("fit", bindings=bindings)
    assert not answer["fits"]


def test_a_card_appears_and_goes(host, make_pf):
    host.start_with(ENTRY)
    pf = make_pf(1)
    wait_until(lambda: "netdev" in host.devices().get(pf.device, {}),
               "the card")
    assert host.devices()[pf.device]["netdev"]["name"] == pf.netdev
    pf.set("name", "simulated")
    wait_until(lambda: host.devices()[pf.device]["netdev"]["name"]
               == "simulated", "the new name")
    other = make_pf(2)
    wait_until(lambda: other.device in host.devices(), "the second card")
    assert not host.devices()[other.device]["usable"]


def test_a_card_appears_when_no_descriptor_is_left(host, make_pf):
    """vifd cannot look at it, and does so when it can."""
    host.start_with(ENTRY)
    client = host.connect()
    before = client.call("inventory")["devices"]
    with no_descriptors(host):
        pf = make_pf(1)
        wait_until(lambda: "Too many open files" in host.vifd.text(),
                   "the first try")
        assert client.call("inventory")["devices"] == before
    wait_until(lambda: "netdev" in host.devices().get(pf.device, {}),
               "the card")
