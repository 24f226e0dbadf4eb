"""Cases about header fields and line ends (RFC 9112 sections 2.2 and 5, RFC 9110 section 5)."""

from tests.http.raw.case import KEEP, SMUGGLED, case, get, refused, served

NAME, VALUE, ENDS, FOLD = "9112 5.1", "9110 5.5", "9112 2.2", "9112 5.2"


def head(text):
    """Return a request whose lines after the Host field are exactly *text*."""
    return b"GET /echo HTTP/1.1\r\nHost: a\r\n" + text.encode("latin-1")


NAMES = [
    refused("space before the colon", get("X : a"), 400, NAME),
    refused("TAB before the colon", get("X\t: a"), 400, NAME),
    refused("VT before the colon", get("X\x0b: a"), 400, NAME),
    refused("NBSP before the colon", get("X\xa0: a"), 400, NAME),
    refused("no colon", get("X"), 400, NAME),
    refused("no colon but a value", get("X a"), 400, NAME),
    refused("empty name", get(": a"), 400, NAME),
    refused("blank name", get(" : a"), 400, NAME),
    refused("NUL in a name", get("X\0Y: a"), 400, NAME),
    refused("CR in a name", get("X\rY: a"), 400, NAME),
    refused("UTF-8 in a name", get("X\xc3\xa9: a"), 400, NAME),
    refused("DEL in a name", get("X\x7f: a"), 400, NAME),
    *(
        refused(f"{char} in a name", get(f"X{char}Y: a"), 400, "9110 5.6.2")
        for char in '"(),/;<=>?@[\\]{}'
    ),
    served("all token characters", get("!#$%&'*+-.^_`|~09azAZ: a"), "9110 5.6.2",
           headers=["host: a", "!#$%&'*+-.^_`|~09azaz: a"]),
    served("case of names", get("x-ONE: a"), "9110 5.1", headers=["host: a", "x-one: a"]),
    served("dash and underscore differ", get("a-b: 1", "a_b: 2"), NAME,
           headers=["host: a", "a-b: 1", "a_b: 2"]),
    served("order of equal names", get("x: 1", "y: 2", "X: 3"), "9110 5.3",
           headers=["host: a", "x: 1", "y: 2", "x: 3"]),
]  # fmt: skip

VALUES = [
    *(
        refused(f"0x{code:02x} in a value", get(f"X: a{chr(code)}b"), 400, VALUE)
        for code in (0, 1, 7, 8, 0x0B, 0x0C, 0x0D, 0x0E, 0x1B, 0x1F, 0x7F)
    ),
    refused("NUL at the end of a value", get("X: a\0"), 400, VALUE),
    refused("CR at the end of a value", get("X: a\r"), 400, "CVE-2023-30589"),
    refused("CR instead of a line end", head("X: a\rY: b\r\n\r\n"), 400, "CVE-2023-30589"),
    refused("folded by a space", get("X: a", " b"), 400, FOLD),
    refused("folded by a TAB", get("X: a", "\tb"), 400, FOLD),
    refused("folded by an empty line", get("X: a", " "), 400, FOLD),
    refused("folded Content-Length", get("Content-Length: 1", " 0"), 400, "CVE-2024-27982"),
    refused("folded Transfer-Encoding", get("Transfer-Encoding:", " chunked"), 400,
            "CVE-2022-32215"),
    refused("fold before all fields", b"GET /echo HTTP/1.1\r\n X: a\r\nHost: a\r\n\r\n", 400, ENDS),
    served("empty value", get("X:"), VALUE, headers=["host: a", "x: "]),
    served("blank value", get("X: \t "), VALUE, headers=["host: a", "x: "]),
    served("no space after the colon", get("X:a"), VALUE, headers=["host: a", "x: a"]),
    served("blanks around a value", get("X: \ta b\t "), VALUE, headers=["host: a", "x: a b"]),
    served("TAB in a value", get("X: a\tb"), VALUE, headers=["host: a", "x: a\tb"]),
    served("colons in a value", get("X: a:b: c"), VALUE, headers=["host: a", "x: a:b: c"]),
    served("high bytes in a value", get("X: \xa0\xff\x80"), VALUE,
           headers=["host: a", "x: \xa0\xff\x80"]),
]  # fmt: skip

