"""Cases about connections: keeping, pipelining, closing, upgrades, 100-continue (RFC 9112 9)."""

from tests.http.raw.case import (
    CLOSE,
    EITHER,
    HALF_CLOSE,
    KEEP,
    LISTEN,
    RESET,
    SMUGGLED,
    WAIT,
    case,
    chunked,
    get,
    post,
    refused,
    request,
    served,
)

PERSIST, PIPELINE, EXPECT, UPGRADE = "9112 9.3", "9112 9.3.2", "9110 10.1.1", "9110 7.8"
ABC = b"3\r\nabc\r\n0\r\n\r\n"
CL, TE = "Content-Length: 3", "Transfer-Encoding: chunked"
PLAIN, SLOW, HEAD = get(target="/plaintext"), get(target="/slow"), request("HEAD", "/plaintext")
CONTINUE = "Expect: 100-continue"

KEPT = [
    case("two requests", PLAIN + PLAIN, (200, 200), KEEP, PERSIST),
    *(
        case(f"connection: {value}", get(f"Connection: {value}") + SMUGGLED, 200, CLOSE,
             "9112 9.6", lines=(b"connection: close",))
        for value in ("close", "Close", "CLOSE", "close, x", "x, close", "keep-alive, close",
                      "x ,\tclose", ",close", "upgrade,close")
    ),
    *(
        case(f"connection: {value!r}", get(f"Connection: {value}"), 200, KEEP, PERSIST,
             missing=(b"connection",))
        for value in ("keep-alive", "closed", "xclose", "close-x", "", "x", "Keep-Alive, x")
    ),
    case("close in the second line", get("Connection: x", "Connection: close") + SMUGGLED, 200,
         CLOSE, "9112 9.6"),
    case("close after a body", post(CL, "Connection: close", body=b"abc") + SMUGGLED, 200, CLOSE,
         "9112 9.6", seen={"body": "abc"}),
    case("close after an unread body",
         post(CL, "Connection: close", body=b"abc", target="/unread") + SMUGGLED, 200, CLOSE,
         "9112 9.6"),
    case("close in a refused request", get("Connection: close", host=None) + SMUGGLED, 400, CLOSE,
         "9112 9.6"),
    case("application closes", get(target="/closing") + SMUGGLED, 200, CLOSE, "9112 9.6",
         lines=(b"connection: close",)),
    case("1.0 closes", get(version="HTTP/1.0") + SMUGGLED, 200, CLOSE, PERSIST,
         seen={"version": "1.0"}),
    case("1.0 with keep-alive", get("Connection: keep-alive", version="HTTP/1.0"), 200, CLOSE,
         "9112 C.2.2", lines=(b"connection: close",)),
    case("1.0 gets no chunks", get(target="/stream", version="HTTP/1.0"), 200, CLOSE, "9112 6.1",
         missing=(b"transfer-encoding",)),
    case("unknown path", get(target="/no"), 404, KEEP, PERSIST),
    case("wrong method", request("DELETE", "/plaintext"), 405, KEEP, "9110 15.5.6",
         lines=(b"allow: ",)),
]  # fmt: skip

MIXED = (PLAIN, post(CL, body=b"abc"), SLOW, chunked(ABC), get(target="/nothing"),
         chunked(ABC, target="/unread"), HEAD, get(target="/no"), get(target="/stream"),
         post(CL, body=b"abc", target="/unread"))  # fmt: skip
