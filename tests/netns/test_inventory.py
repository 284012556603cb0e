"""The devices of this host, as vifd and as sysfs have them."""

import os

from host import wait_until

DEVICES = "/sys/bus/pci/devices"


def read(address, name):
    with open(os.path.join(DEVICES, address, name),
              encoding="utf-8") as attribute:
        return attribute.read().strip()


def nics():
    """Addresses of the network controllers on PCI."""
    if not os.path.isdir(DEVICES):
        return []
    return sorted(address for address in os.listdir(DEVICES)
                  if read(address, "class").startswith("0x02"))


def test_inventory(host):
    """Every NIC is there, with its identifiers and driver, and none may be
    used."""
    # The daemon reads them in the background.
    wait_until(lambda: host.ctl("inventory", check=False).returncode == 0,
               "the inventory")
    answer = host.call("inventory")
    on_pci = {d["device"]: d for d in answer["devices"]
              if d["device"].startswith("pci/")}

    assert sorted(on_pci) == ["pci/" + address for address in nics()]
    for address in nics():
        device = on_pci["pci/" + address]
        assert "0x" + device["vendor_id"] == read(address, "vendor")
        assert "0x" + device["product_id"] == read(address, "device")
        driver = os.path.join(DEVICES, address, "driver")
        assert (device.get("driver")
                == (os.path.basename(os.readlink(driver))
                    if os.path.exists(driver) else None))
        assert not device["usable"]
    assert answer["pools"] == []
