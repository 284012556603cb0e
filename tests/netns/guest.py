"""What a guest does with a macvtap: its process opens the node, and reads and
writes frames, each behind a header of ten bytes (virtio_net_hdr)."""

import contextlib
import fcntl
import os
import select
import struct
import time

from waiting import wait_until

HEADER = bytes(10)
TUNSETIFF = 0x400454ca
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
IFF_MULTI_QUEUE = 0x0100


class Guest:
    """In the test's own process."""

    def __init__(self, node, queues=1):
        self.open = contextlib.ExitStack()
        self.fds = []
        flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR
        flags |= IFF_MULTI_QUEUE if queues > 1 else 0
        for _ in range(queues):
            fd = os.open(node, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            self.open.callback(os.close, fd)
            fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", b"", flags))
            self.fds.append(fd)

    @property
    def queues(self):
        return len(self.fds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.open.close()

    def send(self, to, sender, payload):
        frame = b"".join(bytes.fromhex(mac.replace(":", ""))
                         for mac in (to, sender))
        os.write(self.fds[0], HEADER + frame + b"\x88\xb5"
                 + payload.ljust(46, b"\0"))

    def receives(self, payload, timeout):
        """Whether a frame with 'payload' comes in time."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            ready, _, _ = select.select(self.fds, [], [],
                                        deadline - time.monotonic())
            for fd in ready:
                if payload in os.read(fd, 65536):
                    return True
        return False


def hold(host, node):
    """A process of its own that has the node open; ended by kill()."""
    process = host.start("holder", "tail", "-f", node)
    path = "/proc/%d/fd" % process.pid

    def has_it():
        return any(os.readlink(os.path.join(path, fd)) == node
                   for fd in os.listdir(path))
    wait_until(has_it, "the node to be open")
    return process
