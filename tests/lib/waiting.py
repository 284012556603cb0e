"""Waiting for a condition, never for a time: the one place where tests, the
harness and the benchmark sleep."""

import time


def comes_true(condition, timeout, pause=0.02):
    """The first true value of 'condition', or its last one after 'timeout'
    seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value or time.monotonic() >= deadline:
            return value
        time.sleep(pause)


def wait_until(condition, what, timeout=20, pause=0.02):
    """Returns the first true value of 'condition'."""
    value = comes_true(condition, timeout, pause)
    assert value, "waited in vain for " + what
    return value
