"""Exceptions: their tree, texts and attributes."""

import copy
import pickle

import pytest
import starlette.exceptions

from fasterapi import exceptions

CONTEXT = {"function": "read", "path": "GET /items", "file": "/app.py", "line": 3}


def test_own_errors_are_one_tree() -> None:
    assert issubclass(exceptions.FastAPIError, RuntimeError)
    for kind in ("UsageError", "RequestError", "BackendError", "InternalError"):
        assert issubclass(getattr(exceptions, kind), exceptions.FasterAPIError)
    for kind in ("DependencyScopeError", "PydanticV1NotSupportedError"):
        assert issubclass(getattr(exceptions, kind), exceptions.FastAPIError)


def test_http_exception_is_not_an_error_of_the_program() -> None:
    assert issubclass(exceptions.HTTPException, starlette.exceptions.HTTPException)
    assert not issubclass(exceptions.HTTPException, RuntimeError)
    assert str(exceptions.HTTPException) == "<class 'fasterapi.exceptions.HTTPException'>"


def test_http_exception_keeps_what_it_is_given() -> None:
    error = exceptions.HTTPException(418, {"a": 1}, {"x": "y"})
    assert (error.status_code, error.detail, error.headers) == (418, {"a": 1}, {"x": "y"})
    assert exceptions.HTTPException(404).detail == "Not Found"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (exceptions.RequestError("too long", status_code=413), 413),
        (exceptions.RequestError("bad"), 400),
        (exceptions.BackendError("down", headers={"Retry-After": "1"}), 503),
    ],
)
def test_error_carries_its_status_also_through_pickle(error: Exception, status: int) -> None:
    for other in (error, copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert other.status_code == status
        assert str(other) == str(error)
        assert other.headers == error.headers


def test_internal_error_asks_for_a_report() -> None:
    assert "please report it" in str(exceptions.InternalError("slot 3 is empty"))


@pytest.mark.parametrize(
    ("errors", "context", "text"),
    [
        ([], None, "0 validation errors:"),
        ([{"a": 1}], None, "1 validation error:\n  {'a': 1}"),
        ([1, 2], {"path": "GET /"}, "2 validation errors:\n  1\n  2\n\n  Endpoint: GET /"),
        (
            [1],
            CONTEXT,
            '1 validation error:\n  1\n\n  File "/app.py", line 3, in read\n    GET /items',
        ),
        (
            [1],
            {**CONTEXT, "path": None},
            '1 validation error:\n  1\n\n  File "/app.py", line 3, in read',
        ),
    ],
)
def test_validation_exception_says_what_and_where(errors: list, context: dict, text: str) -> None:
    error = exceptions.ValidationException(errors, endpoint_ctx=context)
    assert str(error) == text
    assert error.errors() is errors


def test_context_is_in_attributes() -> None:
    error = exceptions.RequestValidationError([], body=b"x", endpoint_ctx=CONTEXT)
    assert error.body == b"x"
    assert error.endpoint_function == "read"
    assert error.endpoint_path == "GET /items"
    assert error.endpoint_file == "/app.py"
    assert error.endpoint_line == 3
