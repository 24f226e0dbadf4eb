"""Scripts that need a process of their own: what they do, or find, would disturb other tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import fasterapi

HERE = Path(__file__).parent
ROOT = Path(fasterapi.__file__).parents[1]
# `make leaks` asks for a million, which take most of a minute.
LEAK_REQUESTS = os.environ.get("FASTERAPI_LEAK_REQUESTS", "100000")
CRASH_CALLS = os.environ.get("FASTERAPI_CRASH_CALLS", "2000")

pytestmark = pytest.mark.slow


def run(
    script: str, *arguments: str, options: tuple[str, ...] = (), **variables: str
) -> subprocess.CompletedProcess[str]:
    """Return the finished process of a script beside this file."""
    return subprocess.run(
        [sys.executable, *options, str(HERE / script), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def plain_answers() -> str:
    """What the script prints without any options."""
    finished = run("answers.py")
    assert finished.returncode == 0, finished.stderr[-3000:]
    assert "child 0" in finished.stdout
    return finished.stdout


@pytest.mark.timeout(600)
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_grows_with_the_number_of_requests() -> None:
    finished = run("leak.py", LEAK_REQUESTS)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    measured = json.loads(finished.stdout)
    assert measured["requests"] >= int(LEAK_REQUESTS)
    assert measured["grown"] == []


@pytest.mark.parametrize("kind", ["objects", "bytes"])
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_leak_would_be_found(kind: str) -> None:
    finished = run("leak.py", "20000", FASTERAPI_LEAK_ON_PURPOSE=kind)
    assert finished.returncode == 1, finished.stderr
    assert json.loads(finished.stdout)["grown"]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("seed", "options"), [("1", ()), ("2", ()), ("3", ("-O",)), ("4", ("-X", "dev"))]
)
def test_wrong_calls_never_crash_the_process(seed: str, options: tuple[str, ...]) -> None:
    finished = run("crash.py", CRASH_CALLS, seed, options=options)
    assert finished.returncode == 0, finished.stderr[-3000:]
    assert "survived" in finished.stdout


def test_objects_without_their_init_never_crash_the_process() -> None:
    finished = run("uninitialised.py")
    assert finished.returncode == 0, finished.stderr[-3000:]
    assert "survived" in finished.stdout


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        (("-O",), {}),
        (("-OO",), {}),
        (("-X", "dev", "-W", "error"), {}),
        (("-b", "-W", "error"), {}),
        ((), {"PYTHONASYNCIODEBUG": "1"}),
        ((), {"PYTHONHASHSEED": "0"}),
        (("-X", "utf8=0"), {"LC_ALL": "C"}),
    ],
    ids=lambda value: " ".join(value) if value else "plain",
)
def test_interpreter_options_change_no_answer(
    options: tuple[str, ...], variables: dict[str, str], plain_answers: str
) -> None:
    finished = run("answers.py", options=options, **variables)
    assert finished.returncode == 0, finished.stderr[-3000:]
    assert finished.stderr == ""
    assert finished.stdout == plain_answers
