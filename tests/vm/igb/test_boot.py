"""The machine itself."""
import os
def test_two_pfs():
    assert len(os.listdir("/sys/class/net")) == 3, os.listdir("/sys/class/net")
