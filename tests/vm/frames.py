"""Frames sent on one netdev and looked for on another, by packet sockets: they
need neither addresses nor namespaces."""

import contextlib
import errno
import os
import socket
import struct
import time

# IEEE 802's for experiments.
ETHERTYPE = 0x88b5
BROADCAST = b"\xff" * 6


def packet_socket(netdev):
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                           socket.htons(ETHERTYPE))
    opened.bind((netdev, ETHERTYPE))
    return opened


def mac_bytes(text):
    return bytes(int(part, 16) for part in text.split(":"))


def arrives(sender, receiver, to=None, source=None, seconds=1):
    """Whether a frame that is sent on the netdev 'sender' is seen on
    'receiver' within that time.  'to' and 'source' are MAC addresses; without
    them everybody's, and the sender's."""
    mark = os.urandom(16)
    with contextlib.ExitStack() as stack:
        try:
            out = stack.enter_context(packet_socket(sender))
            into = stack.enter_context(packet_socket(receiver))
            frame = (mac_bytes(to) if to else BROADCAST) \
                + (mac_bytes(source) if source else out.getsockname()[4]) \
                + struct.pack("!H", ETHERTYPE) + mark
            out.send(frame.ljust(60, b"\0"))
        except OSError as error:
            if error.errno != errno.ENETDOWN:
                raise
            return False
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            into.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                if mark in into.recv(2048):
                    return True
            except TimeoutError:
                break
            except OSError as error:
                if error.errno != errno.ENETDOWN:
                    raise
        return False
