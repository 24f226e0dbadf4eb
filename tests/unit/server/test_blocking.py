"""The detector of what blocks the event loop."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from fasterapi.exceptions import UsageError
from fasterapi.server.blocking import BlockDetector, parse_duration
from fasterapi.server.options import check_options

THRESHOLD_S = 0.02


def watch(*functions: Callable[[], Any]) -> None:
    """Run *functions* in a loop that is watched, one after the other."""

    async def main() -> None:
        detector = BlockDetector(asyncio.get_running_loop(), THRESHOLD_S)
        detector.start()
        for function in functions:
            await asyncio.sleep(THRESHOLD_S / 2)
            function()
        await asyncio.sleep(THRESHOLD_S * 2)
        detector.stop()

    asyncio.run(main())


def sleepy() -> None:
    time.sleep(THRESHOLD_S * 10)


def handler() -> None:
    sleepy()


def computing() -> None:
    end = time.monotonic() + THRESHOLD_S * 10
    while time.monotonic() < end:
        pass


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]


def test_what_blocks_is_named_with_its_stack(caplog: pytest.LogCaptureFixture) -> None:
    watch(handler)
    (message,) = messages(caplog)
    assert message.startswith("event loop blocked for more than 20 ms handler=main at=")
    assert "in handler\n    sleepy()" in message
    assert message.endswith("in sleepy\n    time.sleep(THRESHOLD_S * 10)")


def test_one_place_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    watch(handler, handler, handler)
    assert len(messages(caplog)) == 1


def test_computing_blocks_too(caplog: pytest.LogCaptureFixture) -> None:
    watch(computing)
    assert "in computing" in messages(caplog)[0]


def test_idle_loop_is_not_blocked(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        detector = BlockDetector(asyncio.get_running_loop(), 0.2)
        detector.start()
        await asyncio.sleep(0.7)
        detector.stop()

    asyncio.run(main())
    assert messages(caplog) == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("50ms", 0.05), ("0.5s", 0.5), ("2", 2.0), ("off", 0.0), (" 1 MS ", 0.001)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "ms", "-1ms", "nan", "inf", "1h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration must be like 50ms"):
        parse_duration(text)


def test_option_is_checked() -> None:
    with pytest.raises(UsageError, match="detect_blocking must be"):
        check_options({"detect_blocking": -1})
