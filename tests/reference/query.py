"""Query strings, written to be read: the reference of fasterapi/_speedups/query.pyx.

`urllib.parse` is the second reference, in the tests: this one says what it does in few words.
"""

import re

ESCAPES = re.compile(rb"%([0-9A-Fa-f]{2})")
ASCII_RUN = re.compile(r"([\x00-\x7f]+)")


def unquote(text: str) -> str:
    """Undo escapes within each run of ASCII characters; other characters stand for themselves."""
    return ASCII_RUN.sub(lambda run: unquote_ascii(run[1].encode("ascii")), text)


def unquote_ascii(run: bytes) -> str:
    return ESCAPES.sub(lambda escape: bytes.fromhex(escape[1].decode()), run).decode(
        "utf-8", "replace"
    )


def parse_pairs(raw: bytes) -> list[tuple[str, str]]:
    pairs = []
    for part in raw.decode("latin-1").split("&"):
        if part:
            name, _, value = part.replace("+", " ").partition("=")
            pairs.append((unquote(name), unquote(value)))
    return pairs


def get_last(pairs: list[tuple[str, str]], name: str) -> str | None:
    return dict(pairs).get(name)


def get_all(pairs: list[tuple[str, str]], name: str) -> list[str]:
    return [value for key, value in pairs if key == name]


def find_last(raw: bytes, name: str) -> str | None:
    return get_last(parse_pairs(raw), name)


def unquote_path(raw_path: bytes) -> str:
    return unquote(raw_path.decode("ascii"))
