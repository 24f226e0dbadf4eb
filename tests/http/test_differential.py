"""The same bytes for our door and for uvicorn's httptools class: equal outcomes, or a known reason.

Stricter than llhttp is allowed where the table says why; looser never, except for its mistakes.
FASTERAPI_DIFFERENTIAL=1000000 makes more conversations than the usual ones.
"""

import asyncio
import logging
import os
import re
from dataclasses import dataclass, field

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fasterapi.server import HttpProtocol
from tests.http.mutations import conversation
from tests.http.raw.test_raw import CASES
from tests.http.wire import Desk, Wire

BATCHES = 8
COUNT = int(os.environ.get("FASTERAPI_DIFFERENTIAL", "32000")) // BATCHES
OTHERS = [one.data for one in CASES if one.is_plain and 0 < len(one.data) <= 700]
NOT_COMPARED = ("asgi", "state", "extensions", "type", "server", "client", "root_path", "scheme")

# Our reason for refusing what llhttp lets pass -> why that is right.
STRICTER = {
    "HTTP version not supported": "0.9 and 2.0 are not spoken here (RFC 9110 section 2.5)",
    "invalid HTTP version": "two spaces before the version (RFC 9112 section 3)",
    "invalid request target": "fragments, `*`, two spaces, user names: RFC 9112 section 3.2",
    "invalid method": "a bare LF between requests (RFC 9112 section 2.2)",
    "unknown method": "CONNECT is for proxies, and TRACE-like ones of others (RFC 9110 9.3.6)",
    "bytes before the request line": "one empty line may come there (RFC 9112 section 2.2)",
    "no Host": "MUST be 400 (RFC 9112 section 3.2)",
    "more than one Host": "MUST be 400 (RFC 9112 section 3.2)",
    "invalid Host": "MUST be 400 (RFC 9112 section 3.2)",
    "unsupported Transfer-Encoding": "chunked is all we decode: MUST be refused (9112 6.1)",
    "Transfer-Encoding in HTTP/1.0": "framing is faulty (RFC 9112 section 6.1)",
    "invalid Content-Length": "more than 18 digits",
    "request body too large": "over the limit of the door",
    "chunk too large": "over the limit of the door",
    "chunk line too long": "over the limit of the door",
    "invalid chunk extension": "names and values are tokens (RFC 9112 section 7.1.1)",
    "invalid trailer": "trailers have the grammar of fields (RFC 9112 section 7.1.2)",
    "forbidden trailer": "Content-Length and Transfer-Encoding frame nothing there (9110 6.5.1)",
    "trailers too long": "over the limit of the door",
    "too many trailers": "over the limit of the door",
    "too many header fields": "over the limit of the door",
    "": "HEAD, refused without a body (RFC 9110 section 9.3.2); the reasons are those of GET",
}
# What was sent, where llhttp or uvicorn refuse or lose a request that is right -> why.
THEIR_FAULTS = {
    rb"(?i) https?://[^/ ]*[? ]": "an absolute target may have an empty path (RFC 3986 3.3)",
    rb"(?i)\ntransfer-encoding:[^\r]*\t\r": "blanks around a value do not count (RFC 9110 5.5)",
    rb"(?i) https?://[^/ ]*(:/|[!$&'()*+,;=])": "delimiters and empty ports: RFC 3986 3.2",
    rb"(?is)\r\n0+\r\n(.*\n)?connection:": "a trailer does not close (RFC 9110 6.5.1)",
    rb"(?i)\nproxy-connection:": "that field means nothing to a server (RFC 9112 section C.2.2)",
    rb"(?i)\nupgrade:": "llhttp stops at an Upgrade that is ignored (RFC 9110 section 7.8)",
    rb"(?i)connect ": "llhttp stops after CONNECT",
    rb"(?is) HTTP/1\.0\r.*keep-alive": "we close after 1.0, and do not read what comes behind",
}


@dataclass
class Outcome:
    seen: list[dict[str, object]] = field(default_factory=list)
    reason: str | None = None
    is_closed: bool = False


