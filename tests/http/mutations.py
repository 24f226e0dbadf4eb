"""Requests that are nearly right: written at random from a seed, then damaged a little."""

import random

METHODS = (
    *("GET", "GET", "POST", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "QUERY"),
    *("TRACE", "CONNECT", "get", "FOO"),
)
TARGETS = (
    *("/", "/a", "/a/b?c=d", "/%41%zz", "/a?b?c", "//a/b", "/a/../b", "http://b/c", "*", "/\xe9"),
    *("http://b:8?x", "https://[::1]/", "/a#b", "a", "/a%00", "http://u@b/", "http://", "/\\a"),
)
VERSIONS = (
    *("HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0"),
    *("HTTP/0.9", "http/1.1"),
)
LINES = (
    *("Content-Length: 3", "Content-Length: 0", "Content-Length: 03", "Content-Length: +3"),
    *("Content-Length: 3, 3", "content-length:3 ", "Content-Length: 99", "Content-Length:"),
    *("Content-Length: 18446744073709551619", "Transfer-Encoding: chunked"),
    *("Transfer-Encoding: Chunked ", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: x"),
    *("Transfer-Encoding: chunked, identity", "Transfer-Encoding : chunked", "TE: trailers"),
    *("transfer-encoding: chunked", "Transfer-Encoding:\tchunked", "Connection: close"),
    *("Connection: keep-alive", "Connection: upgrade", "Upgrade: h2c", "Expect: 100-continue"),
    *("Host: b", "Host: a:80", "Host: a b", "Host:", "X: a\tb ", "X:", "X", "X : a", " X: a"),
    *("X:\ta\t", "X: a, b", "Cookie: a=b; c=d", "X_Y: 1", "X-Forwarded-For: 1.2.3.4", "X: \xe9"),
    *("Connection: close, x", "Proxy-Connection: close", "Keep-Alive: 5", "X: a\0b", "X: a\x7f"),
)
BODIES = (
    *(b"", b"", b"abc", b"3\r\nabc\r\n0\r\n\r\n", b"3;a=b\r\nabc\r\n0\r\n\r\n", b"0\r\n\r\n"),
    *(b"3\r\nabc\r\n0\r\nT: u\r\n\r\n", b"03\r\nabc\r\n0\r\n\r\n", b"3 \r\nabc\r\n0\r\n\r\n"),
    *(
        b"1\r\na\r\n2\r\nbc\r\n000\r\n\r\n",
        b"+3\r\nabc\r\n0\r\n\r\n",
        b'3;a="b"\r\nabc\r\n0\r\n\r\n',
    ),
    *(b"3\nabc\n0\n\n", b"FFFFFFFFFFFFFFFF\r\nabc\r\n", b"A\r\n0123456789\r\n0\r\n\r\n"),
)
TOKENS = (
    *(b"\r\n", b"\n", b"\r", b" ", b"\t", b"\0", b":", b";", b",", b"\x7f", b"\x80", b"\xff"),
    *(b"0", b"3", b"a", b"/", b"?", b"#", b"%", b"\\", b'"', b"\r\n\r\n", b"\r\n ", b"  ", b"\x0b"),
    *(b"chunked", b"HTTP/1.1", b"Host: a\r\n", b"Content-Length: 3\r\n", b"@", b"[", b"(", b"{"),
)


def lines_for(rng, body):
    """Return lines that suit the body more often than not."""
    lines = ["Host: a"]
    if rng.random() < 0.8:
        if body.endswith(b"\n"):
            lines.append("Transfer-Encoding: chunked")
        elif body or rng.random() < 0.3:
            lines.append(f"Content-Length: {len(body)}")
    lines += rng.choices(LINES, k=rng.choice((0, 0, 1, 1, 2, 3)))
    rng.shuffle(lines)
    return lines


def write_request(rng):
    """Return a request that is right, or wrong in a way that people write."""
    body = rng.choice(BODIES)
    method = rng.choice(METHODS) if rng.random() < 0.3 else ("POST" if body else "GET")
    target = rng.choice(TARGETS) if rng.random() < 0.4 else "/a"
    version = rng.choice(VERSIONS) if rng.random() < 0.3 else "HTTP/1.1"
    head = [f"{method} {target} {version}", *lines_for(rng, body), "", ""]
    return "\r\n".join(head).encode("latin-1") + body


def damage(rng, data):
    """Return *data* with something inserted, removed, doubled or replaced."""
    for _ in range(rng.choice((0, 0, 1, 1, 1, 2, 3))):
        at = rng.randrange(len(data) + 1)
        until = at + rng.choice((0, 1, 1, 2, 5))
        data = rng.choice(
            (
                data[:at] + rng.choice(TOKENS) + data[at:],
                data[:at] + rng.choice(TOKENS) + data[until:],
                data[:at] + data[until:],
                data[:at] + data[at:until] + data[at:],
                data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :],
            )
        )
    return data


def conversation(seed, others):
    """Return what one client sends: requests, damaged ones, and a good one as the last.

    Args:
        seed: Of the random numbers.
        others: Requests to damage beside those that are written here.
    """
    rng = random.Random(seed)
    pieces = []
    for _ in range(rng.choice((1, 1, 1, 2))):
        data = rng.choice(others) if rng.random() < 0.3 else write_request(rng)
        pieces.append(damage(rng, data))
    return [*pieces, b"GET /last HTTP/1.1\r\nHost: a\r\n\r\n"]
