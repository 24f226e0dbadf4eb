"""A Reader gives what ``validate_json`` of pydantic-core gives, or nothing at all."""

import json
from datetime import datetime
from enum import Enum
from typing import Any, Literal
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from fasterapi._speedups.json_reader import Reader
from fasterapi.dependencies.json_reading import reader_of

MISMATCH = object()


class Inner(BaseModel):
    number: int = Field(ge=-5, lt=100)
    share: float = Field(0.5, gt=0, le=1e6)


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Outer(BaseModel):
    name: str = Field(min_length=1, max_length=20)
    inner: Inner
    flag: bool = False
    many: list[Inner] = []
    table: dict[str, float] = Field(default_factory=dict)
    kind: Literal["a", "b"] = "a"
    when: datetime | None = None
    key: UUID | None = None
    colour: Colour = Colour.RED
    nothing: None = None
    anything: Any = None
    labels: list[str] | None = Field(None, max_length=2)
    listed: list[int] = [1]


class Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)
    first_name: str
    last_name: str = "x"


ADAPTERS = [
    TypeAdapter[Any](annotation)
    for annotation in (Outer, Camel, list[Inner], dict[str, list[int]], Inner | None, float, int)
]
READERS = [reader_of(adapter.core_schema) for adapter in ADAPTERS]

