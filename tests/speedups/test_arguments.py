"""Values of path, query, headers and cookies, converted in C or handed to pydantic.

Invariant: for any text on the wire, an endpoint is called with the value, of the type, that
`request_params_to_args` gives; or the answer is a 422 with the errors that it lists.
"""

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers, QueryParams
from starlette.requests import cookie_parser

from fasterapi import Cookie, FasterAPI, Header, Path, Query, Response
from fasterapi._speedups.arguments import Value
from fasterapi.dependencies.utils import request_params_to_args
from fasterapi.encoders import jsonable_encoder
from tests.speedups.exchanges import ask, has_plan

MARKERS = {"path": Path, "query": Query, "header": Header, "cookie": Cookie}

# Annotation and constraints; the markers take the constraints.
KINDS: tuple[tuple[Any, dict[str, Any]], ...] = (
    (int, {}),
    (int, {"ge": 1}),
    (int, {"gt": -5, "le": 10**17}),
    (int, {"lt": 100, "multiple_of": 2}),
    (int, {"ge": 5.0}),
    (int, {"ge": 2**70}),
    (int, {"strict": True}),
    (int | None, {"le": 7}),
    (str, {}),
    (str, {"min_length": 2}),
    (str, {"max_length": 3}),
    (str, {"min_length": 1, "max_length": 4, "pattern": "^a"}),
    (str | None, {"max_length": 2}),
    (bool, {}),
    (float, {"gt": 0}),
    (bytes, {}),
    (int | str, {}),
    (str | int, {}),
)
EVERYWHERE = [(source, number) for source in MARKERS for number in range(len(KINDS))]

# For each of the 72 pairs.
EXAMPLES = 25

DIGITS = st.text("0123456789", min_size=1, max_size=25)
NUMBERS = (
    DIGITS
    | st.builds("{}{}".format, st.sampled_from(["-", "+", " ", "0", "_"]), DIGITS)
    | st.integers(-(2**70), 2**70).map(str)
    | st.floats().map(str)
    | st.sampled_from(["", "1_000", "1e3", "٣", "\uff11\uff12", "0x10", "1.0", "-0", "1" * 5000])
)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="\n"), max_size=6
) | st.sampled_from(["true", "off", "a\x00b", "aé", "😀" * 3, "a" * 4])


@cache
def echo(source: str, number: int, required: bool) -> tuple[FasterAPI, list[Any], Any]:
    """Return an application, the list of what its endpoint gets, and the parameter's field."""
    annotation, constraints = KINDS[number]
    marker: Callable[..., Any] = MARKERS[source]
    app, seen = FasterAPI(), []

    async def endpoint(value: Any) -> Response:
        seen.append(value)
        return Response()

    endpoint.__annotations__["value"] = Annotated[annotation, marker(**constraints)]
    if not required:
        endpoint.__defaults__ = (None,)
    app.get("/{value:path}" if source == "path" else "/")(endpoint)
    route: Any = app.routes[-1]
    (parameter,) = getattr(route.dependant, f"{source}_params")
    assert has_plan(app, route.path)
    return app, seen, parameter


def wire(source: str, texts: list[str]) -> tuple[dict[str, Any], Any]:
    """Return how the texts are sent as *value*, and what FastAPI reads them from."""
    if source == "path":
        return {"path": "/" + texts[0]}, {"value": texts[0]}
    if source == "query":
        raw = "&".join("value=" + quote(text, safe="") for text in texts).encode()
        return {"path": "/", "query": raw}, QueryParams(raw)
    encoded = [text.encode("latin-1", "replace") for text in texts]
    if source == "header":
        headers = [(b"value", text) for text in encoded]
        return {"path": "/", "headers": headers}, Headers(raw=headers)
    headers = [(b"cookie", b"value=" + text) for text in encoded]
    read: dict[str, str] = {}
    for _, value in headers:
        read.update(cookie_parser(value.decode("latin-1")))
    return {"path": "/", "headers": headers}, read


def assert_read_alike(source: str, number: int, texts: list[str], *, required: bool) -> None:
    app, seen, parameter = echo(source, number, required)
    seen.clear()
    request, received = wire(source, texts)
    values, errors = request_params_to_args([parameter], received)
    answer = ask(app, **request)
    if errors:
        assert (answer.status, seen) == (422, [])
        assert answer.json()["detail"] == jsonable_encoder(errors)
    else:
        assert (answer.status, answer.error) == (200, None)
        assert [(type(value), repr(value)) for value in seen] == [
            (type(value), repr(value)) for value in values.values()
        ]


@pytest.mark.parametrize(("source", "number"), EVERYWHERE)
def test_numbers_are_read_as_pydantic_reads_them(source: str, number: int) -> None:
    @settings(max_examples=EXAMPLES)
    @given(st.lists(NUMBERS, min_size=1, max_size=2))
    @example(["0"])
    @example(["9" * 18])
    @example(["9" * 19])
    @example(["0" * 19 + "1"])
    def check(texts: list[str]) -> None:
        assert_read_alike(source, number, texts, required=True)

    check()


@pytest.mark.parametrize(("source", "number"), EVERYWHERE)
def test_texts_are_read_as_pydantic_reads_them(source: str, number: int) -> None:
    @settings(max_examples=EXAMPLES)
    @given(st.lists(TEXTS, min_size=1, max_size=2))
    def check(texts: list[str]) -> None:
        assert_read_alike(source, number, texts, required=True)

    check()


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("number", range(len(KINDS)))
@pytest.mark.parametrize("source", ["query", "header", "cookie"])
def test_a_value_that_is_absent_is_missing_or_the_default(
    source: str, number: int, required: bool
) -> None:
    app, seen, parameter = echo(source, number, required)
    seen.clear()
    values, errors = request_params_to_args([parameter], {})
    answer = ask(app, "/", headers=[(b"valu", b"1"), (b"cookie", b"valu=1")], query=b"valu=1")
    assert seen == list(values.values())
    assert (answer.json()["detail"] if errors else []) == jsonable_encoder(errors)


def test_the_routers_own_integers_keep_their_bounds() -> None:
    app = FasterAPI()

    @app.get("/{number:int}")
    async def read(number: Annotated[int, Path(ge=5, lt=10**30)]) -> str:
        return repr(number)

    for text in ("5", "4", "007", "9" * 18, "9" * 19, "9" * 31):
        is_right = 5 <= int(text) < 10**30
        answer = ask(app, f"/{text}")
        assert answer.status == (200 if is_right else 422)
        assert not is_right or answer.json() == str(int(text))


@pytest.mark.parametrize("wrong", [{"source": "body"}, {"conversion": "float"}, {"position": -1}])
def test_a_wrong_row_is_refused_when_it_is_made(wrong: dict[str, Any]) -> None:
    row: dict[str, Any] = {
        "position": 0, "source": "query", "names": ("a",), "validate": print,
    }  # fmt: skip
    row.update(wrong)
    position = row.pop("position")
    with pytest.raises((KeyError, ValueError)):
        Value(position, **row)
