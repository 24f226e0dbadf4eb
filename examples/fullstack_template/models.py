"""Tables, and what clients send and see of them."""

from typing import Annotated

from pydantic import StringConstraints
from sqlmodel import Field, Relationship, SQLModel


class UserBase(SQLModel):
    """What everybody may know of a user."""

    email: str = Field(unique=True, index=True, max_length=255)
    full_name: str | None = Field(default=None, max_length=255)
    is_superuser: bool = False


class UserRegister(SQLModel):
    """What somebody sends to become a user."""

    email: Annotated[str, StringConstraints(max_length=255, pattern=r"^[^@\s]+@[^@\s]+$")]
    password: str = Field(min_length=8, max_length=128)
    full_name: str | None = Field(default=None, max_length=255)


class UserUpdate(SQLModel):
    """What users may change of themselves."""

    full_name: str | None = Field(default=None, max_length=255)


class User(UserBase, table=True):
    """The table of users."""

    id: int | None = Field(default=None, primary_key=True)
    hashed_password: str
    items: list["Item"] = Relationship(back_populates="owner", cascade_delete=True)


class UserPublic(UserBase):
    """A user as others see one."""

    id: int


class UsersPublic(SQLModel):
    """A page of users."""

    data: list[UserPublic]
    count: int


class ItemBase(SQLModel):
    """What the owner says of an item."""

    title: str = Field(min_length=1, max_length=255)
    description: str | None = Field(default=None, max_length=255)


class ItemUpdate(SQLModel):
    """What may be changed of an item."""

    title: str | None = Field(default=None, min_length=1, max_length=255)
    description: str | None = Field(default=None, max_length=255)


class Item(ItemBase, table=True):
    """The table of items."""

    id: int | None = Field(default=None, primary_key=True)
    owner_id: int = Field(foreign_key="user.id", ondelete="CASCADE", index=True)
    owner: User | None = Relationship(back_populates="items")


class ItemPublic(ItemBase):
    """An item as clients see it."""

    id: int
    owner_id: int


class ItemsPublic(SQLModel):
    """A page of items."""

    data: list[ItemPublic]
    count: int


class Token(SQLModel):
    """The answer to a login."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105
