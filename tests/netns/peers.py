"""Connections of other users: the kernel tells vifd who is at the other end
from the credentials at the time of connect()."""

import contextlib
import os

from rpc import Connection


@contextlib.contextmanager
def user(uid, gid=None, groups=()):
    """What happens within is done as somebody else."""
    mine = os.getgroups()
    os.setgroups(list(groups))
    os.setegid(uid if gid is None else gid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(mine)


def connect_as(host, uid, gid=None, groups=(), timeout=60):
    """A connection that ends with the test."""
    with user(uid, gid, groups):
        return host.connect(timeout)


def call_as(host, uid, gid, groups, method, **params):
    """One call by somebody else, or its RpcError."""
    with user(uid, gid, groups):
        connection = Connection(host.socket, 60)
    with connection:
        return connection.call(method, **params)
