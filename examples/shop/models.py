"""What goes in and out. Money is an integer number of cents: floats cannot hold 0.10."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

Item = TypeVar("Item")

Cents = Annotated[int, Field(ge=0, le=100_000_000, examples=[1999])]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"
    ),
    AfterValidator(str.lower),
]
Password = Annotated[SecretStr, Field(min_length=10, max_length=200)]
# SQLite's integers end there; a larger one in a path or body must not become a server error.
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]


class Input(BaseModel):
    """Base of request bodies: a misspelt field is an error, not ignored."""

    model_config = ConfigDict(extra="forbid")


class Page(BaseModel, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next_cursor: str | None = Field(description="Pass it as `cursor`; null on the last page.")


class ProductInput(Input):
    """A product as staff describes it."""

    name: ShortText
    description: Annotated[str, StringConstraints(max_length=5000)] = ""
    price_cents: Cents
    stock: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class Product(BaseModel):
    """A product as customers see it."""

    id: int
    name: str
    description: str
    price_cents: int
    stock: int
    picture_url: str | None


class CustomerInput(Input):
    """A new account."""

    email: Email
    name: ShortText
    password: Password


class Customer(BaseModel):
    """An account; never with its password."""

    id: int
    email: str
    name: str
    is_staff: bool


class Token(BaseModel):
    """A login, as OAuth2 clients expect it."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105


class Address(Input):
    """Where an order goes."""

    street: ShortText
    city: ShortText
    postcode: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=12)]
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = Field(examples=["DE"])


class OrderLineInput(Input):
    """Some pieces of a product."""

    product_id: Id
    quantity: Annotated[int, Field(ge=1, le=100)]


def _each_product_once(lines: list[OrderLineInput]) -> list[OrderLineInput]:
    if len({line.product_id for line in lines}) < len(lines):
        raise ValueError("a product is listed twice, add up its quantity")
    return lines


class OrderInput(Input):
    """A new order."""

    lines: Annotated[
        list[OrderLineInput], Field(min_length=1, max_length=50), AfterValidator(_each_product_once)
    ]
    delivery: Address
    note: Annotated[str, StringConstraints(max_length=1000)] = ""


class OrderStatus(StrEnum):
    """Where an order stands."""

    PLACED = "placed"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"

    @property
    def next_ones(self) -> frozenset["OrderStatus"]:
        """The states that may follow; none for the last ones."""
        return _NEXT[self]


_NEXT: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PLACED: frozenset((OrderStatus.PAID, OrderStatus.CANCELLED)),
    OrderStatus.PAID: frozenset((OrderStatus.SHIPPED, OrderStatus.CANCELLED)),
    OrderStatus.SHIPPED: frozenset((OrderStatus.DELIVERED,)),
    OrderStatus.DELIVERED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}


class OrderChange(Input):
    """What can be changed about an order."""

    status: OrderStatus


class OrderLine(BaseModel):
    """A line of an order, with the price at the time of buying."""

    product_id: int
    name: str
    quantity: int
    price_cents: int


class Order(BaseModel):
    """An order as its customer sees it."""

    id: int
    status: OrderStatus
    created_at: datetime
    lines: list[OrderLine]
    delivery: Address
    note: str
    total_cents: int


class OrderNotice(BaseModel):
    """A new order as everybody may see it: nothing in it names the customer."""

    id: int
    city: str
    pieces: int
    total_cents: int
