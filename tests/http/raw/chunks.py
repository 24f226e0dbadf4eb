"""Cases about chunked bodies and trailers (RFC 9112 section 7)."""

from tests.http.raw.case import CLOSE, HALF_CLOSE, KEEP, WAIT, case, chunked, refused, served

CHUNK, EXTENSION, TRAILER = "9112 7.1", "9112 7.1.1", "9112 7.1.2"
LAST = b"0\r\n\r\n"


def sized(size):
    """Return a body whose only chunk says it has *size* bytes, and has three."""
    return size.encode("latin-1") + b"\r\nabc\r\n" + LAST


BAD_SIZES = {
    "plus": "+3", "minus": "-3", "0x": "0x3", "0X": "0X3", "space before": " 3", "TAB before":
    "\t3", "space behind": "3 ", "TAB behind": "3\t", "nothing": "", "letter": "g",
    "letter behind": "3g", "underscore": "0_3", "fraction": "3.0", "comma": "3,", "quotes": '"3"',
    "Arabic digit": "\xd9\xa3", "superscript": "\xb3", "NUL": "3\0", "vertical tab": "3\x0b",
    "form feed": "\x0c3", "h": "3h", "two": "3 3", "minus zero": "-0", "LF before": "\n3",
    "CR before": "\r3", "CR behind": "3\r", "2**63": "8000000000000000", "2**64 - 1": "F" * 16,
    "2**64 + 3": "10000000000000003", "2**32 and many": "100000000000000000003",
    "forty digits": "3" * 40, "zeros over the limit": "0" * 300 + "3",
}  # fmt: skip
SIZES = [
    *(
        refused(f"chunk size with {name}", chunked(sized(size)), 400, "CVE-2024-23829, " + CHUNK)
        for name, size in BAD_SIZES.items()
    ),
    served("chunk", chunked(sized("3")), CHUNK, body="abc"),
    served("chunk size with zeros", chunked(sized("0003")), CHUNK, body="abc"),
    served("chunk size of hex digits", chunked(b"1f\r\n" + b"x" * 31 + b"\r\n" + LAST), CHUNK,
           body="x" * 31),
    served("chunk size in capitals", chunked(b"1F\r\n" + b"x" * 31 + b"\r\n" + LAST), CHUNK,
           body="x" * 31),
    served("20000 tiny chunks", chunked(b"1\r\nx\r\n" * 20_000 + LAST), "CVE-2025-69229",
           body="x" * 20_000),
    served("tiny chunks with extensions", chunked(b"1;a\r\nx\r\n" * 5_000 + LAST), EXTENSION,
           body="x" * 5_000),
    served("no chunk but the last", chunked(LAST), CHUNK, body=""),
    served("last chunk of many zeros", chunked(sized("3")[:-5] + b"0000\r\n\r\n"), CHUNK,
           body="abc"),
    served("line ends in a chunk", chunked(b"4\r\n\r\n\r\n\r\n" + LAST), CHUNK, body="\r\n\r\n"),
    served("last chunk in a chunk", chunked(b"5\r\n0\r\n\r\n\r\n" + LAST), CHUNK,
           body="0\r\n\r\n"),
    served("chunks of one byte", chunked(b"1\r\nx\r\n" * 500 + LAST), "CVE-2025-69229",
           body="x" * 500),
]  # fmt: skip

ENDS = [
    refused("size ended by LF", chunked(b"3\nabc\r\n" + LAST), 400, "9112 2.2"),
    refused("size ended by CR", chunked(b"3\rabc\r\n" + LAST), 400, "9112 2.2"),
    refused("data ended by LF", chunked(b"3\r\nabc\n" + LAST), 400, CHUNK),
    refused("data ended by CR", chunked(b"3\r\nabc\r" + LAST), 400, CHUNK),
    refused("data ended by CR CR", chunked(b"3\r\nabc\r\r" + LAST), 400, CHUNK),
    refused("data ended by two others", chunked(b"3\r\nabcXX" + LAST), 400, "CVE-2025-43859"),
    refused("data ended by LF CR", chunked(b"3\r\nabc\n\r" + LAST), 400, CHUNK),
    refused("data without an end", chunked(b"3\r\nabc" + LAST), 400, CHUNK),
    refused("data longer than its size", chunked(b"3\r\nabcd\r\n" + LAST), 400, CHUNK),
    refused("data shorter than its size", chunked(b"4\r\nabc\r\n" + LAST), 400, CHUNK),
    refused("empty line between chunks", chunked(b"3\r\nabc\r\n\r\n" + LAST), 400, CHUNK),
    refused("last chunk ended by LF", chunked(b"3\r\nabc\r\n0\n\n"), 400, CHUNK),
    refused("body ended by LF", chunked(b"3\r\nabc\r\n0\r\n\n"), 400, CHUNK),
    refused("body ended by CR X", chunked(b"3\r\nabc\r\n0\r\n\rX"), 400, CHUNK),
    refused("body ended by CR CR", chunked(b"3\r\nabc\r\n0\r\n\r\r"), 400, CHUNK),
    refused("no end of the body", chunked(b"3\r\nabc\r\n0\r\n"), 400, "gunicorn 25.3"),
    case("no last chunk", chunked(b"3\r\nabc\r\n"), (), WAIT, CHUNK),
    case("no last line", chunked(b"3\r\nabc\r\n0\r\n"), (), WAIT, CHUNK),
    case("no end of the last line", chunked(b"3\r\nabc\r\n0\r\n\r"), (), WAIT, CHUNK),
    case("size without an end", chunked(b"3"), (), WAIT, CHUNK),
    case("chunks cut off", (chunked(b"3\r\nabc\r\n"), HALF_CLOSE), (), CLOSE, "9112 8"),
    case("chunk cut off", (chunked(b"3\r\nab"), HALF_CLOSE), (), CLOSE, "9112 8"),
    case("bytes behind the last chunk", chunked(LAST + b"X\r\n\r\n"), (200, 400), CLOSE, CHUNK),
    case("second end of the body", chunked(LAST + b"0\r\n\r\n"), (200, 400), CLOSE, CHUNK),
]  # fmt: skip

