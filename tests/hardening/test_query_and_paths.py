"""Query strings and paths nobody would write by hand."""

import time
from typing import Annotated, Any

import pytest
from starlette.convertors import Convertor, register_url_convertor

from fasterapi import APIRouter, FastAPI, Path, Query
from tests.hardening.doors import Answer, ask, make_app


class _Refusing(Convertor[str]):
    regex = "[a-z]+"

    def convert(self, value: str) -> str:
        if value == "bad":
            raise ValueError(value)
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("refusing", _Refusing())


def build(app: FastAPI) -> None:
    router = APIRouter(route_class=app.router.route_class)

    @app.get("/query")
    async def query(a: str = "", number: int = 0, many: list[str] = Query(default=[])) -> Any:
        return {"a": a, "number": number, "many": len(many)}

    @app.get("/int/{number}")
    async def integer(number: int) -> str:
        return hex(number)

    @app.get("/float/{number}")
    async def decimal(number: float) -> str:
        return repr(number)

    @app.get("/finite/{number}")
    async def finite(number: Annotated[float, Path(allow_inf_nan=False)]) -> str:
        return repr(number)

    @app.get("/conv/{number:int}")
    async def converted(number: int) -> str:
        return hex(number)

    @router.get("/conv/{number:int}/x")
    async def included(number: int) -> str:
        return hex(number)

    @app.get("/custom/{name:refusing}")
    async def custom(name: str) -> str:
        return name

    @app.get("/files/{rest:path}")
    async def rest(rest: str) -> str:
        return rest

    @app.get("/two/{a:path}/mid/{b:path}/end")
    async def two(a: str, b: str) -> list[int]:
        return [len(a), len(b)]

    @app.get("/items/{name}")
    async def item(name: str) -> str:
        return name

    app.include_router(router, prefix="/r")


@pytest.fixture
def app(door: str) -> FastAPI:
    return make_app(door, build)


def assert_client_error(answer: Answer, *statuses: int) -> None:
    assert answer.error is None
    assert answer.status in (statuses or (400, 404, 422)), answer
    assert "detail" in answer.json()


# --- Q1, Q2: query strings ------------------------------------------------------------------


@pytest.mark.parametrize("count", [8_000, 100_000])
@pytest.mark.parametrize("form", ["a{}=1", "a=1", "many=x", "a", "&"])
def test_many_parameters_take_linear_time(app: FastAPI, count: int, form: str) -> None:
    query = "&".join(form.format(i) for i in range(count)).encode()
    began = time.monotonic()
    answer = ask(app, "/query", query=query)
    assert time.monotonic() - began < 5
    assert (answer.status, answer.error) == (200, None)


@pytest.mark.parametrize(
    ("query", "a"),
    [
        (b"a=%", "%"),
        (b"a=%zz", "%zz"),
        (b"a=%4", "%4"),
        (b"a=%00", "\0"),
        (b"a=%c0%af", "\ufffd\ufffd"),
        (b"a=%ff", "\ufffd"),
        (b"a=%ed%a0%80", "\ufffd\ufffd\ufffd"),
        (b"a=%F0%9F%98%80", "\N{GRINNING FACE}"),
        (b"a=1;a=2", "1;a=2"),
        (b"a=1&a=2", "2"),
        (b"a=x+y%2B", "x y+"),
        (b"%61=1", "1"),
        (b"=1", ""),
        (b"a==", "="),
        (b"a=%u0041", "%u0041"),
    ],
)
def test_odd_escapes_are_decoded(app: FastAPI, query: bytes, a: str) -> None:
    answer = ask(app, "/query", query=query)
    assert (answer.status, answer.json()["a"]) == (200, a)


@pytest.mark.parametrize("query", [b"a=\xff\xfe", b"\xed\xa0\x80=1", b"a=\x00", bytes(range(256))])
def test_raw_bytes_are_no_server_error(app: FastAPI, query: bytes) -> None:
    answer = ask(app, "/query", query=query)
    assert answer.error is None
    assert answer.status < 500
    answer = ask(app, "/query", query=b"number=x&" + query)
    assert answer.error is None
    assert answer.status < 500


def test_raw_query_string_can_be_had(app: FastAPI) -> None:
    from fasterapi import Request

    @app.get("/raw")
    async def raw(request: Request) -> str:
        return request.scope["query_string"].decode("latin-1")

    assert ask(app, "/raw", query=b"a=%zz;\xff").json() == "a=%zz;\xff"


