"""What a port on a VF costs, for tests/bench/bench.py: six attributes each,
on a card that takes no time of its own.  Measures only; whether the goals are
met is the benchmark's business, which reads /job/figures.json."""

import json
import os
import statistics
import subprocess

from host import BUILD, port_id

ROUNDS = int(os.environ.get("VIFD_BENCH_ROUNDS", "30"))
MANY = 64


class Floor:
    """The same system calls, and nothing else."""

    def __init__(self, pf):
        self.popen = subprocess.Popen(
            [os.path.join(BUILD, "tests/bench/bench-vf-floor"), pf.bus,
             pf.address], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)

    def do(self, what, vf):
        """Microseconds."""
        self.popen.stdin.write("%s %d\n" % (what, vf))
        self.popen.stdin.flush()
        return int(self.popen.stdout.readline())

    def end(self):
        self.popen.stdin.close()
        assert self.popen.wait(30) == 0


def binding(number):
    return {"port_id": port_id(number), "vnic_type": "direct",
            "mac_address": "02:00:00:00:02:%02x" % number,
            "physical_network": "physnet1",
            "vf": {"vlan": 100, "vlan_qos": 3, "max_tx_rate": 1000,
                   "spoofchk": True, "trust": True, "link_state": "enable"}}


def step_us(details):
    """Of the VF's step: all that was done in its lane."""
    return next(step["host_us"] for step in details["steps"]
                if step["kind"] == "vf")


def one(host, floor):
    """Medians of the ratio to the floor, of the step and of the whole plug,
    and the milliseconds of both and of the floor."""
    steps, wholes, floors = [], [], []
    with host.connect() as vifd:
        for i in range(ROUNDS):
            def ours():
                details = vifd.call("plug", binding=binding(0))
                steps.append(step_us(details))
                wholes.append(details["total_us"])
                vifd.call("unplug", port_id=port_id(0))

            def theirs():
                floors.append(floor.do("plug", 0))
                floor.do("unplug", 0)
            for measure in (ours, theirs) if i % 2 else (theirs, ours):
                measure()
    return {"step": statistics.median(steps) / 1e3,
            "whole": statistics.median(wholes) / 1e3,
            "floor": statistics.median(floors) / 1e3,
            "step_ratio": statistics.median(
                s / f for s, f in zip(steps, floors)),
            "whole_ratio": statistics.median(
                w / f for w, f in zip(wholes, floors))}


def many(host):
    """Milliseconds for each of all the VFs, one after the other and at
    once."""
    with host.connect(600) as vifd:
        singly = [vifd.call("plug", binding=binding(n))["total_us"]
                  for n in range(MANY)]
        for n in range(MANY):
            vifd.call("unplug", port_id=port_id(n))
        result = vifd.call("plug", timeout_ms=600000,
                           bindings=[binding(n) for n in range(MANY)])
        at_once = max(port["total_us"] for port in result["ports"])
        vifd.call("unplug", port_ids=[port_id(n) for n in range(MANY)])
    return {"singly": statistics.median(singly) / 1e3,
            "first": statistics.median(singly[:8]) / 1e3,
            "last": statistics.median(singly[-8:]) / 1e3,
            "at_once": at_once / MANY / 1e3}


def test_figures(host, pf):
    figures = {}

    def keep(name, found):
        figures[name] = found
        with open("/job/figures.json", "w") as file:
            json.dump(figures, file)

    floor = Floor(pf)
    spec = {"address": pf.device, "physical_network": "physnet1",
            "trusted": True}
    for vfs in 1, MANY:
        pf.set_numvfs(vfs)
        host.start_with(spec)
        keep(str(vfs), one(host, floor))
        host.stop_vifd()
    host.start_with(spec)
    keep("many", many(host))
    floor.end()
