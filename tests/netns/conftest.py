"""Fixtures: a host of one's own, with Open vSwitch and vifd running or not."""

import pytest

from host import BUILD, Host


@pytest.fixture
def bare_host():
    """A namespace; nothing runs in it yet."""
    host = Host()
    yield host
    host.close()


@pytest.fixture
def host(bare_host):
    """Open vSwitch with br-int, and vifd built with sanitizers."""
    bare_host.start_ovs()
    bare_host.start_vifd()
    return bare_host


@pytest.fixture
def plain_host():
    """The same with the plain build, where sizes matter."""
    host = Host(build=BUILD)
    host.start_ovs()
    host.start_vifd()
    yield host
    host.close()
