"""A host with Open vSwitch and two bridges on which vifd may make a third."""

import pytest

from host import Host


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
