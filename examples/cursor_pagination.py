"""Pages by cursor: no row is shown twice or left out while rows come and go."""

from bisect import bisect_right
from typing import Annotated

from pydantic import BaseModel

from fasterapi import FasterAPI, Query

app = FasterAPI()


class Book(BaseModel):
    """A book."""

    id: int
    title: str


class Page(BaseModel):
    """Some books, and where the next ones begin."""

    items: list[Book]
    next_cursor: int | None


BOOKS = [Book(id=number, title=f"Book {number}") for number in range(1, 251)]  # ordered by id


@app.get("/books")
async def list_books(
    limit: Annotated[int, Query(ge=1, le=100, description="Books per page.")] = 20,
    cursor: Annotated[int, Query(ge=0, description="next_cursor of the page before.")] = 0,
) -> Page:
    """List books in the order of their ids."""
    first = bisect_right(BOOKS, cursor, key=lambda book: book.id)
    items = BOOKS[first : first + limit]
    has_more = first + limit < len(BOOKS)
    return Page(items=items, next_cursor=items[-1].id if has_more else None)