# --- P1: patterns ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/two/" + "a/mid/" * 2000 + "x",
        "/two/" + "/mid/" * 2000,
        "/two/" + "mid/" * 2000 + "enx",
        "/files/" + "/" * 60_000,
        "/" * 60_000,
        "/items/" + "x" * 60_000 + "/",
        "/conv/" + "9" * 60_000 + "x",
    ],
    ids=lambda path: path[:14],
)
def test_long_paths_do_not_blow_up(app: FastAPI, path: str) -> None:
    began = time.monotonic()
    answer = ask(app, path)
    assert time.monotonic() - began < 5
    assert answer.error is None
    assert answer.status < 500


# --- P2, J3: numbers ------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/int/", "/conv/", "/r/conv/"])
def test_integer_of_5000_digits_is_refused(app: FastAPI, path: str) -> None:
    end = "/x" if path == "/r/conv/" else ""
    assert_client_error(ask(app, path + "9" * 5000 + end), 404, 422)
    assert ask(app, path + "9" * 30 + end).json() == hex(int("9" * 30))


def test_converter_that_refuses_makes_the_path_unknown(app: FastAPI) -> None:
    assert ask(app, "/custom/good").status == 200
    assert_client_error(ask(app, "/custom/bad"), 404)


@pytest.mark.parametrize(
    "digits", ["9" * 18, "9" * 19, "-5", "0", "007", str(2**63), str(-(2**64))]
)
def test_integers_of_every_size(app: FastAPI, digits: str) -> None:
    assert ask(app, f"/int/{digits}").json() == hex(int(digits))


@pytest.mark.parametrize("text", ["1_000", "+1", "1.0", " 1", "1 "])
def test_integers_are_as_lax_as_in_fastapi(app: FastAPI, text: str) -> None:
    assert ask(app, f"/int/{text}").json() == hex(int(float(text.replace("_", ""))))


@pytest.mark.parametrize("text", ["١٢", "1.5", "0x10", "1e3", "", "--1", "1__0", "¹", "\0"])
def test_what_is_no_integer_is_refused(app: FastAPI, text: str) -> None:
    assert_client_error(ask(app, f"/int/{text}"), 404, 422)


@pytest.mark.parametrize("text", ["inf", "-inf", "nan", "1e999", "9" * 400])
def test_infinite_numbers_are_refused_where_asked(app: FastAPI, text: str) -> None:
    assert ask(app, f"/float/{text}").json() in ("inf", "-inf", "nan")  # COMPAT: as FastAPI
    answer = ask(app, f"/finite/{text}")
    assert_client_error(answer, 422)


def test_finding_about_infinity_is_valid_json(app: FastAPI) -> None:
    @app.get("/less/{number}")
    async def less(number: Annotated[float, Path(lt=5)]) -> str:
        return repr(number)

    answer = ask(app, "/less/inf")
    assert_client_error(answer, 422)
    assert b"Infinity" not in answer.body


# --- P3: slashes and dots -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "rest"),
    [
        ("/files/a//b", "a//b"),
        ("/files//a", "/a"),
        ("/files/../../etc/passwd", "../../etc/passwd"),
        ("/files/./a", "./a"),
        ("/files/a%2Fb", "a%2Fb"),
        ("/files/", ""),
        ("/files/a\\b", "a\\b"),
        ("/files/\0", "\0"),
        ("/files/%252e", "%252e"),
    ],
)
def test_path_is_routed_as_it_is(app: FastAPI, path: str, rest: str) -> None:
    answer = ask(app, path)
    assert (answer.status, answer.json()) == (200, rest)


@pytest.mark.parametrize(
    "path", ["//items/a", "/items//a", "/items/a/../b", "/./items/a", "items/a"]
)
def test_other_spellings_are_other_paths(app: FastAPI, path: str) -> None:
    assert ask(app, path).status in (404, 307)


@pytest.mark.parametrize("path", ["", "x", "\ud800", "/\ud800", "/items/\udcff", "/items/\0"])
def test_paths_that_no_server_sends_are_no_crash(app: FastAPI, path: str) -> None:
    answer = ask(app, path)
    assert answer.status != 500 or answer.error is not None
    assert answer.messages, "nothing was answered"
