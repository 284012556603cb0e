#!/usr/bin/python3
"""os-vif, as Nova uses it, for the benchmark.

    peer-os-vif.py OVSDB-REMOTE THREADS

reads "plug FIRST COUNT" and "unplug FIRST COUNT" from stdin, does that many
with THREADS threads, and prints the microseconds that it took.  The taps are
made before the clock starts, as for vifd's side of the comparison.
"""

import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from oslo_config import cfg
import os_vif
from os_vif import objects
from vif_plug_ovs import privsep

remote, threads = sys.argv[1], int(sys.argv[2])
cfg.CONF(args=[], project="bench")
os_vif.initialize()
cfg.CONF.set_override("ovsdb_connection", remote, "os_vif_ovs")
cfg.CONF.set_override("ovsdb_interface", "native", "os_vif_ovs")
os_vif.initialize(reset=True)       # Plugins read the options when made.
# In this process: cheaper than the helper that a service would start.
privsep.vif_plug.set_client_mode(False)

instance = objects.instance_info.InstanceInfo(name="vm",
                                              uuid=str(uuid.uuid4()))
pool = ThreadPoolExecutor(threads)


def vif(number):
    port = str(uuid.UUID(int=0x0515 << 96 | number))
    network = objects.network.Network(id=str(uuid.uuid4()), bridge="br-int",
                                      mtu=1450)
    profile = objects.vif.VIFPortProfileOpenVSwitch(
        interface_id=port, datapath_type="netdev", create_port=True)
    return objects.vif.VIFOpenVSwitch(
        id=port, vif_name="osv%07d" % number, plugin="ovs", network=network,
        address="fa:16:3e:%02x:%02x:%02x" % (
            number >> 16 & 255, number >> 8 & 255, number & 255),
        bridge_name="qbr%07d" % number, port_profile=profile,
        has_traffic_filtering=True)


def links(template, numbers):
    subprocess.run(["ip", "-batch", "-"], check=True, text=True,
                   input="".join(template % n for n in numbers))


def let_vswitchd_see():
    """It answers once a turn, and takes in what the kernel has told it before
    that turn is over."""
    for _ in range(2):
        subprocess.run(["ovs-appctl", "-t", "ovs-vswitchd", "version"],
                       check=True, stdout=subprocess.DEVNULL)


print("ready", flush=True)
for line in sys.stdin:
    method, first, count = line.split()
    numbers = range(int(first), int(first) + int(count))
    vifs = [vif(n) for n in numbers]
    call = {"plug": os_vif.plug, "unplug": os_vif.unplug}[method]
    if method == "plug":
        links("tuntap add osv%07d mode tap multi_queue\n", numbers)
        let_vswitchd_see()          # Not timed.
    start = time.perf_counter()
    list(pool.map(lambda v: call(v, instance), vifs))
    print(round(1e6 * (time.perf_counter() - start)), flush=True)
