"""A protocol class without a network: bytes go in, bytes come out, in one thread and at once.

What a socket leaves to chance, how the bytes are portioned, is the test's choice here.
"""

import asyncio

import uvicorn
from uvicorn.server import ServerState

BUSY_TURNS, IDLE_TURNS = 12, 3


class Wire(asyncio.Transport):
    """One connection of *protocol_class*, and what the server has written to it."""

    def __init__(self, protocol_class, config, state):
        super().__init__()
        self.state = state
        self.out = bytearray()
        self.is_closed = False  # by either side, or only for writing
        self.is_paused = False
        self.waiting = []
        self.loop = asyncio.get_running_loop()
        self.protocol = protocol_class(config=config, server_state=state, app_state={})
        self.protocol.connection_made(self)

    # --- what a client does ----------------------------------------------------------------

    def feed(self, data):
        """Let *data* arrive, or wait in the kernel while nobody reads."""
        if self.is_closed:
            return
        if self.is_paused:
            self.waiting.append(data)
        elif data is None:
            if not self.protocol.eof_received():
                self.close()
        else:
            self.protocol.data_received(data)

    def half_close(self):
        """End what the client sends; like bytes, the end waits while nobody reads."""
        self.feed(None)

    async def settle(self):
        """Let the server work until nothing moves any more."""
        before, turns = None, 0
        while turns < (BUSY_TURNS if self.state.tasks else IDLE_TURNS):
            while self.waiting and not self.is_paused:
                self.feed(self.waiting.pop(0))
            now = len(self.out), len(self.state.tasks), self.is_closed, len(self.waiting)
            turns = turns + 1 if now == before else 0
            before = now
            await asyncio.sleep(0)

    async def hang_up(self):
        """End the connection from the client's side."""
        self.lose()
        await self.settle()

    # --- what a protocol class calls -------------------------------------------------------

    def set_protocol(self, protocol):
        """Hand the connection to *protocol*: a WebSocket's."""
        self.protocol = protocol

    def write(self, data):
        assert isinstance(data, bytes | bytearray | memoryview)
        assert not self.is_closed, "written after the end"
        self.out += data

    def writelines(self, pieces):
        for piece in pieces:
            self.write(piece)

    def can_write_eof(self):
        return True

    def write_eof(self):
        self.is_closed = True

    def close(self):
        self.is_closed = True
        self.loop.call_soon(self.lose)

    abort = close

    def lose(self):
        self.is_closed = True
        if self.protocol is not None:
            protocol, self.protocol = self.protocol, None
            protocol.connection_lost(None)

    def pause_reading(self):
        self.is_paused = True

    def resume_reading(self):
        self.is_paused = False

    def is_closing(self):
        return self.is_closed

    def get_write_buffer_size(self):
        return 0

    def get_extra_info(self, name, default=None):
        return {"peername": ("127.0.0.1", 5), "sockname": ("127.0.0.1", 80)}.get(name, default)


class Desk:
    """Makes connections to one application, by one protocol class."""

    def __init__(self, app, protocol_class, **options):
        self.protocol_class = protocol_class
        options = {"log_config": None, "access_log": False, "lifespan": "off", **options}
        self.config = uvicorn.Config(app, http=protocol_class, **options)
        self.config.load()
        self.state = ServerState()

    async def send(self, *pieces):
        """Return what the server writes for *pieces*, and whether it closed."""
        wire = Wire(self.protocol_class, self.config, self.state)
        for piece in pieces:
            wire.feed(piece)
        await wire.settle()
        outcome = bytes(wire.out), wire.is_closed
        await wire.hang_up()
        return outcome
