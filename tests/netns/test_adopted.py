"""A port that was there before vifd: os-vif's, or the operator's."""

from host import binding, port_id


def test_a_plug_that_fails_gives_an_adopted_port_back_as_it_was(host):
    """All or none: the second port's tap has a stranger's name."""
    host.add_bridge("br-other")
    host.ip("tuntap", "add", "tap0000001", "mode", "tap")
    host.ip("tuntap", "add", "tap0000002", "mode", "tap")
    host.vsctl("add-port", "br-other", "tap0000001", "tag=7", "--", "set",
               "Interface", "tap0000001", "external_ids:vm-uuid=before",
               "external_ids:iface-id=" + port_id(1))
    before = host.configuration()
    error = host.refused("plug", bindings=[
        binding(1, create_device=False), binding(2)])
    assert error.outcome in (None, "failed-clean")
    assert host.configuration() == before


def test_a_strangers_port_with_the_same_iface_id_is_refused_by_name(host):
    host.vsctl("add-port", "br-int", "other0", "--", "set", "Interface",
               "other0", "type=internal",
               "external_ids:iface-id=" + port_id(1))
    before = host.configuration()
    error = host.refused("plug", binding=binding(1))
    assert error.data["code"] == "conflict"
    assert "other0" in str(error)
    assert host.configuration() == before


def test_an_unplug_takes_a_port_that_somebody_has_made_anew(host):
    """libvirt deletes and makes it when a guest is stopped and started."""
    host.call("plug", binding=binding(1))
    host.vsctl("del-port", "tap0000001", "--", "add-port", "br-int",
               "tap0000001", "--", "set", "Interface", "tap0000001",
               "external_ids:iface-id=" + port_id(1),
               "external_ids:iface-status=active")
    assert host.call("unplug", port_id=port_id(1))["outcome"] == "done"
    assert host.ports_of("br-int") == set()
    assert "tap0000001" not in host.links()
