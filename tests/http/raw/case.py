"""One raw-socket case: bytes to send and what RFC 9110 and 9112 want to happen then."""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any


class End(Enum):
    """What becomes of the connection after the answers."""

    KEEP = auto()  # the next request on it is answered
    CLOSE = auto()  # the server closes, and says nothing more
    WAIT = auto()  # the server waits for the rest of a request
    EITHER = auto()  # the RFCs leave it open


class Step(Enum):
    """What a client may do besides sending bytes."""

    HALF_CLOSE = auto()  # send no more, and read on
    RESET = auto()  # drop the connection without reading
    LISTEN = auto()  # read until something has come


KEEP, CLOSE, WAIT, EITHER = End
HALF_CLOSE, RESET, LISTEN = Step


@dataclass(frozen=True)
class Case:
    """A case; `source` is the section of the RFC, or the advisory, that it comes from.

    Attributes:
        sent: Bytes and steps in order.
        statuses: Of the answers, in order; 100 only counts if one is expected.
        seen: What the application must have seen of the last request, see `app.echo`.
        lines: Header lines that the last answer must have, in lower case.
        missing: Header names that the last answer must not have.
        heads: Indexes of answers to HEAD.
    """

    name: str
    sent: tuple[bytes | Step, ...]
    statuses: tuple[int, ...]
    end: End
    source: str
    seen: dict[str, Any] = field(default_factory=dict)
    lines: tuple[bytes, ...] = ()
    missing: tuple[bytes, ...] = ()
    heads: tuple[int, ...] = ()

    @property
    def data(self) -> bytes:
        """All bytes of the case."""
        return b"".join(piece for piece in self.sent if isinstance(piece, bytes))

    @property
    def is_plain(self) -> bool:
        """Whether nothing but bytes is sent, so that they may be split anywhere."""
        return len(self.sent) == 1


def case(name, sent, statuses, end, source, **more):
    """Return a case; a single piece and a single status need no tuple."""
    pieces = sent if isinstance(sent, tuple) else (sent,)
    wanted = statuses if isinstance(statuses, tuple) else (statuses,)
    return Case(name, pieces, wanted, end, source, **more)


def refused(name, sent, status, source):
    """Return a case of one request that is refused; nothing after it may be answered."""
    return case(name, sent + SMUGGLED, status, CLOSE, source)


def served(name, sent, source, **seen):
    """Return a case of one request that is served, after which the connection goes on."""
    return case(name, sent, 200, KEEP, source, seen=seen)


def request(method, target, *lines, version="HTTP/1.1", host="Host: a", body=b""):
    """Return the bytes of a request; text is Latin-1, so that any byte can be written."""
    fields = [f"{method} {target} {version}", *([host] if host is not None else []), *lines]
    return "\r\n".join([*fields, "", ""]).encode("latin-1") + body


def get(*lines, target="/echo", **more):
    return request("GET", target, *lines, **more)


def post(*lines, body=b"", target="/echo", **more):
    """Return a POST; it declares no length unless *lines* do."""
    return request("POST", target, *lines, body=body, **more)


def chunked(body, *lines, **more):
    """Return a POST in chunks; *body* is written as it is."""
    return post("Transfer-Encoding: chunked", *lines, body=body, **more)


SMUGGLED = get(target="/smuggled")
PROBE = get("Connection: close", target="/probe")
