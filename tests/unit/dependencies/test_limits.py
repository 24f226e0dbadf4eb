"""Limits of bodies and forms: what is refused as a limit, and how exceeding one is told."""

from typing import Any

import pytest
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import body_limit

from fasterapi._body_limit import (
    get_body_limit_error,
    get_body_size_limit,
    validate_max_body_size,
    wrap_app_with_body_limit,
)
from fasterapi._form_limits import _validate_form_limits

pytestmark = pytest.mark.anyio
TOO_LARGE = body_limit._RequestBodyTooLarge()
SENT = body_limit._RequestBodyLimitResponseSent()


@pytest.mark.parametrize("size", [None, 0, 1, 10**12])
def test_sizes_are_accepted(size: int | None) -> None:
    validate_max_body_size(size)


@pytest.mark.parametrize("size", [-1, True, 1.0, "1"])
def test_what_is_no_size_is_refused(size: Any) -> None:
    with pytest.raises(ValueError, match="non-negative integer or None"):
        validate_max_body_size(size)


def test_the_most_specific_limit_counts_even_if_it_is_zero() -> None:
    assert get_body_size_limit(None, 0, 5) == 0
    assert get_body_size_limit(None) is None


@pytest.mark.parametrize("limits", [{"max_fields": -1}, {"max_fields": "1"}, {"other": 1}])
def test_wrong_form_limits_are_refused(limits: Any) -> None:
    with pytest.raises(ValidationError):
        _validate_form_limits(limits)


def test_form_limits_are_optional() -> None:
    assert _validate_form_limits(None) == {}
    assert _validate_form_limits({"max_files": 0}) == {"max_files": 0}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TOO_LARGE, TOO_LARGE),
        (SENT, SENT),
        (ValueError(), None),
        (HTTPException(413), None),
        (ExceptionGroup("", [TOO_LARGE]), TOO_LARGE),
        (ExceptionGroup("", [TOO_LARGE, ExceptionGroup("", [SENT])]), SENT),
        (ExceptionGroup("", [TOO_LARGE, ValueError()]), None),
    ],
)
def test_the_signal_is_found_unless_there_is_another_error(error: Any, expected: Any) -> None:
    assert get_body_limit_error(error) is expected


async def test_without_a_limit_an_app_stays_as_it_is() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None: ...

    assert wrap_app_with_body_limit(app, None) is app
    assert wrap_app_with_body_limit(app, 1) is not app


async def test_a_signal_in_a_group_still_is_a_413() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await receive()
        except HTTPException as error:
            raise ExceptionGroup("", [error]) from None

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"12345"}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    await wrap_app_with_body_limit(app, 4)(scope, receive, send)
    assert sent[0]["status"] == 413