class Echo:
    """An ASGI application that notes each request that has come whole."""

    def __init__(self):
        self.seen = []

    async def __call__(self, scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        shown = {name: value for name, value in scope.items() if name not in NOT_COMPARED}
        self.seen.append({**shown, "headers": list(scope["headers"]), "body": body})
        start = {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"0")],
        }
        await send(start)
        await send({"type": "http.response.body", "body": b""})


async def outcome_of(desk, pieces):
    app = desk.config.app
    app.seen = []
    wire = Wire(desk.protocol_class, desk.config, desk.state)
    for piece in pieces:
        wire.feed(piece)
        await wire.settle()
    out = bytes(wire.out)
    outcome = Outcome(app.seen, None, wire.is_closed)
    if statuses := re.findall(rb"HTTP/1\.1 ([45]\d\d) ", out):
        assert b"500" not in statuses, pieces
        outcome.reason = out.rpartition(b"\r\n\r\n")[2].decode()
    await wire.hang_up()
    return outcome


def as_ours(request, theirs):
    """Return uvicorn's view of a request, corrected where RFC 9110 and 9112 want it."""
    headers = [(name, value.strip(b" \t")) for name, value in theirs["headers"]]
    if len(headers) > len(request["headers"]) and (b"transfer-encoding", b"chunked") in [
        (name, value.lower()) for name, value in headers
    ]:
        headers = headers[: len(request["headers"])]  # trailers are no headers: 9110 6.5.1
    own = request["headers"]
    if own and own[0][0] == b"host" and own != headers:
        # The host of an absolute target stands in for Host: 9112 3.2.2.
        headers = [own[0], *(pair for pair in headers if pair[0] != b"host")]
    return {**theirs, "headers": headers}


def find_difference(ours, theirs, sent):
    """Return what is different and not known, or None."""
    for mine, other in zip(ours.seen, theirs.seen, strict=False):
        corrected = as_ours(mine, other)
        if mine != corrected:
            if any(re.search(pattern, sent) for pattern in THEIR_FAULTS):
                return None
            return f"scope: {mine} instead of {corrected}"
    is_equal = len(ours.seen) == len(theirs.seen) and (ours.reason is None) == (
        theirs.reason is None
    )
    if is_equal or any(re.search(pattern, sent) for pattern in THEIR_FAULTS):
        return None
    if ours.reason is None:
        return f"looser: they refuse, we see {ours.seen}"
    if len(ours.seen) > len(theirs.seen):
        # Their refusal came out of turn and took the answer before it along.
        return None if theirs.reason else f"more: {ours.seen} and {ours.reason}"
    if theirs.reason is None or len(ours.seen) < len(theirs.seen):
        return None if ours.reason in STRICTER else f"stricter: {ours.reason}"
    return None


async def compare(seeds):
    ours = Desk(Echo(), HttpProtocol, ws="none", interface="asgi3", proxy_headers=False)
    theirs = Desk(Echo(), HttpToolsProtocol, ws="none", interface="asgi3", proxy_headers=False)
    found = []
    for seed in seeds:
        pieces = conversation(seed, OTHERS)
        one, other = await outcome_of(ours, pieces), await outcome_of(theirs, pieces)
        difference = find_difference(one, other, b"".join(pieces))
        if difference:
            found.append(f"seed {seed}: {pieces}\n  {difference}")
    return found


@pytest.fixture
def quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("batch", range(BATCHES))
@pytest.mark.usefixtures("quiet")
def test_outcome_is_that_of_llhttp_or_stricter(batch):
    found = asyncio.run(compare(range(batch * COUNT, (batch + 1) * COUNT)))
    assert not found, f"{len(found)} differences\n" + "\n".join(sorted(found, key=len)[:10])


def test_known_requests_are_right():
    """The reference itself: without damage both see the same."""

    async def run():
        pieces = [b"POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"]
        ours, theirs = Desk(Echo(), HttpProtocol), Desk(Echo(), HttpToolsProtocol)
        return [await outcome_of(desk, pieces) for desk in (ours, theirs)]

    ours, theirs = asyncio.run(run())
    assert ours.seen == theirs.seen
    assert ours.seen[0]["body"] == b"abc"
