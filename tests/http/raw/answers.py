"""Answers read strictly out of bytes: a framing mistake of the server is an error here."""

import json
import re
from dataclasses import dataclass

STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-9]\d\d) [\x20-\x7e]*")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([^\x00-\x08\x0a-\x1f\x7f]*)")


class BadAnswerError(AssertionError):
    """The server wrote something that is no answer."""


@dataclass
class Answer:
    status: int
    fields: list[tuple[bytes, bytes]]
    body: bytes = b""

    def values(self, name):
        return [value for other, value in self.fields if other == name]

    def json(self):
        return json.loads(self.body)


def read_answers(data, *, heads=(), ended=False):
    """Return the complete answers in *data* and the bytes that follow them.

    Args:
        data: What has come.
        heads: Indexes of the answers to HEAD requests, 1xx answers not counted.
        ended: Whether the server has closed, which ends a body without a length.
    """
    answers = []
    while data:
        finals = sum(answer.status >= 200 for answer in answers)
        answer, rest = read_answer(data, finals in heads, ended)
        if answer is None:
            break
        answers.append(answer)
        data = rest
    return answers, data


def read_answer(data, is_head, ended):
    """Return the first answer and the rest; None if it is incomplete."""
    head, blank, rest = data.partition(b"\r\n\r\n")
    if not blank:
        return None, data
    answer = parse_head(head)
    check_framing(answer)
    if is_head or answer.status < 200 or answer.status in (204, 304):
        return answer, rest
    if answer.values(b"transfer-encoding"):
        return read_chunks(answer, rest, data)
    if answer.values(b"content-length"):
        size = int(answer.values(b"content-length")[0])
        answer.body = rest[:size]
        return (answer, rest[size:]) if len(rest) >= size else (None, data)
    answer.body = rest
    return (answer, b"") if ended else (None, data)


def parse_head(head):
    first, *lines = head.split(b"\r\n")
    match = STATUS_LINE.fullmatch(first)
    if not match:
        raise BadAnswerError(f"no status line: {first!r}")
    fields = []
    for line in lines:
        found = FIELD.fullmatch(line)
        if not found:
            raise BadAnswerError(f"no header field: {line!r}")
        fields.append((found[1].lower(), found[2]))
    return Answer(int(match[1]), fields)


def check_framing(answer):
    """Refuse what RFC 9112 section 6 forbids servers."""
    lengths, codings = answer.values(b"content-length"), answer.values(b"transfer-encoding")
    if len(lengths) + len(codings) > 1:
        raise BadAnswerError(f"framed twice: {answer.fields}")
    if codings not in ([], [b"chunked"]):
        raise BadAnswerError(f"unexpected coding: {codings}")
    if (answer.status < 200 or answer.status == 204) and lengths + codings:
        raise BadAnswerError(f"{answer.status} with a length: {answer.fields}")


def read_chunks(answer, rest, data):
    pieces = []
    while True:
        line, end, behind = rest.partition(b"\r\n")
        if not end:
            return None, data
        size = int(line, 16)
        if len(behind) < size + 2:
            return None, data
        if behind[size : size + 2] != b"\r\n":
            raise BadAnswerError("chunk without its end")
        pieces.append(behind[:size])
        rest = behind[size + 2 :]
        if size == 0:
            answer.body = b"".join(pieces)
            return answer, rest
