"""Everything that the text of a random program may name: models, enums, exceptions."""

# ruff: noqa: F401  the programs use what is imported here

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from functools import cached_property
from typing import Annotated, Any, Literal, TypedDict
from uuid import UUID

import anyio
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    Json,
    RootModel,
    StringConstraints,
    computed_field,
    field_validator,
    model_validator,
)
from starlette.background import BackgroundTask
from starlette.middleware.cors import CORSMiddleware


class Color(str, Enum):  # noqa: UP042  as most programs have it
    red = "red"
    blue = "blue"


class Number(IntEnum):
    one = 1
    two = 2


class Text(str):
    pass


class Mapping(dict[str, Any]):
    pass


class OwnError(Exception):
    pass


class OtherError(OwnError):
    pass


def shout(value: str) -> str:
    return value.upper()


def refuse(value: Any) -> Any:
    if value in ("bad", 13):
        raise ValueError("bad value")
    return value


class Item(BaseModel):
    name: str
    price: float = 1.5
    tags: list[str] = []
    note: str | None = None


class SubItem(Item):
    extra: int = 3


class Slow(Item):
    @cached_property
    def loud(self) -> str:
        return self.name.upper()


class Flags(BaseModel):
    on: bool
    count: int
    anything: Any = None
    more: dict[str, int] = {}


class Nested(BaseModel):
    item: Item
    items: dict[str, Item] = {}
    when: datetime | None = None
    kind: Literal["a", "b", 1] = "a"


class Dates(BaseModel):
    day: date | None = None
    clock: time | None = None
    length: timedelta | None = None
    key: UUID | None = None
    amount: Decimal | None = None


class Aliased(BaseModel):
    key: int = Field(alias="itemKey")
    value: str = Field("x", serialization_alias="out", validation_alias="in")


class Named(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    key: int = Field(5, alias="itemKey")


class Checked(BaseModel):
    name: Annotated[str, AfterValidator(refuse)]
    total: int = Field(0, ge=0, lt=100, multiple_of=2)

    @field_validator("name", mode="before")
    @classmethod
    def strip(cls, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value


class Whole(BaseModel):
    low: int = 0
    high: int = 1

    @model_validator(mode="after")
    def ordered(self) -> "Whole":
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


class Forbidding(BaseModel):
    model_config = ConfigDict(extra="forbid")
    a: int
    b: str | None = None


class Extending(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int = 0


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    a: int = 0
    when: date | None = None


class Computed(BaseModel):
    a: int = 2

    @computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> int:
        return self.a * 2


class Tree(BaseModel):
    value: int = 0
    children: list["Tree"] = []


class Numbers(RootModel[list[int]]):
    pass


class Limited(BaseModel):
    rows: Annotated[list[int], Field(max_length=3)] = []
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)] = "x"
    ratio: Annotated[float, Field(gt=0, le=1)] = 0.5


class Enums(BaseModel):
    color: Color = Color.red
    number: Number = Number.one
    exact: Literal[Color.red, 1] | None = 1


class Hidden(BaseModel):
    secret: str = Field("s", exclude=True)
    shown: int = 1


class Generic(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str = "n"
    price: float = 0.0


@dataclass
class Point:
    x: int
    y: float = 0.5


class Pair(TypedDict):
    left: int
    right: str


class Through:
    """ASGI middleware that changes nothing."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


class Attributes:
    name = "attribute"
    price = 4.0
    tags: list[str] = []  # noqa: RUF012  an object as an ORM would have it
    note = None
    extra = 1


class Filter(BaseModel):
    limit: Annotated[int, Field(gt=0, le=100)] = 10
    order: Literal["up", "down"] = "up"
    tags: list[str] = []


class Search(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str | None = None
    page: int = Field(1, alias="p")


class Common(BaseModel):
    x_token: str
    accept: str | None = None
    x_tag: list[int] = []


class Session(BaseModel):
    session: str | None = None
    visits: int = 0


def show(value: Any) -> str:
    """Return *value* as text that is the same for objects of either package."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(show(item) for item in value) + "]"
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(show(item) for item in value)) + "}"
    if hasattr(value, "filename"):
        return f"file {value.filename} {value.size} {value.content_type}"
    if " at 0x" in repr(value):
        return type(value).__name__
    return f"{type(value).__name__} {value!r}"