BAD_EXTENSIONS = {
    "no name": ";", "empty name": ";=b", "no value": ";a=", "two semicolons": ";;a",
    "space before": " ;a", "space behind": "; a", "space at the end": ";a ", "TAB": ";\ta",
    "LF": ";a\nb", "CR": ";a\rb", "CR LF": ";a\r\nX", "NUL": ";a\0", "NUL in quotes": ';a="\0"',
    "open quotes": ';a="b', "LF in quotes": ';a="\n"', "CR LF in quotes": ';a="b\r\nabc"',
    "after quotes": ';a="b"c', "DEL": ";a=\x7f", "high byte": ";\xe9=a", "bracket": ";a=[b]",
    "256 bytes": ";a=" + "b" * 256,
}  # fmt: skip
GOOD_EXTENSIONS = {
    "name": ";a", "value": ";a=b", "two": ";a=b;c", "quotes": ';a="b;\tc"', "pair": ';a="\\""',
    "empty quotes": ';a=""', "250 bytes": ";a=" + "b" * 247,
}  # fmt: skip
EXTENSIONS = [
    *(
        refused(f"extension, {name}", chunked(sized(f"3{text}")), 400,
                "CVE-2024-52304, " + EXTENSION)
        for name, text in BAD_EXTENSIONS.items()
    ),
    *(
        served(f"extension, {name}", chunked(sized(f"3{text}")), EXTENSION, body="abc")
        for name, text in GOOD_EXTENSIONS.items()
    ),
    served("extension of the last chunk", chunked(b"0;a=b\r\n\r\n"), EXTENSION, body=""),
    refused("extensions over the limit",
            chunked((b"1;" + b"a" * 200 + b"\r\nx\r\n") * 100 + LAST), 400, EXTENSION),
]  # fmt: skip


def trailed(text):
    return chunked(b"3\r\nabc\r\n0\r\n" + text.encode("latin-1") + b"\r\n")


SEEN = ["host: a", "transfer-encoding: chunked"]
TRAILERS = [
    served("trailer", trailed("X: a\r\n"), "9110 6.5.1", body="abc", headers=SEEN),
    served("trailers", trailed("X: a\r\nY:\r\n"), "9110 6.5.1", body="abc", headers=SEEN),
    *(
        served(f"{line.partition(':')[0]} as a trailer", trailed(line + "\r\n"),
               "9110 6.5.1, CVE-2025-53643", body="abc", headers=SEEN)
        for line in ("Content-Length-X: 99", "Content-Lengt: 99", "Host: b", "Cookie: c=d",
                     "Authorization: Basic x", "Connection: close", "X-Forwarded-For: 1.2.3.4",
                     "Expect: 100-continue", "Upgrade: websocket", "Content-Encoding: gzip")
    ),
    *(
        refused(f"{line.partition(':')[0]} as a trailer", trailed(line + "\r\n"), 400,
                "9110 6.5.1, gunicorn 25.3")
        for line in ("Content-Length: 99", "content-LENGTH:", "Transfer-Encoding: chunked",
                     "X: a\r\ntransfer-encoding: x")
    ),
    *(
        refused(f"trailer with {name}", trailed(text), 400, TRAILER)
        for name, text in {
            "a space before the colon": "X : a\r\n", "no colon": "X\r\n", "no name": ": a\r\n",
            "a fold": "X: a\r\n b\r\n", "LF": "X: a\nY: b\r\n", "CR": "X: a\rY: b\r\n",
            "NUL": "X: a\0\r\n", "DEL": "X: \x7f\r\n", "a bracket in its name": "X[: a\r\n",
            "a blank in front": " X: a\r\n", "CR CR LF": "X: a\r\r\n",
        }.items()
    ),
    refused("101 trailers", trailed("X: a\r\n" * 101), 431, "CVE-2026-22815"),
    refused("trailer of 9000 bytes", trailed(f"X: {'a' * 9000}\r\n"), 431, "CVE-2026-22815"),
    refused("trailers of 40000 bytes", trailed(f"X: {'a' * 4000}\r\n" * 10), 431,
            "CVE-2026-22815"),
    served("100 trailers", trailed("X: a\r\n" * 100), TRAILER, body="abc", headers=SEEN),
    case("unread chunks and trailers", chunked(b"3\r\nabc\r\n0\r\nX: a\r\n\r\n", target="/unread"),
         200, KEEP, TRAILER),
]  # fmt: skip

CASES = [*SIZES, *ENDS, *EXTENSIONS, *TRAILERS]
