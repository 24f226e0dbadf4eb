"""Values without a response model: compiled code gives what Python makes of them, or nothing.

Invariant: `Jsonable.write` gives the bytes that ``JSONResponse(encoded)`` has, where *encoded* is
what the handlers of `fasterapi.encoders` make of the value one by one; or it declines, or raises
what they raise. `Jsonable.encode` gives *encoded* itself.
"""

import dataclasses
import datetime as dt
import enum
from collections import OrderedDict, deque, namedtuple
from collections.abc import Iterator
from decimal import Decimal
from ipaddress import IPv4Address
from pathlib import PurePosixPath
from typing import Any, Literal
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import Url
from starlette.responses import JSONResponse

from fasterapi import FasterAPI, encoders
from fasterapi.encoders import ENCODERS_BY_TYPE, JSONABLE, jsonable_encoder
from tests.speedups.exchanges import ask, close_door, has_plan


class Colour(enum.Enum):
    RED = "red"
    ONE = 1
    PAIR = (1, "a")


class Number(enum.IntEnum):
    ONE = 1


class Word(enum.StrEnum):
    YES = "yés"


class Loud(enum.Enum):
    LOW = "low"

    @property
    def value(self) -> str:
        return "LOUD"


class Flags(enum.Flag):
    A = 1
    B = 2


class Inner(BaseModel):
    n: int = 1
    x: float = Field(0.5, serialization_alias="ex")
    kind: Literal["a"] | None = None
    any: Any = None


class Outer(BaseModel):
    at: dt.datetime | None = None
    span: dt.timedelta | None = None
    sum: Decimal | None = None
    key: UUID | None = None
    number: Number | None = None
    word: Word | None = None
    inner: Inner | None = None
    many: list[Inner] = []
    table: dict[str, float] = {}

    @model_validator(mode="after")
    def check(self) -> "Outer":
        return self


class Underscored(BaseModel):
    a: int = Field(1, serialization_alias="_sa_a")


class Dumping(Inner):
    def model_dump(self, **options: Any) -> dict[str, Any]:
        return {"dumped": True}


class Allowing(BaseModel):
    model_config = ConfigDict(extra="allow", ser_json_timedelta="float")
    span: dt.timedelta = dt.timedelta(1)


@dataclasses.dataclass
class Point:
    x: Any = 1


@dataclasses.dataclass
class Mapped:
    _sa_x: Any = 1


@dataclasses.dataclass(slots=True, frozen=True)
class Slotted:
    x: Any = 1


@dataclasses.dataclass
class Computed:
    x: Any = 1

    def __getattribute__(self, name: str) -> Any:
        return 5 if name == "x" else super().__getattribute__(name)


class Text(str):
    pass


class Table(dict[Any, Any]):
    pass


class Proxy:
    """What looks like something else, as lazy objects do."""

    __class__ = Colour  # type: ignore[assignment]
    value = "proxied"


Pair = namedtuple("Pair", ["a", "b"])  # noqa: PYI024  the plain kind

FLOATS = st.floats() | st.sampled_from([1e16, 1e15, 1e-4, 9.9e-5, -0.0, 1e22, 0.1, 1 / 3])
TEXTS = st.text(max_size=4) | st.sampled_from(['"\\\n\x00\x7f', "é\u2028", "\ud800", "_sa_x"])
DATES = st.datetimes(
    timezones=st.none() | st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(0, 5))])
)
KEYS = st.sampled_from(
    ["a", "é", "_sa_b", 1, -(2**70), True, None, 1.5, Colour.RED, UUID(int=1), (1,), Text("_sa")]
)
LEAVES = (
    *(st.none(), st.booleans(), st.integers(), FLOATS, TEXTS, DATES, st.dates(), st.times()),
    *(st.timedeltas(), st.uuids(), st.decimals(), st.binary(max_size=2), TEXTS.map(Text)),
    st.sampled_from(
        [
            *(*Colour, *Number, *Word, *Loud, Flags.A | Flags.B, object, Point, Proxy()),
            *(PurePosixPath("/a"), IPv4Address("127.0.0.1"), SecretStr("x"), Url("http://a/b")),
            *(Underscored(), Allowing(), Allowing(b=1), Dumping(), 2**63, -(2**63), 10**400),
        ]
    ),
)
MODELS = st.builds(
    Outer,
    at=st.none() | DATES,
    span=st.none() | st.timedeltas(),
    sum=st.none() | st.decimals(allow_nan=False, allow_infinity=False),
    key=st.none() | st.uuids(),
    number=st.none() | st.just(Number.ONE),
    word=st.none() | st.sampled_from(Word),
    inner=st.none() | st.builds(Inner, n=st.integers(), x=FLOATS),
    table=st.dictionaries(TEXTS, FLOATS, max_size=2),
)


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.lists(inner, max_size=3).map(deque)
        | st.sets(st.integers(-50, 50) | st.text(max_size=1), max_size=6)
        | st.frozensets(st.sampled_from([1, "a", Colour.RED]))
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.dictionaries(KEYS, inner, max_size=2).map(Table)
        | st.dictionaries(KEYS, inner, max_size=2).map(OrderedDict)
        | st.builds(Pair, inner, inner)
        | inner.map(lambda value: Inner(any=value))
        | st.builds(Inner.model_construct, n=inner)
        | inner.map(Point)
        | inner.map(Slotted)
        | inner.map(Mapped)
        | inner.map(Computed)
    )


