"""Random programs behave on FasterAPI as on FastAPI, with compiled plans and without.

Invariants, for every program and every request:

- the program is built, or refused, alike, and has the same OpenAPI document;
- the answer has the same status, the same header fields in the same order, the same bytes;
- dependencies, handlers, exits and background tasks have their effects in the same order;
- what comes out of the application is the same exception with the same text;
- WebSocket sessions have the same messages, close codes and refusals.

`make fuzz` looks at 2,000 programs, ``python -m tests.conformance.fuzz --seed 5000`` further.
"""

import pytest

from tests.conformance import fuzz
from tests.conformance.fuzzing.compare import compare
from tests.conformance.fuzzing.compare_sessions import compare_sessions
from tests.conformance.fuzzing.over_http import compare_over_http
from tests.conformance.fuzzing.program import write_program
from tests.conformance.fuzzing.requests import write_calls
from tests.conformance.fuzzing.sessions import write_session_program, write_sessions
from tests.conformance.fuzzing.sessions_over_http import compare_sessions_over_http

BATCH = 20


@pytest.mark.parametrize("first", range(0, 120, BATCH))
def test_random_programs_behave_as_on_fastapi(first: int) -> None:
    differences = [str(item) for seed in range(first, first + BATCH) for item in compare(seed)]
    assert differences == []


@pytest.mark.parametrize("first", range(500, 540, BATCH))
def test_random_programs_behave_as_on_fastapi_over_http(first: int) -> None:
    seeds = range(first, first + BATCH)
    differences = [str(item) for seed in seeds for item in compare_over_http(seed)]
    assert differences == []


@pytest.mark.parametrize("first", range(0, 60, BATCH))
def test_random_websocket_programs_behave_as_on_fastapi(first: int) -> None:
    seeds = range(first, first + BATCH)
    assert [str(item) for seed in seeds for item in compare_sessions(seed)] == []


@pytest.mark.parametrize("first", range(500, 540, BATCH))
def test_random_websocket_programs_behave_as_on_fastapi_over_http(first: int) -> None:
    seeds = range(first, first + BATCH)
    assert [str(item) for seed in seeds for item in compare_sessions_over_http(seed)] == []


def test_a_seed_is_a_program_and_its_requests() -> None:
    assert write_program(7) == write_program(7)
    assert write_calls(write_program(7), 5) == write_calls(write_program(7), 5)
    assert write_program(7).source != write_program(8).source
    assert write_session_program(7) == write_session_program(7)
    assert write_sessions(write_session_program(7), 5) == write_sessions(
        write_session_program(7), 5
    )


def test_the_command_tells_what_differs(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["--programs", "2", "--seed", "3", "--order", "1"]) == 0
    assert capsys.readouterr().out.startswith("2 programs, 0 different")
