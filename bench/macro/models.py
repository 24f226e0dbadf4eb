"""The models as pydantic classes, for the frameworks that validate with pydantic."""

from pydantic import BaseModel, Field, TypeAdapter


class Address(BaseModel):
    street: str
    city: str
    postcode: str


class Buyer(BaseModel):
    id: int
    name: str = Field(min_length=1, max_length=100)
    email: str
    address: Address


class Line(BaseModel):
    sku: str
    quantity: int = Field(ge=1)
    price: float = Field(ge=0)


class Order(BaseModel):
    buyer: Buyer
    lines: list[Line] = Field(min_length=1)
    labels: list[str] = []
    remark: str | None = None
    paid: bool = False


class Article(BaseModel):
    id: int
    name: str
    price: float
    tags: list[str]


class Search(BaseModel):
    q: str = Field(min_length=1, max_length=50)
    page: int = Field(1, ge=1)
    size: int = Field(20, ge=1, le=100)


class Detail(BaseModel):
    number: int
    key: str


# Made once, by those who call pydantic themselves.
ARTICLES = TypeAdapter(list[Article])
