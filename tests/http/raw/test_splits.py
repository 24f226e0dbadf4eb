"""The outcome of a request does not depend on where the network cuts it in two."""

import asyncio
import logging

import pytest

from fasterapi.server import HttpProtocol
from tests.http.raw.answers import read_answers
from tests.http.raw.app import app
from tests.http.raw.case import CLOSE, SMUGGLED, WAIT
from tests.http.raw.test_raw import CASES, name_of
from tests.http.wire import Desk

MOST_BYTES = 700
SPLIT = [
    one
    for one in CASES
    if one.is_plain and 1 < len(one.data) <= MOST_BYTES and b"websocket" not in one.data
]


@pytest.fixture(autouse=True)
def quiet():
    """Thousands of refusals are expected; formatting their log lines is not what is tested."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


def cuts_of(data):
    """Return where to cut: the bytes of a request behind a refused one are all alike."""
    return range(1, len(data) - (len(SMUGGLED) - 5 if data.endswith(SMUGGLED) else 0))


def outcome_of(one, out, is_closed):
    answers, rest = read_answers(out, heads=one.heads, ended=is_closed)
    finals = [answer for answer in answers if answer.status != 100]
    return [(answer.status, answer.body) for answer in finals], rest, is_closed


async def outcomes(one):
    desk = Desk(app, HttpProtocol)
    yield 0, outcome_of(one, *await desk.send(one.data))
    for cut in cuts_of(one.data):
        yield cut, outcome_of(one, *await desk.send(one.data[:cut], one.data[cut:]))
    yield -1, outcome_of(one, *await desk.send(*[bytes([byte]) for byte in one.data]))


async def compare(one):
    whole = None
    async for cut, outcome in outcomes(one):
        whole = whole or outcome
        assert [status for status, _ in outcome[0]] == list(one.statuses), f"cut at {cut}"
        assert outcome == whole, f"cut at {cut}"
    assert whole[2] == (one.end is CLOSE)
    assert whole[0] or one.end is WAIT


@pytest.mark.parametrize("one", SPLIT, ids=name_of)
def test_every_cut_gives_the_same_outcome(one):
    asyncio.run(compare(one))
