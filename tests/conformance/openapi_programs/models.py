"""The types that the programs share."""

import enum
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Generic, Literal, TypeVar

from pydantic import (
    AnyUrl,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    computed_field,
)


class Colour(str, enum.Enum):  # noqa: UP042 -- both spellings are in use
    """A colour.\fNot part of the document."""

    RED = "red"
    GREEN = "green"


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str] = []


class Node(BaseModel):
    """A node of a tree.

    It nests itself.\fInternal remark.
    """

    value: int
    children: list["Node"] = []
    parent: "Node | None" = None


class Item(BaseModel):
    model_config = ConfigDict(title="An item", json_schema_extra={"examples": [{"name": "a"}]})

    name: str = Field(min_length=1, max_length=10, pattern="^a", description="the name")
    price: float = Field(gt=0, le=1e6)
    count: int = Field(default=1, ge=0, lt=100, multiple_of=1)
    colour: Colour = Colour.RED
    size: Size | None = None
    tags: set[str] = Field(default_factory=set)
    created: datetime | None = None
    total: Decimal = Decimal("1.10")
    site: AnyUrl | None = None
    secret: SecretStr = SecretStr("x")
    blob: bytes = b""
    pair: tuple[int, str] = (1, "a")
    extra: dict[str, list[int]] = {}
    old: str = Field(default="", deprecated=True)


class Split(BaseModel):
    model_config = ConfigDict(validate_by_name=True)

    given: str = Field(default="x", validation_alias="givenName")
    shown: str = Field(default="y", serialization_alias="shownName")
    both: int = Field(default=1, alias="bothName")
    nested: list[Item] = []


class Computed(BaseModel):
    width: float
    height: float = 1.0

    @computed_field(description="width by height")
    @property
    def area(self) -> float:
        return self.width * self.height


T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: str | None = None


@dataclass
class Point:
    x: int
    y: int = 0
    label: str = field(default="p", metadata={"description": "a label"})


@dataclass
class Line:
    start: Point
    end: Point
    points: list[Point] = field(default_factory=list)