LINE_ENDS = [
    refused("field ended by LF", head("X: a\nY: b\r\n\r\n"), 400, ENDS),
    refused("head ended by LF", head("X: a\r\n\n"), 400, ENDS),
    refused("all lines ended by LF", b"GET /echo HTTP/1.1\nHost: a\n\n", 400, ENDS),
    refused("head ended by LF LF", head("X: a\n\n"), 400, ENDS),
    refused("head ended by CR CR", head("X: a\r\r"), 400, ENDS),
    refused("head ended by CR CR LF", head("X: a\r\n\r\r\n"), 400, ENDS),
    refused("head ended by CR and a letter", head("X: a\r\n\rX"), 400, "CVE-2025-23167"),
    refused("field ended by CR CR LF", head("X: a\r\r\n\r\n"), 400, ENDS),
    refused("LF CR for CR LF", head("X: a\n\r\n\r"), 400, ENDS),
    refused("coding behind LF", head("X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            400, "CVE-2022-32214"),
    refused("length behind a bare CR", head("X: a\rContent-Length: 44\r\n\r\n"), 400,
            "CVE-2022-32214"),
    refused("field without its end", head("X:\nContent-Length: 5\r\n\r\n"), 400, "CVE-2022-35256"),
    refused("NEL as a line end", head("X: a\x85Y b\r\nZ\r\n\r\n"), 400, ENDS),
    case("request behind an empty head", get() + SMUGGLED, (200, 200), KEEP, "9112 9.3.2"),
]  # fmt: skip


def filled(name, size):
    """Return a field whose value has *size* bytes."""
    return f"{name}: {'v' * size}"


def block_of(size):
    """Return a request whose header block, its empty line included, has *size* bytes."""
    lines = [filled("X", 5000) for _ in range(size // 5005 - 1)]
    used = len("Host: a\r\n") + sum(len(line) + 2 for line in lines) + 2
    return get(*lines, filled("Y", size - used - len("Y: \r\n")))


SIZES = [
    served("request line of 8192 bytes", get(target="/echo?" + "q" * 8173), "9112 3",
           query="q" * 8173),
    refused("request line of 8193 bytes", get(target="/echo?" + "q" * 8174), 414, "9112 3"),
    refused("request line of 70000 bytes", get(target="/echo?" + "q" * 70000), 414,
            "httptools 142"),
    refused("request line without an end", b"GET /" + b"a" * 9000, 414, "9112 3"),
    refused("method without an end", b"A" * 9000, 414, "9112 3"),
    served("value of 8192 bytes", get(filled("X", 8192)), "9110 5.4",
           headers=["host: a", "x: " + "v" * 8192]),
    refused("value of 8193 bytes", get(filled("X", 8193)), 431, "9110 5.4"),
    refused("value without an end", get(filled("X", 9000))[:-4], 431, "CVE-2026-54277"),
    refused("name without an end", get()[:-2] + b"n" * 40000, 431, "CVE-2026-54277"),
    served("100 fields", get(*["X: a"] * 99), "9110 5.4"),
    refused("101 fields", get(*["X: a"] * 100), 431, "9110 5.4"),
    refused("10000 equal fields", get(*["X: a"] * 10000), 431, "CVE-2025-67725"),
    served("header block of 32768 bytes", block_of(32768), "9110 5.4"),
    refused("header block of 32769 bytes", block_of(32769), 431, "9110 5.4"),
    refused("blanks without an end", get()[:-2] + b"X:" + b" " * 40000, 431, "9110 5.4"),
]  # fmt: skip

CASES = [*NAMES, *VALUES, *LINE_ENDS, *SIZES]
