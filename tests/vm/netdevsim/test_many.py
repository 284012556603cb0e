"""Many VFs on one PF.  The second opinion is 'ip -d link'."""

from host import port_id, run

PHYSNET = "physnet1"
ENTRY = {"address": "netdevsim/netdevsim1", "physical_network": PHYSNET,
         "trusted": True}


def mac(number):
    return "fa:16:3e:00:02:%02x" % number


def direct(number, **vf):
    return {"port_id": port_id(number), "vnic_type": "direct",
            "mac_address": mac(number), "physical_network": PHYSNET,
            "vf": vf}


def asked(number):
    """Every attribute, different from its neighbours' where it can be."""
    return {"vlan": 1000 + number, "vlan_qos": number % 8,
            "vlan_protocol": ("802.1Q", "802.1ad")[number % 2],
            "min_tx_rate": 10 + number, "max_tx_rate": 1000 + number,
            "spoofchk": number % 3 == 0, "trust": True,
            "link_state": ("auto", "enable", "disable")[number % 3]}


def as_told(number):
    """What 'ip' says of a VF that has it."""
    wanted = asked(number)
    return {"address": mac(number),
            "vlan": (wanted["vlan"], wanted["vlan_qos"],
                     wanted["vlan_protocol"]),
            "rate": (wanted["min_tx_rate"], wanted["max_tx_rate"]),
            "spoofchk": wanted["spoofchk"], "trust": wanted["trust"],
            "link_state": wanted["link_state"]}


def told(info):
    vlan = info["vlan_list"][0]
    return {"address": info["address"],
            "vlan": (vlan["vlan"], vlan.get("qos", 0),
                     vlan.get("protocol", "802.1Q")),
            "rate": (info["rate"]["min_tx"], info["rate"]["max_tx"]),
            "spoofchk": info["spoofchk"], "trust": info["trust"],
            "link_state": info["link_state"]}


def fill(host, pf, count):
    """A port for each VF, all asked for at once, and back."""
    before = pf.vf_infos()
    assert len(before) == count
    host.start_with(ENTRY)
    assert host.devices()[pf.device]["vfs"] == count
    connection = host.connect()
    requests = [connection.send("plug", binding=direct(n, **asked(n)))
                for n in range(count)]
    numbers = [connection.answer(request)["profile"]["vf_num"]
               for request in requests]
    assert sorted(numbers) == list(range(count))
    infos = pf.vf_infos()
    for port, number in enumerate(numbers):
        assert told(infos[number]) == as_told(port)

    requests = [connection.send("unplug", port_id=port_id(n))
                for n in range(count)]
    for request in requests:
        connection.answer(request)
    assert pf.vf_infos() == before


def test_64_vfs_with_every_attribute(host, make_pf):
    pf = make_pf(1, 64)
    pf.set_numvfs(64)
    fill(host, pf, 64)


def test_200_vfs(host, make_pf):
    """More than a message of netlink's has room for, and each with something
    of its own to be restored."""
    pf = make_pf(1, 200)
    pf.set_numvfs(200)
    run("ip", "-batch", "-", input="".join(
        "link set dev %s vf %d mac 02:00:00:00:01:%02x vlan %d\n"
        % (pf.netdev, number, number, number + 1) for number in range(200)))
    fill(host, pf, 200)
