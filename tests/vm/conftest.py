"""Fixtures of every suite in a virtual machine."""

import pytest

from nics import NicHost


@pytest.fixture
def host():
    """vifd is started by the test: host.start_with(entry of device_spec)."""
    host = NicHost()
    yield host
    host.close()
