"""WebSockets through our door and a real client: cases after those of the Autobahn suite.

The connection is handed to uvicorn's WebSocket class; these tests hold the whole to RFC 6455.
"""

import asyncio
import struct

import pytest
from starlette.responses import PlainTextResponse
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Close, CloseCode, Frame, Opcode
from websockets.sync.client import connect

from fasterapi import FasterAPI, WebSocket, WebSocketException
from tests.http.door import read_all, read_answer, serving, status_of, wait_until
from tests.http.raw.case import get

MOST_BYTES = 1 << 20


def make_app():
    app = FasterAPI()
    app.state.closed = {}
    app.state.accepting = asyncio.Event()

    @app.get("/plaintext")
    async def plaintext():
        return "Hello"

    @app.websocket("/echo")
    async def echo(websocket: WebSocket):
        await websocket.accept()
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                who = websocket.scope["query_string"].decode()
                app.state.closed[who] = message.get("code"), message.get("reason")
                return
            await websocket.send({**message, "type": "websocket.send"})

    @app.websocket("/late")
    async def late(websocket: WebSocket):
        await app.state.accepting.wait()
        await echo(websocket)

    @app.get("/accept")
    async def accept():
        app.state.accepting.set()

    @app.websocket("/hesitating")
    async def hesitating(websocket: WebSocket):
        await websocket.receive()
        message = await websocket.receive()
        app.state.closed["hesitating"] = message["type"]

    @app.websocket("/close/{code}")
    async def close(websocket: WebSocket, code: int):
        await websocket.accept()
        await websocket.close(code, reason="because")

    @app.websocket("/protocols")
    async def protocols(websocket: WebSocket):
        asked = websocket.scope["subprotocols"]
        await websocket.accept(asked[-1] if asked else None, headers=[(b"x-own", b"yes")])
        await websocket.send_json(asked)

    @app.websocket("/deny")
    async def deny(websocket: WebSocket):
        answer = PlainTextResponse("who are you", 401, {"www-authenticate": "Basic"})
        await websocket.send_denial_response(answer)

    @app.websocket("/refuse")
    async def refuse(websocket: WebSocket):
        raise WebSocketException(1008, "no")

    @app.websocket("/broken")
    async def broken(websocket: WebSocket):
        await websocket.accept()
        await websocket.receive_text()
        raise RuntimeError("broken on purpose")

    @app.websocket("/count/{count}")
    async def count(websocket: WebSocket, count: int):
        await websocket.accept()
        for number in range(count):
            await websocket.send_text(str(number))

    @app.websocket("/scope")
    async def scope(websocket: WebSocket):
        await websocket.accept()
        await websocket.send_json(
            [websocket.url.path, websocket.url.query, websocket.headers.getlist("x-one")]
        )

    return app


@pytest.fixture(scope="module")
def door():
    app = make_app()
    with serving(app, ws_max_size=MOST_BYTES) as running:
        running.closed = app.state.closed
        yield running


def open_(door, path="/echo", **options):
    return connect(f"ws://127.0.0.1:{door.port}{path}", open_timeout=20, max_size=None, **options)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, MOST_BYTES])
@pytest.mark.parametrize("compression", [None, "deflate"])
def test_messages_of_every_size_come_back(door, size, compression):
    with open_(door, compression=compression) as client:
        for message in ("é" * (size // 2), bytes(size)):
            client.send(message)
            assert client.recv() == message


def test_many_messages_keep_their_order(door):
    with open_(door) as client:
        for number in range(1000):
            client.send(str(number))
        assert [client.recv() for _ in range(1000)] == [str(number) for number in range(1000)]


def test_many_messages_to_a_client(door):
    with open_(door, "/count/5000") as client:
        assert [client.recv() for _ in range(5000)] == [str(number) for number in range(5000)]


@pytest.mark.parametrize("pieces", [["a", "b", "c"], ["", "", ""], [b"a", b"b"], ["x" * 70000] * 3])
def test_fragments_are_one_message(door, pieces):
    with open_(door) as client:
        client.send(iter(pieces))
        assert client.recv() == type(pieces[0])().join(pieces)


def test_ping_between_fragments_is_answered(door):
    with open_(door, compression=None) as client:

        def pieces():
            yield "a"
            assert client.ping(b"now").wait(10)
            yield "b"

        client.send(pieces())
        assert client.recv() == "ab"


@pytest.mark.parametrize("payload", [b"", b"x", b"x" * 125])
def test_ping_is_answered_with_its_payload(door, payload):
    with open_(door) as client:
        assert client.ping(payload).wait(10)


def test_pong_out_of_the_blue_is_ignored(door):
    with open_(door) as client:
        client.pong(b"unasked")
        client.send("still here")
        assert client.recv() == "still here"


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 3000, 4999])
def test_close_code_of_the_application_arrives(door, code):
    with open_(door, f"/close/{code}") as client:
        with pytest.raises(ConnectionClosed) as closed:
            client.recv()
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (code, "because")


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1001, "bye"), (3999, "é" * 60)])
def test_close_code_of_the_client_arrives(door, code, reason):
    with open_(door, f"/echo?{code}") as client:
        client.close(code, reason)
        assert client.close_code == code
    wait_until(lambda: str(code) in door.closed)
    assert door.closed[str(code)] == (code, reason)


