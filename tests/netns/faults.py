"""Makes system calls and allocations of vifd fail: the test's side of
tests/fault/faults.c, which is preloaded into the daemon.

A call is known by its site, such as "ioctl TUNSETIFF" or "send netlink"."""

import errno
import mmap
import os
import struct

from host import BUILD

LIBRARY = os.path.join(BUILD, "tests/fault/faults.so")

# struct control.
FORMAT = struct.Struct("=8i2q64s")
SITE_SIZE = 64
MAX_LOG = 8192
(NTH, PASSES, FOR_GOOD, HOW, VALUE, N_FAILED, N_LOG, _UNUSED, ALLOCATIONS,
 FAIL_ALLOCATION, SITE) = range(11)
OFFSETS = [0, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48]

FAIL, SHORT, LONG, LOSE, REFUSE = range(1, 6)


class Fault:
    """How a call fails: the way, and errno or a number of bytes."""

    def __init__(self, how, value):
        self.how, self.value = how, value

    @property
    def words(self):
        """What an error that comes of it must say."""
        return ("" if self.how in (SHORT, LONG) else os.strerror(self.value))

    def __repr__(self):
        names = {FAIL: "fails", SHORT: "is short", LONG: "is cut off",
                 LOSE: "is lost", REFUSE: "is refused"}
        return "%s: %s" % (names[self.how], (
            self.value if self.how in (SHORT, LONG)
            else errno.errorcode[self.value]))


class Faults:
    """What a vifd that is started with 'env' is to suffer."""

    def __init__(self, host):
        self.path = os.path.join(host.dir, "faults")
        with open(self.path, "w+b") as file:
            file.truncate(FORMAT.size + MAX_LOG * SITE_SIZE)
            self.map = mmap.mmap(file.fileno(), 0)
        self.env = {"LD_PRELOAD": LIBRARY, "VIFD_FAULTS": self.path}
        self.start = 0

    def __getitem__(self, member):
        return struct.unpack_from("=q" if member >= ALLOCATIONS else "=i",
                                  self.map, OFFSETS[member])[0]

    def __setitem__(self, member, value):
        struct.pack_into("=q" if member >= ALLOCATIONS else "=i", self.map,
                         OFFSETS[member], value)

    def arm(self, site, nth, fault, for_good=False):
        """The 'nth' pass of 'site' from now on fails; 'for_good': later ones,
        too."""
        self.disarm()
        self.map[OFFSETS[SITE]:FORMAT.size] = site.encode().ljust(
            SITE_SIZE, b"\0")
        self[PASSES] = self[N_FAILED] = 0
        self[FOR_GOOD] = for_good
        self[HOW], self[VALUE] = fault.how, fault.value
        self[NTH] = nth

    def arm_allocation(self, nth, for_good=False):
        """The 'nth' allocation from now on fails."""
        self[N_FAILED] = 0
        self[FOR_GOOD] = for_good
        self[FAIL_ALLOCATION] = self[ALLOCATIONS] + nth

    def disarm(self):
        self[NTH] = self[FAIL_ALLOCATION] = 0

    @property
    def struck(self):
        """How often a call or allocation has failed."""
        return self[N_FAILED]

    @property
    def allocations(self):
        return self[ALLOCATIONS]

    def mark(self):
        """From here on passed() counts."""
        self[N_LOG] = 0

    def passed(self):
        """The sites passed since mark(), in order."""
        n = self[N_LOG]
        assert n <= MAX_LOG, "more passes than are kept"
        text = self.map[FORMAT.size:FORMAT.size + n * SITE_SIZE]
        return [text[i:i + SITE_SIZE].rstrip(b"\0").decode()
                for i in range(0, len(text), SITE_SIZE)]
