"""The models as msgspec structs, the validator that Falcon's own recipes use."""

from typing import Annotated

from msgspec import Meta, Struct

Positive = Annotated[int, Meta(ge=1)]


class Address(Struct):
    street: str
    city: str
    postcode: str


class Buyer(Struct):
    id: int
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    email: str
    address: Address


class Line(Struct):
    sku: str
    quantity: Positive
    price: Annotated[float, Meta(ge=0)]


class Order(Struct):
    buyer: Buyer
    lines: Annotated[list[Line], Meta(min_length=1)]
    labels: list[str] = []
    remark: str | None = None
    paid: bool = False


class Article(Struct):
    id: int
    name: str
    price: float
    tags: list[str]


class Search(Struct):
    q: Annotated[str, Meta(min_length=1, max_length=50)]
    page: Positive = 1
    size: Annotated[int, Meta(ge=1, le=100)] = 20