def test_message_over_the_limit_is_1009(door):
    with open_(door, compression=None) as client:
        client.send(b"x" * (MOST_BYTES + 1))
        with pytest.raises(ConnectionClosed) as closed:
            client.recv()
        assert closed.value.rcvd.code == CloseCode.MESSAGE_TOO_BIG


def test_compressed_message_over_the_limit_is_1009(door):
    with open_(door) as client:
        client.send(bytes(MOST_BYTES * 20))
        with pytest.raises(ConnectionClosed) as closed:
            client.recv()
        assert closed.value.rcvd.code == CloseCode.MESSAGE_TOO_BIG


def test_failing_handler_ends_the_connection(door):
    """uvicorn's class drops the connection, which clients see as 1006; 1011 would be as right."""
    with open_(door, "/broken") as client:
        client.send("now")
        with pytest.raises(ConnectionClosed) as closed:
            client.recv()
    received = closed.value.rcvd
    assert received is None or received.code == CloseCode.INTERNAL_ERROR
    assert door.get() == (200, b'"Hello"')


# --- handshakes --------------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "chosen"), [(["a", "b"], "b"), (["only"], "only"), (None, None)])
def test_subprotocols(door, asked, chosen):
    with open_(door, "/protocols", subprotocols=asked) as client:
        assert client.subprotocol == chosen
        assert client.response.headers["x-own"] == "yes"


def test_handshake_is_refused_with_an_answer_of_the_application(door):
    with pytest.raises(InvalidStatus) as refused:
        open_(door, "/deny")
    answer = refused.value.response
    assert (answer.status_code, answer.body) == (401, b"who are you")
    assert answer.headers["www-authenticate"] == "Basic"


@pytest.mark.parametrize("path", ["/refuse", "/no-such-path", "/plaintext"])
def test_handshake_is_refused_with_403(door, path):
    with pytest.raises(InvalidStatus) as refused:
        open_(door, path)
    assert refused.value.response.status_code == 403


def test_handler_sees_path_query_and_headers(door):
    with open_(door, "/scope?a=b%20c", additional_headers={"X-One": "1"}) as client:
        assert client.recv() == '["/scope","a=b%20c",["1"]]'


