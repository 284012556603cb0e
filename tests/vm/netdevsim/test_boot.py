"""The machine itself."""
import os
def test_bus():
    assert os.path.exists("/sys/bus/netdevsim/new_device")
