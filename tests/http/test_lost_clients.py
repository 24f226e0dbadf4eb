"""Clients that are gone while the server still has work from them."""

import asyncio

from fasterapi.server import HttpProtocol
from tests.http.raw.case import get
from tests.http.wire import Desk, Wire


class BrokenWire(Wire):
    """The peer has reset the connection: the first write finds out, all are dropped."""

    def write(self, data):
        if not self.is_closed:
            self.close()


def test_pipelined_requests_of_a_lost_client_are_dropped():
    """A thousand requests in one packet, then a reset, must not cost a thousand answers."""
    asked = []

    async def app(scope, receive, send):
        asked.append(scope["path"])
        headers = [(b"content-length", b"20000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"x" * 20_000})

    async def run():
        desk = Desk(app, HttpProtocol, interface="asgi3")
        wire = BrokenWire(HttpProtocol, desk.config, desk.state)
        wire.feed(get() * 1000)
        await wire.settle()
        assert desk.state.connections == set()

    asyncio.run(run())
    assert 1 <= len(asked) < 10


def test_stream_to_a_lost_client_gives_way():
    """A generator that never waits must not keep the news of the loss from itself."""

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        message = {"type": "http.response.body", "body": b"x" * 100, "more_body": True}
        await receive()
        listener = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        for _ in range(1_000_000):
            await send(message)
            if listener.done():
                assert listener.result()["type"] == "http.disconnect"
                return
        raise AssertionError("never heard of the loss")

    async def run():
        desk = Desk(app, HttpProtocol, interface="asgi3")
        wire = BrokenWire(HttpProtocol, desk.config, desk.state)
        wire.feed(get())
        await wire.settle()
        assert desk.state.tasks == set()

    asyncio.run(run())
