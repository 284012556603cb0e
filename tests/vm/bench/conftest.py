"""A card with 64 VFs."""

import pytest

from nics import NetdevsimPf


@pytest.fixture
def pf():
    pf = NetdevsimPf(1, 64)
    pf.set("up")
    yield pf
    pf.set_numvfs(0)
    pf.remove()