VALUES = st.recursive(st.one_of(*LEAVES) | MODELS, containers, max_leaves=8)


def in_python(value: Any) -> Any:
    """Return *value* encoded by the handlers, none of them compiled."""
    return encoders._encode_in_python(value, encoders._DEFAULT_OPTIONS)


def outcome(make: Any, *arguments: Any) -> Any:
    try:
        return make(*arguments)
    except Exception as error:
        return type(error), str(error)


@given(VALUES)
@example([Colour.RED, {"a": Number.ONE}])
@example([dt.datetime.min, dt.datetime.max, dt.date.min, dt.time.max, dt.time(1, fold=1)])
@example(Point(Slotted({"a": [1e20]})))
def test_the_bytes_are_those_of_the_reference(value: Any) -> None:
    expected = outcome(lambda: bytes(JSONResponse(in_python(value)).body))
    written = outcome(JSONABLE.write, value)
    assert written is None or written == expected


@given(VALUES)
def test_plain_data_is_that_of_the_reference(value: Any) -> None:
    assert repr(outcome(jsonable_encoder, value)) == repr(outcome(in_python, value))


@given(VALUES)
def test_an_endpoint_answers_what_the_reference_answers(value: Any) -> None:
    def build() -> FasterAPI:
        app = FasterAPI()

        @app.get("/")
        async def read():  # type: ignore[no-untyped-def]
            return value

        return app

    app = build()
    assert has_plan(app, "/")
    assert repr(ask(app, "/")) == repr(ask(close_door(build()), "/"))


def test_what_it_should_know_is_written() -> None:
    value = {
        "model": Outer(inner=Inner(), many=[Inner()], at=dt.datetime(2020, 1, 1), key=UUID(int=1)),
        "point": Point(Slotted(1)),
        "leaves": [Colour.RED, Decimal("1.50"), b"a", PurePosixPath("a"), {1}, (1,), 1e20],
        1: dt.date(2020, 1, 1),
    }
    written = JSONABLE.write(value)
    assert written is not None
    assert written == JSONResponse(in_python(value)).body


def test_a_generator_is_not_begun_before_it_is_encoded() -> None:
    app = FasterAPI()

    @app.get("/")
    async def read():  # type: ignore[no-untyped-def]
        def rows() -> Iterator[Any]:
            yield from ([1e20], {1: object})

        return {"a": Colour.RED, "rows": (row for row in [1, 1e20]), "set": {2}}

    assert ask(app, "/").body == b'{"a":"red","rows":[1,1e+20],"set":[2]}'


def test_encoders_that_the_program_adds_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"key": UUID(int=1), "at": dt.date(2020, 1, 1), "text": Text("a")}
    before = JSONABLE.write({"key": UUID(int=1)})
    monkeypatch.setitem(ENCODERS_BY_TYPE, UUID, lambda _: "mine")
    monkeypatch.setitem(ENCODERS_BY_TYPE, dt.date, lambda _: 5)
    assert before is not None
    assert JSONABLE.write(value) is None
    assert jsonable_encoder(value) == {"key": "mine", "at": 5, "text": "a"}


def test_a_model_that_is_completed_later_is_written_then() -> None:
    class Open(BaseModel):
        later: "Later | None" = None

    made = Open.model_construct(later=None)
    assert JSONABLE.write(made) is None

    class Later(BaseModel):
        n: int = 1

    Open.model_rebuild(_types_namespace={"Later": Later})
    assert JSONABLE.write(made) == b'{"later":null}'
    assert JSONABLE.write(Open(later=Later())) == b'{"later":{"n":1}}'


def test_a_list_in_itself_is_a_recursion_error() -> None:
    value: list[Any] = []
    value.append(value)
    assert JSONABLE.write(value) is None
    with pytest.raises(RecursionError):
        jsonable_encoder(value)
