"""Requests as bytes on sockets, against RFC 9110, RFC 9112 and the advisories of other servers."""

import pytest

from tests.http.raw import chunks, connections, fields, lengths, lines
from tests.http.raw.case import CLOSE, case, request
from tests.http.raw.client import Exchange, check, check_alive, check_log
from tests.http.raw.faults import KNOWN_FAULTS

CASES = [*lines.CASES, *fields.CASES, *lengths.CASES, *chunks.CASES, *connections.CASES]
REFUSED = [one for one in CASES if one.end is CLOSE and len(one.statuses) == 1
           and one.statuses[0] >= 400 and one.is_plain]  # fmt: skip
GOOD = request("GET", "/slow") + request("GET", "/plaintext")

pytestmark = pytest.mark.servers


def name_of(one):
    return one.name


def run(server, one, portion):
    answers, behind = Exchange(server.port, one, portion).run()
    check(one, answers, behind)


@pytest.mark.parametrize("portion", [0, 1, 7], ids=["whole", "bytes", "sevens"])
@pytest.mark.parametrize("one", CASES, ids=name_of)
def test_case(raw_server, one, portion):
    run(raw_server, one, portion)
    check_alive(raw_server.port)
    check_log(raw_server.news)


@pytest.mark.parametrize("portion", [0, 1], ids=["whole", "bytes"])
@pytest.mark.parametrize("one", REFUSED, ids=name_of)
def test_refusal_leaves_earlier_answers_alone(raw_server, one, portion):
    behind = case(one.name, GOOD + one.data, (200, 200, *one.statuses), CLOSE, one.source)
    if portion and len(one.data) > 3000:
        pytest.skip("covered by the whole")
    run(raw_server, behind, portion)
    check_alive(raw_server.port)


@pytest.mark.parametrize("one", KNOWN_FAULTS, ids=name_of)
def test_known_fault_is_still_there(raw_server, one):
    try:
        run(raw_server, one, 0)
        run(raw_server, one, 1)
    except AssertionError:
        return
    pytest.fail(f"{one.name!r} passes now: move it out of KNOWN_FAULTS into its table")


def test_names_are_unique_and_sources_given():
    names = [one.name for one in CASES]
    assert len(set(names)) == len(names) >= 200
    assert all(one.source for one in CASES)