MIXED_STATUSES = (200, 200, 200, 200, 204, 200, 200, 404, 200, 200)
PIPELINED = [
    case("50 requests with bodies between", b"".join(MIXED) * 5, MIXED_STATUSES * 5, KEEP, PIPELINE,
         heads=(6, 16, 26, 36, 46)),
    case("slow before fast", SLOW + PLAIN + SLOW, (200, 200, 200), KEEP, PIPELINE),
    case("empty lines between", PLAIN + b"\r\n" + PLAIN + b"\r\n\r\n" + PLAIN, (200,) * 3, KEEP,
         "9112 2.2"),
    case("empty line behind a body", post(CL, body=b"abc") + b"\r\n" + PLAIN, (200, 200), KEEP,
         "9112 2.2"),
    case("half a request behind", PLAIN + b"GET /plain", 200, WAIT, PIPELINE),
    case("one letter behind", PLAIN + b"G", 200, WAIT, PIPELINE),
    case("CR behind", PLAIN + b"\r", 200, WAIT, "9112 2.2"),
    case("rubbish behind", PLAIN + b"\0\xff\0\r\n" + SMUGGLED, (200, 400), CLOSE, PIPELINE),
    case("rubbish behind a slow one", SLOW + b"\0\xff\0\r\n" + SMUGGLED, (200, 400), CLOSE,
         PIPELINE),
    case("too large behind good ones", PLAIN + post("Content-Length: 99999999"), (200, 413), CLOSE,
         PIPELINE),
    case("bad chunk behind good ones", PLAIN + SLOW + chunked(b"x\r\n") + SMUGGLED,
         (200, 200, 400), CLOSE, PIPELINE),
]  # fmt: skip

HALVES = [
    case("nothing", b"", (), WAIT, "9112 9.5"),
    case("half a method", b"GE", (), WAIT, "9112 9.5"),
    case("half a target", b"GET /ec", (), WAIT, "9112 9.5"),
    case("half a version", b"GET /echo HTTP/1", (), WAIT, "9112 9.5"),
    case("half a line end", b"GET /echo HTTP/1.1\r", (), WAIT, "9112 9.5"),
    case("a request line", b"GET /echo HTTP/1.1\r\n", (), WAIT, "9112 9.5"),
    case("half a field", get()[:-8], (), WAIT, "9112 9.5"),
    case("half a head", get()[:-2], (), WAIT, "9112 9.5"),
    case("all but LF", get()[:-1], (), WAIT, "9112 9.5"),
    case("head without its body", post(CL), (), WAIT, "9112 9.5"),
    case("closed at once", (HALF_CLOSE,), (), CLOSE, "9112 9.6"),
    case("closed after an empty line", (b"\r\n", HALF_CLOSE), (), CLOSE, "9112 9.6"),
    case("half closed after a request", (PLAIN, HALF_CLOSE), 200, CLOSE, "9112 9.6"),
    case("half closed after a slow one", (SLOW, HALF_CLOSE), 200, CLOSE, "9112 9.6"),
    case("half closed after four", (SLOW + PLAIN + SLOW + PLAIN, HALF_CLOSE), (200,) * 4, CLOSE,
         "9112 9.6"),
    case("half closed after a body", (post(CL, body=b"abc"), HALF_CLOSE), 200, CLOSE, "9112 9.6",
         seen={"body": "abc"}),
    # Streams end where a client is gone, and nobody can tell that it only closed its half.
    case("half closed before a stream", (get(target="/stream?count=50"), HALF_CLOSE), (), EITHER,
         "9112 9.6"),
    case("half closed in a head", (PLAIN + b"GET /pl", HALF_CLOSE), 200, CLOSE, "9112 9.6"),
    case("half closed in a body", (PLAIN + post(CL, body=b"a"), HALF_CLOSE), 200, CLOSE,
         "9112 8"),
    case("reset at once", (RESET,), (), EITHER, "9112 9.5"),
    case("reset in a head", (b"GET /pl", RESET), (), EITHER, "9112 9.5"),
    case("reset in a body", (post(CL, body=b"a"), RESET), (), EITHER, "9112 9.5"),
    case("reset after a request", (PLAIN, RESET), (), EITHER, "9112 9.5"),
    case("reset after many requests", (SLOW * 20, RESET), (), EITHER, "9112 9.5"),
    case("reset in an answer", (get(target="/large?size=9000000"), LISTEN, RESET), (), EITHER,
         "9112 9.5"),
    case("reset in a stream", (get(target="/stream?count=99999&size=9999"), LISTEN, RESET), (),
         EITHER, "9112 9.5"),
]  # fmt: skip