NUMBERS = st.integers() | st.floats() | st.integers(-5, 99) | st.floats(0, 1e6)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text() | st.uuids().map(str)
    | st.sampled_from(["a", "2024-01-01T00:00:00Z", "1", "\ud800", "\x7f"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
INNERS = st.fixed_dictionaries(
    {"number": st.integers(-5, 99) | VALUES},
    optional={"share": st.floats(0, 1e6) | NUMBERS, "unknown": VALUES},
)
NAMES = st.text(min_size=1, max_size=20)
OUTERS = st.fixed_dictionaries(
    {"name": NAMES, "inner": INNERS, "listed": st.lists(st.integers(), max_size=3)},
    optional={
        "flag": st.booleans() | VALUES,
        "many": st.lists(INNERS, max_size=3),
        "table": st.dictionaries(st.text(), NUMBERS, max_size=3),
        "kind": st.sampled_from(["a", "b", "c"]),
        "when": st.datetimes().map(str) | st.none(),
        "key": st.uuids().map(str) | VALUES,
        "nothing": st.none(),
        "colour": st.sampled_from(["red", "blue", "green", 1, None]),
        "anything": VALUES,
        "labels": st.lists(st.text(), max_size=3) | st.none(),
        "unknown": VALUES,
    },
)
CAMELS = st.fixed_dictionaries(
    {"firstName": NAMES}, optional={"lastName": NAMES, "last_name": NAMES, "x": NAMES}
)
DOCUMENTS = (
    OUTERS | CAMELS | INNERS | st.lists(INNERS) | VALUES
    | st.dictionaries(st.text(), st.lists(st.integers(), max_size=2))
)  # fmt: skip


def anatomy(value: Any) -> Any:
    """Return everything that can be told about a value, types and order included."""
    if isinstance(value, BaseModel):
        fields = [(name, anatomy(item)) for name, item in vars(value).items()]
        state = (value.__pydantic_extra__, value.__pydantic_private__)
        return type(value), fields, type(value.model_fields_set), value.model_fields_set, state
    if isinstance(value, dict):
        return [(name, anatomy(item)) for name, item in value.items()]
    if isinstance(value, list):
        return [anatomy(item) for item in value]
    return type(value), repr(value)


def check(adapter: TypeAdapter[Any], reader: Reader, data: bytes) -> bool:
    """Return whether *data* was read; it must have been read rightly."""
    got = reader.read(data, MISMATCH)
    if got is MISMATCH:
        return False
    assert anatomy(got) == anatomy(adapter.validator.validate_json(data))
    return True


@given(DOCUMENTS, st.booleans(), st.sampled_from([None, 1]))
def test_what_is_read_is_what_pydantic_reads(document: Any, ascii_only: bool, indent: Any) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only, indent=indent)
    data = text.encode("utf-8", "surrogatepass")
    for adapter, reader in zip(ADAPTERS, READERS, strict=True):
        assert reader is not None
        check(adapter, reader, data)


@given(OUTERS, st.randoms(use_true_random=False))
def test_broken_json_is_never_read(document: Any, random: Any) -> None:
    data = bytearray(json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    for _ in range(random.randint(1, 3)):
        place = random.randrange(len(data))
        data[place : place + random.randint(0, 2)] = random.choice(
            [b"", b'"', b",", b"}", b"]", b"0", b".", b"e", b"-", b"\\", b"\xff", b"\0", b" ", b":"]
        )
    assert READERS[0] is not None
    check(ADAPTERS[0], READERS[0], bytes(data))


@given(st.floats(allow_nan=False) | st.integers(-(10**20), 10**20))
@example(-0.0)
@example(0.1 + 0.2)
def test_numbers_are_read_to_the_last_bit(number: float) -> None:
    for text in (repr(number), f"{number:.3f}", f"{number:.17e}"):
        for adapter, reader in zip(ADAPTERS[-2:], READERS[-2:], strict=True):
            assert reader is not None
            check(adapter, reader, text.encode())


@pytest.mark.parametrize(
    "text",
    ["01", "-", "-0", "1.", ".5", "1e", "1e+", "+1", "1_0", "0x1", "inf", "NaN", "1e999", "", " "],
)
def test_odd_numbers_are_left_to_pydantic(text: str) -> None:
    for reader in READERS[-2:]:
        assert reader is not None
        assert reader.read(text.encode(), MISMATCH) is MISMATCH


GOOD = {"name": "n", "inner": {"number": 1}, "flag": True, "listed": []}


def test_the_usual_body_is_read() -> None:
    for data in (json.dumps(GOOD), json.dumps(GOOD, indent=2), json.dumps({**GOOD, "more": [{}]})):
        assert READERS[0] is not None
        assert check(ADAPTERS[0], READERS[0], data.encode())


@pytest.mark.parametrize(
    "data",
    [
        b'{"name":"n","listed":[],"inner":{"number":1},"name":"m"}',
        b'{"name":"n","listed":[],"inner":{"number":1},"nam\\u0065":"m"}',
        b'{"name":"n"}',
        b'{"name":"n","listed":[],"inner":{"number":"1"}}',
        b'{"name":"n","listed":[],"inner":{"number":1.0}}',
        b'{"name":"n","listed":[],"inner":{"number":true}}',
        b'{"name":"n","listed":[],"inner":{"number":100}}',
        b'{"name":"","listed":[],"inner":{"number":1}}',
        b'{"name":"n","listed":[],"inner":{"number":1}} x',
        b'{"name":"n","listed":[],"inner":{"number":1}',
        b'{"name":"n\n","listed":[],"inner":{"number":1}}',
        b'\xef\xbb\xbf{"name":"n","listed":[],"inner":{"number":1}}',
    ],
)
def test_what_needs_judgement_is_left_to_pydantic(data: bytes) -> None:
    assert READERS[0] is not None
    assert READERS[0].read(data, MISMATCH) is MISMATCH


def test_defaults_are_new_in_each_instance() -> None:
    assert READERS[0] is not None
    one, two = (READERS[0].read(json.dumps(GOOD).encode()) for _ in range(2))
    one.many.append(1)
    one.table["a"] = 1.0
    one.model_fields_set.add("many")
    assert (two.many, two.table, two.model_fields_set) == ([], {}, set(GOOD))


def test_deep_nesting_is_left_to_pydantic() -> None:
    reader = reader_of({"type": "any"})
    assert reader is not None
    assert reader.read(b"[" * 99 + b"]" * 99) == json.loads("[" * 99 + "]" * 99)
    assert reader.read(b"[" * 100_000 + b"]" * 100_000, MISMATCH) is MISMATCH


class Custom(BaseModel):
    x: int

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)


class Hooked(BaseModel):
    x: int
    _hidden: int = 1


class Recursive(BaseModel):
    inner: "Recursive | None" = None


@pytest.mark.parametrize("model", [Custom, Hooked, Recursive])
def test_models_that_run_code_or_recur_have_no_reader(model: type[BaseModel]) -> None:
    assert reader_of(model.__pydantic_core_schema__) is None


def test_bounds_are_held_at_their_edges() -> None:
    adapter = TypeAdapter[Any](Inner)
    reader = reader_of(adapter.core_schema)
    assert reader is not None
    for number in (-6, -5, 99, 100):
        for share in ("0", "0.0", "1e-9", "1000000", "1000000.5"):
            data = f'{{"number":{number},"share":{share}}}'.encode()
            try:
                expected = adapter.validate_json(data)
            except ValidationError:
                assert reader.read(data, MISMATCH) is MISMATCH
            else:
                assert anatomy(reader.read(data)) == anatomy(expected)
