"""Fixtures: simulated cards, removed afterwards."""

import pytest

from nics import NetdevsimPf


@pytest.fixture
def make_pf():
    """make_pf(number, max_vfs)."""
    made = []

    def make(number=1, max_vfs=4):
        made.append(NetdevsimPf(number, max_vfs))
        made[-1].set("up")
        return made[-1]
    yield make
    for pf in made:
        pf.set_numvfs(0)
        pf.remove()