WAITING = post(CL, CONTINUE)
EXPECTED = [
    case("100-continue", (WAITING, LISTEN, b"abc"), (100, 200), KEEP, EXPECT, seen={"body": "abc"}),
    case("100-continue in capitals", (post(CL, "Expect: 100-Continue"), LISTEN, b"abc"), (100, 200),
         KEEP, EXPECT, seen={"body": "abc"}),
    case("100-continue and chunks", (post(TE, CONTINUE), LISTEN, ABC), (100, 200), KEEP, EXPECT,
         seen={"body": "abc"}),
    case("100-continue, two in a row",
         (WAITING, LISTEN, b"abc", LISTEN, WAITING, LISTEN, b"abc"), (100, 200, 100, 200), KEEP,
         EXPECT),
    served("100-continue and the body", WAITING + b"abc", EXPECT, body="abc"),
    served("100-continue and no body", post("Content-Length: 0", CONTINUE), EXPECT, body=""),
    served("100-continue of GET", get(CONTINUE), EXPECT, method="GET"),
    served("other expectation", get("Expect: x"), EXPECT, method="GET"),
    case("100-continue, unknown path", (post(CL, CONTINUE, target="/no"), LISTEN), 404, CLOSE,
         EXPECT),
    case("100-continue, unread body", (post(CL, CONTINUE, target="/unread"), LISTEN), 200, CLOSE,
         EXPECT),
    case("100-continue, too large", (post("Content-Length: 99999999", CONTINUE), LISTEN), 413,
         CLOSE, EXPECT),
    case("100-continue, too large for the route",
         (post("Content-Length: 11", CONTINUE, target="/small"), LISTEN), 413, CLOSE, EXPECT),
    case("100-continue in 1.0", (post(CL, CONTINUE, version="HTTP/1.0"), b"abc"), 200, CLOSE,
         EXPECT, seen={"body": "abc"}),
    case("100-continue, half closed", (WAITING, HALF_CLOSE), (100,), CLOSE, EXPECT),
]  # fmt: skip

UP = "Connection: Upgrade"
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
UPGRADES = [
    served("upgrade to h2c", get(UP, "Upgrade: h2c"), UPGRADE, method="GET"),
    served("upgrade to h2c with a body", post(UP, "Upgrade: h2c", CL, body=b"abc"), UPGRADE,
           body="abc"),
    served("upgrade to h2c with chunks", chunked(ABC, UP, "Upgrade: h2c"), UPGRADE, body="abc"),
    case("request behind an ignored upgrade", get(UP, "Upgrade: h2c") + PLAIN, (200, 200), KEEP,
         UPGRADE),
    case("settings of h2c", get("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
         "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA") + PLAIN, (200, 200), KEEP, "7540 3.2"),
    served("upgrade to unknown", get(UP, "Upgrade: x/1"), UPGRADE, method="GET"),
    served("upgrade to a list", get(UP, "Upgrade: h2c, x"), UPGRADE, method="GET"),
    served("Upgrade alone", get("Upgrade: websocket"), UPGRADE, method="GET"),
    served("Connection: upgrade alone", get(UP), UPGRADE, method="GET"),
    served("websocket by POST", post(UP, "Upgrade: websocket", CL, body=b"abc"), "6455 4.1",
           body="abc"),
    served("websocket with a body", get(UP, "Upgrade: websocket", CL, body=b"abc"), "6455 4.1",
           body="abc"),
    served("websocket with chunks", get(UP, "Upgrade: websocket", TE, body=ABC), "6455 4.1",
           body="abc"),
    case("websocket in 1.0", get(UP, "Upgrade: websocket", version="HTTP/1.0"), 200, CLOSE,
         "6455 4.1"),
    case("websocket without a key", get(UP, "Upgrade: websocket"), 400, CLOSE, "6455 4.2.1"),
    case("websocket of an old version",
         get(UP, "Upgrade: websocket", KEY, "Sec-WebSocket-Version: 8"), 426, CLOSE, "6455 4.4",
         lines=(b"sec-websocket-version: 13",)),
    case("websocket to an HTTP path",
         get(UP, "Upgrade: websocket", KEY, "Sec-WebSocket-Version: 13"), 403, CLOSE, "6455 4.2.2"),
    case("websocket behind a request",
         PLAIN + get(UP, "Upgrade: websocket", KEY, "Sec-WebSocket-Version: 13"), (200, 403), CLOSE,
         "6455 4.2.2"),
    case("websocket behind a slow one",
         SLOW + get(UP, "Upgrade: websocket", KEY, "Sec-WebSocket-Version: 13"), (200, 403), CLOSE,
         "6455 4.2.2"),
    case("subprotocol of high bytes",
         get(UP, "Upgrade: websocket", KEY, "Sec-WebSocket-Version: 13",
         "Sec-WebSocket-Protocol: \xe9"), 400, CLOSE, "CVE-2026-42544"),
]  # fmt: skip

