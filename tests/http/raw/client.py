"""A client that sends a case over a real socket and compares what comes with what should."""

import os
import re
import socket
import struct
import time
from contextlib import closing

from tests.http.raw.answers import BadAnswerError, read_answers
from tests.http.raw.case import CLOSE, EITHER, HALF_CLOSE, KEEP, LISTEN, PROBE, RESET, WAIT, Step

PATIENCE_S = 10.0
SILENCE_S = 0.03  # without a word: the server waits
MOST_SINGLE_BYTES = 3000


def split(data, portion):
    """Return *data* in portions; huge ones in fewer, for time's sake."""
    if len(data) > MOST_SINGLE_BYTES:
        portion *= 1 + len(data) // 400
    return [data[at : at + portion] for at in range(0, len(data), portion)]


class Exchange:
    """One connection of a case."""

    def __init__(self, port, case, portion):
        self.client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.case = case
        self.portion = portion
        self.received = b""
        self.has_ended = False
        self.asked = 0  # pieces that have been listened for

    def run(self):
        """Send the case; return the answers that came and those to the probe behind."""
        with closing(self.client):
            for piece in self.case.sent:
                if isinstance(piece, Step):
                    self.take(piece)
                else:
                    self.send(piece)
            if RESET in self.case.sent:
                return [], []
            return self.collect()

    def take(self, step):
        if step is LISTEN:
            before = len(self.received)
            while len(self.received) == before and self.receive():
                pass
        elif step is HALF_CLOSE:
            self.client.shutdown(socket.SHUT_WR)
        else:
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def send(self, data):
        for piece in split(data, self.portion) if self.portion else [data]:
            try:
                self.client.sendall(piece)
            except OSError:  # refused already
                return

    def receive(self):
        """Add what comes; return whether the connection goes on."""
        try:
            piece = self.client.recv(1 << 20)
        except ConnectionError:
            piece = b""
        self.received += piece
        self.has_ended = not piece
        return bool(piece)

    def collect(self):
        case = self.case
        answers = self.answers_until(len(case.statuses))
        if case.end is KEEP:
            self.send(PROBE)
            answers = self.answers_until(None)
        elif case.end is CLOSE:
            answers = self.answers_until(None)
        elif case.end is WAIT:
            self.expect_silence()
        return answers[: len(case.statuses)], answers[len(case.statuses) :]

    def answers_until(self, count):
        """Read *count* answers, or all until the server closes."""
        while True:
            answers, rest = read_answers(self.received, heads=self.case.heads, ended=self.has_ended)
            if 100 not in self.case.statuses:
                answers = [answer for answer in answers if answer.status != 100]
            if count is not None and len(answers) >= count:
                return answers
            if self.has_ended:
                if rest:
                    raise BadAnswerError(f"cut off: {rest[-200:]!r}")
                return answers
            self.receive()

    def expect_silence(self):
        self.client.settimeout(SILENCE_S)
        before = self.received
        try:
            self.receive()
        except TimeoutError:
            return
        raise AssertionError(f"waits, but got {self.received[len(before) :]!r} or the end")


def check(case, answers, behind):
    """Compare the outcome of *case* with what it expects."""
    got = [answer.status for answer in answers + behind]
    assert 500 not in got
    if b"websocket" not in case.data:  # uvicorn's classes for those send no Date
        assert all(len(answer.values(b"date")) == 1 for answer in answers if answer.status >= 200)
    wanted = list(case.statuses)
    if case.end is EITHER:
        assert got[: len(wanted)] == wanted
        return
    assert got == wanted + [200] * (case.end is KEEP)
    assert all(answer.body != b"smuggled" for answer in answers) or "behind an" in case.name
    if case.end is KEEP:
        assert behind[0].body == b"probe"
    if not answers:
        return
    last = answers[-1]
    for line in case.lines:
        assert any(b"%b: %b" % pair for pair in last.fields if (b"%b: %b" % pair).startswith(line))
    assert not {name for name, _ in last.fields} & set(case.missing)
    if case.seen:
        body = last.json()
        assert {name: body[name] for name in case.seen} == case.seen


def check_alive(port):
    """Ask for ``/plaintext`` on a new connection."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)) as client:
        client.sendall(b"GET /plaintext HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        data = b""
        while piece := client.recv(65536):
            data += piece
    answers, rest = read_answers(data)
    assert [(answer.status, answer.body) for answer in answers] == [(200, b"Hello")]
    assert rest == b""


class Log:
    """The output of a server process, read where it was left off."""

    def __init__(self, path):
        self.path = path
        self.at = 0

    def read_new(self):
        size = os.path.getsize(self.path)
        with open(self.path, "rb") as file:
            file.seek(self.at)
            text = file.read(size - self.at)
        self.at = size
        return text.decode("utf-8", "replace")


def check_log(log):
    """No case may make the server trip."""
    text = log.read_new()
    assert not re.search(r"Traceback|Error:|exception", text), text


def wait_until(condition, patience_s=PATIENCE_S):
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