HANDSHAKE = get(
    "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)  # fmt: skip


def masked(opcode, payload, *, fin=True, bits=0):
    """Return a frame as clients send it, the mask all zeros."""
    first = opcode | (0x80 if fin else 0) | bits
    if len(payload) < 126:
        return bytes([first, 0x80 | len(payload)]) + bytes(4) + payload
    return bytes([first, 0x80 | 126]) + struct.pack("!H", len(payload)) + bytes(4) + payload


def closing_code(data):
    """Return the code of the close frame at the end of *data*."""
    at = data.rfind(b"\x88")
    return Close.parse(data[at + 2 :]).code if at >= 0 else None


TEXT, BINARY, CLOSE, PING, CONTINUED = 1, 2, 8, 9, 0
VIOLATIONS = {
    "frame without a mask": (b"\x81\x01a", 1002),
    "reserved bit 1": (masked(TEXT, b"a", bits=0x40), 1002),
    "reserved bit 2": (masked(TEXT, b"a", bits=0x20), 1002),
    "reserved bit 3": (masked(TEXT, b"a", bits=0x10), 1002),
    "reserved opcode 3": (masked(3, b"a"), 1002),
    "reserved opcode 11": (masked(11, b"a"), 1002),
    "ping in fragments": (masked(PING, b"a", fin=False), 1002),
    "ping of 126 bytes": (masked(PING, b"a" * 126), 1002),
    "close of 126 bytes": (masked(CLOSE, b"\x03\xe8" + b"a" * 124), 1002),
    "continuation of nothing": (masked(CONTINUED, b"a"), 1002),
    "text inside of text": (masked(TEXT, b"a", fin=False) + masked(TEXT, b"b"), 1002),
    "close of one byte": (masked(CLOSE, b"\x03"), 1002),
    "close with code 999": (masked(CLOSE, b"\x03\xe7"), 1002),
    "close with code 1005": (masked(CLOSE, b"\x03\xed"), 1002),
    "close with code 1006": (masked(CLOSE, b"\x03\xee"), 1002),
    "text that is no UTF-8": (masked(TEXT, b"\xff\xfe"), 1007),
    "text with a surrogate": (masked(TEXT, b"\xed\xa0\x80"), 1007),
    "text cut inside of a character": (masked(TEXT, b"\xc3"), 1007),
    "reason that is no UTF-8": (masked(CLOSE, b"\x03\xe8\xff"), 1007),
}


@pytest.mark.parametrize("name", VIOLATIONS)
@pytest.mark.parametrize("split", [False, True], ids=["whole", "bytes"])
def test_violation_is_closed_with_its_code(door, name, split):
    frames, code = VIOLATIONS[name]
    with door.connect() as client:
        client.sendall(HANDSHAKE)
        head = read_answer(client)[0]
        assert status_of(head) == 101
        for piece in [frames[i : i + 1] for i in range(len(frames))] if split else [frames]:
            client.sendall(piece)
        assert closing_code(read_all(client)) == code
    assert door.get() == (200, b'"Hello"')


def test_frame_may_come_with_the_handshake(door):
    """The bytes behind the head belong to the new protocol (RFC 9110 section 7.8)."""
    early = Frame(Opcode.TEXT, b"early").serialize(mask=False)
    with door.connect() as client:
        client.sendall(HANDSHAKE + masked(TEXT, b"early"))
        rest = read_answer(client)[2]
        while len(rest) < len(early):
            rest += client.recv(100)
        assert rest == early


def test_control_frame_never_overtakes_the_handshake(door):
    """A pong in front of the 101 would be no HTTP (RFC 6455 section 4.2.2)."""
    with door.connect() as client:
        client.sendall(HANDSHAKE + masked(PING, b"now") + masked(CLOSE, b"\x03\xe8"))
        data = read_all(client)
    head, _, frames = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    assert frames == b"\x8a\x03now\x88\x02\x03\xe8"


def test_violation_is_closed_after_the_handshake(door):
    with door.connect() as client:
        client.sendall(HANDSHAKE + b"\x81\x01a")
        data = read_all(client)
    assert data.startswith(b"HTTP/1.1 101 ")
    assert closing_code(data) == 1002


def test_many_frames_may_come_before_the_application_accepts(door):
    """What does not fit into the buffer waits in the client's socket."""
    texts = [f"{number:05}".encode() * 200 for number in range(300)]
    expected = b"".join(Frame(Opcode.TEXT, text).serialize(mask=False) for text in texts)
    with door.connect() as client:
        client.sendall(HANDSHAKE.replace(b"/echo", b"/late"))
        client.sendall(b"".join(masked(TEXT, text) for text in texts))
        assert door.get("/accept") == (200, b"null")
        rest = read_answer(client)[2]
        while len(rest) < len(expected):
            piece = client.recv(65536)
            assert piece
            rest += piece
        assert rest == expected


def test_client_that_leaves_before_the_answer_is_known_to_have_left(door):
    with door.connect() as client:
        client.sendall(HANDSHAKE.replace(b"/echo", b"/hesitating") + masked(TEXT, b"early"))
    wait_until(lambda: "hesitating" in door.closed)


def test_handshake_may_come_byte_by_byte(door):
    with door.connect() as client:
        for byte in HANDSHAKE:
            client.sendall(bytes([byte]))
        assert status_of(read_answer(client)[0]) == 101


def test_client_that_vanishes_ends_its_handler(door):
    with door.connect() as client:
        client.sendall(HANDSHAKE.replace(b"/echo", b"/echo?vanished"))
        assert status_of(read_answer(client)[0]) == 101
    wait_until(lambda: "vanished" in door.closed)
    assert door.closed["vanished"][0] in (1005, 1006)