FRAMED = [
    case("HEAD", HEAD + PLAIN, (200, 200), KEEP, "9110 9.3.2", heads=(0,)),
    case("HEAD has a length", HEAD, 200, KEEP, "9110 9.3.2", heads=(0,),
         lines=(b"content-length: 5",)),
    case("HEAD of a stream", request("HEAD", "/stream") + PLAIN, (200, 200), KEEP, "9110 9.3.2",
         heads=(0,)),
    case("HEAD of an unknown path", request("HEAD", "/no") + PLAIN, (404, 200), KEEP, "9110 9.3.2",
         heads=(0,)),
    case("HEAD with a body", request("HEAD", "/plaintext", CL, body=b"abc") + PLAIN, (200, 200),
         KEEP, "9110 9.3.2", heads=(0,)),
    refused("HEAD that is refused", request("HEAD", "/plaintext", host=None), 400, "9110 9.3.2"),
    case("204", get(target="/nothing") + PLAIN, (204, 200), KEEP, "9112 6.3"),
    case("204 has no length", get(target="/nothing"), 204, KEEP, "9110 8.6",
         missing=(b"content-length", b"transfer-encoding")),
    case("304", get(target="/unchanged") + PLAIN, (304, 200), KEEP, "9112 6.3"),
    case("304 has no chunks", get(target="/unchanged"), 304, KEEP, "9112 6.1",
         missing=(b"transfer-encoding",), lines=(b'etag: "1"',)),
    case("stream", get(target="/stream") + PLAIN, (200, 200), KEEP, "9112 7.1"),
    case("stream has no length", get(target="/stream"), 200, KEEP, "9112 6.2",
         lines=(b"transfer-encoding: chunked",), missing=(b"content-length",)),
    case("empty stream", get(target="/stream?count=0") + PLAIN, (200, 200), KEEP, "9112 7.1"),
    case("stream of empty pieces", get(target="/stream?size=0") + PLAIN, (200, 200), KEEP,
         "9112 7.1"),
    case("large answers", get(target="/large") * 3, (200,) * 3, KEEP, "9112 9.3"),
    case("long unread body", post("Content-Length: 100000", body=b"x" * 100000, target="/unread")
         + PLAIN, (200, 200), KEEP, "9112 9.3"),
    case("very long unread body", post("Content-Length: 2000000", body=b"x" * 2000000,
         target="/unread"), 200, EITHER, "9112 9.3"),
    case("very long unread chunks", chunked((b"10000\r\n" + b"x" * 65536 + b"\r\n") * 20
         + b"0\r\n\r\n", target="/unread"), 200, EITHER, "9112 9.3"),
]  # fmt: skip

CASES = [*KEPT, *PIPELINED, *HALVES, *EXPECTED, *UPGRADES, *FRAMED]
