"""vifd against the floor and against os-vif, side by side in one run.

Every figure is a ratio of things measured in turn within this run, since the
machine may be shared and noisy; medians are quoted.  Writes bench.json and a
table.  tests/bench/run prepares; see doc/performance.md for what it means.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time

from host import BUILD, Host, binding, run, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
FILL = 10000                # Numbers of the ports that only are there.


class Worker:
    """A program that is told on stdin what to do and prints how long it
    took."""

    def __init__(self, host, *command, ready=False):
        self.log = open(os.path.join(host.dir, "bench.log"), "ab")
        self.popen = subprocess.Popen(
            ["ip", "netns", "exec", host.netns] + list(command),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
            text=True, env=host.env)
        if ready:
            assert self.popen.stdout.readline() == "ready\n", self.end()

    def do(self, *words):
        """Microseconds."""
        self.popen.stdin.write(" ".join(map(str, words)) + "\n")
        self.popen.stdin.flush()
        answer = self.popen.stdout.readline()
        assert answer, "%s: %s" % (words, self.end())
        return int(answer)

    def end(self):
        self.popen.stdin.close()
        self.popen.wait(30)
        self.log.close()
        return open(self.log.name, errors="replace").read()[-2000:]


class Bench:
    def __init__(self, arguments):
        self.quick = arguments.quick
        self.wanted = arguments.figures
        self.rows = []
        self.host = Host(build=BUILD)
        self.host.start_ovs()
        self.host.write_config("max_requests: 4000\nmax_ports: 20000\n")

        self.start_vifd()
        self.filled = 0

    def start_vifd(self):
        self.host.start_vifd()
        self.client = Worker(self.host,
                             os.path.join(BUILD, "tests/bench/bench-client"),
                             self.host.socket)

    def stop_vifd(self):
        self.client.end()
        self.host.stop_vifd(120)

    def fill(self, ports):
        """So many ports are plugged, by vifd, besides those measured; a
        hundred at a time, as a host fills up."""
        while ports > self.filled:
            more = min(100, ports - self.filled)
            self.client.do("plug", FILL + self.filled, more)
            self.filled += more
        if ports < self.filled:
            self.client.do("unplug", FILL + ports, self.filled - ports)
            self.filled = ports

    def row(self, figure, ours, unit, goal, peer=None, floor=None,
            ratio=None, most=None):
        if ratio is None:
            ratio = ours / (floor if floor is not None else peer)
        self.rows.append({
            "figure": figure, "ours": round(ours, 4), "unit": unit,
            "peer": peer and round(peer, 4),
            "floor": floor and round(floor, 4),
            "ratio": round(ratio, 4), "goal": goal, "met": ratio <= most})
        print("%-44s ours %10.3f %s  %s  ratio %.3f  (%s) %s" % (
            figure, ours, unit,
            "floor %.3f" % floor if floor is not None else
            "peer %.3f" % peer if peer is not None else "",
            ratio, goal, "met" if ratio <= most else "NOT MET"), flush=True)

    # --- the figures ---

    def single(self):
        """One plug until proven, and the floor, in turn.  Who comes second
        finds the switch still busy with the first, which counts for a quarter
        of the time with many ports: so a ratio is that of two rounds, one in
        each order."""
        floor = Worker(self.host,
                       os.path.join(BUILD, "tests/bench/bench-floor"),
                       self.host.db_socket, "br-int")
        for ports in (0, 500, 1000):
            self.fill(ports)
            ours, theirs = [], []
            for i in range(10 if self.quick else 40):
                pair = [lambda: theirs.append(floor.do("plug", 1)),
                        lambda: ours.append(self.client.do("plug", 1, 1))]
                for measure in pair if i % 2 else pair[::-1]:
                    measure()
                floor.do("unplug", 1)
                self.client.do("unplug", 1, 1)
            ratios = [sum(ours[i:i + 2]) / sum(theirs[i:i + 2])
                      for i in range(0, len(ours), 2)]
            self.row("one plug until proven, %d ports" % ports,
                     statistics.median(ours) / 1e3, "ms", "<= 1.1 x floor",
                     floor=statistics.median(theirs) / 1e3,
                     ratio=statistics.median(ratios), most=1.1)
        floor.end()

    def taps(self, names):
        """Made before the clock starts, as for os-vif."""
        self.host.ip("-batch", "-", input="".join(
            "tuntap add %s mode tap multi_queue\nlink set %s up group 4711\n"
            % (name, name) for name in names))

    def switch_catches_up(self):
        """Nobody's time: ovs-vsctl waits for ovs-vswitchd."""
        self.host.vsctl("set", "Open_vSwitch", ".",
                        "external_ids:bench=%d" % time.monotonic_ns())

    def remove_at_once(self, names):
        """Milliseconds for each until one transaction that removes all these
        ports is carried out by ovs-vswitchd and their taps are gone, by one
        request: nobody can be faster who waits for the switch."""
        command = []
        for name in names:
            command += ["--", "del-port", "br-int", name]
        started = time.monotonic()
        self.host.vsctl(*command[1:])
        self.host.ip("link", "del", "group", "4711")
        return 1e3 * (time.monotonic() - started) / len(names)

    def many(self):
        """500 at once, and os-vif with 8 threads."""
        count = 100 if self.quick else 500
        fewer = count // 5              # os-vif's cost is the same for each.
        self.fill(1000)
        peer = Worker(self.host, "/usr/bin/python3",
                      os.path.join(HERE, "peer-os-vif.py"),
                      "unix:" + self.host.db_socket, "8", ready=True)
        peer.do("plug", 90000, 1)       # Its first one connects and loads.
        times = {}

        def note(what, us, n):
            times.setdefault(what, []).append(us / n / 1e3)

        joined = ["vif%07d" % n for n in range(1, count + 1)]
        floor = ["flr%07d" % n for n in range(fewer)]
        for i in range(1 if self.quick else 3):
            self.taps(joined)
            note("join", self.client.do("join", 1, count), count)
            note("peer plug", peer.do("plug", 1, fewer), fewer)
            self.client.do("unplug", 1, count)
            self.host.ip("link", "del", "group", "4711")
            note("plug", self.client.do("plug", 1, count), count)
            note("unplug", self.client.do("unplug", 1, count), count)
            self.client.do("plug", 1, count)
            note("drop", self.client.do("drop", 1, count), count)
            self.switch_catches_up()
            note("peer unplug", peer.do("unplug", 1, fewer), fewer)
            self.switch_catches_up()
            self.taps(floor)
            self.host.vsctl(*[word for name in floor for word in
                              ("--", "add-port", "br-int", name)][1:])
            times.setdefault("floor", []).append(self.remove_at_once(floor))
        peer.do("unplug", 90000, 1)
        peer.end()
        median = {what: statistics.median(t) for what, t in times.items()}
        self.row("%d plugs at once at 1000 ports, per port" % count,
                 median["join"], "ms", "<= 1/20 of os-vif",
                 peer=median["peer plug"], most=1 / 20)
        self.row("the same, and vifd makes the taps",
                 median["plug"], "ms", "for information",
                 peer=median["peer plug"], most=1)
        # os-vif does not wait for the switch either.
        self.row("%d unplugs at once at 1000 ports, per port" % count,
                 median["drop"], "ms", "<= 1/20 of os-vif",
                 peer=median["peer unplug"], most=1 / 20)
        self.row("the same, and the switch has let go of them",
                 median["unplug"], "ms", "<= 1.2 x one transaction for all",
                 floor=median["floor"], most=1.2)

    def instructions(self):
        """Of vifd for a plug, by callgrind, at 1000 and at 0 ports."""
        self.fill(0)
        self.stop_vifd()
        counts = {}
        out = os.path.join(self.host.dir, "callgrind.out")
        plain = self.host.vifd_command
        self.host.vifd_command = lambda *more: [
            "valgrind", "--tool=callgrind", "--callgrind-out-file=" + out,
            "--collect-atstart=yes", "--dump-instr=no"] + plain(
                # Valgrind knows no seccomp filter: as root there is none.
                "--user", "0:0", *more)
        self.start_vifd()
        pid = self.host.vifd.pid
        for ports in (0, 1000):
            self.fill(ports)
            total = 0
            for i in range(3 if self.quick else 10):
                # What is done in the background belongs to nobody's plug.
                wait_until(self.host.settled, "rest")
                run("callgrind_control", "--zero", str(pid))
                self.client.do("plug", 1, 1)
                run("callgrind_control", "--dump", str(pid))
                total += collected(self.host.dir)
                self.client.do("unplug", 1, 1)
            counts[ports] = total / (i + 1)
        self.fill(0)
        self.stop_vifd()
        self.host.vifd_command = plain
        self.start_vifd()
        self.row("instructions per plug, 1000 against 0 ports",
                 counts[1000] / 1e6, "M", "<= 3 x", floor=counts[0] / 1e6,
                 most=3)

    def memory(self):
        """Resident with 1000 ports, when vifd has come to rest: it gives back
        what a burst of requests took a moment later."""
        self.fill(0)
        self.stop_vifd()
        self.start_vifd()
        self.fill(1000)
        wait_until(self.host.settled, "rest")
        seen = []

        def rests():
            seen.append(resident_kb(self.host.vifd.pid))
            return len(seen) > 20 and len(set(seen[-20:])) == 1
        wait_until(rests, "memory that stays")
        self.row("resident memory with 1000 ports", seen[-1] / 1024, "MB",
                 "<= 16 MB", ratio=seen[-1] / 1024 / 16, most=1)

    def start(self):
        """Process start to the first plug answered."""
        self.fill(0)
        times = []
        for i in range(3 if self.quick else 10):
            self.stop_vifd()
            started = time.monotonic()
            self.host.start_vifd(wait=False)
            wait_until(self.plugs, "vifd", pause=0.0005)
            times.append(1e3 * (time.monotonic() - started))
            self.client = Worker(
                self.host, os.path.join(BUILD, "tests/bench/bench-client"),
                self.host.socket)
            self.host.call("unplug", port_id=binding(1)["port_id"])
        ours = statistics.median(times)
        self.row("process start to first plug answered", ours, "ms",
                 "<= 50 ms", ratio=ours / 50, most=1)

    def plugs(self):
        """Whether vifd is there; if so, a port is plugged."""
        try:
            return self.host.call("plug", binding=binding(1))
        except (FileNotFoundError, ConnectionRefusedError):
            return None

    def restart(self):
        """With 1000 plugged ports, until every one is verified."""
        self.fill(1000)
        times = []
        for i in range(1 if self.quick else 5):
            self.stop_vifd()
            started = time.monotonic()
            self.host.start_vifd()
            wait_until(lambda: not self.host.call("version").get(
                "recovering"), "every port to be verified", pause=0.001)
            times.append(time.monotonic() - started)
            states = {p["state"] for p in self.host.call("list")["ports"]}
            assert states == {"active"}, states
            self.client = Worker(
                self.host, os.path.join(BUILD, "tests/bench/bench-client"),
                self.host.socket)
        ours = statistics.median(times)
        self.row("restart with 1000 ports until all verified", ours, "s",
                 "<= 1 s", ratio=ours, most=1)

    def again(self):
        """200 ports plugged again, unchanged, as Nova does at its start."""
        self.fill(200)
        ours = statistics.median(self.client.do("plug", FILL, 200) / 1e6
                                 for _ in range(5))
        self.row("200 ports plugged again, unchanged", ours, "s", "<= 0.1 s",
                 ratio=ours / 0.1, most=1)

    def vf(self):
        """A port on a VF, on a simulated card in a virtual machine, whose
        processor is slow for all alike: six attributes."""
        path = os.path.join(self.host.dir, "figures.json")
        done = run(os.path.join(HERE, "../vm/run"), "bench", check=False,
                   timeout=1800, env=dict(
                       os.environ, VIFD_VM_FIGURES=path,
                       VIFD_BENCH_ROUNDS="10" if self.quick else "50"))
        if " # SKIP " in done.stdout:
            print("vf:", done.stdout.strip())
            return
        assert done.returncode == 0, done.stdout[-4000:]
        with open(path) as file:
            figures = json.load(file)
        for vfs in "1", "64":
            found = figures[vfs]
            self.row("six attributes of a VF, on a PF with %s" % vfs,
                     found["step"], "ms", "<= 1.2 x its system calls",
                     floor=found["floor"], ratio=found["step_ratio"],
                     most=1.2)
            self.row("the plug that they are part of, with %s" % vfs,
                     found["whole"], "ms", "<= 1.2 x its system calls",
                     floor=found["floor"], ratio=found["whole_ratio"],
                     most=1.2)
        many = figures["many"]
        self.row("64 plugged in turn, the last 8 against the first 8",
                 many["last"], "ms", "<= 1.1 x", floor=many["first"],
                 most=1.1)
        self.row("64 plugged at once, per VF, against in turn",
                 many["at_once"], "ms", "<= 1 x", floor=many["singly"],
                 most=1)

    def run(self):
        figures = (self.start, self.memory, self.restart, self.single,
                   self.again, self.many, self.vf, self.instructions)
        try:
            for figure in figures:
                if not self.wanted or figure.__name__ in self.wanted:
                    figure()
        finally:
            path = os.path.join(BUILD, "bench.json")
            with open(path, "w") as output:
                json.dump(self.rows, output, indent=1)
                output.write("\n")
            self.host.close()
        print("written to", path)
        return 0 if all(row["met"] for row in self.rows) else 1


def collected(directory):
    """Instructions in the newest dump; removes the dumps."""
    total = 0
    for name in os.listdir(directory):
        if name.startswith("callgrind.out."):
            path = os.path.join(directory, name)
            with open(path) as dump:
                found = re.search(r"^(?:summary|totals): (\d+)", dump.read(),
                                  re.MULTILINE)
            total += int(found.group(1)) if found else 0
            os.unlink(path)
    assert total, "callgrind wrote nothing"
    return total


def resident_kb(pid):
    with open("/proc/%d/status" % pid) as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true",
                        help="fewer repetitions: whether it works at all")
    parser.add_argument("figures", nargs="*", metavar="FIGURE",
                        help="start single again many memory restart "
                             "instructions")
    sys.exit(Bench(parser.parse_args()).run())
