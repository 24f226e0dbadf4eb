"""Models of the further endpoints, for both of the frameworks that serve them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Line(BaseModel):
    sku: str
    quantity: int = Field(ge=1)
    price: float = Field(ge=0)


class Kind(Enum):
    FOOD = "food"
    TOOL = "tool"


class Event(BaseModel):
    id: UUID
    at: datetime
    kind: Kind
    note: str | None = None


class Account(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    name: str
    active: bool = True


class PrivateAccount(Account):
    secret: str = "hidden"


class Row:
    """What an object-relational mapper would give."""

    def __init__(self, number: int, name: str) -> None:
        self.id = number
        self.name = name
        self.active = True


@dataclass
class Point:
    x: int
    y: float


class Cat(BaseModel):
    kind: str = "cat"
    lives: int


class Dog(BaseModel):
    kind: str = "dog"
    tail: float


class Search(BaseModel):
    model_config = ConfigDict(extra="forbid")
    limit: int = Field(10, le=100)
    order: str = "id"
    tag: list[str] = []


class Titled(BaseModel):
    title: str

    @field_validator("title")
    @classmethod
    def strip(cls, value: str) -> str:
        return value.strip()


VALUES = {
    "id": UUID(int=7),
    "at": datetime(2026, 1, 2, 3, 4, 5),
    "price": Decimal("9.50"),
    "kind": Kind.FOOD,
    "tags": {"a"},
}
Amount = Annotated[int, Field(ge=1, le=1000)]
EVENT = Event(
    id=UUID(int=7), at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), kind=Kind.FOOD, note="x"
)
ACCOUNTS = [Account(id=number, name=f"name {number}") for number in range(100)]
