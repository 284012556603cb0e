"""A host with Open vSwitch and two bridges on which vifd may make a third."""

import pytest

from host import Host


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """A macvtap's node is named by its index, which two namespaces may give
    at the same time: vifd refuses that, as it must."""
    for item in items:
        if "macvtap" in item.nodeid:
            item.add_marker(pytest.mark.xdist_group("macvtap"))


@pytest.fixture
def switch():
    host = Host()
    host.start_ovs()
    host.add_bridge("br-other")
    host.add_interface("eth1")
    host.write_config("create_bridges: [br-made]\n"
                      "datapath_type: netdev\n")
    yield host
    host.close()
