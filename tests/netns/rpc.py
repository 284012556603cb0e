"""vifd's socket as a test speaks it: JSON-RPC, one object per line."""

import json
import socket
import time


class RpcError(Exception):
    """The daemon's error object."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]
        self.data = error.get("data") or {}

    @property
    def kind(self):
        return self.data.get("code")

    @property
    def outcome(self):
        return self.data.get("outcome")


class Connection:
    """Requests can be sent ahead of their answers; notifications are kept."""

    def __init__(self, path, timeout=30):
        self.timeout = timeout
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.buffer = b""
        self.last_id = 0
        self.answers = {}
        self.events = []

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, method, **params):
        self.last_id += 1
        self.send_raw(json.dumps({"jsonrpc": "2.0", "id": self.last_id,
                                  "method": method, "params": params}))
        return self.last_id

    def send_raw(self, line):
        self.socket.sendall(line.encode() + b"\n")

    def receive(self, deadline=None):
        """The next object from the daemon, whatever it is."""
        deadline = deadline or time.monotonic() + self.timeout
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("no answer from vifd")
            self.socket.settimeout(left)
            received = self.socket.recv(1 << 20)
            if not received:
                raise EOFError("vifd closed the connection")
            self.buffer += received
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def answer(self, request_id, timeout=None):
        """The result of a request sent before, or its RpcError."""
        deadline = time.monotonic() + (timeout or self.timeout)
        while request_id not in self.answers:
            message = self.receive(deadline)
            if "method" in message:
                self.events.append(message["params"])
            else:
                self.answers[message["id"]] = message
        message = self.answers.pop(request_id)
        if "error" in message and message["error"] is not None:
            raise RpcError(message["error"])
        return message["result"]

    def call(self, method, **params):
        return self.answer(self.send(method, **params))

    def event(self, timeout=10, **wanted):
        """The next notification that has all of 'wanted'."""
        deadline = time.monotonic() + timeout
        while True:
            for i, event in enumerate(self.events):
                if all(event.get(k) == v for k, v in wanted.items()):
                    return self.events.pop(i)
            message = self.receive(deadline)
            if "method" in message:
                self.events.append(message["params"])
            else:
                self.answers[message["id"]] = message
